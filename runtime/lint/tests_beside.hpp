// Whether somebody wrote tests for a route.
#pragma once

#include "runtime/config/config.hpp"

namespace weir::lint {

// Reads the `*.test.yaml` files in the folder of the route's file, and in `tests` below it: one has a line
// `route: <name>`.
[[nodiscard]] bool has_test_beside(const config::Route& route);

}  // namespace weir::lint
