// Checked trees -> Config, with the checks that look across keys and files.
#pragma once

#include <vector>

#include "runtime/config/components.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/config/sources.hpp"

namespace weir::config {

// The keys of `sources` were checked already (check_keys.hpp). The result is only good when `problems` stays empty.
[[nodiscard]] Config assemble(Sources& sources, const std::vector<ComponentSchema>& components, Problems& problems);

// plugins.dirs and plugins.use of the main file.
void read_plugins(const SourceFile& main, Config& config);

}  // namespace weir::config
