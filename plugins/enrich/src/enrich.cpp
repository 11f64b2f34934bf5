// The enrich transform: looks a value up per record and puts it into the payload.
#include "lookup.hpp"
#include "splice.hpp"
#include "template.hpp"

#include <weir/plugin.hpp>
#include <weir/transform.hpp>

namespace weir::enrich {
namespace {

constexpr std::string_view kStaleAttribute = "enrichstale";

class Enrich final : public Transform<Config> {
  public:
    Enrich(Host host, Config config)
        : Transform(host, std::move(config)), url_(cfg().url, "/url"), lookup_(host, cfg()) {
        if (cfg().into.empty()) throw ConfigError("/into", "found \"\", expected a member's name");
    }

    void stop() noexcept override { lookup_.stop(); }

    // The look-ups of a batch go out together, each URL once; then each record gets its own.
    void batch(Call& call, const Batch& in, weir_out* out) override {
        constexpr std::size_t kNone = SIZE_MAX;
        std::vector<std::string> urls;
        place_.assign(in.size(), kNone);
        for (const Record record : in) {
            detail::Fault fault;
            // A record without a URL gets its verdict from each(), with the same message.
            if (record.tombstone() || !detail::guard(fault, [&] { urls.push_back(url_.fill(record)); })) continue;
            place_[record.index()] = urls.size() - 1;
        }
        answers_ = lookup_.find(call, urls);
        Transform::batch(call, in, out);
    }

    void each(Call& call, const Record& in, Emit& emit) override {
        if (in.tombstone()) return emit.pass();
        if (place_[in.index()] == SIZE_MAX) (void)url_.fill(in);  // throws why
        const Answer& answer = answers_.at(place_[in.index()]);
        switch (answer.kind) {
            case Answer::Kind::value:
                return put(in, answer, emit);
            case Answer::Kind::unavailable:
                return emit.wait("LOOKUP_UNAVAILABLE", answer.text, lookup_.wish());
            case Answer::Kind::refused:
                throw Reject("LOOKUP_REFUSED", answer.text, ErrorClass::technical);
            case Answer::Kind::missing:
                break;
        }
        const Missing missing = call.dry_run() ? Missing::null : cfg().missing;
        if (missing == Missing::reject) throw Reject("LOOKUP_NOT_FOUND", answer.text, ErrorClass::business);
        if (missing == Missing::drop) return emit.filter("LOOKUP_NOT_FOUND", answer.text);
        put(in, {.kind = Answer::Kind::value, .text = "null"}, emit);
    }

  private:
    void put(const Record& in, const Answer& answer, Emit& emit) {
        const std::string payload = with_member(parser_, in.payload(), cfg().into, answer.text, cfg().replace);
        if (!answer.stale) return emit(payload);
        std::string age = std::to_string(answer.age_ns / 1'000'000'000);
        std::vector<weir_attr> attrs;
        for (std::uint32_t i = 0; i < in.attr_count(); ++i) {
            const auto [key, value] = in.attr(i);
            if (key != kStaleAttribute) {
                attrs.push_back({str(key), str(value)});
            } else if (older(value, age)) {  // an earlier step has marked it
                age = value;
            }
        }
        attrs.push_back({str(kStaleAttribute), str(age)});
        emit(payload, {.attrs = attrs.data(), .attr_count = static_cast<std::uint32_t>(attrs.size())});
    }
    // Of two counts of seconds without leading zeros.
    [[nodiscard]] static bool older(std::string_view one, std::string_view other) {
        return one.size() != other.size() ? one.size() > other.size() : one > other;
    }

    UrlTemplate url_;
    Lookup lookup_;
    JsonParser parser_;
    std::vector<Answer> answers_;     // of the call under way
    std::vector<std::size_t> place_;  // of each record's answer among them; SIZE_MAX: it has none
};

}  // namespace
}  // namespace weir::enrich

WEIR_COMPONENT(enrich, weir::enrich::Enrich, WEIR_TRAIT_BLOCKING)
WEIR_PLUGIN(&enrich)
