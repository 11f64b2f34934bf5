// What every journal backend promises. Each case runs over all of them; those that need a restart, only over stored
// ones.
#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "runtime/base/failpoint.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class JournalConformance : public ::testing::TestWithParam<std::string> {
  protected:
    void SetUp() override { open(); }
    void TearDown() override { arm_failpoint(Failpoint::journal_before_commit, 0, false); }

    void open() {
        journal_.reset();
        options_.backend = GetParam();
        options_.dir = dir_.path() / "journal";
        options_.clock = &clock_;
        journal_ = must(open_journal(options_));
        stream_ = must(journal_->open_stream("usage"));
    }
    [[nodiscard]] bool stored() const { return GetParam() != "memory"; }
    Answer append(const std::vector<Event>& events, AppendOptions options = {}) {
        return testing::append(*journal_, stream_, events, std::move(options));
    }
    LaneId lane(const std::string& destination = "ledger") {
        return must(journal_->open_lane("orders", destination, stream_, true));
    }
    [[nodiscard]] static std::string frame_of(const Event& event) { return encode({event}).frames; }

    TempDir dir_;
    ManualClock clock_{kStart};
    Options options_;
    std::unique_ptr<Journal> journal_;
    StreamId stream_ = 0;
};

DeliveryRow row_of(LaneId lane, ItemId item, DeliveryState state) {
    DeliveryRow row;
    row.lane = lane;
    row.item = item;
    row.state = state;
    row.attempts = 1;
    row.updated_wall_ns = kStart;
    return row;
}

// ---------------------------------------------------------------------------------------------- streams

TEST_P(JournalConformance, opening_a_stream_again_finds_it) {
    EXPECT_EQ(must(journal_->open_stream("usage")), stream_);
    EXPECT_NE(must(journal_->open_stream("billing")), stream_);
}

TEST_P(JournalConformance, a_stream_name_with_other_characters_is_refused) {
    EXPECT_EQ(journal_->open_stream("").error().errc, Errc::invalid);
    EXPECT_EQ(journal_->open_stream("a b").error().errc, Errc::invalid);
    EXPECT_EQ(journal_->open_stream(std::string(129, 'a')).error().errc, Errc::invalid);
    EXPECT_TRUE(journal_->open_stream(std::string(128, 'a')).ok());
}

TEST_P(JournalConformance, what_does_not_exist_is_not_found) {
    EXPECT_EQ(journal_->read(99, 0, 1).error().errc, Errc::not_found);
    EXPECT_EQ(journal_->cursors(0).error().errc, Errc::not_found);
    EXPECT_EQ(journal_->lane_state(99).error().errc, Errc::not_found);
    EXPECT_EQ(journal_->stream_info(99).error().errc, Errc::not_found);
}

// ---------------------------------------------------------------------------------------------- appends

TEST_P(JournalConformance, records_get_dense_offsets_and_read_back_as_they_were) {
    const Answer first = append({{"a", "1"}, {"b", "2"}});
    ASSERT_TRUE(first.status.ok()) << first.status.error().message;
    EXPECT_EQ(first.first, 0u);
    EXPECT_EQ(first.stored, 2u);
    EXPECT_THAT(first.verdicts, ElementsAre(Verdict::accepted, Verdict::accepted));
    EXPECT_EQ(append({{"c", "3"}}).first, 2u);
    EXPECT_THAT(read_all(*journal_, stream_),
                ElementsAre(Stored{0, "a", "1", ""}, Stored{1, "b", "2", ""}, Stored{2, "c", "3", ""}));
    EXPECT_THAT(read_all(*journal_, stream_, 1), ElementsAre(Stored{1, "b", "2", ""}, Stored{2, "c", "3", ""}));
    EXPECT_THAT(read_all(*journal_, stream_, 3), IsEmpty());
    EXPECT_EQ(must(journal_->stream_info(stream_)).end, 3u);
}

