// One poster at a time per database.
#include "posting_lock.hpp"

#include <gtest/gtest.h>
#include <weir/testing.hpp>

#include <thread>
#include <vector>

namespace tryton {
namespace {

struct TestCall : weir_call {
    std::atomic<bool> flag{false};

    TestCall() : weir_call{} {
        struct_size = sizeof(weir_call);
        cancelled = [](const weir_call* self) noexcept -> std::uint32_t {
            return static_cast<const TestCall*>(self)->flag ? 1 : 0;
        };
    }
};

class PostingLockTest : public testing::Test {
  protected:
    weir::testing::FakeHost host_;
    TestCall raw_;
    weir::Call call_{&raw_, &host_};
    std::atomic<bool> stopping_{false};
};

TEST_F(PostingLockTest, gives_each_database_its_queue) {
    EXPECT_EQ(&posting_queue("http://a/books/"), &posting_queue("http://a/books/"));
    EXPECT_NE(&posting_queue("http://a/books/"), &posting_queue("http://a/other/"));
}

TEST_F(PostingLockTest, does_not_wait_for_what_is_free) {
    PostingQueue queue;
    raw_.flag = true;
    { EXPECT_TRUE(PostingLock(queue, call_, stopping_).held()); }
    EXPECT_TRUE(PostingLock(queue, call_, stopping_).held());
}

TEST_F(PostingLockTest, ends_to_wait_when_cancelled_or_stopped_or_late) {
    PostingQueue queue;
    const PostingLock first(queue, call_, stopping_);
    ASSERT_TRUE(first.held());
    TestCall cancelled;
    cancelled.flag = true;
    EXPECT_FALSE(PostingLock(queue, weir::Call(&cancelled, &host_), stopping_).held());
    TestCall late;
    late.deadline_mono_ns = 1;
    EXPECT_FALSE(PostingLock(queue, weir::Call(&late, &host_), stopping_).held());
    const std::atomic<bool> stopped{true};
    EXPECT_FALSE(PostingLock(queue, call_, stopped).held());
}

TEST_F(PostingLockTest, lets_one_in_at_a_time) {
    constexpr int kThreads = 4;
    constexpr int kTurns = 200;
    PostingQueue queue;
    int inside = 0;  // guarded by the lock under test
    int turns = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int turn = 0; turn < kTurns; ++turn) {
                const PostingLock lock(queue, call_, stopping_);
                EXPECT_TRUE(lock.held());
                EXPECT_EQ(++inside, 1);
                ++turns;
                --inside;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(turns, kThreads * kTurns);
}

}  // namespace
}  // namespace tryton
