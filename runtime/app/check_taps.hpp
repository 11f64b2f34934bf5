// A wire tap runs the steps before it a second time, for itself.
#pragma once

#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::app {

// Adds a problem for every wire tap behind a step that is not pure: it would not see what the route sees. Runs no
// plugin's code. A step whose manifest does not say whether it is pure is judged by Workshop::make_steps.
void check_taps(const config::Config& config, const plugin::Registry& registry, std::vector<config::Problem>& problems);

}  // namespace weir::app
