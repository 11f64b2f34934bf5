// create never returns. The host must say which component hangs, and must not hang with it.
#include <weir/sdk.hpp>

#include <unistd.h>

namespace {

class Hanging final : public weir::Transform<> {
  public:
    Hanging(weir::Host host, weir::NoConfig config) : Transform(host, config) {
        for (;;) ::pause();
    }
    void each(weir::Call&, const weir::Record&, weir::Emit& emit) override { emit.pass(); }
};

}  // namespace

WEIR_COMPONENT(hanging, Hanging, 0)
WEIR_PLUGIN(&hanging)
