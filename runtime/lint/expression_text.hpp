// The little the lint knows of the expression language: enough to see which names an expression mentions, without
// compiling it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::lint {

// Names outside of texts that are neither functions, members behind a dot, nor true, false, null and in: "record".
[[nodiscard]] std::vector<std::string> names_of(std::string_view expression);

struct Lookups {
    std::vector<std::string> tables;  // of lookup('name', ...)
    bool any = false;                 // some lookup() computes its table's name
};
// Adds the lookups of `expression`.
void add_lookups(std::string_view expression, Lookups& lookups);

}  // namespace weir::lint
