#include "runtime/flow/sliding_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace weir::flow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kWall = 1'782'864'000 * kSecond;

// What happened, without buckets: the truth a window is measured against.
class Truth {
  public:
    void add(std::int64_t at, std::uint64_t count) { happened_.push_back({at, count}); }
    // The most in any window of `length` that ends with one of the additions.
    [[nodiscard]] std::uint64_t most(std::int64_t length) const {
        std::uint64_t most = 0;
        for (const auto& end : happened_) {
            std::uint64_t sum = 0;
            for (const auto& one : happened_) sum += one.at > end.at - length && one.at <= end.at ? one.count : 0;
            most = std::max(most, sum);
        }
        return most;
    }

  private:
    struct Added {
        std::int64_t at;
        std::uint64_t count;
    };
    std::vector<Added> happened_;
};

TEST(SlidingWindow, never_lets_more_than_the_limit_into_any_window_however_it_is_laid) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        std::mt19937_64 random(seed);
        const std::uint64_t limit = 1 + random() % 40;
        SlidingWindow window(limit, std::chrono::nanoseconds(kSecond));
        Truth truth;
        std::int64_t now = 1;
        for (int i = 0; i < 300; ++i) {
            now += static_cast<std::int64_t>(random() % (random() % 10 == 0 ? 700'000'000u : 60'000'000u));
            const std::uint64_t count = std::min<std::uint64_t>(window.room(now), random() % 6);
            if (count == 0) continue;
            window.add(now, count);
            truth.add(now, count);
        }
        EXPECT_LE(truth.most(kSecond), limit) << "seed " << seed;
    }
}

TEST(SlidingWindow, stays_below_the_limit_over_restarts_whatever_the_wall_clock_was_set_back_by) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        std::mt19937_64 random(seed);
        const std::uint64_t limit = 1 + random() % 300;
        SlidingWindow window(limit, std::chrono::nanoseconds(kSecond));
        Truth truth;
        std::int64_t now = 1;
        std::int64_t wall = kWall;
        std::string saved;
        for (int i = 0; i < 300; ++i) {
            const auto passed = static_cast<std::int64_t>(random() % 60'000'000u);
            now += passed;
            wall += passed;
            if (random() % 20 == 0) wall -= 3600 * kSecond;
            if (random() % 15 == 0) {  // a crash: only what was saved is known
                window = SlidingWindow(limit, std::chrono::nanoseconds(kSecond));
                window.load(saved, now, wall);
            }
            const std::uint64_t count = std::min<std::uint64_t>(window.room(now), random() % 6);
            if (count == 0) continue;
            window.add(now, count);
            truth.add(now, count);
            if (window.dirty()) saved = window.save(now, wall);
        }
        EXPECT_LE(truth.most(kSecond), limit) << "seed " << seed;
    }
}

TEST(SlidingWindow, uses_nearly_all_of_the_limit) {
    SlidingWindow window(100, std::chrono::nanoseconds(kSecond));
    std::uint64_t used = 0;
    for (std::int64_t now = 1; now < 10 * kSecond; now += kSecond / 1000) {
        const std::uint64_t count = window.room(now);
        if (count == 0) continue;
        window.add(now, count);
        used += count;
    }
    EXPECT_GE(used, 985u) << "buckets cost at most one part in 128";
    EXPECT_LE(used, 1000u);
}

TEST(SlidingWindow, says_when_there_is_room) {
    SlidingWindow window(2, std::chrono::nanoseconds(kSecond));
    window.add(1, 2);
    EXPECT_EQ(window.room(1), 0u);
    const std::int64_t at = window.room_at(1, 1);
    EXPECT_EQ(window.room(at - 1), 0u);
    EXPECT_EQ(window.room(at), 2u);
    EXPECT_EQ(window.room_at(at, 5), at) << "more than the limit can never be had: as much as there is";
}

TEST(SlidingWindow, keeps_a_share_for_others_but_never_all) {
    SlidingWindow window(10, std::chrono::nanoseconds(kSecond));
    EXPECT_EQ(window.room(1, 0.8), 8u);
    window.add(1, 8);
    EXPECT_EQ(window.room(1, 0.8), 0u);
    EXPECT_EQ(window.room(1), 2u);
    SlidingWindow tiny(1, std::chrono::nanoseconds(kSecond));
    EXPECT_EQ(tiny.room(1, 0.1), 1u);
}

TEST(SlidingWindow, does_not_have_to_be_saved_with_every_addition) {
    SlidingWindow window(10'000, std::chrono::nanoseconds(kSecond));
    int saves = 0;
    for (int i = 0; i < 100; ++i) {
        window.add(1, 1);
        if (!window.dirty()) continue;
        (void)window.save(1, kWall);
        ++saves;
    }
    EXPECT_EQ(saves, 1);
}

TEST(SlidingWindow, ignores_what_it_cannot_read) {
    for (const char* saved : {"", "x", "12", "12:", ":3", "12:3,", "12;3", "99999999999999999999:1"}) {
        SlidingWindow window(10, std::chrono::nanoseconds(kSecond));
        window.load(saved, 1, kWall);
        EXPECT_EQ(window.used(1), 0u) << saved;
    }
}

}  // namespace
}  // namespace weir::flow
