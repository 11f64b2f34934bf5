#include "runtime/flow/retry_policy.hpp"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const RetryPolicy kPolicy{milliseconds{500}, milliseconds{600'000}, 2.0, 0.2, 12, 10};

milliseconds delay(std::uint32_t attempt, milliseconds wish, double random) {
    const auto found = delay_after(kPolicy, attempt, wish, random);
    return found ? std::chrono::duration_cast<milliseconds>(*found) : milliseconds{-1};
}

TEST(RetryPolicy, doubles_from_the_first_delay_up_to_the_cap) {
    EXPECT_EQ(delay(1, {}, 0.0), milliseconds{500});
    EXPECT_EQ(delay(2, {}, 0.0), milliseconds{1'000});
    EXPECT_EQ(delay(11, {}, 0.0), milliseconds{512'000});
    EXPECT_EQ(std::chrono::duration_cast<seconds>(backoff(kPolicy, 500, 0.0)), seconds{600});
}

TEST(RetryPolicy, draws_a_share_of_the_delay_at_random) {
    EXPECT_EQ(delay(1, {}, 0.5), milliseconds{450});
    EXPECT_GE(delay(1, {}, 0.999), milliseconds{400});
}

TEST(RetryPolicy, honours_the_targets_wish_even_beyond_the_cap) {
    EXPECT_EQ(delay(1, milliseconds{1'800'000}, 0.0), milliseconds{1'800'000});
    EXPECT_EQ(delay(1, milliseconds{1}, 0.0), milliseconds{500});
}

TEST(RetryPolicy, stops_after_the_last_allowed_attempt) {
    EXPECT_EQ(delay(11, {}, 0.0), milliseconds{512'000});
    EXPECT_EQ(delay(12, {}, 0.0), milliseconds{-1});
    EXPECT_EQ(delay(13, milliseconds{5}, 0.0), milliseconds{-1});
}

TEST(RetryPolicy, full_jitter_spreads_over_the_whole_delay) {
    RetryPolicy policy = kPolicy;
    policy.jitter = 1.0;
    EXPECT_EQ(backoff(policy, 1, 0.0), milliseconds{500});
    EXPECT_LT(backoff(policy, 1, 0.999), milliseconds{1});
    EXPECT_EQ(backoff(policy, 3, 0.5), milliseconds{1'000});
}

TEST(RetryRules, the_first_rule_that_fits_the_code_decides) {
    RetryRules rules;
    rules.common.max_attempts = 1;
    RetryPolicy slow;
    slow.max_attempts = 2;
    RetryPolicy quick;
    quick.max_attempts = 3;
    rules.rules = {{{"HTTP_401", "HTTP_403"}, slow}, {{"HTTP_4*"}, quick}};
    EXPECT_EQ(rules.of("HTTP_401").max_attempts, 2u);
    EXPECT_EQ(rules.of("HTTP_403").max_attempts, 2u);
    EXPECT_EQ(rules.of("HTTP_404").max_attempts, 3u);
    EXPECT_EQ(rules.of("HTTP_503").max_attempts, 1u);
    EXPECT_EQ(rules.of("").max_attempts, 1u);
    EXPECT_EQ(rules.of("HTTP_4").max_attempts, 3u) << "a star stands for nothing, too";
}

}  // namespace
}  // namespace weir::flow
