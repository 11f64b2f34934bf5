// What an operator works from: deliveries by filter and page, accepted records to replay, traces through staged
// streams, accounts with resolved and replayed rows, and what retention must not take away from under all of it.
#include <gmock/gmock.h>

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/segment_files.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kDay = 24 * 3600 * kSecond;

class Worklist : public ::testing::Test {
  protected:
    void SetUp() override {
        options_.dir = dir_.path() / "journal";
        options_.clock = &clock_;
        options_.disk_reserve_bytes = 0;
        open();
    }
    void open() {
        journal_.reset();
        journal_ = must(open_journal(options_));
        stream_ = must(journal_->open_stream("usage"));
        steps_ = must(journal_->open_lane("orders", "", stream_, true));
        ledger_ = must(journal_->open_lane("orders", "ledger", stream_, true));
        file_ = must(journal_->open_lane("orders", "file", stream_, true));
    }
    void commit(Transition transition) {
        const Status status = journal_->commit(std::move(transition));
        ASSERT_TRUE(status.ok()) << status.error().message;
    }
    // Rotation and retention come after the answer; what is committed next comes after them.
    void rotate() {
        clock_.advance(8 * kDay);
        commit({});
        commit({});
    }
    void edit(std::uint64_t segment, const std::string& sql) const {
        auto db =
            must(sqlite::Database::open(segment_path(options_.dir, segment), sqlite::Database::Mode::read_write, {}));
        const Status edited = db.exec(sql);
        ASSERT_TRUE(edited.ok()) << edited.error().message;
    }
    [[nodiscard]] DeliveryRow row(LaneId lane, ItemId item, DeliveryState state) const {
        DeliveryRow row;
        row.lane = lane;
        row.item = item;
        row.state = state;
        row.attempts = 1;
        row.code = "http_503";
        row.opened_wall_ns = clock_.wall_ns();
        row.updated_wall_ns = clock_.wall_ns();
        return row;
    }
    [[nodiscard]] std::unique_ptr<Inspector> inspector() const { return must(inspect_journal(options_.dir)); }
    [[nodiscard]] std::vector<Offset> offsets(const DeliveryFilter& filter) const {
        std::vector<Offset> found;
        for (const ListedDelivery& one : must(inspector()->deliveries(filter))) found.push_back(one.row.item.offset);
        return found;
    }
    [[nodiscard]] std::vector<std::uint64_t> segments() const {
        std::vector<std::uint64_t> numbers;
        for (const SegmentFile& file : must(list_segments(options_.dir))) numbers.push_back(file.number);
        return numbers;
    }

    TempDir dir_;
    ManualClock clock_{kStart};
    Options options_;
    std::unique_ptr<Journal> journal_;
    StreamId stream_ = 0;
    LaneId steps_ = 0;
    LaneId ledger_ = 0;
    LaneId file_ = 0;
};

// ---------------------------------------------------------------------------------------------- deliveries

