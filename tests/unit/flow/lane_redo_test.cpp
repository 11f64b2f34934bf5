// What a lane makes of deliveries it finds in the journal: left by a crash, damaged, or asked for again.

#include <gtest/gtest.h>

#include "runtime/flow/lane.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::flow {
namespace {

using journal::DeliveryState;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr Now kNow{1'000, 1'782'864'000'000'000'000};

Now after(std::int64_t ns) { return {kNow.mono_ns + ns, kNow.wall_ns + ns}; }

LaneSettings settings() {
    LaneSettings s;
    s.id = 3;
    s.route = "r";
    s.destination = "d";
    s.can_resolve = true;
    s.key = *KeySelector::parse("record.subject");
    return s;
}

std::string frame(const std::string& id, const std::string& subject) {
    weir_record record{};
    record.id = str(id);
    record.source = str("s");
    record.subject = str(subject);
    record.payload = str("{}");
    EncodedBatch encoded;
    EXPECT_TRUE(encode_record(record, nullptr, encoded).ok());
    return encoded.frames;
}

journal::DeliveryRow row(journal::Offset offset, std::uint32_t part, DeliveryState state) {
    journal::DeliveryRow one;
    one.lane = 3;
    one.item = {offset, part};
    one.state = state;
    one.redo = state == DeliveryState::waiting ? journal::Redo::deliver : journal::Redo::none;
    one.next_wall_ns = kNow.wall_ns;
    one.external_ref = "WR-AAAAAAAAAAAAAAAA";
    one.frame = frame(std::to_string(offset), "a");
    return one;
}

plugin::Outcome outcome(std::uint32_t kind) {
    plugin::Outcome one;
    one.kind = kind;
    return one;
}

// One record per (id, correlation): what a payments route delivers.
Stepped payments(journal::Offset first, const std::vector<std::pair<const char*, const char*>>& of) {
    BatchBuilder builder;
    for (const auto& [subject, invoice] : of) {
        weir_record record{};
        record.id = builder.copy(str(std::to_string(first + builder.size())));
        record.source = builder.copy(str("s"));
        record.subject = builder.copy(str(subject));
        record.correlation_id = builder.copy(str(invoice));
        record.payload = builder.copy(str("{}"));
        builder.add(record);
    }
    Stepped stepped;
    stepped.first = first;
    stepped.count = static_cast<std::uint32_t>(of.size());
    stepped.input = builder.seal();
    stepped.output = stepped.input;
    stepped.accepted_wall_ns = kNow.wall_ns;
    return stepped;
}

std::vector<journal::Offset> deliver_all(Lane& lane, Now now) {
    std::vector<journal::Offset> offsets;
    while (auto attempt = lane.next(now)) {
        for (const Delivery& delivery : attempt->deliveries) offsets.push_back(delivery.item.offset);
        std::vector<plugin::Outcome> outcomes(attempt->deliveries.size(), outcome(WEIR_OUT_OK));
        journal::Transition transition;
        lane.settle(std::move(*attempt), outcomes, now, transition);
    }
    return offsets;
}

// ------------------------------------------------------------------------------------------------ found at the start

TEST(LaneRedo, an_unknown_outcome_is_not_asked_about_before_the_target_has_settled) {
    journal::LaneState state;
    state.progress.position = 1;
    state.live = {row(0, 0, DeliveryState::unknown)};
    const Now later{1, kNow.wall_ns + kHour};  // a restart, and a wall clock that was set forward
    LaneSettings slow = settings();
    slow.limits.settle = std::chrono::seconds{5};
    Lane lane(slow, state, later, 1);
    EXPECT_FALSE(lane.next({later.mono_ns + 4 * kSecond, later.wall_ns}).has_value());
    const auto attempt = lane.next({later.mono_ns + 5 * kSecond, later.wall_ns});
    ASSERT_TRUE(attempt.has_value());
    EXPECT_EQ(attempt->kind, journal::AttemptKind::resolve);
}

TEST(LaneRedo, a_row_whose_frame_cannot_be_read_becomes_a_dead_letter) {
    journal::LaneState state;
    state.progress.position = 1;
    state.live = {row(0, 0, DeliveryState::retrying)};
    state.live[0].frame = "not a frame";
    Lane lane(settings(), state, kNow, 1);
    ASSERT_TRUE(lane.has_ended());
    EXPECT_TRUE(lane.idle());
    journal::Transition transition;
    lane.write_ended(kNow, transition);
    ASSERT_EQ(transition.rows.size(), 1u);
    EXPECT_EQ(transition.rows[0].state, DeliveryState::dead);
    EXPECT_EQ(transition.rows[0].code, "FRAME_DAMAGED");
    EXPECT_FALSE(lane.has_ended());
}

TEST(LaneRedo, rows_the_journal_found_damaged_are_written_as_it_says) {
    journal::LaneState state;
    state.progress.position = 1;
    state.damaged = {row(0, 0, DeliveryState::dead)};
    state.damaged[0].code = "FRAME_DAMAGED";
    Lane lane(settings(), state, kNow, 1);
    journal::Transition transition;
    lane.write_ended(kNow, transition);
    ASSERT_EQ(transition.rows.size(), 1u);
    EXPECT_EQ(transition.rows[0].code, "FRAME_DAMAGED");
}

// ------------------------------------------------------------------------------------------------ asked for again

TEST(LaneRedo, counts_a_record_once_when_its_parts_are_asked_for_one_by_one) {
    journal::LaneState state;
    state.progress.position = 1;
    Lane lane(settings(), state, kNow, 1);
    lane.take_up({row(0, 0, DeliveryState::waiting)}, {{{0, 1}, DeliveryState::dead}}, kNow);
    EXPECT_EQ(deliver_all(lane, kNow).size(), 1u);
    EXPECT_EQ(lane.progress().delivered, 0u) << "its other part is a dead letter";
    lane.take_up({row(0, 1, DeliveryState::waiting)}, {{{0, 0}, DeliveryState::delivered}}, kNow);
    EXPECT_EQ(deliver_all(lane, kNow).size(), 1u);
    EXPECT_EQ(lane.progress().delivered, 1u);
}

TEST(LaneRedo, a_record_that_went_on_before_the_lane_came_to_it_settles_when_it_does) {
    Lane lane(settings(), {}, kNow, 1);
    lane.take_up({row(0, 0, DeliveryState::waiting)}, {}, kNow);
    EXPECT_EQ(deliver_all(lane, kNow), (std::vector<journal::Offset>{0}));
    lane.offer(payments(0, {{"a", ""}, {"b", ""}}), kNow);
    EXPECT_EQ(deliver_all(lane, kNow), (std::vector<journal::Offset>{1})) << "the first is not sent twice";
    EXPECT_EQ(lane.progress().position, 2u);
    EXPECT_EQ(lane.progress().delivered, 2u);
}

TEST(LaneRedo, a_part_that_ends_before_its_record_is_read_again_does_not_end_the_record) {
    journal::LaneState state;  // a crash: part 0 had a row, part 1 was under way
    state.open.push_back({3, 9, journal::AttemptKind::deliver, 0, {}, {{0, 1}}});
    state.live = {row(0, 0, DeliveryState::retrying)};
    state.progress.next_attempt = 10;
    Lane lane(settings(), state, kNow, 1);
    EXPECT_EQ(deliver_all(lane, kNow), (std::vector<journal::Offset>{0}));
    EXPECT_EQ(lane.progress().delivered, 0u);
    Stepped two = payments(0, {{"a", ""}});
    two.output = payments(0, {{"a", ""}, {"a", ""}}).output;
    two.root = {0, 0};
    lane.offer(two, kNow);
    EXPECT_EQ(deliver_all(lane, after(10 * kSecond)), (std::vector<journal::Offset>{0}));
    EXPECT_EQ(lane.progress().delivered, 1u);
    EXPECT_EQ(lane.progress().position, 1u);
}

TEST(LaneRedo, a_replay_asks_first_and_counts_nothing) {
    journal::LaneState state;
    state.progress.position = 1;
    state.progress.delivered = 1;
    Lane lane(settings(), state, kNow, 1);
    auto again = row(0, 0, DeliveryState::waiting);
    again.replay = true;
    lane.take_up({again}, {}, kNow);
    auto attempt = lane.next(after(5 * kSecond));
    ASSERT_TRUE(attempt.has_value());
    EXPECT_EQ(attempt->kind, journal::AttemptKind::resolve);
    journal::Transition transition;
    lane.settle(std::move(*attempt), {outcome(WEIR_OUT_OK)}, after(5 * kSecond), transition);
    ASSERT_EQ(transition.rows.size(), 1u);
    EXPECT_TRUE(transition.rows[0].replay);
    EXPECT_EQ(transition.rows[0].state, DeliveryState::delivered);
    EXPECT_EQ(lane.progress().delivered, 1u);
}

TEST(LaneRedo, a_replay_to_a_target_that_recognises_repetitions_is_sent) {
    LaneSettings repeatable = settings();
    repeatable.can_resolve = false;
    repeatable.traits = WEIR_TRAIT_IDEMPOTENT_KEY;
    Lane lane(repeatable, {}, kNow, 1);
    auto again = row(0, 0, DeliveryState::waiting);
    again.replay = true;
    lane.take_up({again}, {}, kNow);
    const auto attempt = lane.next(kNow);
    ASSERT_TRUE(attempt.has_value());
    EXPECT_EQ(attempt->kind, journal::AttemptKind::deliver);
}

TEST(LaneRedo, rows_for_the_steps_go_to_the_steps) {
    Lane lane(settings(), {}, kNow, 1);
    auto again = row(0, 0, DeliveryState::waiting);
    again.redo = journal::Redo::steps;
    lane.take_up({again}, {}, kNow);
    EXPECT_FALSE(lane.next(kNow).has_value());
    EXPECT_EQ(lane.take_redo().size(), 1u);
    EXPECT_TRUE(lane.take_redo().empty()) << "once";
}

// ------------------------------------------------------------------------------------------------ predecessors

class Predecessors : public ::testing::Test {
  protected:
    Predecessors() {
        journal::Options options;
        options.backend = "memory";
        options.clock = &clock_;
        journal_ = *journal::open_journal(options);
        posted_ = std::make_shared<PostedObjects>("erp", *journal_);
        settings_ = settings();
        settings_.posted = posted_;
        settings_.after.push_back({"invoice", *KeySelector::parse("record.correlation_id"), std::chrono::minutes{10}});
    }
    ManualClock clock_{kNow.wall_ns};
    std::unique_ptr<journal::Journal> journal_;
    std::shared_ptr<PostedObjects> posted_;
    LaneSettings settings_;
};

TEST_F(Predecessors, a_payment_goes_once_its_invoice_is_there_and_holds_back_only_its_key) {
    Lane lane(settings_, {}, kNow, 1);
    lane.offer(payments(0, {{"a", "inv-1"}, {"b", ""}, {"a", ""}}), kNow);
    EXPECT_EQ(deliver_all(lane, kNow), (std::vector<journal::Offset>{1}));
    (void)posted_->add("invoice", "inv-1", "WR-1", 0);
    EXPECT_EQ(deliver_all(lane, after(kSecond)), (std::vector<journal::Offset>{0, 2}));
}

TEST_F(Predecessors, one_that_is_released_does_not_pass_an_earlier_one_that_waits_for_its_turn) {
    for (const std::uint32_t traits : {0u, std::uint32_t{WEIR_TRAIT_ATOMIC_BATCH}}) {
        LaneSettings both = settings_;
        both.traits = traits;
        Lane lane(both, {}, kNow, 1);
        const std::string invoice = "inv-later-" + std::to_string(traits);
        lane.offer(payments(0, {{"a", ""}, {"a", invoice.c_str()}}), kNow);  // nothing is sent: no quota
        (void)posted_->add("invoice", invoice, "WR-1", 0);
        EXPECT_EQ(deliver_all(lane, after(kSecond)), (std::vector<journal::Offset>{0, 1}));
    }
}

TEST_F(Predecessors, becomes_an_exception_when_it_waited_too_long) {
    Lane lane(settings_, {}, kNow, 1);
    lane.offer(payments(0, {{"a", "inv-9"}, {"a", ""}}), kNow);
    EXPECT_FALSE(lane.next(after(599 * kSecond)).has_value());
    EXPECT_FALSE(lane.next(after(601 * kSecond)).has_value());
    ASSERT_TRUE(lane.has_ended());
    journal::Transition transition;
    lane.write_ended(after(601 * kSecond), transition);
    ASSERT_EQ(transition.rows.size(), 1u);
    EXPECT_EQ(transition.rows[0].state, DeliveryState::held);
    EXPECT_EQ(transition.rows[0].code, "PREDECESSOR_NOT_POSTED");
    EXPECT_EQ(transition.rows[0].attempts, 0u);
    EXPECT_EQ(deliver_all(lane, after(601 * kSecond)), (std::vector<journal::Offset>{1}));
}

TEST_F(Predecessors, what_was_posted_is_known_after_a_restart) {
    EXPECT_FALSE(posted_->has("invoice", "inv-1"));
    EXPECT_TRUE(journal_->commit({.state = {posted_->add("invoice", "inv-1", "WR-1", 0)}}).ok());
    EXPECT_TRUE(posted_->has("invoice", "inv-1"));
    PostedObjects next("erp", *journal_);
    EXPECT_TRUE(next.has("invoice", "inv-1"));
    EXPECT_FALSE(next.has("customer", "inv-1"));
    PostedObjects elsewhere("crm", *journal_);
    EXPECT_FALSE(elsewhere.has("invoice", "inv-1")) << "there at one target is not there at another";
}

}  // namespace
}  // namespace weir::flow
