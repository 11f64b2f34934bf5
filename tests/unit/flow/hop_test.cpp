#include "runtime/flow/hop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::flow {
namespace {

using std::chrono::milliseconds;

struct Counted {
    explicit Counted(int number) : value(number) { ++alive; }
    Counted(Counted&& other) noexcept : value(other.value) { ++alive; }
    Counted(const Counted&) = delete;
    ~Counted() { --alive; }
    int value;
    static inline std::atomic<int> alive{0};
};

TEST(Hop, carries_objects_in_order) {
    zmq::context_t context(0);
    Inlet<Counted> inlet(context, "inproc://order", 4);
    Outlet<Counted> outlet(context, "inproc://order", 4);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(outlet.send(std::make_unique<Counted>(i), milliseconds{0}));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(inlet.receive(milliseconds{1000})->value, i);
    EXPECT_EQ(inlet.receive(milliseconds{0}), nullptr);
}

TEST(Hop, is_bounded_and_keeps_what_did_not_fit) {
    zmq::context_t context(0);
    Inlet<Counted> inlet(context, "inproc://bound", 2);
    Outlet<Counted> outlet(context, "inproc://bound", 2);
    int sent = 0;
    while (outlet.send(std::make_unique<Counted>(sent), milliseconds{5})) {
        ++sent;
        ASSERT_LE(sent, 8) << "no bound";
    }
    EXPECT_TRUE(outlet.pending());
    for (int i = 0; i < sent; ++i) EXPECT_EQ(inlet.receive(milliseconds{1000})->value, i);
    EXPECT_TRUE(outlet.flush(milliseconds{1000}));
    EXPECT_EQ(inlet.receive(milliseconds{1000})->value, sent);
}

TEST(Hop, frees_what_nobody_received) {
    {
        zmq::context_t context(0);
        Inlet<Counted> inlet(context, "inproc://drop", 8);
        Outlet<Counted> outlet(context, "inproc://drop", 8);
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(outlet.send(std::make_unique<Counted>(i), milliseconds{100}));
    }
    EXPECT_EQ(Counted::alive.load(), 0);
}

TEST(Hop, moves_everything_between_two_threads) {
    constexpr int kObjects = 20'000;
    zmq::context_t context(0);
    Inlet<Counted> inlet(context, "inproc://threads", 16);
    Outlet<Counted> outlet(context, "inproc://threads", 16);
    std::jthread sender([&] {
        for (int i = 0; i < kObjects; ++i) {
            if (outlet.send(std::make_unique<Counted>(i), milliseconds{1000})) continue;
            while (!outlet.flush(milliseconds{1000})) {
            }
        }
    });
    for (int i = 0; i < kObjects; ++i) {
        auto object = inlet.receive(milliseconds{10'000});
        ASSERT_NE(object, nullptr);
        ASSERT_EQ(object->value, i);
    }
    sender.join();
}

}  // namespace
}  // namespace weir::flow
