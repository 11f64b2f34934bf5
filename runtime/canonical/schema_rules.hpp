// Whether a text is a JSON Schema that can be enforced: what is wrong in it would otherwise be found by the first
// record, or never.
#pragma once

#include <string>
#include <vector>

#include "runtime/canonical/keywords.hpp"

namespace weir::canonical {

inline constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";

struct RuleProblem {
    std::string pointer;  // RFC 6901, into the schema
    std::string message;
};

// Keywords that are none or not supported, values of the wrong type, patterns that are no regular expressions. Does not
// follow references.
[[nodiscard]] std::vector<RuleProblem> check_rules(Json schema);

}  // namespace weir::canonical
