// The final word on settings: valijson, which knows every keyword of JSON Schema.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

// Adds the deepest thing that valijson finds wrong, at the place of the value it is about. A schema that valijson
// cannot read is a problem at `owner`. Its exceptions stop here.
void judge(const Node& settings, const Location& owner, const nlohmann::json& schema, Problems& problems);

}  // namespace weir::config