TEST_P(JournalConformance, a_group_tells_when_it_was_committed) {
    clock_.advance(5 * kSecond);
    ASSERT_TRUE(append({{"a", "1"}}).status.ok());
    EXPECT_EQ(must(journal_->read(stream_, 0, 1)).front().wall_ns, kStart + 5 * kSecond);
}

TEST_P(JournalConformance, a_repeated_record_is_a_duplicate_and_not_stored) {
    append({{"a", "1"}, {"b", "2"}});
    const Answer again = append({{"b", "2"}, {"c", "3"}, {"a", "1"}});
    EXPECT_THAT(again.verdicts, ElementsAre(Verdict::duplicate, Verdict::accepted, Verdict::duplicate));
    EXPECT_EQ(again.first, 2u);
    EXPECT_EQ(again.stored, 1u);
    const StreamInfo info = must(journal_->stream_info(stream_));
    EXPECT_EQ(info.duplicates, 2u);
    EXPECT_EQ(info.end, 3u);
}

TEST_P(JournalConformance, a_record_repeated_within_its_own_request_is_a_duplicate) {
    const Answer answer = append({{"a", "1"}, {"a", "1"}, {"a", "other"}});
    EXPECT_THAT(answer.verdicts, ElementsAre(Verdict::accepted, Verdict::duplicate, Verdict::conflict));
    EXPECT_EQ(answer.stored, 2u);
}

TEST_P(JournalConformance, the_same_id_from_another_source_or_in_another_stream_is_another_record) {
    append({{"a", "1", "shop"}});
    EXPECT_THAT(append({{"a", "2", "bank"}}).verdicts, ElementsAre(Verdict::accepted));
    const StreamId other = must(journal_->open_stream("other"));
    EXPECT_THAT(testing::append(*journal_, other, {{"a", "3", "shop"}}).verdicts, ElementsAre(Verdict::accepted));
}

TEST_P(JournalConformance, the_same_id_with_other_content_is_kept_and_held) {
    append({{"a", "1"}});
    const Answer answer = append({{"a", "2"}});
    EXPECT_THAT(answer.verdicts, ElementsAre(Verdict::conflict));
    EXPECT_THAT(read_all(*journal_, stream_), ElementsAre(Stored{0, "a", "1", ""}, Stored{1, "a", "2", "ID_CONFLICT"}));
    EXPECT_EQ(must(journal_->stream_info(stream_)).conflicts, 1u);
    const Group group = must(journal_->read(stream_, 1, 1)).back();
    ASSERT_EQ(group.records.holds.size(), 1u);
    EXPECT_EQ(group.records.holds[0].error_class, unsigned{WEIR_CLASS_BUSINESS});
    EXPECT_NE(group.records.holds[0].message.find("offset 0 "), std::string::npos) << group.records.holds[0].message;
}

TEST_P(JournalConformance, either_side_of_a_conflict_sent_again_is_a_duplicate) {
    append({{"a", "1"}});
    append({{"a", "2"}});
    EXPECT_THAT(append({{"a", "2"}, {"a", "1"}, {"a", "3"}}).verdicts,
                ElementsAre(Verdict::duplicate, Verdict::duplicate, Verdict::conflict));
    open();
    if (stored()) {
        EXPECT_THAT(append({{"a", "2"}, {"a", "1"}}).verdicts, Each(Verdict::duplicate));
    }
}

TEST_P(JournalConformance, a_record_held_by_its_source_is_stored_and_deduplicated) {
    const Hold hold{0, WEIR_CLASS_BUSINESS, "BAD_ROW", "line 3: not a number: \"1,20\""};
    for (const Verdict expected : {Verdict::held, Verdict::duplicate}) {
        EncodedBatch records;
        encode({"a", "1,20"}, &hold, records);
        EXPECT_THAT(start_append(*journal_, stream_, std::move(records))->wait().verdicts, ElementsAre(expected));
    }
    EXPECT_THAT(read_all(*journal_, stream_), ElementsAre(Stored{0, "a", "1,20", "BAD_ROW"}));
}

