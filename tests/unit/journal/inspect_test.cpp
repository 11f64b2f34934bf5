// What the verbs `status`, `trace` and `dead-letters` are told, beside a running journal and after it.
#include "runtime/journal/inspect.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

class Inspect : public ::testing::Test {
  protected:
    void SetUp() override { open(); }
    void open() {
        journal_.reset();
        options_.dir = dir_.path() / "journal";
        options_.clock = &clock_;
        journal_ = must(open_journal(options_));
        stream_ = must(journal_->open_stream("usage"));
        steps_ = must(journal_->open_lane("orders", "", stream_, true));
        ledger_ = must(journal_->open_lane("orders", "ledger", stream_, true));
        file_ = must(journal_->open_lane("orders", "file", stream_, true));
    }
    [[nodiscard]] std::unique_ptr<Inspector> inspector() const { return must(inspect_journal(options_.dir)); }
    [[nodiscard]] static DeliveryRow row(LaneId lane, ItemId item, DeliveryState state) {
        DeliveryRow row;
        row.lane = lane;
        row.item = item;
        row.state = state;
        row.attempts = 1;
        row.code = "http_503";
        return row;
    }
    void commit(Transition transition) { ASSERT_TRUE(journal_->commit(std::move(transition)).ok()); }

    TempDir dir_;
    ManualClock clock_{kStart};
    Options options_;
    std::unique_ptr<Journal> journal_;
    StreamId stream_ = 0;
    LaneId steps_ = 0;
    LaneId ledger_ = 0;
    LaneId file_ = 0;
};

TEST_F(Inspect, nothing_there_is_not_found) {
    EXPECT_EQ(inspect_journal(dir_.path() / "nowhere").error().errc, Errc::not_found);
    EXPECT_EQ(inspect_journal(dir_.path()).error().errc, Errc::not_found);
}

// 20 records. Lane ledger: 0-9 before the position, of these 0-4 delivered, 5 filtered, 6 held by the steps, 7 dead
// (one part delivered, one dead), 8 retrying, 9 held; 12-13 settled ahead: 12 delivered, 13 dead; the rest pending.
TEST_F(Inspect, every_record_is_counted_once) {
    append(*journal_, stream_, numbered("e", 20));
    append(*journal_, stream_, numbered("e", 3));
    commit({.rows = {row(steps_, {6, 0}, DeliveryState::held), row(ledger_, {7, 0}, DeliveryState::delivered),
                     row(ledger_, {7, 1}, DeliveryState::dead), row(ledger_, {8, 0}, DeliveryState::retrying),
                     row(ledger_, {8, 1}, DeliveryState::dead), row(ledger_, {9, 0}, DeliveryState::held),
                     row(ledger_, {13, 0}, DeliveryState::dead), row(ledger_, {15, 0}, DeliveryState::unknown),
                     row(ledger_, {3, 0}, DeliveryState::delivered)},
            .progress = {{ledger_, 10, {{12, 14}}, 6, 2, 1, 9}, {file_, 20, {}, 19, 0, 0, 3}}});
    const auto accounts = must(inspector()->accounts());
    ASSERT_EQ(accounts.size(), 2u) << "the steps lane does not move by itself";
    const LaneAccount& ledger = accounts[0];
    EXPECT_EQ(ledger.route, "orders");
    EXPECT_EQ(ledger.destination, "ledger");
    EXPECT_EQ(ledger.stream, "usage");
    EXPECT_EQ(ledger.accepted, 20u);
    EXPECT_EQ(ledger.delivered, 6u);
    EXPECT_EQ(ledger.duplicates, 2u);
    EXPECT_EQ(ledger.filtered, 1u);
    EXPECT_EQ(ledger.held, 2u);
    EXPECT_EQ(ledger.dead, 2u);
    EXPECT_EQ(ledger.pending, 9u);
    EXPECT_EQ(ledger.suppressed, 3u);
    EXPECT_TRUE(ledger.balanced());
    EXPECT_EQ(accounts[1].held, 1u) << "what the steps hold reaches no destination";
    EXPECT_TRUE(accounts[1].balanced());
}

