#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/unit/plugin/fake_plugin.hpp"

namespace weir::plugin {
namespace {

using testing::batch_of;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FakeComponent;
using testing::FakeHost;
using testing::outcome;

struct FakeSink : FakeComponent {
    using Body = std::function<weir_status(const weir_call*, weir_delivery*, weir_error*)>;
    FakeSink() : FakeComponent(WEIR_KIND_SINK, &ops) {}
    static FakeSink& sink(weir_instance* self) { return static_cast<FakeSink&>(of(self)); }
    const weir_sink_ops ops{sizeof(weir_sink_ops),
                            0,
                            [](weir_instance* self, weir_sink_limits* limits) noexcept {
                                if (sink(self).on_limits) sink(self).on_limits(*limits);
                            },
                            [](weir_instance* self, const weir_call* call, weir_delivery* delivery,
                               weir_error* error) noexcept { return sink(self).on_deliver(call, delivery, error); },
                            nullptr,
                            [](weir_instance* self, const weir_call* call, weir_delivery* delivery,
                               weir_error* error) noexcept { return sink(self).on_resolve(call, delivery, error); }};
    Body on_deliver;
    Body on_resolve;
    std::function<void(weir_sink_limits&)> on_limits;
};

void set(weir_delivery* delivery, std::uint32_t index, std::uint32_t kind, std::string_view code = {}) {
    const weir_outcome said = outcome(kind, code);
    EXPECT_EQ(delivery->set_outcome(delivery, index, &said), WEIR_OK);
}

class SinkHandleTest : public ::testing::Test {
  protected:
    SinkHandle& handle() {
        if (!handle_) {
            auto made = make_sink(host_.library, fake_.abi(), host_.context, "erp/sink", "{}");
            EXPECT_TRUE(made);
            handle_ = std::move(*made);
        }
        return *handle_;
    }
    CallResult deliver(FakeSink::Body body, std::size_t count, CallContext call = {}) {
        fake_.on_deliver = std::move(body);
        const std::vector<Item> items(count, Item{"0123456789abcdef0123456789abcdef", "WR-ABCDEFGHIJKLMNOP", 1});
        return handle().deliver(call, batch_of(count), items, outcomes_);
    }
    CallResult resolve(FakeSink::Body body, std::size_t count) {
        fake_.on_resolve = std::move(body);
        const std::vector<Item> items(count);
        return handle().resolve({}, batch_of(count), items, outcomes_);
    }
    [[nodiscard]] std::vector<std::uint32_t> kinds() const {
        std::vector<std::uint32_t> all;
        for (const Outcome& each : outcomes_) all.push_back(each.kind);
        return all;
    }

    FakeHost host_;
    FakeSink fake_;
    std::unique_ptr<SinkHandle> handle_;
    std::vector<Outcome> outcomes_;
};

TEST_F(SinkHandleTest, shows_the_plugin_every_item) {
    CallContext call;
    call.id = 77;
    call.flags = WEIR_CALL_REPLAY;
    call.deadline_mono_ns = 5;
    call.traceparent = "00-trace";
    (void)deliver(
        [](const weir_call* c, weir_delivery* d, weir_error*) {
            EXPECT_EQ(d->id, 77U);
            EXPECT_EQ(c->id, 77U);
            EXPECT_EQ(c->flags, std::uint32_t{WEIR_CALL_REPLAY});
            EXPECT_EQ(c->deadline_mono_ns, 5);
            EXPECT_EQ(view(c->traceparent), "00-trace");
            EXPECT_EQ(c->cancelled(c), 0U);
            EXPECT_EQ(d->batch->count, 2U);
            EXPECT_EQ(view(weir_delivery_item(d, 1)->idempotency_key), "0123456789abcdef0123456789abcdef");
            EXPECT_EQ(view(weir_delivery_item(d, 1)->external_ref), "WR-ABCDEFGHIJKLMNOP");
            EXPECT_EQ(view(weir_batch_at(d->batch, 1)->payload), "payload r1");
            return WEIR_OK;
        },
        2, call);
}

TEST_F(SinkHandleTest, gives_outcomes_in_record_order) {
    const CallResult result = deliver(
        [](const weir_call*, weir_delivery* d, weir_error*) {
            set(d, 2, WEIR_OUT_THROTTLED);
            set(d, 0, WEIR_OUT_OK);
            set(d, 1, WEIR_OUT_REJECTED, "PERIOD_CLOSED");
            return WEIR_OK;
        },
        3);
    EXPECT_EQ(result.end, CallEnd::ok);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_OK, WEIR_OUT_REJECTED, WEIR_OUT_THROTTLED));
    EXPECT_EQ(outcomes_[1].code, "PERIOD_CLOSED");
    EXPECT_TRUE(outcomes_[1].counts_attempt);
    EXPECT_FALSE(outcomes_[2].counts_attempt);
}

