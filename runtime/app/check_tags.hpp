// Tags name places in the data, and do not follow it where a step moves it.
#pragma once

#include <vector>

#include "runtime/config/config.hpp"

namespace weir::app {

// Adds a problem for every `redact` with `tagged` that stands behind a step which moves what an earlier `tag` named: it
// would look where the data was, and personal data would go on.
void check_tags(const config::Config& config, std::vector<config::Problem>& problems);

}  // namespace weir::app
