// The little the lint knows of the expression language: enough to see which tables one looks up in, without compiling
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::lint {

struct Lookups {
    std::vector<std::string> tables;  // of lookup('name', ...)
    bool any = false;                 // some lookup() computes its table's name
};
// Adds the lookups of `expression`.
void add_lookups(std::string_view expression, Lookups& lookups);

}  // namespace weir::lint
