// The reference page of the core's keys, generated from keys.def.
#pragma once

#include <string>

namespace weir::config {

// docs/reference/configuration.md, whole.
[[nodiscard]] std::string reference_markdown();

}  // namespace weir::config
