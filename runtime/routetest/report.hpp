// Results of route tests for people and for machines.
#pragma once

#include <string>
#include <vector>

#include "runtime/routetest/suite.hpp"

namespace weir::routetest {

struct Tally {
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t skipped = 0;
};
[[nodiscard]] Tally tally(const std::vector<CaseResult>& results);

// A line a case, the failures below it, a summary. `colour` only for terminals.
[[nodiscard]] std::string results_as_text(const std::vector<CaseResult>& results, bool colour);
[[nodiscard]] std::string coverage_as_text(const Coverage& coverage);
// One object: results, and coverage when it is not null.
[[nodiscard]] std::string results_as_json(const std::vector<CaseResult>& results, const Coverage* coverage);
// JUnit's XML as CI systems read it: a suite a file, a case a case and profile.
[[nodiscard]] std::string results_as_junit(const std::vector<CaseResult>& results);

}  // namespace weir::routetest
