// Lookup tables that the settings of plugins name.
#pragma once

#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::app {

// Adds a problem for every setting whose manifest says "x-weir-table": true and that names no table. Runs no plugin's
// code.
void check_tables(const config::Config& config, const plugin::Registry& registry,
                  std::vector<config::Problem>& problems);

}  // namespace weir::app
