// Mapping files, branches and wire taps: what becomes of them in a route, and what is wrong with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<ComponentSchema> components() {
    auto all = test_components();
    std::erase_if(all, [](const auto& component) { return component.component == "map"; });
    all.push_back({"weir", "1.0.0", "map", "transform",
                   R"({"type":"object","required":["fields"],"properties":{"fields":{"type":"object",
                       "additionalProperties":true},"mapping":{"type":"string"}}})"});
    all.push_back({"weir", "1.0.0", "switch", "transform",
                   R"({"type":"object","required":["branches","otherwise"],"properties":{"branches":{"type":"array",
                       "items":{"type":"object","properties":{"name":{"type":"string"},"when":{"type":"string"}}}},
                       "otherwise":{"type":"string"},"prefix":{"type":"string"}}})"});
    return all;
}

constexpr const char* kMain = R"(weir: 1
data_dir: ./data
http: { listen: "127.0.0.1:0" }
connections:
  in: { plugin: intake, path: /in }
  erp: { plugin: archive, component: files, dir: a }
  crm: { plugin: archive, component: files, dir: b }
include: ["*.route.yaml", "*.mapping.yaml"]
)";

class StepsConfig : public ::testing::Test {
  protected:
    StepsConfig() {
        main_ = folder_.write("weir.yaml", kMain);
        mapping("1.0.0");
    }
    void mapping(const std::string& version, const std::string& more = "") {
        folder_.write(version + ".mapping.yaml", "mapping: to-entry\nversion: " + version + "\nowner: finance\n" +
                                                     more + "map:\n  fields:\n    v: \"'" + version + "'\"\n");
    }
    void route(const std::string& rest) {
        folder_.write("r.route.yaml", "route: r\nowner: finance\nfrom: { connection: in }\n" + rest);
    }
    Config loaded() {
        LoadResult result = load(main_, components(), test_environment());
        EXPECT_EQ(lines(result.problems), "");
        return result.config.value_or(Config{});
    }
    std::string problems() { return lines(load(main_, components(), test_environment()).problems); }

    Folder folder_;
    std::filesystem::path main_;
};

std::vector<std::string> paths(const Config& config) {
    std::vector<std::string> all;
    for (const Step& step : config.routes.at(0).steps) all.push_back(step.branch + ":" + step.transform);
    return all;
}

TEST_F(StepsConfig, a_route_names_the_highest_version_that_fits) {
    mapping("1.2.0");
    mapping("2.0.0");
    for (const auto& [named, version] : std::map<std::string, std::string>{{"to-entry@1", "1.2.0"},
                                                                           {"to-entry@1.0", "1.0.0"},
                                                                           {"to-entry@1.0.0", "1.0.0"},
                                                                           {"to-entry@^1.1", "1.2.0"},
                                                                           {"to-entry", "2.0.0"}}) {
        route("steps:\n  - map: " + named + "\nto: { connection: erp }\n");
        const Config config = loaded();
        const Step& step = config.routes.at(0).steps.at(0);
        EXPECT_EQ(step.mapping, "to-entry@" + version);
        const auto settings = nlohmann::json::parse(step.settings_json);
        EXPECT_EQ(settings["fields"]["v"], "'" + version + "'") << named;
        EXPECT_EQ(settings["mapping"], "to-entry@" + version);
        EXPECT_THAT(step.places.at("/fields/v").to_string(), HasSubstr(version + ".mapping.yaml:6:9"))
            << "behind the quote";
    }
}

TEST_F(StepsConfig, only_its_whole_version_names_a_pre_release) {
    mapping("1.0.0-rc.1");
    mapping("1.10.0");
    mapping("2.0.0-rc.1");
    for (const auto& [named, version] : std::map<std::string, std::string>{{"to-entry", "1.10.0"},
                                                                           {"to-entry@1", "1.10.0"},
                                                                           {"to-entry@1.0", "1.0.0"},
                                                                           {"to-entry@1.0.0-rc.1", "1.0.0-rc.1"},
                                                                           {"to-entry@2.0.0-rc.1", "2.0.0-rc.1"}}) {
        route("steps:\n  - map: " + named + "\nto: { connection: erp }\n");
        EXPECT_EQ(loaded().routes.at(0).steps.at(0).mapping, "to-entry@" + version) << named;
    }
    route("steps:\n  - map: to-entry@2\nto: { connection: erp }\n");
    EXPECT_THAT(problems(), HasSubstr("unknown mapping \"to-entry@2\" (there is "));
}

TEST_F(StepsConfig, a_reference_to_a_mapping_does_not_end_in_its_at) {
    route("steps:\n  - map: to-entry@\nto: { connection: erp }\n");
    EXPECT_THAT(problems(), HasSubstr("5:10: expected a mapping such as usage-to-entry@1, found \"to-entry@\" "
                                      "(write a version behind the @, or leave the @ out)"));
}

TEST_F(StepsConfig, a_mapping_that_is_not_there_is_named) {
    route("steps:\n  - map: to-entri@1\n  - map: { mapping: to-entry@3 }\nto: { connection: erp }\n");
    EXPECT_THAT(problems(), HasSubstr("5:10: unknown mapping \"to-entri@1\" (did you mean \"to-entry\"?)"));
    EXPECT_THAT(problems(), HasSubstr("6:21: unknown mapping \"to-entry@3\" (there is to-entry@1.0.0)"));
}