TEST_F(Worklist, every_filter_narrows_and_all_of_them_must_hold) {
    append(*journal_, stream_, numbered("e", 10));
    DeliveryRow tried = row(ledger_, {1, 0}, DeliveryState::dead);
    tried.frame = encode(std::vector<Event>{{"e1", "tried 100% of it"}}).frames;
    tried.external_ref = "WR-1";
    DeliveryRow other = row(file_, {2, 0}, DeliveryState::held);
    other.code = "NO_ACCOUNT";
    other.message = "no account for customer 9";
    commit({.rows = {tried, other, row(ledger_, {3, 1}, DeliveryState::resolved)},
            .notes = {{"n-1", file_, {2, 0}, 1, "a", "assign", "kim", "", ""},
                      {"n-2", ledger_, {1, 0}, 1, "a", "assign", "kim", "", ""},
                      {"n-3", ledger_, {1, 0}, 2, "a", "note", "bob", "", ""},
                      {"n-4", ledger_, {1, 0}, 3, "a", "assign", "", "", ""}}});
    clock_.advance(kSecond);
    commit({.rows = {row(ledger_, {4, 0}, DeliveryState::retrying)}});

    EXPECT_THAT(offsets({}), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(offsets({.route = "orders", .destination = "ledger"}), ElementsAre(1, 3, 4));
    EXPECT_THAT(offsets({.route = "other"}), IsEmpty());
    EXPECT_THAT(offsets({.state = DeliveryState::resolved}), ElementsAre(3));
    EXPECT_THAT(offsets({.code = "NO_ACCOUNT"}), ElementsAre(2));
    EXPECT_THAT(offsets({.lane = file_}), ElementsAre(2));
    EXPECT_THAT(offsets({.lane = ledger_, .item = ItemId{3, 1}}), ElementsAre(3));
    EXPECT_THAT(offsets({.lane = ledger_, .item = ItemId{3, 0}}), IsEmpty());
    EXPECT_THAT(offsets({.external_ref = "WR-1"}), ElementsAre(1));
    EXPECT_THAT(offsets({.assignee = "kim"}), ElementsAre(2));
    EXPECT_THAT(offsets({.assignee = ""}), ElementsAre(1, 3, 4)) << "given back is nobody's";
    EXPECT_THAT(offsets({.since_wall_ns = kStart + kSecond}), ElementsAre(4));
    EXPECT_THAT(offsets({.until_wall_ns = kStart + kSecond}), ElementsAre(1, 2, 3));
    EXPECT_THAT(offsets({.key = "e2"}), ElementsAre(2)) << "its id";
    EXPECT_THAT(offsets({.key = "customer-7"}), ElementsAre(1, 2, 3, 4)) << "their subject";
    EXPECT_THAT(offsets({.key = "customer"}), IsEmpty()) << "whole, not a part";
    EXPECT_THAT(offsets({.text = "100% of"}), ElementsAre(1)) << "the payload as it was tried";
    EXPECT_THAT(offsets({.text = "\"id\":\"e2\""}), ElementsAre(2)) << "the payload as it was accepted";
    EXPECT_THAT(offsets({.text = "customer 9"}), ElementsAre(2)) << "the message";
    EXPECT_THAT(offsets({.text = "503"}), ElementsAre(1, 3, 4)) << "the code";
    EXPECT_THAT(offsets({.state = DeliveryState::held, .code = "http_503"}), IsEmpty());

    DeliveryFilter bare;
    bare.record = false;
    const auto listed = must(inspector()->deliveries(bare));
    EXPECT_FALSE(listed[0].record.batch);
    EXPECT_EQ(listed[1].assignee, "kim");
    EXPECT_EQ(listed[1].stream, "usage");
    EXPECT_EQ(listed[1].destination, "file");
}

TEST_F(Worklist, pages_show_every_row_once_also_over_segments) {
    append(*journal_, stream_, numbered("e", 60));
    std::vector<Offset> expected;
    Offset offset = 0;
    for (int segment = 0; segment < 4; ++segment) {
        Transition transition;
        for (int i = 0; i < 12; ++i, ++offset) {
            const auto state = i % 2 == 0 ? DeliveryState::delivered : DeliveryState::held;
            transition.rows.push_back(row(ledger_, {offset, 0}, state));
            expected.push_back(offset);
        }
        commit(std::move(transition));
        if (segment == 1) {
            commit({.progress = {{ledger_, 24, {}, 12, 0, 0, 1}}});
            rotate();
        }
    }
    ASSERT_EQ(segments().size(), 2u);
    for (const std::size_t limit : {1ul, 5ul, 7ul, 100ul}) {
        std::vector<Offset> seen;
        DeliveryFilter filter;
        filter.limit = limit;
        for (;;) {
            const auto page = must(inspector()->deliveries(filter));
            if (page.empty()) break;
            EXPECT_LE(page.size(), limit);
            for (const ListedDelivery& one : page) {
                EXPECT_GT(one.number, filter.after);
                filter.after = one.number;
                seen.push_back(one.row.item.offset);
            }
        }
        EXPECT_EQ(seen, expected) << "limit " << limit;
    }
    EXPECT_EQ(offsets({.state = DeliveryState::held}).size(), 24u);
    EXPECT_EQ(offsets({.state = DeliveryState::delivered}).size(), 24u);
}

TEST_F(Worklist, a_delivered_row_that_is_asked_for_again_is_listed_as_it_is_now) {
    append(*journal_, stream_, numbered("e", 3));
    commit({.rows = {row(ledger_, {1, 0}, DeliveryState::delivered)}, .progress = {{ledger_, 3, {}, 3, 0, 0, 1}}});
    rotate();
    DeliveryRow again = row(ledger_, {1, 0}, DeliveryState::waiting);
    again.replay = true;
    again.redo = Redo::deliver;
    commit({.rows = {again}});
    const auto listed = must(inspector()->deliveries({}));
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].row.state, DeliveryState::waiting);
    EXPECT_TRUE(listed[0].row.replay);
    EXPECT_EQ(listed[0].row.redo, Redo::deliver);
}

