// JSON as the administration reads and writes it: strict, bounded, and exact about numbers.
#pragma once

#include <weir/result.hpp>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace weir::admin {

// Objects keep the order of their members: an edited payload stays recognisable.
//
// A number with a fraction, an exponent or more digits than 64 bits hold is kept as it was written, in a value of the
// type `binary` that JSON text itself cannot make: an amount must never pass through a double. write_json() writes it
// back digit by digit.
using Json = nlohmann::ordered_json;

inline constexpr std::size_t kJsonDepthMax = 64;
inline constexpr std::size_t kJsonMembersMax = 4096;  // of one object

// `invalid`: not one JSON text (RFC 8259), deeper than kJsonDepthMax, more members than kJsonMembersMax, a name twice
// in one object, or not UTF-8.
[[nodiscard]] Result<Json> parse_json(std::string_view text);
// Compact when `indent` is negative. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string write_json(const Json& value, int indent = -1);
// RFC 7396.
void merge_patch(Json& target, const Json& patch);

}  // namespace weir::admin
