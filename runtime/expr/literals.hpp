// Literals into values (langdef.md, "String and Bytes Values" and "Numeric Values").
#pragma once

#include <string>
#include <string_view>

#include "runtime/expr/arena.hpp"
#include "runtime/expr/lexer.hpp"
#include "runtime/expr/value.hpp"

namespace weir::expr {

// A value, or why the text is none.
struct Literal {
    Value value;
    std::string problem;
};

// `negative`: a minus sign stands directly before the number, so that -9223372036854775808 can be written.
// `fractions_are_decimals`: 1.5 and 1e3 are decimals, not doubles.
[[nodiscard]] Literal number_literal(const Token& token, bool negative, bool fractions_are_decimals, Arena& arena);
// A whole string or bytes token, with its prefix and quotes. Escapes are resolved into memory of `arena`; a string
// without any stays a view of the source.
[[nodiscard]] Literal text_literal(const Token& token, Arena& arena);

// Appends a code point as UTF-8.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace weir::expr
