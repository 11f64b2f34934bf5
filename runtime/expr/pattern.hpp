// Regular expressions: RE2, whose matching time is linear in the text, at worst times the size of the pattern.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/expr/context.hpp"

namespace re2 {
class RE2;
}

namespace weir::expr {

struct DeletePattern {
    void operator()(const re2::RE2* pattern) const noexcept;
};
using PatternPointer = std::unique_ptr<const re2::RE2, DeletePattern>;

struct Pattern {
    PatternPointer compiled;  // null when the text is no pattern
    std::string problem;
};
[[nodiscard]] Pattern compile_pattern(std::string_view text);
// In steps: what an evaluation that compiled it is charged.
[[nodiscard]] std::uint64_t compile_cost(const Pattern& pattern);

// Does any part of `text` match?
[[nodiscard]] Value matches(Context& context, const re2::RE2& pattern, std::string_view text);

}  // namespace weir::expr
