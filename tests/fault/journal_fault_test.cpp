// SQLite's own way of testing: fail the Nth write or sync, for N = 1, 2, ... until a run passes untouched. Whatever
// fails, what was acknowledged is there, and the same journal object works again once the disk does.
#include <gtest/gtest.h>

#include "tests/conformance/journal_harness.hpp"
#include "tests/fault/faulty_vfs.hpp"

namespace weir::journal::testing {
namespace {

using weir::testing::Fault;
using weir::testing::FaultyVfs;

struct Case {
    const char* name;
    Fault fault;
    std::uint64_t times;
};

class JournalFault : public ::testing::TestWithParam<Case> {
  protected:
    ~JournalFault() override { FaultyVfs::disarm(); }

    void open() {
        Options options;
        options.dir = dir_.path() / "journal";
        options.clock = &clock_;
        options.disk_reserve_bytes = 0;
        options.segment_bytes = 150'000;
        options.group_records_max = 32;
        options.vfs = FaultyVfs::name();
        journal_ = must(open_journal(options));
        stream_ = must(journal_->open_stream("usage"));
        staged_ = must(journal_->open_stream("staged"));
        lane_ = must(journal_->open_lane("orders", "", stream_, true));
    }

    // As an engine does: tries again until it is told that it worked. The fault ends, so this ends.
    void append_until_taken(const std::vector<Event>& events) {
        for (int tries = 0; tries < 50; ++tries) {
            const Answer answer = append(*journal_, stream_, events);
            if (answer.status.ok()) return;
            ASSERT_EQ(answer.status.error().errc, Errc::unavailable) << answer.status.error().message;
            EXPECT_FALSE(answer.status.error().code.empty());
            (void)journal_->commit({});  // waits for one attempt to recover
        }
        FAIL() << "the journal did not recover: " << journal_->health().message;
    }
    void commit_until_taken(const Transition& transition) {
        for (int tries = 0; tries < 50; ++tries) {
            const Status status = journal_->commit(transition);
            if (status.ok()) return;
            ASSERT_EQ(status.error().errc, Errc::unavailable) << status.error().message;
        }
        FAIL() << "the journal did not recover: " << journal_->health().message;
    }
    void work() {
        for (std::size_t i = 0; i < kRounds; ++i) {
            append_until_taken(numbered("e", kEach, kEach * i));
            const Offset position = kEach * (i + 1);
            commit_until_taken({.progress = {{lane_, position, {}, position, 0, 0, i + 2}},
                                .state = {{"orders", "sum", std::to_string(position), 0}},
                                .outputs = {{staged_, encode(numbered("out", 2, 2 * i))}}});
            // A record that was put aside goes on: outputs without progress.
            DeliveryRow aside;
            aside.lane = lane_;
            aside.item = {position - 1, 0};
            aside.state = DeliveryState::waiting;
            aside.redo = Redo::steps;
            commit_until_taken({.rows = {aside}});
            aside.state = DeliveryState::delivered;
            commit_until_taken({.rows = {aside},
                                .progress = {{lane_, position, {}, position, 0, 0, i + 2}},
                                .outputs = {{staged_, encode(numbered("redo", 1, i))}}});
        }
    }
    void check(std::uint64_t nth) {
        const auto all = read_all(*journal_, stream_);
        ASSERT_EQ(all.size(), kRounds * kEach) << "nth " << nth;
        for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].id, "e" + std::to_string(i)) << "nth " << nth;
        const auto outputs = read_all(*journal_, staged_);
        ASSERT_EQ(outputs.size(), kRounds * 3) << "outputs are staged once, nth " << nth;
        for (std::size_t i = 0; i < kRounds; ++i) {
            ASSERT_EQ(outputs[3 * i].id, "out" + std::to_string(2 * i));
            ASSERT_EQ(outputs[3 * i + 1].id, "out" + std::to_string(2 * i + 1));
            ASSERT_EQ(outputs[3 * i + 2].id, "redo" + std::to_string(i));
        }
        EXPECT_EQ(must(journal_->lane_state(lane_)).progress.delivered, kRounds * kEach);
        EXPECT_EQ(must(journal_->state_get("orders", "sum")), std::to_string(kRounds * kEach));
        EXPECT_EQ(journal_->health().availability, Availability::ready);
    }

    static constexpr std::size_t kRounds = 12;
    static constexpr std::size_t kEach = 60;
    TempDir dir_;
    ManualClock clock_{kStart};
    std::unique_ptr<Journal> journal_;
    StreamId stream_ = 0;
    StreamId staged_ = 0;
    LaneId lane_ = 0;
};

TEST_P(JournalFault, nothing_acknowledged_is_lost_and_nothing_is_doubled) {
    std::uint64_t nth = 1;
    for (bool touched = true; touched; nth += 1 + nth / 16) {
        std::filesystem::remove_all(dir_.path() / "journal");
        open();
        FaultyVfs::arm(GetParam().fault, nth, GetParam().times);
        work();
        FaultyVfs::disarm();
        touched = FaultyVfs::failed() > 0;
        if (HasFatalFailure()) return;
        check(nth);
        journal_.reset();
        open();
        check(nth);
        journal_.reset();
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(nth, 2u) << "the fault never hit";
}

INSTANTIATE_TEST_SUITE_P(Faults, JournalFault,
                         ::testing::Values(Case{"full_once", Fault::write_full, 1},
                                           Case{"full_for_a_while", Fault::write_full, 7},
                                           Case{"torn_write", Fault::write_torn, 1},
                                           Case{"sync_lost", Fault::sync_lost, 1},
                                           Case{"sync_lost_thrice", Fault::sync_lost, 3},
                                           Case{"sync_failed_but_landed", Fault::sync_landed, 1},
                                           Case{"truncate_failed", Fault::truncate_failed, 1}),
                         [](const auto& one) { return one.param.name; });

TEST_F(JournalFault, health_names_the_cause_and_appends_are_refused_at_once) {
    open();
    FaultyVfs::arm(Fault::sync_lost, 1, 1'000'000);
    EXPECT_EQ(append(*journal_, stream_, numbered("e", 1)).status.error().code, "fsync_failed");
    EXPECT_EQ(journal_->health().availability, Availability::unavailable);
    EXPECT_EQ(journal_->health().code, "fsync_failed");
    EXPECT_EQ(append(*journal_, stream_, numbered("e", 1)).status.error().errc, Errc::unavailable);
    FaultyVfs::arm(Fault::write_full, 1, 1'000'000);
    EXPECT_EQ(journal_->commit({}).error().code, "disk_full");
    FaultyVfs::disarm();
    EXPECT_TRUE(journal_->commit({}).ok());
    EXPECT_EQ(journal_->health().availability, Availability::ready);
    EXPECT_TRUE(append(*journal_, stream_, numbered("e", 1)).status.ok());
}

}  // namespace
}  // namespace weir::journal::testing
