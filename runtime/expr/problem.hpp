// What is wrong with an expression and where, for people.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::expr {

// Lines and columns count from 1; columns count code points.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    [[nodiscard]] bool operator==(const Position&) const = default;
};

enum class Phase : std::uint8_t { parse, check, evaluate };
[[nodiscard]] std::string_view to_string(Phase phase) noexcept;

struct Problem {
    Phase phase = Phase::parse;
    std::string message;  // lower case, quotes the text in question
    std::uint32_t offset = 0;
    std::uint32_t length = 1;  // bytes the caret underlines
    Position at;
};

[[nodiscard]] Position position_of(std::string_view source, std::uint32_t offset) noexcept;

// The message, the line of `source` it is about, and a caret under the place:
//     1:7: undeclared reference to "totl"; did you mean "total"?
//       1 + totl
//           ^^^^
[[nodiscard]] std::string format_problem(std::string_view source, const Problem& problem);

// `; did you mean "total"?`, or nothing when no candidate is near.
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace weir::expr
