// tests/configs/lint: for each rule a configuration in which it finds exactly what the .expected says, and one, not far
// from it, in which it finds nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/lint/report.hpp"
#include "tests/unit/config/test_components.hpp"
#include "tests/unit/lint/support.hpp"

namespace weir::lint::testing {
namespace {

using config::testing::read_file;

std::vector<std::string> codes() {
    std::vector<std::string> codes;
    for (const Rule& rule : rules()) codes.emplace_back(rule.code);
    return codes;
}

std::vector<std::string> codes_of(const std::vector<Finding>& findings) {
    std::vector<std::string> codes;
    for (const Finding& finding : findings) codes.emplace_back(rule(finding.rule).code);
    return codes;
}

class LintRule : public ::testing::TestWithParam<std::string> {};

TEST_P(LintRule, finds_what_is_expected) {
    const auto findings = findings_in(GetParam() + ".yaml");
    EXPECT_THAT(codes_of(findings), ::testing::Contains(GetParam()));
    EXPECT_EQ(without_folder(findings_as_text(findings)), read_file(std::string(kFolder) + GetParam() + ".expected"));
}

TEST_P(LintRule, leaves_what_is_right_alone) {
    EXPECT_THAT(codes_of(findings_in(GetParam() + ".ok.yaml")), ::testing::Not(::testing::Contains(GetParam())));
}

TEST_P(LintRule, says_where_and_what_it_is_about) {
    for (const Finding& finding : findings_in(GetParam() + ".yaml")) {
        EXPECT_GT(finding.where.line, 0);
        EXPECT_GT(finding.where.column, 0);
        EXPECT_FALSE(finding.subject.empty());
        EXPECT_THAT(finding.message + finding.hint, ::testing::Not(::testing::HasSubstr("s3cr3t")));
    }
}

INSTANTIATE_TEST_SUITE_P(Rules, LintRule, ::testing::ValuesIn(codes()), [](const auto& param) { return param.param; });

TEST(Lint, finds_nothing_in_a_clean_configuration) { EXPECT_EQ(findings_as_text(findings_in("clean.yaml")), ""); }

TEST(Lint, has_no_expectation_without_a_rule) {
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().extension() != ".expected") continue;
        EXPECT_NE(find_rule(entry.path().stem().string()), nullptr) << entry.path();
    }
}

TEST(Lint, marks_what_a_route_waives_and_nothing_else) {
    auto findings = findings_in("STALE_WAIVER.ok.yaml");
    ASSERT_EQ(codes_of(findings), std::vector<std::string>{"NO_RECONCILIATION"});
    EXPECT_EQ(findings[0].waiver, Waiver::route);
    EXPECT_EQ(findings[0].waived_because, "finance compares by hand each month");
    EXPECT_EQ(findings_as_text(findings), "");
}

TEST(Lint, judges_days_as_of_today) {
    const config::Config config = load_valid("DEPRECATED_MAPPING.yaml");
    const auto on = [&](std::string today) {
        Surroundings world = surroundings();
        world.today = std::move(today);
        return codes_of(lint(config, world));
    };
    EXPECT_THAT(on("2026-11-22"), ::testing::Not(::testing::Contains("DEPRECATED_MAPPING")));
    EXPECT_THAT(on("2026-11-23"), ::testing::Contains("DEPRECATED_MAPPING"));
    EXPECT_THAT(on("2027-06-29"), ::testing::Contains("DEPRECATED_MAPPING"));
    EXPECT_THAT(on("2027-06-30"), ::testing::AllOf(::testing::Contains("SUNSET_MAPPING"),
                                                   ::testing::Not(::testing::Contains("DEPRECATED_MAPPING"))));
}

TEST(Lint, says_nothing_of_contracts_and_tests_it_does_not_know) {
    EXPECT_EQ(codes_of(lint(load_valid("UNKNOWN_CONTRACT.yaml"), {})), std::vector<std::string>{"RAW_USAGE_TO_ERP"});
    EXPECT_EQ(codes_of(lint(load_valid("NO_TESTS.yaml"), {})), std::vector<std::string>{});
}

}  // namespace
}  // namespace weir::lint::testing
