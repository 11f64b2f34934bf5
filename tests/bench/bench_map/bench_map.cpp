// The map of the file benchmark: drops one event in four, renames "quantity" to "amount", adds "total" = 2n.
#include <weir/json.hpp>
#include <weir/sdk.hpp>

#include <string>

namespace {

class BenchMap final : public weir::Transform<> {
  public:
    using Transform::Transform;

    void each(weir::Call&, const weir::Record& in, weir::Emit& emit) override {
        thread_local weir::JsonParser parser;
        thread_local std::string out;
        const auto event = parser.parse(in.payload());
        if (!event.ok()) throw weir::Reject("BAD_PAYLOAD", event.error().message);
        const auto n = (*event)["n"].integer();
        if (!n) throw weir::Reject("BAD_PAYLOAD", "expected a whole number in \"n\"");
        if (*n % 4 == 0) return emit.filter("ONE_IN_FOUR");
        out.clear();
        weir::JsonWriter json(out);
        json.begin_object();
        for (const auto& [key, value] : event->members()) {
            json.key(key == "quantity" ? "amount" : key).raw(value.raw());
        }
        json.key("total").raw(std::to_string(*n * 2));
        json.end_object();
        emit(out);
    }
};

}  // namespace

WEIR_COMPONENT_NAMED(bench_map, "bench-map", BenchMap, WEIR_TRAIT_PURE, WEIR_THREADS_CONCURRENT)
WEIR_PLUGIN(&bench_map)
