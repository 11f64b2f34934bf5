// What the lint asks about contracts, answered from the registry.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "runtime/canonical/registry.hpp"
#include "runtime/lint/lint.hpp"

namespace weir::app {

// The function shares `contracts`.
[[nodiscard]] std::function<lint::ContractFacts(std::string_view reference)> contract_facts(
    std::shared_ptr<const canonical::Contracts> contracts);

}  // namespace weir::app
