// What can be said of the steps of a configuration before anything runs: each is checked with what is known of the data
// by then, from the contract of the route's source on.
#pragma once

#include <vector>

#include "runtime/canonical/registry.hpp"
#include "runtime/config/config.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::app {

// Adds what is wrong with expressions, mappings and contracts between steps. Settings still name contracts.
void check_steps(const config::Config& config, const plugin::Registry& registry, const canonical::Contracts& contracts,
                 std::vector<config::Problem>& problems);

}  // namespace weir::app
