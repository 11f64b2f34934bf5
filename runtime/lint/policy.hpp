// What the command line says about findings: which make the check fail, which are let through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/lint/lint.hpp"

namespace weir::lint {

struct Policy {
    std::vector<std::string> deny;   // codes; "warnings" stands for every warning
    std::vector<std::string> allow;  // codes
};

// What is wrong with it: `unknown code "NO_OWNR" (did you mean "NO_OWNER"?)`, one a line; "" when nothing is.
[[nodiscard]] std::string problem_of(const Policy& policy);

// Denied findings become errors; allowed ones are waived. What a route waives stays waived.
void apply(const Policy& policy, std::vector<Finding>& findings);

struct Counts {
    std::size_t errors = 0;
    std::size_t warnings = 0;
    std::size_t notes = 0;
    std::size_t waived = 0;
};
[[nodiscard]] Counts count(const std::vector<Finding>& findings);

}  // namespace weir::lint
