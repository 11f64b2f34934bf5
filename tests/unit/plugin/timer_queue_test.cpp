#include "runtime/plugin/timer_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>
#include <vector>

namespace weir::plugin {
namespace {

using ::testing::ElementsAre;

class TimerQueueTest : public ::testing::Test {
  protected:
    struct Fire {
        std::function<void()> run;
        static void fn(void* arg, const weir_call*) noexcept { static_cast<Fire*>(arg)->run(); }
    };
    std::uint64_t arm(std::int64_t after, std::int64_t every, Fire& fire) {
        const weir_svc_timer* table = queue_.table();
        return table->arm(table, nullptr, after, every, &Fire::fn, &fire);
    }
    void disarm(std::uint64_t id) { queue_.table()->disarm(queue_.table(), id); }
    Fire says(int what) {
        return {[this, what] { said_.push_back(what); }};
    }

    ManualClock clock_{0};
    int armed_ = 0;
    TimerQueue queue_{clock_, [this] { ++armed_; }};
    std::vector<int> said_;
};

TEST_F(TimerQueueTest, fires_what_is_due_in_order_and_once) {
    Fire one = says(1);
    Fire two = says(2);
    Fire three = says(3);
    arm(300, 0, three);
    arm(200, 0, two);
    arm(100, 0, one);
    EXPECT_EQ(queue_.next_mono_ns(), clock_.mono_ns() + 100);
    queue_.run_due(nullptr);
    EXPECT_THAT(said_, ElementsAre());
    clock_.advance(200);
    queue_.run_due(nullptr);
    queue_.run_due(nullptr);
    EXPECT_THAT(said_, ElementsAre(1, 2));
    clock_.advance(100);
    queue_.run_due(nullptr);
    EXPECT_THAT(said_, ElementsAre(1, 2, 3));
    EXPECT_EQ(queue_.next_mono_ns(), std::nullopt);
}

TEST_F(TimerQueueTest, repeats_without_catching_up) {
    Fire one = says(1);
    arm(100, 100, one);
    clock_.advance(1'000);
    queue_.run_due(nullptr);
    EXPECT_THAT(said_, ElementsAre(1)) << "a host that was away must not fire a burst";
    EXPECT_EQ(queue_.next_mono_ns(), clock_.mono_ns() + 100);
}

TEST_F(TimerQueueTest, says_when_somebody_must_look_again) {
    Fire one = says(1);
    arm(200, 0, one);
    arm(300, 0, one);
    EXPECT_EQ(armed_, 1);
    arm(100, 0, one);
    EXPECT_EQ(armed_, 2);
}

TEST_F(TimerQueueTest, a_disarmed_timer_does_not_fire) {
    Fire two = says(2);
    std::uint64_t second = 0;
    Fire one{[&] { disarm(second); }};
    arm(100, 0, one);
    second = arm(200, 0, two);
    clock_.advance(500);
    queue_.run_due(nullptr);
    EXPECT_THAT(said_, ElementsAre());
    disarm(second);
    disarm(4711);
}

TEST_F(TimerQueueTest, may_arm_and_disarm_itself_while_it_fires) {
    std::uint64_t id = 0;
    Fire again = says(2);
    Fire self{[&] {
        said_.push_back(1);
        disarm(id);
        arm(0, 0, again);
    }};
    id = arm(0, 10, self);
    queue_.run_due(nullptr);
    queue_.run_due(nullptr);
    EXPECT_THAT(said_, ElementsAre(1, 2));
}

TEST_F(TimerQueueTest, disarm_waits_for_the_function_to_return) {
    std::promise<void> inside;
    std::promise<void> go_on;
    std::atomic<bool> returned{false};
    Fire slow{[&] {
        inside.set_value();
        go_on.get_future().wait();
        returned = true;
    }};
    const std::uint64_t id = arm(0, 0, slow);
    std::thread io([&] { queue_.run_due(nullptr); });
    inside.get_future().wait();
    std::thread other([&] {
        disarm(id);
        EXPECT_TRUE(returned);
    });
    go_on.set_value();
    other.join();
    io.join();
}

TEST_F(TimerQueueTest, refuses_nonsense_and_everything_once_closed) {
    Fire one = says(1);
    EXPECT_EQ(arm(-1, 0, one), 0U);
    EXPECT_EQ(arm(0, -1, one), 0U);
    EXPECT_EQ(queue_.table()->arm(queue_.table(), nullptr, 0, 0, nullptr, nullptr), 0U);
    EXPECT_NE(arm(std::numeric_limits<std::int64_t>::max(), 0, one), 0U);
    queue_.close();
    EXPECT_EQ(arm(0, 0, one), 0U);
    queue_.run_due(nullptr);
    EXPECT_THAT(said_, ElementsAre());
}

}  // namespace
}  // namespace weir::plugin