// ---------------------------------------------------------------------------------------------- damaged frames

TEST_F(Worklist, a_changed_frame_is_never_delivered_and_never_live_for_ever) {
    append(*journal_, stream_, numbered("e", 10));
    DeliveryRow flipped = row(ledger_, {1, 0}, DeliveryState::retrying);
    flipped.frame = encode(std::vector<Event>{{"e1", "amount 100"}}).frames;
    DeliveryRow cut = row(ledger_, {2, 0}, DeliveryState::waiting);
    cut.frame = encode(std::vector<Event>{{"e2", "amount 200"}}).frames;
    DeliveryRow whole = row(ledger_, {3, 0}, DeliveryState::retrying);
    whole.frame = encode(std::vector<Event>{{"e3", "amount 300"}}).frames;
    commit({.rows = {flipped, cut, whole}});
    journal_.reset();
    edit(1,
         "UPDATE delivery_rows SET frame = CAST(replace(CAST(frame AS TEXT), 'unt 1', 'unt 9') AS BLOB) "
         "WHERE record_offset = 1");
    edit(1, "UPDATE delivery_rows SET frame = substr(frame, 1, 20) WHERE record_offset = 2");
    open();
    LaneState state = must(journal_->lane_state(ledger_));
    ASSERT_EQ(state.live.size(), 1u);
    EXPECT_EQ(state.live[0].item.offset, 3u);
    ASSERT_EQ(state.damaged.size(), 2u);
    for (const DeliveryRow& lost : state.damaged) {
        EXPECT_EQ(lost.state, DeliveryState::dead);
        EXPECT_EQ(lost.code, "FRAME_DAMAGED");
        EXPECT_THAT(lost.message, HasSubstr("http_503"));
        EXPECT_TRUE(lost.frame.empty()) << "what is stored stays for whoever wants to look";
    }
    const auto before = must(inspector()->deliveries({.lane = ledger_}));
    ASSERT_EQ(before.size(), 3u);
    EXPECT_TRUE(before[0].frame_damaged);
    EXPECT_EQ(view((*before[0].record.batch)[0].payload), "{\"id\":\"e1\"}") << "as it was accepted";
    EXPECT_FALSE(before[2].frame_damaged);
    commit({.rows = state.damaged});
    state = must(journal_->lane_state(ledger_));
    EXPECT_TRUE(state.damaged.empty());
    EXPECT_EQ(offsets({.code = "FRAME_DAMAGED"}).size(), 2u);
}

// ---------------------------------------------------------------------------------------------- records

