// What a configuration says of steps in other words than settings: names of contracts, and who owns what.
#pragma once

#include <vector>

#include "runtime/canonical/registry.hpp"
#include "runtime/config/config.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::app {

// Puts schemas in the place of contracts' names, in settings whose manifest says "x-weir-contract": true. A name that
// is no contract is a problem.
void name_contracts(config::Config& config, const plugin::Registry& registry, const canonical::Contracts& contracts,
                    std::vector<config::Problem>& problems);

// Behind each map into an object that has owners, and before such an object is delivered as it came: a step that holds
// what somebody else owns.
void add_ownership(config::Config& config);

}  // namespace weir::app
