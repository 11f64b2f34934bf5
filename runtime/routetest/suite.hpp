// Cases under profiles, one after the other, and what came of each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/routetest/check.hpp"
#include "runtime/routetest/coverage.hpp"
#include "runtime/routetest/run.hpp"

namespace weir::routetest {

struct CaseResult {
    const TestFile* file = nullptr;
    const Case* test = nullptr;
    Profile profile = Profile::plain;
    std::int64_t took_ns = 0;
    std::string skipped;  // why it was not run under this profile; "" otherwise
    std::vector<Failure> failures;
    [[nodiscard]] bool passed() const noexcept { return failures.empty() && skipped.empty(); }
};

struct SuiteSettings {
    std::string filter;             // part of a case's name; "": all
    std::vector<Profile> profiles;  // besides plain, which always runs first
};

struct SuiteResult {
    std::vector<CaseResult> results;
    // Expectations as they would have to be, of failed cases of golden files: file -> case -> expectation.
    std::map<const TestFile*, std::map<std::string, Json>> acceptable;
};

// `files` outlives the result. `coverage` counts the plain runs; may be null.
[[nodiscard]] SuiteResult run_suite(const Bench& bench, const std::vector<TestFile>& files,
                                    const SuiteSettings& settings, Coverage* coverage);

}  // namespace weir::routetest