class Records : public Worklist {
  protected:
    void SetUp() override {
        Worklist::SetUp();
        for (int i = 0; i < 4; ++i) {
            append_batch(i);
            clock_.advance(kSecond);
        }
    }
    void append_batch(int batch) {
        EncodedBatch out;
        for (int i = 0; i < 10; ++i) {
            const int n = 10 * batch + i;
            const std::string id = "e" + std::to_string(n);
            const std::string key = "key-" + std::to_string(n % 5);
            const std::string correlation = "order-" + std::to_string(n / 2);
            const std::string payload = "{\"n\":" + std::to_string(n) + "}";
            weir_record record{};
            record.time_unix_ns = kStart + 100 * kSecond - n;
            record.id = str(id);
            record.source = str("shop");
            record.type = str(n % 2 == 0 ? "order.paid" : "order.made");
            record.subject = str("customer-7");
            record.key = str(key);
            record.correlation_id = str(correlation);
            record.payload = str(payload);
            ASSERT_TRUE(encode_record(record, nullptr, out).ok());
        }
        ASSERT_TRUE(start_append(*journal_, stream_, std::move(out))->wait().status.ok());
    }
    // All pages.
    [[nodiscard]] std::vector<Offset> find(RecordFilter filter) const {
        filter.stream = "usage";
        std::vector<Offset> found;
        for (int pages = 0; pages < 1000; ++pages) {
            const RecordPage page = must(inspector()->records(filter));
            for (const AcceptedRecord& one : page.records) {
                EXPECT_EQ(view((*one.record.batch)[0].id), "e" + std::to_string(one.offset));
                EXPECT_EQ(one.accepted_wall_ns, kStart + static_cast<std::int64_t>(one.offset / 10) * kSecond);
                found.push_back(one.offset);
            }
            EXPECT_LE(page.records.size(), filter.limit);
            if (page.done) return found;
            EXPECT_GT(page.next, filter.from) << "no progress";
            filter.from = page.next;
        }
        ADD_FAILURE() << "never done";
        return found;
    }
};

TEST_F(Records, every_filter_narrows_and_all_of_them_must_hold) {
    EXPECT_EQ(find({}).size(), 40u);
    EXPECT_THAT(find({.id = "e17"}), ElementsAre(17));
    EXPECT_THAT(find({.id = "e1"}), ElementsAre(1)) << "not those that begin with it";
    EXPECT_THAT(find({.id = "e17", .source = "shop"}), ElementsAre(17));
    EXPECT_THAT(find({.id = "e17", .source = "bank"}), IsEmpty());
    EXPECT_EQ(find({.source = "shop"}).size(), 40u);
    EXPECT_EQ(find({.key = "key-3"}).size(), 8u);
    EXPECT_EQ(find({.key = "customer-7"}).size(), 40u) << "the subject counts as key";
    EXPECT_THAT(find({.correlation_id = "order-6"}), ElementsAre(12, 13));
    EXPECT_THAT(find({.correlation_id = "order-6", .type = "order.paid"}), ElementsAre(12));
    EXPECT_THAT(find({.text = "\"n\":31}"}), ElementsAre(31));
    EXPECT_THAT(find({.text = "shop"}), IsEmpty()) << "only the payload";
    EXPECT_EQ(find({.since_wall_ns = kStart + kSecond, .until_wall_ns = kStart + 2 * kSecond}).front(), 10u);
    EXPECT_EQ(find({.since_wall_ns = kStart + kSecond, .until_wall_ns = kStart + 2 * kSecond}).size(), 10u);
    EXPECT_THAT(find({.event_since_ns = kStart + 100 * kSecond - 2}), ElementsAre(0, 1, 2));
    EXPECT_THAT(find({.event_until_ns = kStart + 100 * kSecond - 37}), ElementsAre(38, 39));
    RecordFilter nowhere;
    nowhere.stream = "no such";
    EXPECT_EQ(inspector()->records(nowhere).error().errc, Errc::not_found);
}