TEST_F(Inspect, a_lost_record_unbalances_the_account) {
    append(*journal_, stream_, numbered("e", 2));
    commit({.progress = {{ledger_, 2, {}, 1, 0, 0, 1}}});
    EXPECT_FALSE(must(inspector()->accounts())[0].balanced());
}

TEST_F(Inspect, a_steps_lane_that_stages_is_an_account_of_its_own) {
    append(*journal_, stream_, numbered("e", 2));
    const StreamId staged = must(journal_->open_stream("staging/staged"));
    const LaneId steps = must(journal_->open_lane("staging", "", stream_, true));
    ASSERT_TRUE(journal_->open_lane("staging", "ledger", staged, true).ok());
    commit({.progress = {{steps, 2, {}, 2, 0, 0, 1}}, .outputs = {{staged, encode(numbered("o", 2))}}});
    std::vector<std::string> destinations;
    for (const LaneAccount& account : must(inspector()->accounts())) {
        if (account.route != "staging") continue;
        destinations.push_back(account.destination);
        EXPECT_EQ(account.accepted, 2u);
        EXPECT_TRUE(account.balanced());
    }
    EXPECT_EQ(destinations, (std::vector<std::string>{"", "ledger"}));
}

TEST_F(Inspect, deliveries_are_filtered_and_carry_their_record) {
    append(*journal_, stream_, numbered("e", 10));
    DeliveryRow tried = row(ledger_, {1, 0}, DeliveryState::dead);
    tried.frame = encode(std::vector<Event>{{"e1", "as it was tried"}}).frames;
    DeliveryRow other = row(file_, {2, 0}, DeliveryState::held);
    other.code = "NO_ACCOUNT";
    commit({.rows = {tried, other}});
    const auto all = must(inspector()->deliveries({}));
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(view((*all[0].record.batch)[0].payload), "as it was tried");
    EXPECT_EQ(view((*all[1].record.batch)[0].id), "e2") << "never tried: as it was accepted";
    DeliveryFilter filter;
    filter.state = DeliveryState::held;
    EXPECT_EQ(must(inspector()->deliveries(filter)).size(), 1u);
    filter.destination = "ledger";
    EXPECT_EQ(must(inspector()->deliveries(filter)).size(), 0u);
    filter = {};
    filter.code = "NO_ACCOUNT' OR '1'='1";
    EXPECT_EQ(must(inspector()->deliveries(filter)).size(), 0u);
    filter.code = "NO_ACCOUNT";
    EXPECT_EQ(must(inspector()->deliveries(filter))[0].destination, "file");
    filter = {};
    filter.limit = 1;
    EXPECT_EQ(must(inspector()->deliveries(filter)).size(), 1u);
}

TEST_F(Inspect, a_trace_tells_every_attempt_and_outcome) {
    append(*journal_, stream_, numbered("e", 10));
    DeliveryRow posted = row(ledger_, {3, 0}, DeliveryState::delivered);
    posted.external_ref = "WR-ABC";
    posted.remote_id = "je-17";
    commit({.started = {{ledger_, 1, AttemptKind::deliver, kStart, {{2, 5}}, {}}}});
    commit({.started = {{ledger_, 2, AttemptKind::resolve, kStart + 5, {}, {{3, 0}}}},
            .settled = {{ledger_, 1, kStart + 4}},
            .rows = {posted},
            .progress = {{ledger_, 8, {}, 8, 0, 0, 3}, {file_, 4, {}, 3, 0, 1, 1}}});
    for (const std::string name : {"e3", "WR-ABC", "je-17"}) {
        const auto traces = must(inspector()->trace(name));
        ASSERT_EQ(traces.size(), 1u) << name;
        EXPECT_EQ(traces[0].offset, 3u);
        EXPECT_EQ(traces[0].stream, "usage");
        EXPECT_EQ(traces[0].segment, 1u);
        EXPECT_EQ(traces[0].accepted_wall_ns, kStart);
        EXPECT_EQ(view((*traces[0].record.batch)[0].id), "e3");
        ASSERT_EQ(traces[0].lanes.size(), 2u);
        const LaneTrace& ledger = traces[0].lanes[0];
        ASSERT_EQ(ledger.attempts.size(), 2u);
        EXPECT_EQ(ledger.attempts[0].settled_wall_ns, kStart + 4);
        EXPECT_EQ(ledger.attempts[1].kind, AttemptKind::resolve);
        EXPECT_EQ(ledger.attempts[1].settled_wall_ns, std::nullopt);
        ASSERT_EQ(ledger.rows.size(), 1u);
        EXPECT_EQ(ledger.rows[0].remote_id, "je-17");
        EXPECT_TRUE(ledger.settled);
        EXPECT_FALSE(ledger.filtered);
        EXPECT_TRUE(traces[0].lanes[1].filtered) << "settled without an attempt";
    }
    EXPECT_TRUE(must(inspector()->trace("e99")).empty());
    EXPECT_TRUE(must(inspector()->trace("")).empty());
}