TEST_P(JournalConformance, a_source_without_stable_ids_has_every_record_stored) {
    append({{"a", "1"}}, {.cursor = {}, .deduplicate = false});
    EXPECT_THAT(append({{"a", "1"}}, {.cursor = {}, .deduplicate = false}).verdicts, ElementsAre(Verdict::accepted));
    EXPECT_EQ(must(journal_->stream_info(stream_)).end, 2u);
}

TEST_P(JournalConformance, an_append_larger_than_one_row_is_split_and_stays_in_order) {
    options_.group_records_max = 7;
    open();
    ASSERT_TRUE(append(numbered("e", 100)).status.ok());
    const auto all = read_all(*journal_, stream_, 0, 1);
    ASSERT_EQ(all.size(), 100u);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].id, "e" + std::to_string(i));
    EXPECT_LE(must(journal_->read(stream_, 50, 0)).front().count, 7u);
}

TEST_P(JournalConformance, sizes_that_do_not_cut_the_frames_are_refused_and_harm_nobody) {
    EncodedBatch bad = encode(numbered("x", 2));
    bad.sizes[0] += 1;
    const Answer refused = start_append(*journal_, stream_, std::move(bad))->wait();
    ASSERT_FALSE(refused.status.ok());
    EXPECT_EQ(refused.status.error().errc, Errc::invalid);
    EXPECT_TRUE(append({{"a", "1"}}).status.ok());
    EXPECT_EQ(testing::append(*journal_, 99, {{"a", "1"}}).status.error().errc, Errc::invalid);
}

// Appends two more from its own done(): the committing thread is busy with this very call, so they must queue.
class AppendsTwoMore final : public AppendRequest {
  public:
    AppendsTwoMore(Journal& journal, std::vector<std::shared_ptr<Pending>>& answers, Pending& finished)
        : journal_(journal), answers_(answers), finished_(finished) {}
    void done(const AppendResult& result) noexcept override {
        for (const std::string id : {"second", "third"}) {
            answers_.push_back(start_append(journal_, stream, encode(numbered(id, 10))));
        }
        finished_.give(result);
    }

  private:
    Journal& journal_;
    std::vector<std::shared_ptr<Pending>>& answers_;
    Pending& finished_;
};

TEST_P(JournalConformance, a_request_beyond_the_queue_limit_is_refused_as_busy_at_once) {
    options_.queue_bytes_max = 1;
    open();
    std::vector<std::shared_ptr<Pending>> answers;
    Pending finished;
    auto request = std::make_unique<AppendsTwoMore>(*journal_, answers, finished);
    request->stream = stream_;
    request->records = encode(numbered("first", 10));
    journal_->append(std::move(request));
    EXPECT_TRUE(finished.wait().status.ok()) << "one request always fits an empty queue";
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_TRUE(answers[0]->wait().status.ok());
    const Answer busy = answers[1]->wait();
    ASSERT_FALSE(busy.status.ok());
    EXPECT_EQ(busy.status.error().errc, Errc::unavailable);
    EXPECT_EQ(busy.status.error().code, "journal_busy");
    EXPECT_EQ(must(journal_->stream_info(stream_)).end, 20u);
    EXPECT_EQ(journal_->health().queued_bytes, 0u);
}

// ---------------------------------------------------------------------------------------------- cursors

TEST_P(JournalConformance, a_cursor_becomes_durable_with_its_records) {
    append({{"a", "1"}}, {.cursor = CursorUpdate{"p0", "line 1"}});
    append({}, {.cursor = CursorUpdate{"p1", std::string("\0x", 2)}});
    append({{"b", "2"}}, {.cursor = CursorUpdate{"p0", "line 2"}});
    if (stored()) open();
    const auto cursors = must(journal_->cursors(stream_));
    ASSERT_EQ(cursors.size(), 2u);
    EXPECT_EQ(cursors[0].partition, "p0");
    EXPECT_EQ(cursors[0].cursor, "line 2");
    EXPECT_EQ(cursors[1].cursor, std::string("\0x", 2));
}