TEST_F(Records, pages_and_scan_limits_lose_nothing) {
    for (const std::size_t limit : {1ul, 3ul, 10ul, 11ul, 1000ul})
        EXPECT_EQ(find({.limit = limit}).size(), 40u) << limit;
    for (const std::uint64_t scan : {1ul, 3000ul, 1ul << 20}) {
        EXPECT_EQ(find({.type = "order.paid", .scan_bytes = scan}).size(), 20u) << scan;
        EXPECT_THAT(find({.id = "e39", .scan_bytes = scan}), ElementsAre(39)) << scan;
    }
    RecordFilter one;
    one.stream = "usage";
    one.id = "e39";
    one.scan_bytes = 1;
    const RecordPage page = must(inspector()->records(one));
    EXPECT_TRUE(page.records.empty());
    EXPECT_FALSE(page.done);
    EXPECT_LT(page.next, 39u) << "it stopped where it was told to";
    EXPECT_EQ(find({.from = 25}).front(), 25u) << "in the middle of a group";
}

TEST_F(Records, segments_are_searched_like_one) {
    rotate();
    const std::int64_t late = clock_.wall_ns();
    clock_.jump_wall(kStart + 4 * kSecond - late);
    append_batch(4);
    ASSERT_EQ(segments().size(), 2u);
    EXPECT_EQ(find({}).size(), 50u);
    EXPECT_EQ(find({.since_wall_ns = kStart + 3 * kSecond, .until_wall_ns = late}).size(), 20u);
    EXPECT_THAT(find({.since_wall_ns = late + 2 * kDay}), IsEmpty());
    EXPECT_EQ(find({.until_wall_ns = kStart + kSecond}).size(), 10u);
    EXPECT_THAT(find({.id = "e45", .source = "shop"}), ElementsAre(45));
    EXPECT_THAT(find({.id = "e45"}), ElementsAre(45));
}

TEST_F(Records, damaged_groups_are_counted_and_the_others_found) {
    journal_.reset();
    edit(1, "UPDATE groups SET payload = zeroblob(length(payload)) WHERE pos & 1099511627775 = 10");
    EXPECT_EQ(find({}).size(), 30u);
    RecordFilter filter;
    filter.stream = "usage";
    EXPECT_EQ(must(inspector()->records(filter)).damaged, 10u);
    filter.id = "e15";
    filter.source = "shop";
    EXPECT_EQ(must(inspector()->records(filter)).damaged, 1u);
}

// ---------------------------------------------------------------------------------------------- traces

TEST_F(Worklist, with_its_source_a_record_is_found_by_hash) {
    append(*journal_, stream_, {{"same", "1", "shop"}, {"same", "2", "bank"}, {"other", "same", "shop"}});
    rotate();
    append(*journal_, stream_, numbered("later", 3));
    const auto traces = must(inspector()->trace("same", "bank"));
    ASSERT_EQ(traces.size(), 1u);
    EXPECT_EQ(traces[0].offset, 1u);
    EXPECT_EQ(traces[0].segment, 1u);
    EXPECT_TRUE(must(inspector()->trace("same", "nobody")).empty());
}

