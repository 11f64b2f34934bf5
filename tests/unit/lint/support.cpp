#include "tests/unit/lint/support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "runtime/lint/tests_beside.hpp"
#include "tests/unit/config/test_components.hpp"

namespace weir::lint::testing {

std::vector<config::ComponentSchema> components() {
    std::vector<config::ComponentSchema> all;
    for (const char* file :
         {"runtime/steps/plugin.json", "plugins/enrich/plugin.json", "plugins/file/plugin.json",
          "plugins/http/plugin.json", "plugins/tryton/plugin.json", "plugins/validate/plugin.json"}) {
        const auto manifest = nlohmann::json::parse(config::testing::read_file(file));
        for (const auto& component : manifest.at("components")) {
            all.push_back({manifest.at("id"), manifest.at("version"), component.at("name"), component.at("kind"),
                           component.at("config").dump()});
        }
    }
    return all;
}

ContractFacts contract_facts(std::string_view reference) {
    static const std::map<std::string, ContractFacts, std::less<>> kContracts = {
        {"canonical/usage_event@1", {.exists = true}},
        {"canonical/usage_summary@1", {.exists = true}},
        {"canonical/journal_entry@1", {.exists = true}},
        {"canonical/journal_entry@1.0.0", {.exists = true}},
        {"canonical/case@1", {.exists = true}},
        {"acme/order@0",
         {.exists = true, .deprecated_on = "2026-01-01", .sunset_on = "2026-11-23", .successor = "acme/order@2"}},
        {"acme/order@1",
         {.exists = true, .deprecated_on = "2026-11-23", .sunset_on = "2026-11-24", .successor = "acme/order@2"}},
        {"acme/order@2", {.exists = true, .deprecated_on = "2026-11-24"}},
        {"acme/person@1", {.exists = true, .personal = {"/name", "/emails/*/address"}}},
    };
    const auto found = kContracts.find(reference);
    if (found != kContracts.end()) return found->second;
    return {.nearest = reference == "canonical/jornal_entry@1" ? "canonical/journal_entry@1" : ""};
}

Surroundings surroundings() { return {contract_facts, has_test_beside, std::string(kToday)}; }

config::Config load_valid(const std::string& file) {
    config::LoadResult loaded =
        config::load(std::string(kFolder) + file, components(), config::testing::test_environment());
    EXPECT_EQ(config::testing::lines(loaded.problems), "") << file;
    return loaded.config.value_or(config::Config{});
}

std::vector<Finding> findings_in(const std::string& file) { return lint(load_valid(file), surroundings()); }

std::string without_folder(std::string text) {
    const std::string absolute = std::filesystem::absolute(kFolder).string();
    for (const std::string& folder : {absolute, std::string(kFolder)}) {
        for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
            text.erase(at, folder.size());
        }
    }
    return text;
}

}  // namespace weir::lint::testing
