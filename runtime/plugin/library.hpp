// Makes a plugin's file into callable code, once per content, for the life of the process.
#pragma once

#include "runtime/plugin/registry.hpp"

namespace weir::plugin {

// What Registry::load promises. [any] one load at a time.
[[nodiscard]] Result<std::shared_ptr<const Library>> load_library(const Candidate& candidate);

// Is `plugin` what `manifest` says, with every function its components need? Errors as Registry::load. Calls nothing.
[[nodiscard]] Status check_plugin(const weir_plugin& plugin, const Manifest& manifest);

}  // namespace weir::plugin
