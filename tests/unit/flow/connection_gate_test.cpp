#include "runtime/flow/connection_gate.hpp"

#include <gtest/gtest.h>

#include <map>

#include "runtime/journal/open_journal.hpp"

namespace weir::flow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class Gate : public ::testing::Test {
  protected:
    Gate() {
        journal::Options options;
        options.backend = "memory";
        options.clock = &clock_;
        journal_ = *journal::open_journal(options);
        settings_.connection = "erp";
        settings_.breaker.failures = 2;
        settings_.breaker.open_for = std::chrono::seconds{10};
    }
    std::unique_ptr<ConnectionGate> open() {
        // Everything submitted before is durable once this is.
        EXPECT_TRUE(journal_->commit({.state = {{"test", "flush", "1", 0}}}).ok());
        return std::make_unique<ConnectionGate>(settings_, *journal_, clock_);
    }
    static Permit call(ConnectionGate& gate, ConnectionGate::Caller caller, CallEnding ending = CallEnding::answered,
                       std::uint32_t records = 1) {
        const Permit permit = gate.ask(caller);
        if (permit.granted) gate.finished(caller, ending, records);
        return permit;
    }

    ManualClock clock_{1'782'864'000 * kSecond};
    std::unique_ptr<journal::Journal> journal_;
    GateSettings settings_;
};

TEST_F(Gate, without_limits_lets_everybody_through) {
    auto gate = open();
    const auto caller = gate->enter(Priority::bulk);
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(call(*gate, caller).granted);
    EXPECT_FALSE(gate->limits_requests());
}

TEST_F(Gate, refuses_beyond_the_quota_and_says_when_to_come_back) {
    settings_.quota.per_second = 3;
    auto gate = open();
    const auto caller = gate->enter(Priority::normal);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(call(*gate, caller).granted);
    const Permit refused = call(*gate, caller);
    EXPECT_FALSE(refused.granted);
    EXPECT_EQ(refused.by, Blocked::quota);
    clock_.advance(refused.not_before_mono_ns - clock_.mono_ns());
    EXPECT_TRUE(call(*gate, caller).granted);
}

TEST_F(Gate, remembers_its_use_over_a_restart_even_when_the_clock_was_set_back) {
    settings_.quota.per_minute = 5;
    auto gate = open();
    auto caller = gate->enter(Priority::normal);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(call(*gate, caller).granted);
    clock_.jump_wall(-3600 * kSecond);
    gate = open();
    caller = gate->enter(Priority::normal);
    EXPECT_EQ(call(*gate, caller).by, Blocked::quota);
    clock_.advance(61 * kSecond);
    EXPECT_TRUE(call(*gate, caller).granted);
}

TEST_F(Gate, keeps_the_reserve_for_critical_traffic) {
    settings_.quota.per_minute = 10;
    settings_.quota.critical_reserve = 0.3;
    auto gate = open();
    const auto normal = gate->enter(Priority::normal);
    const auto critical = gate->enter(Priority::critical);
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(call(*gate, normal).granted) << i;
    EXPECT_EQ(call(*gate, normal).by, Blocked::quota);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(call(*gate, critical).granted) << i;
    EXPECT_EQ(call(*gate, critical).by, Blocked::quota);
}

TEST_F(Gate, lets_so_many_calls_run_at_a_time) {
    settings_.quota.concurrency = 2;
    auto gate = open();
    const auto first = gate->enter(Priority::normal);
    const auto second = gate->enter(Priority::normal);
    const auto third = gate->enter(Priority::normal);
    EXPECT_TRUE(gate->ask(first).granted);
    EXPECT_TRUE(gate->ask(second).granted);
    EXPECT_EQ(gate->ask(third).by, Blocked::concurrency);
    gate->finished(first, CallEnding::answered, 1);
    EXPECT_TRUE(gate->ask(third).granted);
    EXPECT_EQ(gate->view().in_flight, 2u);
}

// Everybody always has more to send, and asks again at once.
TEST_F(Gate, gives_bulk_its_guaranteed_share_under_constant_critical_load) {
    settings_.quota.per_second = 100;
    settings_.quota.bulk_at_least = 10;
    auto gate = open();
    const auto bulk = gate->enter(Priority::bulk);
    const auto normal = gate->enter(Priority::normal);
    const auto critical = gate->enter(Priority::critical);
    std::map<ConnectionGate::Caller, int> calls;
    for (int round = 0; round < 10'000; ++round) {
        for (const auto caller : {critical, normal, bulk}) {
            while (call(*gate, caller).granted) ++calls[caller];
        }
        clock_.advance(kSecond / 1000);
    }
    const int all = calls[bulk] + calls[normal] + calls[critical];
    EXPECT_GE(all, 950) << "the quota is used";
    // The first second is over before anybody else has asked.
    EXPECT_GE(calls[bulk] * 10, all - 100) << "one of ten";
    EXPECT_LE(calls[bulk] * 9, all) << "and hardly more";
    EXPECT_GE(calls[normal] * 10, all - 100) << "a turn of bulk's counts as one for normal";
    EXPECT_GT(calls[critical], calls[normal] + calls[bulk]);
}

TEST_F(Gate, critical_does_not_wait_for_bulk_more_than_a_turn) {
    settings_.quota.per_second = 10;
    auto gate = open();
    const auto bulk = gate->enter(Priority::bulk);
    const auto critical = gate->enter(Priority::critical);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(call(*gate, bulk).granted);
    EXPECT_FALSE(call(*gate, bulk).granted);
    EXPECT_FALSE(call(*gate, critical).granted);
    int before = 0;
    for (int i = 0; i < 2000; ++i) {
        clock_.advance(kSecond / 1000);
        before += call(*gate, bulk).granted ? 1 : 0;
        if (call(*gate, critical).granted) break;
    }
    EXPECT_LE(before, 1);
}

TEST_F(Gate, holds_everybody_back_when_the_target_asks_for_it) {
    auto gate = open();
    auto first = gate->enter(Priority::normal);
    const auto second = gate->enter(Priority::critical);
    gate->throttle(std::chrono::seconds{30});
    gate->throttle(std::chrono::seconds{5});  // never shortened
    EXPECT_EQ(call(*gate, first).by, Blocked::throttle);
    EXPECT_EQ(call(*gate, second).by, Blocked::throttle);
    clock_.advance(29 * kSecond);
    gate = open();  // the wish holds for the next process
    first = gate->enter(Priority::normal);
    EXPECT_EQ(call(*gate, first).by, Blocked::throttle);
    clock_.advance(2 * kSecond);
    EXPECT_TRUE(call(*gate, first).granted);
}

TEST_F(Gate, stops_calling_a_target_that_fails_and_probes_with_one_record) {
    auto gate = open();
    const auto one = gate->enter(Priority::normal);
    const auto other = gate->enter(Priority::normal);
    call(*gate, one, CallEnding::failed, 0);
    call(*gate, other, CallEnding::failed, 0);
    EXPECT_EQ(call(*gate, one).by, Blocked::breaker);
    EXPECT_EQ(gate->view().breaker, BreakerState::open);
    clock_.advance(10 * kSecond);
    const Permit probe = gate->ask(one);
    ASSERT_TRUE(probe.granted);
    EXPECT_EQ(probe.records_max, 1u);
    EXPECT_EQ(gate->ask(other).by, Blocked::breaker) << "one probe at a time";
    gate->finished(one, CallEnding::answered, 1);
    EXPECT_TRUE(call(*gate, other).granted);
}

TEST_F(Gate, an_open_breaker_is_open_for_the_next_process) {
    auto gate = open();
    auto caller = gate->enter(Priority::normal);
    for (int i = 0; i < 2; ++i) call(*gate, caller, CallEnding::failed, 0);
    gate = open();
    caller = gate->enter(Priority::normal);
    EXPECT_EQ(call(*gate, caller).by, Blocked::breaker);
}

TEST_F(Gate, what_was_used_stays_used_when_settings_change) {
    settings_.quota.per_minute = 10;
    auto gate = open();
    const auto caller = gate->enter(Priority::normal);
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(call(*gate, caller).granted);
    settings_.quota.per_minute = 7;
    gate->set_settings(settings_);
    EXPECT_TRUE(call(*gate, caller).granted);
    EXPECT_EQ(call(*gate, caller).by, Blocked::quota);
}

TEST_F(Gate, counts_requests_inside_a_call) {
    settings_.quota.per_minute = 5;
    auto gate = open();
    const auto caller = gate->enter(Priority::normal);
    ASSERT_TRUE(gate->ask(caller).granted);
    std::int64_t not_before = 0;
    EXPECT_EQ(gate->take_requests(caller, 3, &not_before), 3u) << "the first of a call is paid for";
    gate->done_requests(caller, 3);
    EXPECT_EQ(gate->take_requests(caller, 9, &not_before), 2u);
    gate->done_requests(caller, 2);
    EXPECT_EQ(gate->take_requests(caller, 1, &not_before), 0u);
    EXPECT_GT(not_before, clock_.mono_ns());
    gate->finished(caller, CallEnding::answered, 5);
    EXPECT_EQ(gate->view().windows[0].used, 5u);
    EXPECT_EQ(gate->view().in_flight, 0u);
}

TEST_F(Gate, estimates_from_what_was_settled_lately) {
    settings_.quota.per_second = 5;
    auto gate = open();
    const auto caller = gate->enter(Priority::normal);
    for (int i = 0; i < 30'000; ++i) {
        call(*gate, caller, CallEnding::answered, 20);  // 100 records a second
        clock_.advance(kSecond / 1000);
    }
    const auto left = gate->estimate(1000);
    ASSERT_TRUE(left.has_value());
    EXPECT_NEAR(std::chrono::duration<double>(*left).count(), 10.0, 1.0);
    gate->set_paused(true);
    EXPECT_FALSE(gate->estimate(1000).has_value());
    EXPECT_EQ(call(*gate, caller).by, Blocked::paused);
}

}  // namespace
}  // namespace weir::flow
