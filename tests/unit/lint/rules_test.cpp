#include "runtime/lint/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/config/test_components.hpp"

namespace weir::lint {
namespace {

TEST(LintRules, stand_in_docs) {
    EXPECT_EQ(config::testing::read_file("docs/reference/lint.md"), reference_markdown())
        << "run: ninja -C build/release lint_reference";
}

TEST(LintRules, have_distinct_codes_in_capitals) {
    std::set<std::string_view> seen;
    for (const Rule& rule : rules()) {
        EXPECT_TRUE(seen.insert(rule.code).second) << rule.code;
        EXPECT_THAT(std::string(rule.code), ::testing::MatchesRegex("[A-Z][A-Z_]+"));
    }
}

TEST(LintRules, are_explained) {
    for (const Rule& rule : rules()) {
        EXPECT_FALSE(rule.title.ends_with('.')) << rule.code;
        EXPECT_TRUE(rule.why.ends_with('.')) << rule.code;
        EXPECT_TRUE(rule.repair.ends_with('.')) << rule.code;
        const std::string text = explain(rule);
        EXPECT_THAT(text, ::testing::StartsWith(std::string(rule.code) + " (" + std::string(to_string(rule.severity))));
        EXPECT_THAT(text, ::testing::HasSubstr("\n\nWhy it matters\n  "));
        EXPECT_THAT(text, ::testing::HasSubstr("\n\nHow to repair it\n  "));
        EXPECT_EQ(rule.example.empty(), text.find("\n\nExample\n  ") == std::string::npos) << rule.code;
    }
}

TEST(LintRules, are_found_by_code) {
    for (const Rule& one : rules()) {
        EXPECT_EQ(find_rule(one.code), &one);
        EXPECT_EQ(&rule(one.id), &one);
    }
    EXPECT_EQ(find_rule("NO_OWNR"), nullptr);
    EXPECT_EQ(nearest_rule("NO_OWNR"), "did you mean \"NO_OWNER\"?");
    EXPECT_EQ(nearest_rule("zzz"), "");
}

}  // namespace
}  // namespace weir::lint
