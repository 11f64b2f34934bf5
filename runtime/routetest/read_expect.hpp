// The `expect` section of a case.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/routetest/case.hpp"

namespace weir::routetest {

// `destinations`: the names there are; `golden_data`: where a `data_file` is looked for.
[[nodiscard]] Expectation read_expect(const config::Node& node, const std::vector<std::string_view>& destinations,
                                      const std::filesystem::path& folder, config::Problems& problems);

// The text of a `data_file`; nullopt after reporting.
[[nodiscard]] std::optional<std::string> read_data_file(const config::Node& name, const std::filesystem::path& folder,
                                                        config::Problems& problems);

}  // namespace weir::routetest
