// What the lint's tests share: the real manifests, contracts that are fixed, and tests/configs/lint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/lint/lint.hpp"

namespace weir::lint::testing {

constexpr std::string_view kFolder = "tests/configs/lint/";
constexpr std::string_view kToday = "2026-11-23";

// Of the plugins a configuration in kFolder uses, from their manifests in the source tree.
[[nodiscard]] std::vector<config::ComponentSchema> components();
// acme/order@0 has met its sunset, @1 is deprecated, @2 will be tomorrow; acme/person@1 has personal members; and some
// canonical ones.
[[nodiscard]] ContractFacts contract_facts(std::string_view reference);
[[nodiscard]] Surroundings surroundings();
// Fails the test when the file is not valid.
[[nodiscard]] config::Config load_valid(const std::string& file);
[[nodiscard]] std::vector<Finding> findings_in(const std::string& file);
// The folder is the same in every line: left out so that files read well.
[[nodiscard]] std::string without_folder(std::string text);

}  // namespace weir::lint::testing
