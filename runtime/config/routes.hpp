// The routes of all files.
#pragma once

#include <vector>

#include "runtime/config/components.hpp"
#include "runtime/config/connections.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/config/sources.hpp"

namespace weir::config {

// In the order of the files, the main file's own first. Tells `connections` what each is used for.
[[nodiscard]] std::vector<Route> read_routes(Sources& sources, const Components& components,
                                             ConnectionTable& connections, Problems& problems);

}  // namespace weir::config