TEST_F(StepsConfig, a_mapping_stands_once) {
    folder_.write("again.mapping.yaml", "mapping: to-entry\nversion: 1.0.0\nowner: x\nmap: { fields: {} }\n");
    route("to: { connection: erp }\n");
    EXPECT_THAT(problems(), HasSubstr("again.mapping.yaml:1:10: mapping \"to-entry@1.0.0\" is here twice (first at"));
}

TEST_F(StepsConfig, a_mapping_is_checked_like_a_step) {
    mapping("1.1", "sunset: 2026-13-01\n");
    folder_.write("bad.mapping.yaml", "mapping: bad\nversion: 1.0.0\nowner: x\nmap: { feilds: {} }\n");
    route("to: { connection: erp }\n");
    EXPECT_THAT(problems(), HasSubstr("version: expected a version such as 1.2.0, found 1.1"));
    EXPECT_THAT(problems(), HasSubstr("sunset: expected a day such as 2026-10-01, found \"2026-13-01\""));
    EXPECT_THAT(problems(), HasSubstr("unknown key \"feilds\" (did you mean \"fields\"?)"));
}

TEST_F(StepsConfig, the_steps_of_branches_follow_the_switch) {
    route(R"(steps:
  - drop: {}
  - switch:
      branches:
        - name: invoices
          when: a
          steps:
            - map: to-entry@1
            - switch:
                branches: [{ name: late, when: b, steps: [{ drop: {} }] }]
                otherwise: drop
        - { name: credits, when: c }
      otherwise: rest
  - drop: {}
to:
  - { connection: erp, branch: invoices/late }
  - { connection: crm, branch: rest }
)");
    const Config config = loaded();
    EXPECT_THAT(paths(config),
                ElementsAre(":drop", ":switch", "invoices:map", "invoices:switch", "invoices/late:drop", ":drop"));
    const auto inner = nlohmann::json::parse(config.routes.at(0).steps.at(3).settings_json);
    EXPECT_EQ(inner["prefix"], "invoices/");
    EXPECT_FALSE(inner["branches"][0].contains("steps"));
    EXPECT_EQ(config.routes.at(0).to.at(0).branch, "invoices/late");
}

TEST_F(StepsConfig, a_branch_nobody_sends_to_is_named) {
    route(
        "steps:\n  - switch: { branches: [{ name: invoices, when: a }], otherwise: reject }\n"
        "to: { connection: erp, branch: invoice }\n");
    EXPECT_THAT(problems(),
                HasSubstr("no switch of the route has the branch \"invoice\" (did you mean \"invoices\"?)"));
}

TEST_F(StepsConfig, a_wire_tap_is_a_destination_with_the_steps_before_it) {
    route(R"(steps:
  - drop: {}
  - wire_tap: { connection: crm, deadline: 5s }
  - wire_tap: { connection: crm, name: second }
  - drop: {}
to: { connection: erp }
)");
    const Config config = loaded();
    const auto& to = config.routes.at(0).to;
    ASSERT_EQ(to.size(), 3U);
    EXPECT_EQ(to[0].steps, SIZE_MAX);
    EXPECT_EQ(to[1].name, "tap.crm");
    EXPECT_EQ(to[1].steps, 1U);
    EXPECT_TRUE(to[1].optional);
    EXPECT_EQ(to[1].deadline, std::chrono::seconds{5});
    EXPECT_EQ(to[2].name, "tap.second");
    EXPECT_THAT(paths(config), ElementsAre(":drop", ":drop"));
}

TEST_F(StepsConfig, wire_taps_need_names_of_their_own_and_known_keys) {
    route(
        "steps:\n  - wire_tap: { connection: crm }\n  - wire_tap: { connection: crm }\n"
        "  - wire_tap: { conection: crm }\nto: { connection: erp }\n");
    EXPECT_THAT(problems(), HasSubstr("the route has the wire tap \"tap.crm\" twice (give one of them a name"));
    EXPECT_THAT(problems(), HasSubstr("unknown key \"conection\" (did you mean \"connection\"?)"));
}

TEST_F(StepsConfig, tables_and_owners) {
    folder_.write("weir.yaml", std::string(kMain) + R"(tables:
  accounts: { file: accounts.csv, key: product }
  rates: { file: rates.json }
ownership:
  customer: { system: crm, members: [{ member: /payment_terms, system: erp }] }
)");
    route("to: { connection: erp }\n");
    const Config config = loaded();
    EXPECT_EQ(config.tables.at("accounts").key, "product");
    EXPECT_TRUE(config.tables.at("rates").file.ends_with("/rates.json"));
    EXPECT_EQ(config.ownership.at("customer").members.at("/payment_terms"), "erp");
    folder_.write("weir.yaml", std::string(kMain) + R"(tables: { accounts: { file: accounts.csv } }
ownership: { customer: { system: cmr } }
)");
    EXPECT_THAT(problems(), HasSubstr("key \"key\" is missing (expected the name of a column)"));
    EXPECT_THAT(problems(), HasSubstr("unknown connection \"cmr\" (did you mean \"crm\"?)"));
}

}  // namespace
}  // namespace weir::config::testing
