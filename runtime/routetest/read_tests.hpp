// Text of a *.test.yaml file -> cases. docs/howto/test-routes.md describes the format.
#pragma once

#include <filesystem>
#include <optional>

#include "runtime/config/config.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/routetest/case.hpp"

namespace weir::routetest {

// nullopt after adding everything that is wrong, each at its place. Names of routes, connections, destinations and
// tables are those of `config`.
[[nodiscard]] std::optional<TestFile> read_tests(const std::filesystem::path& file, const config::Config& config,
                                                 config::Problems& problems);

// The file beside, in which expectations of `expect: golden` stand by the case's name: "usage.golden.yaml" for
// "usage.test.yaml".
[[nodiscard]] std::filesystem::path golden_file(const std::filesystem::path& file);

}  // namespace weir::routetest
