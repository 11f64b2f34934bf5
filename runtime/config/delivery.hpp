// How a destination, or a wire tap, is delivered to: the keys both have.
#pragma once

#include <filesystem>

#include "runtime/config/problems.hpp"
#include "runtime/config/values.hpp"

namespace weir::config {

// Fills in retry, its rules, batch, deadline and linger.
void read_delivery(const Values& values, const std::filesystem::path& folder, Destination& into, Problems& problems);

}  // namespace weir::config
