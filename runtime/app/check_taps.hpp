// A wire tap runs the steps before it a second time, for itself.
#pragma once

#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::app {

// Adds a problem for every wire tap behind a step that is not pure: it would not see what the route sees. Loads the
// plugins of the steps before taps, for whether one is pure may follow from its settings.
void check_taps(const config::Config& config, const plugin::Registry& registry, std::vector<config::Problem>& problems);

}  // namespace weir::app
