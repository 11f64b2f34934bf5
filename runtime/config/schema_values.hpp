// What JSON Schema says about one value by itself: type, enum, bounds, pattern, format.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

// Gives a plain environment reference the type the schema asks for, then checks the keywords that look at this value
// alone. False when something is wrong (it was added): what is inside need not be looked at.
[[nodiscard]] bool check_value(Node& node, const nlohmann::json& schema, const std::string& name, Problems& problems);

// Whether the schema's `type` takes the node; true without a `type`.
[[nodiscard]] bool type_fits(const Node& node, const nlohmann::json& schema);
// "text", "a whole number or a list"; "a value" without a `type`.
[[nodiscard]] std::string type_names(const nlohmann::json& schema);
// "expected text" for hints, with the schema's description when it has one; "" when it says nothing.
[[nodiscard]] std::string expected_of(const nlohmann::json& schema);

// A default from a schema as a node that stands at `where`.
[[nodiscard]] Node node_from_json(const nlohmann::json& value, const Location& where);

// Whether `pattern` (ECMA-262, unanchored) is found in `text`. False for a pattern that is not one.
[[nodiscard]] bool matches(const std::string& pattern, const std::string& text);

}  // namespace weir::config
