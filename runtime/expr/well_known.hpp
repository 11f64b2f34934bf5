// Literals of the protocol buffer messages that stand for plain values: google.protobuf.Int64Value{value: 1} is 1,
// google.protobuf.Duration{seconds: 1} a duration. The parser reads them as calls of functions of the same names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::expr {

// Which of `fields` is each argument of the type's function; nullopt stands for the number 0. No result when the type
// is no such message or has no such fields.
[[nodiscard]] std::optional<std::vector<std::optional<std::size_t>>> well_known_arguments(
    std::string_view type, std::span<const std::string_view> fields);

// What is wrong with a message literal that was not understood: an unknown type, or a field the type does not have.
[[nodiscard]] std::string no_message(std::string_view type, std::span<const std::string_view> fields);

}  // namespace weir::expr
