// The keywords of JSON Schema 2020-12 that contracts may use, and what each of them holds. They are those of the
// `validate` step: a rule that nobody would check is refused, not carried along.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace weir::canonical {

// Keeps members in the order of the file, so that what is printed reads like what was written.
using Json = nlohmann::ordered_json;

enum class Holds : std::uint8_t {
    value,        // something that is no schema
    schema,       // a schema
    schema_list,  // an array of them
    schema_map,   // an object of them
    unknown,      // no such keyword
};

// Own annotations ("x-...") hold values.
[[nodiscard]] Holds holds(std::string_view keyword) noexcept;

// Calls `visit(schema, pointer)` for `schema` and every schema in it, outer ones first. Pointers are RFC 6901, from
// `pointer`. A visit may change what it is given.
using Visit = std::function<void(Json& schema, const std::string& pointer)>;
void visit_schemas(Json& schema, const std::string& pointer, const Visit& visit);

// What "#" or "#/$defs/name" of `root` leads to; null: nothing.
[[nodiscard]] const Json* resolve_reference(const Json& root, std::string_view reference);

}  // namespace weir::canonical
