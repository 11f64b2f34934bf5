// Runs one seed's story against the real lanes, gates and journal, in the inline engine on a virtual clock, and says
// what is wrong in the end.
#pragma once

#include <string>
#include <vector>

#include "tests/fault/seed_scenario.hpp"

namespace weir::test {

struct SeedResult {
    std::vector<std::string> problems;    // empty: everything that must hold holds
    std::map<std::string, Document> erp;  // by reference
    std::map<std::string, Document> archive;
    std::map<std::string, Decimal> balances;  // of the ERP's accounts
    int lives = 0;
};

[[nodiscard]] SeedResult run_seed(const SeedScenario& scenario);

// What the books must be, from the records alone.
struct ExpectedBooks {
    std::map<std::string, Document> erp;
    std::map<std::string, Document> archive;
};
[[nodiscard]] ExpectedBooks expected_books(const SeedScenario& scenario);

}  // namespace weir::test
