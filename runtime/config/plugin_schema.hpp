// Checks a plugin's settings against the JSON Schema in its manifest, and completes them.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

// JSON Schema 2020-12, with these differences and additions:
//   - a map whose schema lists `properties` (and the settings as a whole) takes no other keys, unless
//     `additionalProperties` says so;
//   - `default` of an absent property is filled in;
//   - "x-weir-secret": true    the value must be a reference; settings get {"$secret": name}
//   - "x-weir-path": true      the text becomes an absolute path, seen from the folder of its file
//   - "x-weir-unique": true    no two connections of the component may have the same value (assemble.cpp)
//   - "x-weir-listens": true   at the root: connections need http.listen (assemble.cpp)
//   - format "weir-duration", "weir-size", "weir-listen" (units.hpp), "weir-name".
// $ref reaches into the same schema only.
//
// `schemas`: of all the components that will get these settings, usually one. A key is known when one of them knows it.
// `owner` is where the settings are named: a missing key is reported there.
void check_settings(Node& settings, const Location& owner, std::span<const nlohmann::json* const> schemas,
                    const std::filesystem::path& folder, Problems& problems);

// The schema of a component: its manifest's, or for an empty one a schema without keys. Not JSON: nullopt, and a
// problem at `where`.
[[nodiscard]] std::optional<nlohmann::json> parse_schema(const ComponentSchema& component, const Location& where,
                                                         Problems& problems);

// Whether `keyword` is there and true.
[[nodiscard]] bool has_flag(const nlohmann::json& schema, const char* keyword);

// The schema without what a value cannot satisfy after references were replaced: secrets accept anything.
[[nodiscard]] nlohmann::json without_secrets(const nlohmann::json& schema);

// The schema that `$ref` leads to, or the schema itself. nullptr when it leads nowhere or in a circle.
[[nodiscard]] const nlohmann::json* follow_reference(const nlohmann::json& root, const nlohmann::json& schema);

}  // namespace weir::config
