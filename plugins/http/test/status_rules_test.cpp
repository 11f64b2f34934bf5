#include "status_rules.hpp"

#include <gtest/gtest.h>

namespace http_plugin {
namespace {

TEST(StatusRules, are_safe_by_default) {
    const StatusRules rules({}, false);
    struct Case {
        int status;
        bool retry_after;
        Verdict verdict;
    };
    constexpr Case kCases[] = {
        {200, false, Verdict::delivered},
        {202, false, Verdict::delivered},
        {204, false, Verdict::delivered},
        {301, false, Verdict::rejected_technical},
        {304, false, Verdict::rejected_technical},
        {400, false, Verdict::rejected},
        {401, false, Verdict::retry},
        {403, false, Verdict::retry},
        {404, false, Verdict::rejected},
        {408, false, Verdict::retry},
        {408, true, Verdict::throttled},
        {409, false, Verdict::rejected},
        {422, false, Verdict::rejected},
        {425, false, Verdict::retry},
        {429, false, Verdict::throttled},
        {429, true, Verdict::throttled},
        {500, false, Verdict::unknown},
        {501, false, Verdict::rejected_technical},
        {502, false, Verdict::unknown},
        {503, false, Verdict::retry},
        {503, true, Verdict::throttled},
        {504, false, Verdict::unknown},
        {599, false, Verdict::unknown},
    };
    for (const Case& c : kCases) EXPECT_EQ(rules.judge(c.status, c.retry_after).verdict, c.verdict) << c.status;
}

TEST(StatusRules, can_be_overridden_the_narrower_rule_first) {
    const StatusRules rules({{"5xx", "retry"}, {"500", "rejected"}, {"404", "delivered"}}, true);
    EXPECT_EQ(rules.judge(500, false).verdict, Verdict::rejected);
    EXPECT_EQ(rules.judge(502, false).verdict, Verdict::retry);
    EXPECT_EQ(rules.judge(404, false).verdict, Verdict::delivered);
    EXPECT_EQ(rules.judge(409, false).verdict, Verdict::duplicate);
    EXPECT_EQ(rules.judge(400, false).verdict, Verdict::rejected);
}

TEST(StatusRules, refuse_keys_and_verdicts_nobody_knows) {
    for (const auto& [key, name] : std::map<std::string, std::string>{
             {"5x", "retry"}, {"6xx", "retry"}, {"abc", "retry"}, {"199", "retry"}, {"600", "retry"}, {"500", "ok"}}) {
        EXPECT_THROW(StatusRules({{key, name}}, false), weir::ConfigError) << key;
    }
}

TEST(RetryAfter, is_seconds_or_a_date) {
    constexpr std::int64_t kNow = 784111777000000000;  // Sun, 06 Nov 1994 08:49:37 GMT
    EXPECT_EQ(parse_retry_after("120", kNow), 120'000'000'000);
    EXPECT_EQ(parse_retry_after("0", kNow), 0);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow), 60'000'000'000);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), 0);
    EXPECT_GT(*parse_retry_after("99999999999999", kNow), 0);
    for (const char* text : {"", "-1", "1.5", "soon"}) EXPECT_FALSE(parse_retry_after(text, kNow)) << text;
}

}  // namespace
}  // namespace http_plugin
