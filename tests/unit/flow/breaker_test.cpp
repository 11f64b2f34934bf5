#include "runtime/flow/breaker.hpp"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr BreakerSettings kSettings{3, std::chrono::seconds{10}, std::chrono::seconds{30}};

Breaker opened(std::int64_t now) {
    Breaker breaker(kSettings);
    for (int i = 0; i < 3; ++i) {
        breaker.started(now);
        (void)breaker.failed(now);
    }
    return breaker;
}

TEST(Breaker, opens_after_so_many_failures_in_a_row) {
    Breaker breaker(kSettings);
    EXPECT_FALSE(breaker.failed(1));
    EXPECT_FALSE(breaker.failed(1));
    EXPECT_FALSE(breaker.succeeded()) << "a success in between starts the count again";
    EXPECT_FALSE(breaker.failed(1));
    EXPECT_FALSE(breaker.failed(1));
    EXPECT_TRUE(breaker.allows(1));
    EXPECT_TRUE(breaker.failed(1));
    EXPECT_EQ(breaker.state(1), BreakerState::open);
    EXPECT_FALSE(breaker.allows(1));
}

TEST(Breaker, lets_exactly_one_probe_through) {
    Breaker breaker = opened(1);
    const std::int64_t later = breaker.open_until_mono_ns();
    EXPECT_EQ(later, 1 + 10 * kSecond);
    EXPECT_FALSE(breaker.allows(later - 1));
    ASSERT_TRUE(breaker.allows(later));
    breaker.started(later);
    EXPECT_FALSE(breaker.allows(later)) << "one at a time";
    breaker.cancelled();
    EXPECT_TRUE(breaker.allows(later)) << "that one did not take place";
    breaker.started(later);
    EXPECT_TRUE(breaker.succeeded());
    EXPECT_EQ(breaker.state(later), BreakerState::closed);
}

TEST(Breaker, waits_twice_as_long_after_a_probe_that_failed_up_to_a_limit) {
    Breaker breaker = opened(1);
    std::int64_t now = 1;
    for (const std::int64_t seconds : {10, 20, 30, 30}) {
        EXPECT_EQ(breaker.open_until_mono_ns() - now, seconds * kSecond);
        now = breaker.open_until_mono_ns();
        breaker.started(now);
        EXPECT_TRUE(breaker.failed(now));
    }
}

TEST(Breaker, a_call_that_began_before_it_opened_says_nothing_new) {
    Breaker breaker = opened(1);
    const std::int64_t until = breaker.open_until_mono_ns();
    EXPECT_FALSE(breaker.failed(2));
    EXPECT_EQ(breaker.open_until_mono_ns(), until);
}

TEST(Breaker, none_is_asked_for) {
    Breaker breaker({0, std::chrono::seconds{1}, std::chrono::seconds{1}});
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(breaker.failed(1));
    EXPECT_TRUE(breaker.allows(1));
}

TEST(Breaker, is_open_after_a_restart_until_the_same_moment) {
    const std::int64_t wall = 1'782'864'000 * kSecond;
    const std::string saved = opened(5).save(5, wall);
    Breaker next(kSettings);
    next.load(saved, 1'000, wall + 4 * kSecond);
    EXPECT_EQ(next.open_until_mono_ns(), 1'000 + 6 * kSecond);
    Breaker back(kSettings);
    back.load(saved, 1'000, wall - 3600 * kSecond);
    EXPECT_EQ(back.open_until_mono_ns(), 1'000 + 10 * kSecond) << "a clock that was set back: never longer than ever";
    Breaker closed(kSettings);
    closed.load(Breaker(kSettings).save(1, wall), 1, wall);
    EXPECT_TRUE(closed.allows(1));
    for (const char* broken : {"x", "1", "1:", ":5", "0:5"}) {
        Breaker other(kSettings);
        other.load(broken, 1, wall);
        EXPECT_TRUE(other.allows(1)) << broken;
    }
}

}  // namespace
}  // namespace weir::flow
