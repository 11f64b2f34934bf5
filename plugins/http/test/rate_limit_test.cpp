#include "rate_limit.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace http_plugin {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

TEST(RateLimit, takes_a_burst_and_then_the_rate) {
    RateLimit limit(10, 3);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take(0), 0);
    EXPECT_EQ(limit.take(0), 100 * kMillisecond);
    EXPECT_EQ(limit.take(99 * kMillisecond), 1 * kMillisecond);
    EXPECT_EQ(limit.take(100 * kMillisecond), 0);
    EXPECT_EQ(limit.take(100 * kMillisecond), 100 * kMillisecond);
}

TEST(RateLimit, fills_up_no_further_than_its_burst) {
    RateLimit limit(10, 3);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.take(3'600'000 * kMillisecond), 0);
    EXPECT_GT(limit.take(3'600'000 * kMillisecond), 0);
}

TEST(RateLimit, is_none_when_it_is_zero) {
    RateLimit limit(0, 0);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.take(0), 0);
}

TEST(RateLimit, gives_no_more_to_many_threads) {
    RateLimit limit(1, 500);
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; ++i) taken += limit.take(0) == 0 ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(taken.load(), 500);
}

}  // namespace
}  // namespace http_plugin
