#include "runtime/lint/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::lint {
namespace {

std::vector<Finding> two() {
    std::vector<Finding> findings{
        {RuleId::NO_OWNER, {"w.yaml", 3, 1}, "nobody", "name a team", "route a", "a", Severity::error},
        {RuleId::NO_TESTS, {"w.yaml", 3, 1}, "untested", "", "route a", "a", Severity::note}};
    return findings;
}

TEST(LintReport, reads_like_a_compiler) {
    EXPECT_EQ(findings_as_text(two()),
              "w.yaml:3:1: error: nobody (name a team) [NO_OWNER]\nw.yaml:3:1: note: untested [NO_TESTS]\n");
}

TEST(LintReport, leaves_waived_findings_out_of_the_text) {
    auto findings = two();
    findings[0].waiver = Waiver::route;
    EXPECT_EQ(findings_as_text(findings), "w.yaml:3:1: note: untested [NO_TESTS]\n");
}

TEST(LintReport, is_coloured_only_when_asked_to_be) {
    EXPECT_EQ(findings_as_text(two()).find('\x1b'), std::string::npos);
    EXPECT_NE(findings_as_text(two(), Colour::yes).find("\x1b[1;31merror:\x1b[0m nobody"), std::string::npos);
}

TEST(LintReport, gives_json_with_problems_and_findings) {
    auto findings = two();
    findings[1].waiver = Waiver::command_line;
    findings[1].waived_because = "allowed";
    const config::Problem problem{{"x.yaml", 4, 2}, "wrong_type", "k: expected text", "", ""};
    const auto json = nlohmann::json::parse(report_as_json(std::span(&problem, 1), findings));
    EXPECT_EQ(json["problems"][0]["code"], "wrong_type");
    EXPECT_EQ(json["findings"][0], nlohmann::json::parse(R"({"file": "w.yaml", "line": 3, "column": 1,
        "code": "NO_OWNER", "severity": "error", "message": "nobody", "hint": "name a team", "subject": "route a",
        "suppressed": false})"));
    EXPECT_EQ(json["findings"][1]["suppressed"], true);
    EXPECT_EQ(json["findings"][1]["why"], "allowed");
    EXPECT_EQ(nlohmann::json::parse(report_as_json({}, {})),
              nlohmann::json::parse(R"({"problems": [], "findings": []})"));
}

}  // namespace
}  // namespace weir::lint