TEST_F(SinkHandleTest, a_forgotten_record_is_never_a_success) {
    (void)deliver([](const weir_call*, weir_delivery* d, weir_error*) { return set(d, 0, WEIR_OUT_OK), WEIR_OK; }, 2);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_OK, WEIR_OUT_RETRY_UNKNOWN));
    EXPECT_EQ(outcomes_[1].code, "outcome_unset");
}

TEST_F(SinkHandleTest, three_statuses_promise_that_the_rest_was_not_applied) {
    for (const weir_status status : {WEIR_E_DISCONNECTED, WEIR_E_RETRY, WEIR_E_BUSY}) {
        const CallResult result = deliver(
            [status](const weir_call*, weir_delivery* d, weir_error* error) {
                set(d, 0, WEIR_OUT_OK);
                testing::fill(error, "NO_SESSION", "logged out");
                return status;
            },
            2);
        EXPECT_EQ(result.end, status == WEIR_E_DISCONNECTED ? CallEnd::disconnected : CallEnd::busy);
        EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_OK, WEIR_OUT_RETRY));
        EXPECT_FALSE(outcomes_[1].counts_attempt);
        EXPECT_EQ(outcomes_[1].code, "NO_SESSION");
    }
}

TEST_F(SinkHandleTest, any_other_status_leaves_the_rest_unknown) {
    for (const weir_status status : std::initializer_list<weir_status>{WEIR_E_FATAL, WEIR_E_CANCELLED, WEIR_E_INTERNAL,
                                                                       WEIR_E_CONFIG, -4711, 4711}) {
        (void)deliver([status](const weir_call*, weir_delivery*, weir_error*) { return status; }, 1);
        EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_RETRY_UNKNOWN)) << status;
        EXPECT_TRUE(outcomes_[0].counts_attempt);
    }
}

TEST_F(SinkHandleTest, the_first_outcome_stands) {
    (void)deliver(
        [](const weir_call*, weir_delivery* d, weir_error*) {
            set(d, 0, WEIR_OUT_REJECTED);
            const weir_outcome second = outcome(WEIR_OUT_OK);
            EXPECT_EQ(d->set_outcome(d, 0, &second), WEIR_E_PROTOCOL);
            EXPECT_EQ(d->set_outcome(d, 1, &second), WEIR_E_PROTOCOL) << "there is no record 1";
            return WEIR_OK;
        },
        1);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_REJECTED));
}

TEST_F(SinkHandleTest, a_pending_delivery_may_finish_before_deliver_returns) {
    const CallResult result = deliver(
        [](const weir_call*, weir_delivery* d, weir_error*) {
            set(d, 0, WEIR_OUT_OK);
            d->finish(d);
            return WEIR_PENDING;
        },
        2);
    EXPECT_EQ(result.end, CallEnd::ok);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_OK, WEIR_OUT_RETRY_UNKNOWN));
}

TEST_F(SinkHandleTest, a_pending_delivery_may_finish_from_other_threads) {
    std::vector<std::thread> threads;
    for (int round = 0; round < 50; ++round) {
        (void)deliver(
            [&](const weir_call*, weir_delivery* d, weir_error*) {
                threads.emplace_back([d] {
                    std::thread half([d] {
                        for (std::uint32_t i = 0; i < 8; ++i) set(d, i, WEIR_OUT_OK);
                    });
                    for (std::uint32_t i = 8; i < 16; ++i) set(d, i, WEIR_OUT_DUPLICATE);
                    half.join();
                    d->finish(d);
                });
                return WEIR_PENDING;
            },
            16);
        EXPECT_EQ(kinds()[0], std::uint32_t{WEIR_OUT_OK});
        EXPECT_EQ(kinds()[15], std::uint32_t{WEIR_OUT_DUPLICATE});
        EXPECT_THAT(kinds(), Each(::testing::AnyOf(WEIR_OUT_OK, WEIR_OUT_DUPLICATE)));
    }
    for (std::thread& thread : threads) thread.join();
}