// Record e1 becomes three, e2 becomes nothing, e3 one; the staged stream has lanes of its own.
TEST_F(Worklist, a_trace_follows_what_the_steps_staged) {
    append(*journal_, stream_, numbered("e", 4));
    const StreamId staged = must(journal_->open_stream("orders/staged"));
    const LaneId bank = must(journal_->open_lane("orders", "bank", staged, true));
    commit({.progress = {{steps_, 4, {}, 3, 0, 1, 1}},
            .outputs = {{staged, encode({{"e0", "a"}, {"e1", "b"}, {"e1#1", "c"}, {"e1#2", "d"}, {"e3", "e"}})}}});
    DeliveryRow posted = row(bank, {2, 0}, DeliveryState::delivered);
    posted.external_ref = "WR-BANK";
    commit({.started = {{bank, 1, AttemptKind::deliver, kStart, {{0, 4}}, {}}},
            .rows = {posted, row(bank, {3, 0}, DeliveryState::held)},
            .progress = {{bank, 4, {}, 3, 0, 0, 2}}});
    for (const auto& [name, source] : {std::pair{"e1", ""}, {"e1", "test"}, {"e1#2", "test"}, {"WR-BANK", ""}}) {
        const auto traces = must(inspector()->trace(name, source));
        ASSERT_EQ(traces.size(), 1u) << name;
        EXPECT_EQ(traces[0].stream, "usage") << name;
        EXPECT_EQ(traces[0].offset, 1u) << name;
        std::vector<std::pair<std::string, Offset>> parts;
        for (const LaneTrace& lane : traces[0].lanes) {
            if (lane.destination == "bank") parts.emplace_back(lane.staged_id, lane.offset);
            if (lane.destination.empty()) {
                EXPECT_FALSE(lane.filtered) << "staged is not filtered";
                EXPECT_EQ(lane.offset, 1u);
                EXPECT_EQ(lane.staged_id, "");
            }
        }
        EXPECT_THAT(parts, ElementsAre(std::pair{"e1", 1}, std::pair{"e1#1", 2}, std::pair{"e1#2", 3}));
        const LaneTrace& last = traces[0].lanes.back();
        ASSERT_EQ(last.rows.size(), 1u);
        EXPECT_EQ(last.rows[0].state, DeliveryState::held);
        EXPECT_EQ(last.attempts.size(), 1u);
        EXPECT_TRUE(last.settled);
    }
    const auto dropped = must(inspector()->trace("e2"));
    ASSERT_EQ(dropped.size(), 1u);
    EXPECT_TRUE(dropped[0].lanes.front().filtered) << "nothing was staged";
}

TEST_F(Worklist, more_parts_than_one_look_finds_are_found) {
    append(*journal_, stream_, numbered("e", 1));
    const StreamId staged = must(journal_->open_stream("orders/staged"));
    (void)must(journal_->open_lane("orders", "bank", staged, true));
    std::vector<Event> parts{{"e0", "0"}};
    for (int i = 1; i < 40; ++i) parts.push_back({"e0#" + std::to_string(i), std::to_string(i)});
    commit({.progress = {{steps_, 1, {}, 1, 0, 0, 1}}, .outputs = {{staged, encode(parts)}}});
    const auto traces = must(inspector()->trace("e0", "test"));
    ASSERT_EQ(traces.size(), 1u);
    EXPECT_EQ(std::count_if(traces[0].lanes.begin(), traces[0].lanes.end(),
                            [](const LaneTrace& lane) { return lane.destination == "bank"; }),
              40);
}

// ---------------------------------------------------------------------------------------------- accounts

TEST_F(Worklist, resolved_rows_are_counted_and_replays_apart) {
    append(*journal_, stream_, numbered("e", 10));
    const auto replay = [this](Offset offset, DeliveryState state) {
        DeliveryRow again = row(ledger_, {offset, 0}, state);
        again.replay = true;
        return again;
    };
    // 0-3 delivered, of these 1 to 3 asked for again: one waits, one was held, one is done. 4 resolved; 5 one part
    // resolved, one held; 6 one part resolved, one waiting; 7 resolved before the position reached it; 8 replayed where
    // it is pending; 9 pending.
    commit({.rows = {replay(1, DeliveryState::waiting), replay(2, DeliveryState::held),
                     replay(3, DeliveryState::delivered), row(ledger_, {4, 0}, DeliveryState::resolved),
                     row(ledger_, {5, 0}, DeliveryState::resolved), row(ledger_, {5, 1}, DeliveryState::held),
                     row(ledger_, {6, 0}, DeliveryState::resolved), row(ledger_, {6, 1}, DeliveryState::waiting),
                     row(ledger_, {7, 0}, DeliveryState::resolved)},
            .progress = {{ledger_, 7, {}, 4, 0, 0, 1}}});
    LaneAccount ledger = must(inspector()->accounts())[0];
    EXPECT_EQ(ledger.destination, "ledger");
    EXPECT_EQ(ledger.accepted, 10u);
    EXPECT_EQ(ledger.delivered, 4u);
    EXPECT_EQ(ledger.resolved, 1u);
    EXPECT_EQ(ledger.held, 1u);
    EXPECT_EQ(ledger.dead, 0u);
    EXPECT_EQ(ledger.pending, 4u);
    EXPECT_EQ(ledger.replaying, 1u);
    EXPECT_TRUE(ledger.balanced());
    commit({.rows = {replay(1, DeliveryState::dead)}, .progress = {{ledger_, 8, {}, 4, 0, 0, 1}}});
    ledger = must(inspector()->accounts())[0];
    EXPECT_EQ(ledger.replaying, 0u);
    EXPECT_EQ(ledger.resolved, 2u);
    EXPECT_EQ(ledger.dead, 0u) << "a replay is counted where it ended the first time";
    EXPECT_EQ(ledger.pending, 3u);
    EXPECT_TRUE(ledger.balanced());
}