TEST_P(JournalConformance, a_cursor_above_64_kib_is_refused_with_its_records) {
    const Answer answer = append({{"a", "1"}}, {.cursor = CursorUpdate{"", std::string(65537, 'x')}});
    EXPECT_EQ(answer.status.error().errc, Errc::invalid);
    EXPECT_EQ(must(journal_->stream_info(stream_)).end, 0u);
}

TEST_P(JournalConformance, neither_records_nor_cursor_survive_a_failed_commit) {
    arm_failpoint(Failpoint::journal_before_commit, 1, true);
    const Answer failed = append({{"a", "1"}}, {.cursor = CursorUpdate{"p", "1"}});
    ASSERT_FALSE(failed.status.ok());
    EXPECT_EQ(failed.status.error().errc, Errc::unavailable);
    EXPECT_TRUE(journal_->commit({}).ok()) << "an empty transition waits for the journal to be usable again";
    EXPECT_THAT(must(journal_->cursors(stream_)), IsEmpty());
    EXPECT_THAT(append({{"a", "1"}}).verdicts, ElementsAre(Verdict::accepted));
    EXPECT_EQ(journal_->health().availability, Availability::ready);
}

// ---------------------------------------------------------------------------------------------- reading

TEST_P(JournalConformance, what_left_the_ring_is_read_from_the_store) {
    options_.recent_bytes_max = 2000;
    open();
    for (std::size_t i = 0; i < 50; ++i) append(numbered("e", 3, 3 * i));
    const auto all = read_all(*journal_, stream_);
    ASSERT_EQ(all.size(), 150u);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].offset, i);
    EXPECT_EQ(all[149].id, "e149");
}

TEST_P(JournalConformance, a_read_stays_near_its_byte_limit) {
    for (std::size_t i = 0; i < 20; ++i) append(numbered("e", 10, 10 * i));
    const auto one = must(journal_->read(stream_, 0, 0));
    ASSERT_EQ(one.size(), 1u);
    EXPECT_EQ(one[0].count, 10u);
    EXPECT_LT(must(journal_->read(stream_, 0, 5000)).size(), 20u);
    EXPECT_EQ(must(journal_->read(stream_, 0, 1 << 20)).size(), 20u);
}

TEST_P(JournalConformance, waiting_ends_with_the_record_or_with_the_stop) {
    EXPECT_FALSE(journal_->wait(stream_, 0, {}, 1));
    std::jthread writer([this] { append({{"a", "1"}}); });
    EXPECT_TRUE(journal_->wait(stream_, 0, {}, 60 * kSecond));
    std::stop_source stop;
    std::jthread stopper([&stop] { stop.request_stop(); });
    EXPECT_FALSE(journal_->wait(stream_, 1, stop.get_token(), 60 * kSecond));
}

// ---------------------------------------------------------------------------------------------- lanes

TEST_P(JournalConformance, a_lane_begins_at_the_end_or_where_it_is_asked_to) {
    append(numbered("e", 5));
    const LaneId late = must(journal_->open_lane("orders", "late", stream_, false));
    const LaneId early = must(journal_->open_lane("orders", "early", stream_, true));
    EXPECT_EQ(must(journal_->lane_state(late)).progress.position, 5u);
    EXPECT_EQ(must(journal_->lane_state(early)).progress.position, 0u);
    EXPECT_EQ(must(journal_->open_lane("orders", "late", stream_, true)), late) << "found, not moved";
    EXPECT_EQ(journal_->open_lane("orders", "x", 99, true).error().errc, Errc::invalid);
}

