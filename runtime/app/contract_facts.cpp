#include "runtime/app/contract_facts.hpp"

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/text.hpp"

namespace weir::app {
namespace {

lint::ContractFacts facts_of(const canonical::Contract& contract) {
    const auto day = [](const auto& date) { return date ? canonical::format_date(*date) : std::string(); };
    return {true, day(contract.deprecated_on), day(contract.sunset_on), contract.successor, contract.personal, ""};
}

std::string nearest_contract(const canonical::Contracts& contracts, std::string_view reference) {
    const std::vector<std::string> names = contracts.names();
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    return std::string(nearest_name(reference, candidates));
}

}  // namespace

std::function<lint::ContractFacts(std::string_view)> contract_facts(
    std::shared_ptr<const canonical::Contracts> contracts) {
    return [contracts = std::move(contracts)](std::string_view reference) {
        if (const canonical::Contract* contract = contracts->find(reference)) return facts_of(*contract);
        lint::ContractFacts unknown;
        unknown.nearest = nearest_contract(*contracts, reference);
        return unknown;
    };
}

}  // namespace weir::app
