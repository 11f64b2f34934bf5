// Shows whether a step's outputs, its state and its position are one transaction. State without output: the record is
// run again and rejected. Output without state or position: the record comes out twice.
#include <weir/sdk.hpp>

namespace {

class Once final : public weir::Transform<> {
  public:
    using Transform::Transform;

    void each(weir::Call& call, const weir::Record& in, weir::Emit& emit) override {
        const weir::State state(host(), call);
        if (weir::unwrap(state.get(in.id()))) {
            throw weir::Reject("SEEN_TWICE", "id \"" + std::string(in.id()) + "\" came before");
        }
        weir::unwrap(state.put(in.id(), "seen"));
        emit.pass();
    }
};

}  // namespace

WEIR_COMPONENT(once, Once, 0)
WEIR_PLUGIN(&once)