TEST_F(Inspect, an_id_that_several_sources_share_has_several_traces) {
    append(*journal_, stream_, {{"same", "1", "shop"}, {"same", "2", "bank"}, {"same-not", "3", "shop"}});
    EXPECT_EQ(must(inspector()->trace("same")).size(), 2u);
}

TEST_F(Inspect, history_is_told_across_segments) {
    append(*journal_, stream_, numbered("e", 10));
    DeliveryRow posted = row(ledger_, {3, 0}, DeliveryState::delivered);
    posted.remote_id = "je-3";
    commit({.started = {{ledger_, 1, AttemptKind::deliver, kStart, {{0, 5}}, {}}},
            .rows = {posted, row(ledger_, {4, 0}, DeliveryState::retrying)},
            .progress = {{ledger_, 5, {}, 4, 0, 0, 2}}});
    clock_.advance(kSecond * 3600 * 24 * 8);
    commit({});
    append(*journal_, stream_, numbered("later", 1));
    commit({.settled = {{ledger_, 1, kStart + 9}}, .rows = {row(ledger_, {4, 0}, DeliveryState::dead)}});
    const auto posted_trace = must(inspector()->trace("je-3"));
    ASSERT_EQ(posted_trace.size(), 1u);
    EXPECT_EQ(posted_trace[0].segment, 1u);
    ASSERT_EQ(posted_trace[0].lanes[0].attempts.size(), 1u);
    EXPECT_EQ(posted_trace[0].lanes[0].attempts[0].settled_wall_ns, kStart + 9) << "settled in the newer segment";
    const auto dead = must(inspector()->trace("e4"));
    ASSERT_EQ(dead.size(), 1u);
    ASSERT_EQ(dead[0].lanes[0].rows.size(), 1u) << "the older segment's row is out of date";
    EXPECT_EQ(dead[0].lanes[0].rows[0].state, DeliveryState::dead);
    EXPECT_EQ(must(inspector()->streams())[0].begin, 0u);
    EXPECT_EQ(must(inspector()->streams())[0].end, 11u);
}

// Monitoring asks these again and again: what is between the oldest and the newest segment is not even opened.
TEST_F(Inspect, how_things_stand_is_told_without_the_segments_between) {
    append(*journal_, stream_, numbered("e", 10));
    commit({.rows = {row(ledger_, {4, 0}, DeliveryState::dead)}, .progress = {{ledger_, 5, {}, 4, 0, 0, 2}}});
    for (const std::string_view more : {"f", "g"}) {
        clock_.advance(kSecond * 3600 * 24 * 8);
        commit({});
        append(*journal_, stream_, numbered(std::string(more), 1));
    }
    const auto segment = options_.dir / "segment-00000002.db";
    ASSERT_TRUE(std::filesystem::exists(segment));
    std::ofstream(segment, std::ios::trunc) << "damaged";
    EXPECT_FALSE(inspector()->trace("e4").ok());
    EXPECT_EQ(must(inspector()->streams())[0].begin, 0u);
    EXPECT_EQ(must(inspector()->streams())[0].end, 12u);
    EXPECT_EQ(must(inspector()->lanes())[1].progress.position, 5u);
    EXPECT_EQ(must(inspector()->accounts())[0].dead, 1u);
    EXPECT_EQ(must(inspector()->accounts())[0].pending, 7u);
    EXPECT_EQ(must(inspector()->deliveries({.state = DeliveryState::dead, .record = false})).size(), 1u);
    EXPECT_FALSE(inspector()->deliveries({.state = DeliveryState::dead}).ok()) << "the record may be anywhere";
}

}  // namespace
}  // namespace weir::journal::testing
