// Text into a syntax tree (langdef.md, "Syntax"; the optional syntax a.?b, a[?i], [?x], {?k: v}; names in backquotes).
#pragma once

#include <string_view>
#include <vector>

#include "runtime/expr/ast.hpp"
#include "runtime/expr/limits.hpp"
#include "runtime/expr/problem.hpp"

namespace weir::expr {

struct ParseOptions {
    bool macros = true;                   // off: has(x.y) is a call of a function
    bool fractions_are_decimals = false;  // off: 1.5 is a double, as in plain CEL
    std::string_view container = {};      // where the names of messages are looked up
};

struct Parsed {
    Ast ast;  // whole when there is no problem
    std::vector<Problem> problems;
};

[[nodiscard]] Parsed parse(std::string_view source, const ParseOptions& options, const Limits& limits);

}  // namespace weir::expr
