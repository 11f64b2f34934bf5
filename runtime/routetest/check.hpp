// What a case expected beside what came of it.
#pragma once

#include <string>
#include <vector>

#include "runtime/routetest/case.hpp"
#include "runtime/routetest/run.hpp"

namespace weir::routetest {

struct Failure {
    std::string message;  // one line
    std::string diff;     // lines with "-", "+" or " " in front; or ""
    config::Location where;
};

// Every promise is checked in every case: the accounts add up, nothing was booked twice, nothing is held, dead or
// pending that was not named. `plain`: what came of the same case without a profile; null when it is this.
[[nodiscard]] std::vector<Failure> check_case(const Case& test, const Actual& actual, Profile profile,
                                              const Actual* plain);

// Lines of `expected` and `actual`, those only in one of them marked; unchanged ones far from a change left out.
[[nodiscard]] std::string diff_lines(const std::string& expected, const std::string& actual);

}  // namespace weir::routetest