TEST_F(Worklist, lanes_and_state_are_listed) {
    append(*journal_, stream_, numbered("e", 3));
    commit({.progress = {{ledger_, 2, {}, 2, 0, 0, 5}},
            .state = {{"orders/sum", "b", "2", 0}, {"orders/sum", "a", "1", kStart + 9}, {"other", "c", "3", 0}}});
    const auto lanes = must(inspector()->lanes());
    ASSERT_EQ(lanes.size(), 3u);
    EXPECT_EQ(lanes[0].destination, "");
    EXPECT_EQ(lanes[1].lane, ledger_);
    EXPECT_EQ(lanes[1].route, "orders");
    EXPECT_EQ(lanes[1].stream, "usage");
    EXPECT_EQ(lanes[1].stream_id, stream_);
    EXPECT_EQ(lanes[1].stream_end, 3u);
    EXPECT_EQ(lanes[1].progress.position, 2u);
    EXPECT_EQ(lanes[1].progress.next_attempt, 5u);
    using Pair = std::pair<std::string, std::string>;
    EXPECT_THAT(must(inspector()->state("orders/sum", kStart)), ElementsAre(Pair{"a", "1"}, Pair{"b", "2"}));
    EXPECT_THAT(must(inspector()->state("orders/sum", kStart + 9)), ElementsAre(Pair{"b", "2"}));
}

// ---------------------------------------------------------------------------------------------- retention

class OpenRow : public Worklist, public ::testing::WithParamInterface<DeliveryState> {};

TEST_P(OpenRow, keeps_its_record_until_it_is_closed) {
    options_.retention_age = std::chrono::hours(24);
    options_.retention_bytes = 1;
    open();
    append(*journal_, stream_, numbered("e", 3));
    commit({.rows = {row(ledger_, {1, 0}, GetParam())},
            .progress = {{steps_, 3, {}, 3, 0, 0, 1}, {ledger_, 3, {}, 2, 0, 0, 1}, {file_, 3, {}, 3, 0, 0, 1}}});
    for (int i = 0; i < 4; ++i) rotate();
    EXPECT_EQ(segments().front(), 1u);
    const auto listed = must(inspector()->deliveries({.state = GetParam()}));
    ASSERT_EQ(listed.size(), 1u);
    ASSERT_TRUE(listed[0].record.batch);
    EXPECT_EQ(view((*listed[0].record.batch)[0].id), "e1");
    commit({.rows = {row(ledger_, {1, 0}, DeliveryState::resolved)}});
    rotate();
    EXPECT_GT(segments().front(), 1u) << "nobody needs it any more";
}

INSTANTIATE_TEST_SUITE_P(States, OpenRow,
                         ::testing::Values(DeliveryState::retrying, DeliveryState::unknown, DeliveryState::held,
                                           DeliveryState::dead, DeliveryState::waiting),
                         [](const auto& state) { return std::string(to_string(state.param)); });

}  // namespace
}  // namespace weir::journal::testing
