// The routes of all files.
#pragma once

#include <vector>

#include "runtime/config/connections.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/config/sources.hpp"
#include "runtime/config/steps.hpp"

namespace weir::config {

// In the order of the files, the main file's own first. Tells `connections` what each is used for.
[[nodiscard]] std::vector<Route> read_routes(Sources& sources, ConnectionTable& connections, StepReader& steps,
                                             Problems& problems);

}  // namespace weir::config