TEST_P(JournalConformance, progress_survives_and_may_be_written_twice) {
    append(numbered("e", 10));
    Transition transition;
    transition.progress.push_back({lane(), 4, {{6, 8}, {9, 10}}, 3, 1, 1, 7});
    ASSERT_TRUE(journal_->commit(transition).ok());
    ASSERT_TRUE(journal_->commit(transition).ok());
    if (stored()) open();
    const LaneProgress progress = must(journal_->lane_state(lane())).progress;
    EXPECT_EQ(progress.position, 4u);
    EXPECT_THAT(progress.settled, ElementsAre(OffsetRange{6, 8}, OffsetRange{9, 10}));
    EXPECT_EQ(progress.delivered, 3u);
    EXPECT_EQ(progress.duplicates, 1u);
    EXPECT_EQ(progress.filtered, 1u);
    EXPECT_EQ(progress.next_attempt, 7u);
}

TEST_P(JournalConformance, unsound_transitions_are_refused_whole) {
    append(numbered("e", 10));
    const LaneId id = lane();
    const auto refused = [&](Transition transition) {
        transition.state.push_back({"s", "k", "must not appear", 0});
        const Status status = journal_->commit(std::move(transition));
        return !status.ok() && status.error().errc == Errc::invalid;
    };
    ASSERT_TRUE(journal_->commit({.progress = {{id, 5, {}, 0, 0, 0, 1}}}).ok());
    EXPECT_TRUE(refused({.progress = {{id, 4, {}, 0, 0, 0, 1}}})) << "back";
    EXPECT_TRUE(refused({.progress = {{id, 11, {}, 0, 0, 0, 1}}})) << "beyond the stream's end";
    EXPECT_TRUE(refused({.progress = {{id, 5, {{8, 7}}, 0, 0, 0, 1}}})) << "an empty range";
    EXPECT_TRUE(refused({.progress = {{id, 5, {{8, 9}, {6, 7}}, 0, 0, 0, 1}}})) << "not ascending";
    EXPECT_TRUE(refused({.progress = {{77, 5, {}, 0, 0, 0, 1}}})) << "no such lane";
    EXPECT_TRUE(refused({.rows = {row_of(77, {1, 0}, DeliveryState::dead)}}));
    EXPECT_TRUE(refused({.rows = {row_of(id, {1, 0}, static_cast<DeliveryState>(9))}}));
    EXPECT_TRUE(refused({.outputs = {{77, encode(numbered("o", 1))}}}));
    EXPECT_EQ(must(journal_->state_get("s", "k")), std::nullopt);
}

TEST_P(JournalConformance, an_attempt_without_an_outcome_is_open_after_a_restart) {
    append(numbered("e", 10));
    const LaneId id = lane();
    AttemptStarted ranges{id, 1, AttemptKind::deliver, kStart, {{0, 3}, {5, 6}}, {}};
    AttemptStarted items{id, 2, AttemptKind::resolve, kStart + 1, {}, {{7, 1}, {8, 0}}};
    AttemptStarted settled{id, 3, AttemptKind::deliver, kStart + 2, {{8, 9}}, {}};
    ASSERT_TRUE(journal_->commit({.started = {ranges, items, settled}}).ok());
    ASSERT_TRUE(journal_->commit({.settled = {{id, 3, kStart + 3}}}).ok());
    ASSERT_TRUE(journal_->commit({.started = {settled}}).ok()) << "a repeat does not reopen it";
    if (stored()) open();
    const LaneState state = must(journal_->lane_state(lane()));
    ASSERT_EQ(state.open.size(), 2u);
    EXPECT_EQ(state.open[0].ranges, ranges.ranges);
    EXPECT_EQ(state.open[1].kind, AttemptKind::resolve);
    EXPECT_EQ(state.open[1].items, items.items);
    EXPECT_EQ(state.open[1].wall_ns, kStart + 1);
    EXPECT_EQ(state.progress.next_attempt, 4u) << "no attempt number is given twice";
}

