// What the route cases cannot see from outside: what a lane asks the journal to write.

#include "runtime/flow/lane.hpp"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

constexpr Now kNow{1'000, 1'782'864'000'000'000'000};

LaneSettings settings(std::uint32_t traits = WEIR_TRAIT_ATOMIC_BATCH) {
    LaneSettings s;
    s.id = 3;
    s.route = "r";
    s.destination = "d";
    s.traits = traits;
    s.can_resolve = true;
    return s;
}

// Records 0..n-1 as one stepped batch that begins at `first`; subjects by index.
Stepped batch_of(journal::Offset first, std::vector<const char*> subjects) {
    BatchBuilder builder;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        weir_record record{};
        record.id = builder.copy(str(std::to_string(first + i)));
        record.source = builder.copy(str("s"));
        record.subject = builder.copy(str(subjects[i]));
        record.payload = builder.copy(str("{}"));
        builder.add(record);
    }
    Stepped stepped;
    stepped.first = first;
    stepped.count = static_cast<std::uint32_t>(subjects.size());
    stepped.input = builder.seal();
    stepped.output = stepped.input;
    return stepped;
}

std::vector<plugin::Outcome> all(std::size_t count, std::uint32_t kind) {
    plugin::Outcome outcome;
    outcome.kind = kind;
    return std::vector<plugin::Outcome>(count, outcome);
}

TEST(Lane, writes_plain_success_as_a_range_and_a_position_and_nothing_else) {
    Lane lane(settings(), {}, kNow, 1);
    lane.offer(batch_of(0, {"a", "b", "a", "c"}), kNow);
    auto attempt = lane.next(kNow);
    ASSERT_TRUE(attempt.has_value());
    const auto started = lane.started(*attempt, kNow);
    EXPECT_EQ(started.ranges, (std::vector<journal::OffsetRange>{{0, 4}}));
    EXPECT_TRUE(started.items.empty());

    journal::Transition transition;
    lane.settle(std::move(*attempt), all(4, WEIR_OUT_OK), kNow, transition);
    EXPECT_TRUE(transition.rows.empty());
    ASSERT_EQ(transition.progress.size(), 1u);
    EXPECT_EQ(transition.progress[0].position, 4u);
    EXPECT_TRUE(transition.progress[0].settled.empty());
    EXPECT_EQ(transition.progress[0].delivered, 4u);
    EXPECT_TRUE(lane.idle());
}

TEST(Lane, a_delivery_the_target_named_keeps_a_row_for_the_trace) {
    Lane lane(settings(), {}, kNow, 1);
    lane.offer(batch_of(0, {"a"}), kNow);
    auto attempt = lane.next(kNow);
    auto outcomes = all(1, WEIR_OUT_OK);
    outcomes[0].remote_id = "JE-1";
    journal::Transition transition;
    lane.settle(std::move(*attempt), outcomes, kNow, transition);
    ASSERT_EQ(transition.rows.size(), 1u);
    EXPECT_EQ(transition.rows[0].remote_id, "JE-1");
    EXPECT_EQ(transition.rows[0].external_ref.size(), 19u);
    EXPECT_TRUE(transition.rows[0].frame.empty()) << "the accepted record is in the journal already";
}

TEST(Lane, what_is_not_plain_success_keeps_the_record_as_it_was_tried) {
    Lane lane(settings(), {}, kNow, 1);
    lane.offer(batch_of(0, {"a", "b"}), kNow);
    auto attempt = lane.next(kNow);
    auto outcomes = all(2, WEIR_OUT_OK);
    outcomes[0].kind = WEIR_OUT_RETRY;
    journal::Transition transition;
    lane.settle(std::move(*attempt), outcomes, kNow, transition);
    ASSERT_EQ(transition.rows.size(), 1u);
    EXPECT_EQ(transition.rows[0].state, journal::DeliveryState::retrying);
    EXPECT_FALSE(transition.rows[0].frame.empty());
    EXPECT_EQ(transition.progress[0].position, 2u) << "written down counts as settled";
    EXPECT_EQ(transition.progress[0].delivered, 1u);
}

TEST(Lane, settles_out_of_order_as_ranges_beyond_the_position) {
    LaneSettings one_per_key = settings(0);
    Lane lane(one_per_key, {}, kNow, 1);
    lane.offer(batch_of(0, {"a", "a", "b"}), kNow);
    auto first = lane.next(kNow);
    ASSERT_EQ(first->deliveries.size(), 2u) << "one of each key";
    journal::Transition transition;
    lane.settle(std::move(*first), all(2, WEIR_OUT_OK), kNow, transition);
    EXPECT_EQ(transition.progress[0].position, 1u);
    EXPECT_EQ(transition.progress[0].settled, (std::vector<journal::OffsetRange>{{2, 3}}));
    auto second = lane.next(kNow);
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->deliveries[0].item.offset, 1u);
}

