#include <weir/sdk.hpp>
#include <weir/testing.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <thread>

namespace {

using weir::testing::Harness;

std::uint32_t kind(std::uint32_t value) { return value; }

class Obedient final : public weir::Sink<> {
  public:
    using Sink::Sink;
    void limits(weir_sink_limits& limits) override {
        limits.order = WEIR_ORDER_TOTAL;
        limits.max_batch_records = 7;
    }
    void deliver(weir::Call&, weir::Delivery& delivery) override {
        for (const weir::Item item : delivery) {
            if (item.payload() == "disconnect") throw weir::Disconnected("gone");
            if (item.payload() == "bug") throw std::runtime_error("a bug");
            judge(item);
        }
    }
    void resolve(weir::Call&, weir::Delivery& delivery) override {
        for (const weir::Item item : delivery) item.delivered("found-" + std::string(item.external_ref()));
    }

  private:
    static void judge(const weir::Item& item) {
        const std::string_view order = item.payload();
        if (order == "ok") item.delivered("remote-7");
        if (order == "duplicate") item.duplicate();
        if (order == "retry") item.retry("NOT_SENT", "no route to host");
        if (order == "unknown") item.unknown("TIMEOUT", "no answer", {.status = 504});
        if (order == "throttled") item.throttled(std::chrono::seconds(30), "THROTTLED", "slow down", 429);
        if (order == "rejected") item.rejected("PERIOD_CLOSED", "2026-06 is closed", weir::ErrorClass::business);
    }
};
WEIR_COMPONENT(obedient_sink, Obedient, WEIR_TRAIT_IDEMPOTENT_KEY)

TEST(Sink, gives_each_item_its_verdict) {
    Harness h(obedient_sink);
    const auto v = h.deliver({{.payload = "ok"},
                              {.payload = "duplicate"},
                              {.payload = "retry"},
                              {.payload = "unknown"},
                              {.payload = "throttled"},
                              {.payload = "rejected"},
                              {.payload = "silent"}});
    ASSERT_EQ(v.size(), 7U);
    EXPECT_EQ(h.status, WEIR_OK);
    EXPECT_TRUE(v[0].ok());
    EXPECT_EQ(v[0].remote_id, "remote-7");
    EXPECT_EQ(v[1].kind, kind(WEIR_OUT_DUPLICATE));
    EXPECT_EQ(v[2].kind, kind(WEIR_OUT_RETRY));
    EXPECT_EQ(v[3].kind, kind(WEIR_OUT_RETRY_UNKNOWN));
    EXPECT_EQ(v[3].remote_status, 504);
    EXPECT_EQ(v[4].kind, kind(WEIR_OUT_THROTTLED));
    EXPECT_EQ(v[4].retry_after_ns, 30'000'000'000);
    EXPECT_EQ(v[5].code, "PERIOD_CLOSED");
    EXPECT_EQ(v[5].error_class, kind(WEIR_CLASS_BUSINESS));
    EXPECT_EQ(v[6].kind, kind(WEIR_OUT_UNSET)) << "silence is never success";
}

TEST(Sink, verdicts_given_before_a_throw_stand) {
    Harness h(obedient_sink);
    const auto v = h.deliver({{.payload = "ok"}, {.payload = "disconnect"}, {.payload = "ok"}});
    EXPECT_EQ(h.status, WEIR_E_DISCONNECTED);
    EXPECT_STREQ(h.error.message, "gone");
    EXPECT_TRUE(v.at(0).ok());
    EXPECT_EQ(v.at(1).kind, kind(WEIR_OUT_UNSET));
    EXPECT_EQ(v.at(2).kind, kind(WEIR_OUT_UNSET));
}

TEST(Sink, a_bug_in_deliver_does_not_promise_that_nothing_was_sent) {
    Harness h(obedient_sink);
    EXPECT_EQ(h.deliver({{.payload = "bug"}}).at(0).kind, kind(WEIR_OUT_UNSET));
    EXPECT_EQ(h.status, WEIR_E_INTERNAL) << "the host takes unset as unknown, as after any such status";
}

TEST(Sink, resolve_and_limits_are_in_the_table_when_overridden_and_flush_is_not) {
    Harness h(obedient_sink);
    EXPECT_EQ(h.limits().order, kind(WEIR_ORDER_TOTAL));
    EXPECT_EQ(h.limits().max_batch_records, 7U);
    EXPECT_EQ(h.limits().max_in_flight, 1U) << "the host's default stays";
    EXPECT_EQ(h.flush(), WEIR_E_UNSUPPORTED);
    EXPECT_EQ(h.resolve({{.payload = "x", .external_ref = "WR-Q"}}).at(0).remote_id, "found-WR-Q");
}

TEST(Sink, limits_of_an_older_host_are_not_written_beyond_their_end) {
    Harness h(obedient_sink);
    weir_sink_limits limits{};
    limits.struct_size = offsetof(weir_sink_limits, max_batch_records);
    static_cast<const weir_sink_ops*>(obedient_sink.ops)->limits(h.instance(), &limits);
    EXPECT_EQ(limits.order, kind(WEIR_ORDER_TOTAL));
    EXPECT_EQ(limits.max_batch_records, 0U);
    EXPECT_EQ(limits.struct_size, offsetof(weir_sink_limits, max_batch_records));
}

class PerItem final : public weir::Sink<> {
  public:
    using Sink::Sink;
    void deliver(weir::Call&, weir::Delivery& delivery) override {
        delivery.each([](const weir::Item& item) {
            if (item.payload() == "reject") throw weir::Reject("BAD", "no");
            if (item.payload() == "bug") throw std::runtime_error("half way");
            item.delivered();
        });
    }
};
WEIR_COMPONENT(per_item, PerItem, 0)

TEST(Sink, each_turns_what_is_thrown_into_that_items_verdict) {
    Harness h(per_item);
    const auto v = h.deliver({{.payload = "ok"}, {.payload = "reject"}, {.payload = "bug"}, {.payload = "ok"}});
    EXPECT_TRUE(v.at(0).ok());
    EXPECT_EQ(v.at(1).kind, kind(WEIR_OUT_REJECTED));
    EXPECT_EQ(v.at(2).kind, kind(WEIR_OUT_RETRY_UNKNOWN)) << "nobody knows how far the bug got";
    EXPECT_TRUE(v.at(3).ok());
    EXPECT_FALSE(h.can_resolve());
}

// Finishes on another thread; with "throw" deliver fails after it has handed the delivery over.
class Asynchronous final : public weir::Sink<> {
  public:
    using Sink::Sink;
    ~Asynchronous() override { join(); }
    void deliver(weir::Call&, weir::Delivery& delivery) override {
        join();
        const bool fail = delivery[0].payload() == "throw";
        worker_ = std::thread([pending = delivery.detach()] {
            for (const weir::Item item : pending) item.delivered("later");
        });
        if (fail) throw std::runtime_error("after the hand-over");
    }
    void flush(weir::Call&) override { join(); }

  private:
    void join() {
        if (worker_.joinable()) worker_.join();
    }
    std::thread worker_;
};
WEIR_COMPONENT(asynchronous, Asynchronous, 0)

TEST(Sink, a_detached_delivery_is_finished_from_another_thread_exactly_once) {
    Harness h(asynchronous);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(h.deliver({{.payload = "x"}, {.payload = "y"}}).at(1).remote_id, "later");
        EXPECT_EQ(h.status, WEIR_PENDING);
    }
    EXPECT_EQ(h.flush(), WEIR_OK);
    EXPECT_EQ(h.breaches, 0);
}

TEST(Sink, a_throw_after_detaching_cannot_take_the_delivery_back) {
    Harness h(asynchronous);
    EXPECT_TRUE(h.deliver({{.payload = "throw"}}).at(0).ok());
    EXPECT_EQ(h.status, WEIR_PENDING);
    EXPECT_EQ(h.breaches, 0);
}

}  // namespace
