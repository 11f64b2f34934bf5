// docs/reference/expressions.md, from the declarations.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/functions.hpp"

namespace weir::expr {

struct MacroHelp {
    std::string_view usage;
    std::string_view help;
    std::vector<Example> examples;
};
[[nodiscard]] const std::vector<MacroHelp>& macro_help();

[[nodiscard]] std::string reference_markdown();

}  // namespace weir::expr
