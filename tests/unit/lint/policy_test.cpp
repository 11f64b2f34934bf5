#include "runtime/lint/policy.hpp"

#include <gtest/gtest.h>

namespace weir::lint {
namespace {

Finding finding(RuleId id) { return {id, {"f", 1, 1}, "m", "", "s", "r", rule(id).severity}; }

std::vector<Finding> three() {
    return {finding(RuleId::NO_OWNER), finding(RuleId::NO_RECONCILIATION), finding(RuleId::NO_TESTS)};
}

Counts counted(const Policy& policy, std::vector<Finding> findings = three()) {
    apply(policy, findings);
    return count(findings);
}

TEST(LintPolicy, leaves_severities_alone_by_default) {
    const Counts counts = counted({});
    EXPECT_EQ(counts.errors, 1U);
    EXPECT_EQ(counts.warnings, 1U);
    EXPECT_EQ(counts.notes, 1U);
    EXPECT_EQ(counts.waived, 0U);
}

TEST(LintPolicy, makes_errors_of_what_is_denied) {
    EXPECT_EQ(counted({{"warnings"}, {}}).errors, 2U);
    EXPECT_EQ(counted({{"warnings"}, {}}).notes, 1U);
    EXPECT_EQ(counted({{"NO_TESTS"}, {}}).errors, 2U);
    EXPECT_EQ(counted({{"NO_TESTS"}, {}}).warnings, 1U);
}

TEST(LintPolicy, lets_stand_what_is_allowed_even_when_it_is_denied_too) {
    const Counts counts = counted({{"warnings"}, {"NO_RECONCILIATION", "NO_OWNER"}});
    EXPECT_EQ(counts.errors, 0U);
    EXPECT_EQ(counts.waived, 2U);
}

TEST(LintPolicy, does_not_deny_what_a_route_waives) {
    auto findings = three();
    findings[0].waiver = Waiver::route;
    findings[0].waived_because = "known";
    apply({{"NO_OWNER"}, {"NO_OWNER"}}, findings);
    EXPECT_EQ(findings[0].waiver, Waiver::route);
    EXPECT_EQ(findings[0].waived_because, "known");
}

TEST(LintPolicy, knows_its_codes) {
    EXPECT_EQ(problem_of({{"warnings", "NO_OWNER"}, {"NO_TESTS"}}), "");
    EXPECT_EQ(problem_of({{"NO_OWNR"}, {"warnings"}}),
              "--deny: unknown code \"NO_OWNR\" (did you mean \"NO_OWNER\"?)\n--allow: unknown code \"warnings\"\n");
}

}  // namespace
}  // namespace weir::lint
