// A plugin as another company would write it: nothing but the SDK, built apart from the product's plugins.
#include <weir/sdk.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

struct AllowListConfig {
    std::vector<std::string> subjects;
};
WEIR_CONFIG(AllowListConfig, subjects)

class AllowList final : public weir::Transform<AllowListConfig> {
  public:
    using Transform::Transform;

    void each(weir::Call&, const weir::Record& in, weir::Emit& emit) override {
        if (std::ranges::find(cfg().subjects, in.subject()) == cfg().subjects.end()) {
            emit.filter("NOT_LISTED", "the subject is not in the list");
        } else {
            emit.pass();
        }
    }
};

}  // namespace

WEIR_COMPONENT(allow, AllowList, WEIR_TRAIT_PURE)
WEIR_PLUGIN(&allow)