TEST(Lane, an_attempt_left_open_is_asked_about_before_anything_is_sent) {
    journal::LaneState state;
    state.open.push_back({3, 9, journal::AttemptKind::deliver, 0, {{0, 2}}, {}});
    state.progress.next_attempt = 10;
    Lane lane(settings(), state, kNow, 1);
    lane.offer(batch_of(0, {"a", "b", "c"}), kNow);
    const Now later{kNow.mono_ns + 2'000'000'000, kNow.wall_ns + 2'000'000'000};
    auto attempt = lane.next(later);
    ASSERT_TRUE(attempt.has_value());
    EXPECT_EQ(attempt->kind, journal::AttemptKind::resolve);
    EXPECT_EQ(attempt->deliveries.size(), 2u);

    journal::Transition transition;
    lane.settle(std::move(*attempt), all(2, WEIR_OUT_OK), later, transition);
    std::vector<std::uint64_t> closed;
    for (const auto& settled : transition.settled) closed.push_back(settled.attempt);
    EXPECT_EQ(closed, (std::vector<std::uint64_t>{10, 9})) << "the old attempt is closed with the answer";
    EXPECT_EQ(transition.progress[0].delivered, 2u);
}

TEST(Lane, an_old_attempt_stays_open_until_all_it_covered_is_known) {
    journal::LaneState state;
    state.open.push_back({3, 9, journal::AttemptKind::deliver, 0, {{0, 2}}, {}});
    state.progress.next_attempt = 10;
    Lane lane(settings(), state, kNow, 1);
    lane.offer(batch_of(0, {"a"}), kNow);
    const Now later{kNow.mono_ns + 2'000'000'000, kNow.wall_ns + 2'000'000'000};
    auto attempt = lane.next(later);
    journal::Transition transition;
    lane.settle(std::move(*attempt), all(1, WEIR_OUT_OK), later, transition);
    ASSERT_EQ(transition.settled.size(), 1u);
    EXPECT_EQ(transition.settled[0].attempt, 10u);
}

TEST(Lane, has_no_room_beyond_its_window) {
    LaneSettings small = settings();
    small.window_records = 2;
    Lane lane(small, {}, kNow, 1);
    EXPECT_TRUE(lane.has_room());
    lane.offer(batch_of(0, {"a", "b"}), kNow);
    EXPECT_FALSE(lane.has_room());
    auto attempt = lane.next(kNow);
    journal::Transition transition;
    lane.settle(std::move(*attempt), all(2, WEIR_OUT_OK), kNow, transition);
    EXPECT_TRUE(lane.has_room());
}

TEST(Lane, passes_over_what_was_settled_before) {
    journal::LaneState state;
    state.progress.position = 2;
    state.progress.settled = {{3, 4}};
    Lane lane(settings(), state, kNow, 1);
    EXPECT_EQ(lane.next_offset(), 2u);
    lane.offer(batch_of(0, {"a", "b", "c", "d", "e"}), kNow);
    auto attempt = lane.next(kNow);
    ASSERT_EQ(attempt->deliveries.size(), 2u);
    EXPECT_EQ(attempt->deliveries[0].item.offset, 2u);
    EXPECT_EQ(attempt->deliveries[1].item.offset, 4u);
}

TEST(Lane, keys_are_the_same_after_a_restart) {
    Lane lane(settings(), {}, kNow, 1);
    lane.offer(batch_of(0, {"a"}), kNow);
    auto attempt = lane.next(kNow);
    const std::string reference(attempt->call.items[0].external_ref);
    const std::string key(attempt->call.items[0].idempotency_key);
    journal::Transition transition;
    lane.settle(std::move(*attempt), all(1, WEIR_OUT_RETRY), kNow, transition);

    journal::LaneState state;
    state.progress = transition.progress[0];
    state.live = transition.rows;
    const Now later{kNow.mono_ns, kNow.wall_ns + 3'600'000'000'000};
    Lane next_life(settings(), state, later, 2);
    auto again = next_life.next(later);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->call.items[0].external_ref, reference);
    EXPECT_EQ(again->call.items[0].idempotency_key, key);
    EXPECT_EQ(again->call.items[0].attempt, 2u);
    EXPECT_EQ(view((*again->call.batch)[0].id), "0");
}

TEST(Lane, gives_up_when_the_next_attempt_would_begin_after_the_deadline) {
    LaneSettings hurried = settings();
    hurried.retry.common.jitter = 0.0;
    hurried.retry.common.first_delay = std::chrono::seconds{10};
    hurried.retry.common.multiplier = 1.0;
    hurried.retry.common.deadline = std::chrono::seconds{25};
    Lane lane(hurried, {}, kNow, 1);
    lane.offer(batch_of(0, {"a"}), kNow);
    std::vector<journal::DeliveryState> states;
    for (std::int64_t second = 0; second <= 20; second += 10) {
        const Now now{kNow.mono_ns + second * 1'000'000'000, kNow.wall_ns + second * 1'000'000'000};
        auto attempt = lane.next(now);
        ASSERT_TRUE(attempt.has_value()) << second;
        journal::Transition transition;
        lane.settle(std::move(*attempt), all(1, WEIR_OUT_RETRY), now, transition);
        states.push_back(transition.rows.at(0).state);
    }
    using journal::DeliveryState;
    EXPECT_EQ(states, (std::vector{DeliveryState::retrying, DeliveryState::retrying, DeliveryState::dead}));
    EXPECT_TRUE(lane.idle());
}

}  // namespace
}  // namespace weir::flow
