// Expectations in a file of their own, written from what came.
#pragma once

#include <weir/result.hpp>

#include <filesystem>
#include <map>
#include <string>

#include "runtime/routetest/run.hpp"

namespace weir::routetest {

// What came of a case, as its expectation.
[[nodiscard]] Json expectation_of(const Actual& actual);

// Puts `accepted`, by the case's name, into the golden file beside `test`; what stands there of other cases of the file
// stays, what stands there of no case goes.
[[nodiscard]] Status write_golden(const TestFile& test, const std::map<std::string, Json>& accepted);

}  // namespace weir::routetest
