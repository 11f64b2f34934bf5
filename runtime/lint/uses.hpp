// Who uses what: for findings of what nobody uses, and for `weir where-used`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/lint/view.hpp"

namespace weir::lint {

// One place.
struct Use {
    std::string route;  // "" where no route is concerned
    std::string part;   // "from", "to erp", "step 2 (map)", "step 2 (map) into", "ownership of customer"
    config::Location where;
};

// By name. What is not in a map is used by nothing.
struct Uses {
    std::map<std::string, std::vector<Use>> connections;
    std::map<std::string, std::vector<Use>> mappings;  // by id, "usage-to-entry@1.2.0"
    std::map<std::string, std::vector<Use>> tables;
    std::map<std::string, std::vector<Use>> contracts;  // as it is written: "canonical/invoice@1"
    std::map<std::string, std::vector<Use>> plugins;
    std::map<std::string, std::vector<Use>> steps;  // by transform
    bool some_table = false;                        // a lookup() computes which
};

[[nodiscard]] Uses uses_of(const ConfigView& view);

}  // namespace weir::lint
