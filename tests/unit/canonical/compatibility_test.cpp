// Pairs of schemas, and whom the step from one to the other hurts: data/compatibility.json.

#include "runtime/canonical/compatibility.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/canonical/registry.hpp"

namespace weir::canonical {
namespace {

using nlohmann::json;

std::string described(const Difference& difference) {
    std::string text;
    for (const Change& change : difference.changes) {
        text += change.pointer + ' ' + change.kind + (change.breaks_readers ? " readers" : "") +
                (change.breaks_writers ? " writers" : "") + ": " + change.message + '\n';
    }
    return text;
}

TEST(Compatibility, of_every_pair) {
    std::ifstream file("tests/unit/canonical/data/compatibility.json");
    const json cases = json::parse(file);
    ASSERT_GE(cases.size(), 60U);
    for (const json& item : cases) {
        const auto difference = diff(item.at("old").dump(), item.at("new").dump());
        ASSERT_TRUE(difference.ok()) << item;
        const std::string all = item.at("name").get<std::string>() + ":\n" + described(*difference);
        const std::string breaks = item.at("breaks");
        EXPECT_EQ(difference->compatible(Mode::forward), breaks != "readers" && breaks != "both") << all;
        EXPECT_EQ(difference->compatible(Mode::backward), breaks != "writers" && breaks != "both") << all;
        EXPECT_EQ(difference->compatible(), breaks.empty()) << all;
        EXPECT_EQ(to_string(difference->level()), item.at("level").get<std::string>()) << all;
        EXPECT_EQ(difference->changes.empty(), item.at("level") == "none") << all;
        if (!item.contains("kind")) continue;
        EXPECT_TRUE(std::ranges::any_of(difference->changes,
                                        [&](const Change& change) {
                                            return change.pointer == item.at("pointer") &&
                                                   change.kind == item.at("kind") &&
                                                   change.message.find(item.at("says").get<std::string>()) !=
                                                       std::string::npos;
                                        }))
            << all << item;
    }
}

// Backwards every step that hurts nobody or everybody does the same; readers and writers change places for most others.
TEST(Compatibility, of_every_pair_the_other_way_round) {
    std::ifstream file("tests/unit/canonical/data/compatibility.json");
    for (const json& item : json::parse(file)) {
        const auto there = diff(item.at("old").dump(), item.at("new").dump());
        const auto back = diff(item.at("new").dump(), item.at("old").dump());
        ASSERT_TRUE(there.ok() && back.ok()) << item;
        EXPECT_EQ(there->changes.empty(), back->changes.empty()) << item;
    }
}

TEST(Compatibility, what_breaks_only_the_other_side_is_minor) {
    const auto wider = diff(R"({"enum":["a"]})", R"({"enum":["a","b"]})");
    ASSERT_TRUE(wider.ok());
    EXPECT_EQ(wider->level(Mode::full), Level::major);
    EXPECT_EQ(wider->level(Mode::forward), Level::major);
    EXPECT_EQ(wider->level(Mode::backward), Level::minor);
}

TEST(Compatibility, needs_schemas) {
    for (const char* bad : {"", "7", "[]", "{"}) {
        EXPECT_FALSE(diff(bad, "{}").ok()) << bad;
        EXPECT_FALSE(diff("{}", bad).ok()) << bad;
    }
    EXPECT_EQ(parse_mode("full"), Mode::full);
    EXPECT_EQ(parse_mode("Full"), std::nullopt);
}

TEST(Compatibility, of_each_canonical_contract_with_itself) {
    const Contracts contracts = Contracts::builtin();
    for (const Contract* contract : contracts.all()) {
        const auto difference = diff(contract->schema_text, contract->schema_text);
        ASSERT_TRUE(difference.ok());
        EXPECT_EQ(difference->level(), Level::none) << contract->reference() << '\n' << described(*difference);
    }
}

// Each field of the canonical model is looked at: taking any one away is told.
TEST(Compatibility, notices_every_field_that_goes) {
    const Contracts contracts = Contracts::builtin();
    for (const Contract* contract : contracts.all()) {
        const json whole = json::parse(contract->schema_text);
        for (const auto& [name, schema] : whole.at("properties").items()) {
            json less = whole;
            less["properties"].erase(name);
            const auto difference = diff(whole.dump(), less.dump());
            ASSERT_TRUE(difference.ok());
            EXPECT_FALSE(difference->compatible()) << contract->reference() << ' ' << name;
        }
    }
}

}  // namespace
}  // namespace weir::canonical
