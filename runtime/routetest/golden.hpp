// Expectations in a file of their own, written from what came.
#pragma once

#include <weir/result.hpp>

#include <filesystem>
#include <map>
#include <string>

#include "runtime/routetest/check.hpp"
#include "runtime/routetest/run.hpp"

namespace weir::routetest {

// What came of a case, as its expectation.
[[nodiscard]] Json expectation_of(const Actual& actual);

// The same to be accepted for a case of a golden file. What only a person writes there (exact_numbers, attempts, trace,
// ...) stays; its counts and ways are as they came.
[[nodiscard]] Json renewed_expectation(const Case& test, const Actual& actual);

// What is still wrong when the expectation is accepted and read back; empty: nothing. The case fails for another
// reason, or what came cannot be written down, as an object in which a key stands twice.
[[nodiscard]] std::vector<Failure> check_renewed(const TestFile& file, const Case& test, const Json& expectation,
                                                 const Actual& actual);

// Puts `accepted`, by the case's name, into the golden file beside `test`; what stands there of other cases of the file
// stays, what stands there of no case goes.
[[nodiscard]] Status write_golden(const TestFile& test, const std::map<std::string, Json>& accepted);

}  // namespace weir::routetest
