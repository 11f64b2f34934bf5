// Checks a tree against the table of keys: unknown, missing, of the wrong type, out of bounds.
#pragma once

#include "runtime/config/keys.hpp"
#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

// `owner` is where the map is named: a missing key is reported there. What lies in nested sections is checked too;
// the plugin's keys of a connection and a step's settings are not (plugin_schema.hpp).
void check_section(const Node& node, const Location& owner, SectionId section, Problems& problems);

}  // namespace weir::config