TEST_P(JournalConformance, live_rows_come_back_whole_and_in_order) {
    append(numbered("e", 10));
    const LaneId id = lane();
    DeliveryRow row = row_of(id, {3, 1}, DeliveryState::retrying);
    row.probes = 2;
    row.error_class = WEIR_CLASS_TECHNICAL;
    row.remote_status = -5;
    row.next_wall_ns = kStart + 9;
    row.code = "http_503";
    row.message = "the target said: \"later\"";
    row.remote_id = "je-1";
    row.external_ref = "WR-ABC";
    row.step = "step 2 (map)";
    row.frame = frame_of({"e3", "mapped"});
    ASSERT_TRUE(journal_
                    ->commit({.rows = {row, row_of(id, {1, 0}, DeliveryState::waiting),
                                       row_of(id, {2, 0}, DeliveryState::unknown)}})
                    .ok());
    DeliveryRow again = row;
    again.attempts = 2;
    again.frame.clear();
    ASSERT_TRUE(journal_->commit({.rows = {again}}).ok());
    if (stored()) open();
    const auto live = must(journal_->lane_state(lane())).live;
    ASSERT_EQ(live.size(), 3u);
    EXPECT_EQ(live[0].item, (ItemId{1, 0}));
    EXPECT_EQ(live[1].state, DeliveryState::unknown);
    EXPECT_EQ(live[2].attempts, 2u);
    EXPECT_EQ(live[2].frame, row.frame) << "an empty frame leaves the stored one";
    EXPECT_EQ(live[2].probes, 2u);
    EXPECT_EQ(live[2].error_class, row.error_class);
    EXPECT_EQ(live[2].remote_status, -5);
    EXPECT_EQ(live[2].next_wall_ns, kStart + 9);
    EXPECT_EQ(live[2].code, row.code);
    EXPECT_EQ(live[2].message, row.message);
    EXPECT_EQ(live[2].remote_id, row.remote_id);
    EXPECT_EQ(live[2].external_ref, row.external_ref);
    EXPECT_EQ(live[2].step, row.step);
}

TEST_P(JournalConformance, closed_rows_tell_which_parts_are_finished) {
    append(numbered("e", 10));
    const LaneId id = lane();
    ASSERT_TRUE(
        journal_
            ->commit(
                {.rows = {row_of(id, {1, 0}, DeliveryState::delivered), row_of(id, {1, 1}, DeliveryState::retrying),
                          row_of(id, {2, 0}, DeliveryState::dead), row_of(id, {6, 0}, DeliveryState::held)},
                 .progress = {{id, 5, {}, 4, 0, 0, 1}}})
            .ok());
    const LaneState state = must(journal_->lane_state(id));
    EXPECT_THAT(state.closed, ElementsAre(std::pair{ItemId{1, 0}, DeliveryState::delivered},
                                          std::pair{ItemId{6, 0}, DeliveryState::held}));
    ASSERT_EQ(state.live.size(), 1u);
}

TEST_P(JournalConformance, a_row_keeps_when_it_was_opened_and_says_what_is_to_be_done) {
    append(numbered("e", 10));
    const LaneId id = lane();
    DeliveryRow row = row_of(id, {3, 0}, DeliveryState::retrying);
    ASSERT_TRUE(journal_->commit({.rows = {row}}).ok());
    EXPECT_EQ(must(journal_->lane_state(id)).live.front().opened_wall_ns, 0);
    row.opened_wall_ns = kStart + 5;
    ASSERT_TRUE(journal_->commit({.rows = {row}}).ok());
    row.opened_wall_ns = kStart + 9;
    row.state = DeliveryState::waiting;
    row.redo = Redo::steps;
    row.replay = true;
    ASSERT_TRUE(journal_->commit({.rows = {row}}).ok());
    if (stored()) open();
    const DeliveryRow live = must(journal_->lane_state(lane())).live.front();
    EXPECT_EQ(live.opened_wall_ns, kStart + 5) << "the first that was given";
    EXPECT_EQ(live.redo, Redo::steps);
    EXPECT_TRUE(live.replay);
    row.redo = Redo::none;
    row.replay = false;
    row.state = DeliveryState::unknown;
    ASSERT_TRUE(journal_->commit({.rows = {row}}).ok());
    EXPECT_EQ(must(journal_->lane_state(lane())).live.front().redo, Redo::none);
    EXPECT_FALSE(must(journal_->lane_state(lane())).live.front().replay);
}

