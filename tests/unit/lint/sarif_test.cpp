// SARIF 2.1.0: what its schema requires, what code hosts need, and one report as a whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "runtime/lint/report.hpp"
#include "tests/unit/config/test_components.hpp"
#include "tests/unit/lint/support.hpp"

namespace weir::lint::testing {
namespace {

using nlohmann::json;

json sarif(const std::vector<Finding>& findings, const std::vector<config::Problem>& problems = {},
           const std::filesystem::path& base = std::filesystem::current_path()) {
    return json::parse(report_as_sarif(problems, findings, base, "1.2.3"));
}

// The required properties of sarif-schema-2.1.0.json, for the objects the report has.
void expect_required(const json& log) {
    ASSERT_EQ(log.at("version"), "2.1.0");
    ASSERT_TRUE(log.at("runs").is_array());
    for (const json& run : log["runs"]) {
        ASSERT_TRUE(run.at("tool").at("driver").at("name").is_string());
        std::set<std::string> ids;
        for (const json& rule : run["tool"]["driver"].at("rules")) {
            EXPECT_TRUE(ids.insert(rule.at("id").get<std::string>()).second) << rule["id"];
            EXPECT_TRUE(rule.at("shortDescription").at("text").is_string());
        }
        for (const json& invocation : run.at("invocations")) {
            EXPECT_TRUE(invocation.at("executionSuccessful").is_boolean());
        }
        for (const json& result : run.at("results")) {
            EXPECT_TRUE(result.at("message").at("text").is_string());
            EXPECT_THAT((std::vector<std::string>{"none", "note", "warning", "error"}),
                        ::testing::Contains(result.at("level").get<std::string>()));
            const auto index = result.at("ruleIndex").get<std::size_t>();
            EXPECT_EQ(run["tool"]["driver"]["rules"].at(index).at("id"), result.at("ruleId"));
            for (const json& suppression : result.value("suppressions", json::array())) {
                EXPECT_TRUE(suppression.at("kind") == "inSource" || suppression.at("kind") == "external");
            }
            for (const json& location : result.at("locations")) {
                const json& place = location.at("physicalLocation");
                EXPECT_TRUE(place.at("artifactLocation").at("uri").is_string());
                EXPECT_GE(place.value("/region/startLine"_json_pointer, 1), 1);
                EXPECT_GE(place.value("/region/startColumn"_json_pointer, 1), 1);
            }
        }
    }
}

TEST(Sarif, has_what_the_schema_requires_for_every_rule) {
    for (const Rule& rule : rules()) {
        const auto findings = findings_in(std::string(rule.code) + ".yaml");
        ASSERT_FALSE(findings.empty());
        const json log = sarif(findings);
        expect_required(log);
        EXPECT_EQ(log["runs"][0]["results"].size(), findings.size());
        EXPECT_EQ(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    }
}

TEST(Sarif, names_files_relative_to_the_base) {
    const json log = sarif(findings_in("NO_OWNER.yaml"));
    EXPECT_EQ(log.at("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"_json_pointer),
              "tests/configs/lint/NO_OWNER.yaml");
    const std::vector<Finding> elsewhere{
        {RuleId::NO_OWNER, {"/etc/weir/my routes.yaml", 1, 1}, "m", "", "s", "", Severity::error}};
    EXPECT_EQ(sarif(elsewhere, {}, "/home/ci")
                  .at("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"_json_pointer),
              "file:///etc/weir/my%20routes.yaml");
    EXPECT_EQ(sarif(elsewhere, {}, "/etc")
                  .at("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"_json_pointer),
              "weir/my%20routes.yaml");
}

TEST(Sarif, has_fingerprints_that_survive_moved_lines_and_differ_otherwise) {
    auto findings = findings_in("STALE_WAIVER.yaml");
    const auto before = sarif(findings).at("/runs/0/results/0/partialFingerprints"_json_pointer);
    findings[0].where.line += 40;
    EXPECT_EQ(sarif(findings).at("/runs/0/results/0/partialFingerprints"_json_pointer), before);
    findings[0].subject += "2";
    EXPECT_NE(sarif(findings).at("/runs/0/results/0/partialFingerprints"_json_pointer), before);

    const Finding one{RuleId::NO_OWNER, {"f", 1, 1}, "m", "", "s", "", Severity::error};
    const json twice = sarif({one, one});
    EXPECT_NE(twice.at("/runs/0/results/0/partialFingerprints"_json_pointer),
              twice.at("/runs/0/results/1/partialFingerprints"_json_pointer));
}

TEST(Sarif, lists_waived_findings_as_suppressed_with_the_reason) {
    const json log = sarif(findings_in("STALE_WAIVER.ok.yaml"));
    EXPECT_EQ(log.at("/runs/0/results/0/suppressions"_json_pointer),
              json::parse(R"([{"kind": "inSource", "justification": "finance compares by hand each month"}])"));
}

TEST(Sarif, has_the_problems_of_a_configuration_that_is_not_valid) {
    const std::vector<config::Problem> problems{
        {{"w.yaml", 3, 1}, "unknown_key", "unknown key \"a\"", "there is b", ""},
        {{"none.yaml", 0, 0}, "unreadable", "no such file", "", ""}};
    const json log = sarif({}, problems);
    expect_required(log);
    EXPECT_EQ(log.at("/runs/0/results/0/ruleId"_json_pointer), "configuration/unknown_key");
    EXPECT_EQ(log.at("/runs/0/results/0/message/text"_json_pointer), "unknown key \"a\" (there is b)");
    EXPECT_FALSE(log.at("/runs/0/results/1/locations/0/physicalLocation"_json_pointer).contains("region"));
    EXPECT_EQ(log.at("/runs/0/invocations/0/executionSuccessful"_json_pointer), false);
}

TEST(Sarif, of_one_file_is_as_it_was) {
    json log = sarif(findings_in("STALE_WAIVER.yaml"));
    log["runs"][0]["tool"]["driver"]["rules"] = "left out";
    log["runs"][0]["results"][0]["ruleIndex"] = 0;  // moves with every new rule
    EXPECT_EQ(log.dump(2) + "\n", config::testing::read_file(std::string(kFolder) + "golden.sarif"));
}

}  // namespace
}  // namespace weir::lint::testing