TEST_F(SinkHandleTest, several_deliveries_are_in_flight_at_once) {
    fake_.on_limits = [](weir_sink_limits& limits) { limits.max_in_flight = 2; };
    ASSERT_EQ(handle().limits().max_in_flight, 2U);
    std::mutex mutex;
    std::vector<weir_delivery*> waiting;
    fake_.on_deliver = [&](const weir_call*, weir_delivery* d, weir_error*) -> weir_status {
        const std::lock_guard lock(mutex);
        waiting.push_back(d);
        if (waiting.size() < 2) return WEIR_PENDING;
        for (weir_delivery* each : waiting) {  // both end once both have begun
            set(each, 0, WEIR_OUT_OK);
            each->finish(each);
        }
        return WEIR_PENDING;
    };
    const auto run = [&](std::vector<Outcome>& outcomes) {
        const std::vector<Item> items(1);
        EXPECT_EQ(handle_->deliver({}, batch_of(1), items, outcomes).end, CallEnd::ok);
        EXPECT_EQ(outcomes.at(0).kind, std::uint32_t{WEIR_OUT_OK});
    };
    std::vector<Outcome> others;
    std::thread other([&] { run(others); });
    run(outcomes_);
    other.join();
}

TEST_F(SinkHandleTest, late_calls_are_refused_and_do_not_touch_the_next_delivery) {
    weir_delivery* late = nullptr;
    (void)deliver([&](const weir_call*, weir_delivery* d, weir_error*) { return late = d, WEIR_OK; }, 1);
    (void)deliver(
        [&](const weir_call*, weir_delivery* d, weir_error*) {
            const weir_outcome done = outcome(WEIR_OUT_OK);
            EXPECT_EQ(late->set_outcome(late, 0, &done), WEIR_E_PROTOCOL);
            late->finish(late);
            EXPECT_NE(late, d);
            return WEIR_OK;
        },
        1);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_RETRY_UNKNOWN));
}

TEST_F(SinkHandleTest, a_delivery_that_does_not_finish_is_abandoned_with_its_instance) {
    // Kept by the host for ever, so the component must stay, too.
    auto* component = new FakeSink;  // NOLINT(cppcoreguidelines-owning-memory)
    static FakeSink* const kept = component;
    weir_delivery* hung = nullptr;
    const weir_call* hung_call = nullptr;
    component->on_deliver = [&](const weir_call* c, weir_delivery* d, weir_error*) {
        set(d, 0, WEIR_OUT_OK);
        hung = d;
        hung_call = c;
        host_.clock.advance(std::chrono::nanoseconds(host_.context->finish_grace).count() + 1'001);
        return WEIR_PENDING;
    };
    auto made = make_sink(host_.library, kept->abi(), host_.context, "erp/sink", "{}");
    ASSERT_TRUE(made);
    CallContext call;
    call.deadline_mono_ns = host_.clock.mono_ns() + 1'000;
    const std::vector<Item> items(2);
    const CallResult result = (*made)->deliver(call, batch_of(2), items, outcomes_);
    EXPECT_EQ(result.end, CallEnd::broken);
    EXPECT_EQ(result.error.code, "delivery_hung");
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_OK, WEIR_OUT_RETRY_UNKNOWN)) << "what was said stands";
    EXPECT_EQ(component->stops, 1);

    // Nothing more is sent to it, and what was not sent was surely not applied.
    EXPECT_EQ((*made)->deliver(call, batch_of(2), items, outcomes_).end, CallEnd::broken);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_RETRY, WEIR_OUT_RETRY));
    EXPECT_FALSE(outcomes_[0].counts_attempt);

    made->reset();
    EXPECT_EQ(component->destroys, 0);
    // It comes back after all.
    const weir_outcome done = outcome(WEIR_OUT_OK);
    EXPECT_EQ(hung->set_outcome(hung, 1, &done), WEIR_E_PROTOCOL);
    EXPECT_EQ(view(weir_batch_at(hung->batch, 1)->payload), "payload r1");
    EXPECT_NE(hung_call->cancelled(hung_call), 0U);
    hung->finish(hung);
    EXPECT_EQ(component->host->service(component->host, "weir.timer/1"), nullptr);
    component->host->log(component->host, WEIR_LOG_DEBUG, str("late"), nullptr, 0);
}