TEST_P(JournalConformance, a_resolved_row_is_closed) {
    append(numbered("e", 10));
    const LaneId id = lane();
    ASSERT_TRUE(
        journal_
            ->commit(
                {.rows = {row_of(id, {1, 0}, DeliveryState::resolved), row_of(id, {1, 1}, DeliveryState::waiting),
                          row_of(id, {2, 0}, DeliveryState::resolved), row_of(id, {6, 0}, DeliveryState::resolved)},
                 .progress = {{id, 5, {}, 4, 0, 0, 1}}})
            .ok());
    const LaneState state = must(journal_->lane_state(id));
    EXPECT_THAT(state.closed, ElementsAre(std::pair{ItemId{1, 0}, DeliveryState::resolved},
                                          std::pair{ItemId{6, 0}, DeliveryState::resolved}));
    ASSERT_EQ(state.live.size(), 1u);
    EXPECT_TRUE(state.damaged.empty());
}

TEST_P(JournalConformance, what_people_did_is_checked_like_the_rest) {
    const LaneId id = lane();
    const AuditEntry entry{"a-1", kStart, "token:ci", "operator", "note", "orders/ledger/0.0", "", "{}"};
    const DeliveryNote note{"n-1", id, {0, 0}, kStart, "token:ci", "note", "look at this", "", ""};
    const Transition transition{.audit = {entry}, .notes = {note}};
    EXPECT_TRUE(journal_->commit(transition).ok());
    EXPECT_TRUE(journal_->commit(transition).ok()) << "again is harmless";
    Transition bad = transition;
    bad.audit[0].id.clear();
    EXPECT_EQ(journal_->commit(bad).error().errc, Errc::invalid);
    bad = transition;
    bad.notes[0].id.clear();
    EXPECT_EQ(journal_->commit(bad).error().errc, Errc::invalid);
    bad = transition;
    bad.notes[0].lane = 77;
    EXPECT_EQ(journal_->commit(bad).error().errc, Errc::invalid);
    for (const int state : {0, 8}) {
        const DeliveryRow row = row_of(id, {0, 0}, static_cast<DeliveryState>(state));
        EXPECT_EQ(journal_->commit({.rows = {row}}).error().errc, Errc::invalid) << state;
    }
    DeliveryRow row = row_of(id, {0, 0}, DeliveryState::waiting);
    row.redo = static_cast<Redo>(3);
    EXPECT_EQ(journal_->commit({.rows = {row}}).error().errc, Errc::invalid);
}

TEST_P(JournalConformance, outputs_state_and_progress_are_one_unit) {
    append(numbered("e", 3));
    const StreamId staged = must(journal_->open_stream("orders/staged"));
    const LaneId id = lane();
    const Transition transition{.progress = {{id, 3, {}, 3, 0, 0, 1}},
                                .state = {{"orders/sum", "c7", "60", 0}},
                                .outputs = {{staged, encode(numbered("out", 2))}}};
    arm_failpoint(Failpoint::journal_before_commit, 1, true);
    EXPECT_EQ(journal_->commit(transition).error().errc, Errc::unavailable);
    EXPECT_EQ(must(journal_->stream_info(staged)).end, 0u);
    EXPECT_EQ(must(journal_->state_get("orders/sum", "c7")), std::nullopt);
    EXPECT_EQ(must(journal_->lane_state(id)).progress.position, 0u);
    ASSERT_TRUE(journal_->commit(transition).ok());
    if (stored()) open();
    EXPECT_EQ(must(journal_->stream_info(staged)).end, 2u);
    EXPECT_EQ(read_all(*journal_, staged)[1].id, "out1");
    EXPECT_EQ(must(journal_->state_get("orders/sum", "c7")), "60");
    EXPECT_EQ(must(journal_->lane_state(id)).progress.position, 3u);
}

