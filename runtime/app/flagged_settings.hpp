// What a transform's manifest says of its settings with "x-weir-..." beside the types: docs/howto/configure.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::app {

// Whether the schema as a whole says `"flag": true`.
[[nodiscard]] bool is_flagged(const plugin::Registry& registry, const config::Step& step, std::string_view flag);

// Names of the settings whose schema says `"flag": true`; none when the plugin is not there.
[[nodiscard]] std::vector<std::string> flagged_settings(const plugin::Registry& registry, const config::Step& step,
                                                        std::string_view flag);

}  // namespace weir::app