TEST_F(SinkHandleTest, cancelling_asks_a_pending_delivery_to_stop) {
    std::atomic<bool> cancelled{false};
    CallContext call;
    call.cancelled = &cancelled;
    std::atomic<weir_delivery*> pending{nullptr};
    fake_.on_stop = [&] {
        weir_delivery* d = pending.exchange(nullptr);
        if (d == nullptr) return;
        set(d, 0, WEIR_OUT_RETRY);
        d->finish(d);
    };
    const CallResult result = deliver(
        [&](const weir_call* c, weir_delivery* d, weir_error*) {
            EXPECT_EQ(c->cancelled(c), 0U);
            cancelled = true;
            EXPECT_NE(c->cancelled(c), 0U);
            pending = d;
            return WEIR_PENDING;
        },
        1, call);
    EXPECT_EQ(result.end, CallEnd::ok);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_RETRY));
    handle_.reset();  // it calls on_stop, which looks at this test's variables
}

TEST_F(SinkHandleTest, resolve_never_guesses) {
    ASSERT_TRUE(handle().can_resolve());
    const CallResult result = resolve(
        [](const weir_call*, weir_delivery* d, weir_error*) {
            set(d, 0, WEIR_OUT_OK);
            set(d, 1, WEIR_OUT_RETRY);
            set(d, 2, WEIR_OUT_REJECTED);
            set(d, 3, WEIR_OUT_DUPLICATE);
            set(d, 4, WEIR_OUT_THROTTLED);
            set(d, 5, WEIR_OUT_FILTERED);
            return WEIR_OK;
        },
        7);
    EXPECT_EQ(result.end, CallEnd::ok);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_OK, WEIR_OUT_RETRY, WEIR_OUT_REJECTED, WEIR_OUT_OK,
                                     WEIR_OUT_RETRY_UNKNOWN, WEIR_OUT_RETRY_UNKNOWN, WEIR_OUT_RETRY_UNKNOWN));
    // A failed question says nothing about the answer.
    const CallResult failed =
        resolve([](const weir_call*, weir_delivery*, weir_error*) { return WEIR_E_DISCONNECTED; }, 1);
    EXPECT_EQ(failed.end, CallEnd::disconnected);
    EXPECT_THAT(kinds(), ElementsAre(WEIR_OUT_RETRY_UNKNOWN));
}

TEST_F(SinkHandleTest, limits_are_kept_sane) {
    fake_.on_limits = [](weir_sink_limits& limits) {
        EXPECT_EQ(limits.max_batch_records, 1'000U);
        limits.order = 99;
        limits.max_in_flight = 0;
        limits.max_batch_records = 0xffffffff;
        limits.max_batch_bytes = 0;
        limits.settle_ns = -1;
    };
    const SinkLimits limits = handle().limits();
    EXPECT_EQ(limits.order, std::uint32_t{WEIR_ORDER_TOTAL});
    EXPECT_EQ(limits.max_in_flight, 1U);
    EXPECT_EQ(limits.max_batch_records, 100'000U);
    EXPECT_EQ(limits.max_batch_bytes, 1U << 20);
    EXPECT_EQ(limits.settle.count(), 0);
}

TEST_F(SinkHandleTest, start_errors_say_what_the_caller_may_do) {
    const auto start_with = [&](weir_status status) {
        fake_.on_start = [status](const weir_call*, weir_error*) { return status; };
        const Status started = handle().start({});
        return started ? Errc::unknown : started.error().errc;
    };
    EXPECT_EQ(start_with(WEIR_E_RETRY), Errc::unavailable);
    EXPECT_EQ(start_with(WEIR_E_DISCONNECTED), Errc::unavailable);
    EXPECT_EQ(start_with(WEIR_E_CONFIG), Errc::invalid);
    EXPECT_EQ(start_with(WEIR_E_FATAL), Errc::unknown);
    EXPECT_EQ(start_with(WEIR_E_CANCELLED), Errc::cancelled);
    EXPECT_EQ(handle().probe({}).error().code, "unsupported");
    EXPECT_TRUE(handle().flush({}).ok());
}

TEST_F(SinkHandleTest, a_destroy_that_hangs_does_not_hang_the_host) {
    auto* component = new FakeSink;  // NOLINT(cppcoreguidelines-owning-memory): its destroy() never returns
    static FakeSink* const kept = component;
    static std::mutex never;
    never.lock();
    component->on_destroy = [] { never.lock(); };
    static FakeHost host;
    host.context->destroy_limit = std::chrono::milliseconds{20};
    auto made = make_sink(host.library, kept->abi(), host.context, "erp/sink", "{}");
    ASSERT_TRUE(made);
    made->reset();
    EXPECT_EQ(component->destroys, 0);
}

}  // namespace
}  // namespace weir::plugin