TEST_P(JournalConformance, outputs_are_never_taken_for_duplicates) {
    append(numbered("e", 3));
    const LaneId id = lane();
    ASSERT_TRUE(
        journal_->commit({.progress = {{id, 1, {}, 1, 0, 0, 1}}, .outputs = {{stream_, encode(numbered("e", 1))}}})
            .ok());
    EXPECT_EQ(must(journal_->stream_info(stream_)).end, 4u);
}

// ---------------------------------------------------------------------------------------------- state

TEST_P(JournalConformance, state_is_written_deleted_and_expires) {
    ASSERT_TRUE(journal_->commit({.state = {{"s", "a", "1", 0}, {"s", "b", "2", kStart + kSecond}}}).ok());
    EXPECT_EQ(must(journal_->state_get("s", "b")), "2");
    clock_.advance(kSecond);
    EXPECT_EQ(must(journal_->state_get("s", "b")), std::nullopt);
    EXPECT_EQ(must(journal_->state_get("s", "a")), "1");
    EXPECT_EQ(must(journal_->state_get("other", "a")), std::nullopt);
    ASSERT_TRUE(journal_->commit({.state = {{"s", "a", std::nullopt, 0}}}).ok());
    EXPECT_EQ(must(journal_->state_get("s", "a")), std::nullopt);
    clock_.advance(120 * kSecond);
    ASSERT_TRUE(journal_->commit({.state = {{"s", "c", "", 0}}}).ok());
    EXPECT_EQ(must(journal_->state_get("s", "c")), "") << "empty is a value";
}

// ---------------------------------------------------------------------------------------------- completion

TEST_P(JournalConformance, submit_tells_when_it_is_durable) {
    append(numbered("e", 3));
    std::mutex mutex;
    std::condition_variable changed;
    int told = 0;
    journal_->submit({.progress = {{lane(), 2, {}, 2, 0, 0, 1}}}, [&](const Status& status) {
        const std::scoped_lock lock(mutex);
        EXPECT_TRUE(status.ok());
        ++told;
        changed.notify_all();
    });
    journal_->submit({}, {});
    std::unique_lock lock(mutex);
    changed.wait(lock, [&told] { return told == 1; });
    lock.unlock();
    EXPECT_EQ(must(journal_->lane_state(lane())).progress.position, 2u);
}

TEST_P(JournalConformance, destruction_commits_what_was_submitted) {
    std::vector<std::shared_ptr<Pending>> pending;
    for (std::size_t i = 0; i < 100; ++i)
        pending.push_back(start_append(*journal_, stream_, encode(numbered("e", 5, 5 * i))));
    journal_.reset();
    for (std::size_t i = 0; i < pending.size(); ++i) {
        const Answer answer = pending[i]->wait();
        ASSERT_TRUE(answer.status.ok());
        EXPECT_EQ(answer.first, 5 * i) << "in the order of their submission";
    }
    if (!stored()) return;
    open();
    EXPECT_EQ(must(journal_->stream_info(stream_)).end, 500u);
}

TEST_P(JournalConformance, many_threads_append_and_nothing_is_lost_or_doubled) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kEach = 50;
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < kThreads; ++t) {
            threads.emplace_back([this, t] {
                // Neighbours overlap by half, so half of what each sends is a duplicate of the next one's.
                for (std::size_t i = 0; i < kEach; ++i) append(numbered("e", 2, (t * kEach / 2 + i) * 2));
            });
        }
    }
    const auto all = read_all(*journal_, stream_);
    std::set<std::string> ids;
    for (const Stored& one : all) ids.insert(one.id);
    EXPECT_EQ(ids.size(), all.size());
    EXPECT_EQ(all.size(), (kThreads + 1) * kEach / 2 * 2);
    EXPECT_EQ(must(journal_->stream_info(stream_)).duplicates, kThreads * kEach * 2 - all.size());
}

INSTANTIATE_TEST_SUITE_P(Backends, JournalConformance, ::testing::Values("sqlite", "memory"),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace weir::journal::testing
