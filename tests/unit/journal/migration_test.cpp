// Journals that the first release wrote (version-1/*.sql, printed from its files) under this one.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "runtime/journal/inspect.hpp"
#include "runtime/journal/schema.hpp"
#include "runtime/journal/segment_files.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Migration : public ::testing::Test {
  protected:
    void SetUp() override {
        options_.dir = dir_.path() / "journal";
        options_.clock = &clock_;
        options_.disk_reserve_bytes = 0;
        std::filesystem::create_directories(options_.dir);
        for (const std::uint64_t number : {1ul, 2ul}) {
            std::ifstream file("tests/unit/journal/version-1/segment-" + std::to_string(number) + ".sql");
            std::ostringstream text;
            text << file.rdbuf();
            const std::string sql = text.str();
            ASSERT_FALSE(sql.empty());
            auto db = must(sqlite::Database::open(path(number), sqlite::Database::Mode::create, {}));
            ASSERT_TRUE(db.exec("PRAGMA page_size = 8192").ok());
            const Status loaded = db.exec(sql);
            ASSERT_TRUE(loaded.ok()) << loaded.error().message;
            ASSERT_TRUE(db.exec("PRAGMA journal_mode = WAL").ok());
        }
    }
    [[nodiscard]] std::string path(std::uint64_t number) const { return segment_path(options_.dir, number); }
    [[nodiscard]] std::int64_t ask(std::uint64_t number, std::string_view sql) const {
        auto db = must(sqlite::Database::open(path(number), sqlite::Database::Mode::read_only, {}));
        return must(db.integer(sql));
    }
    void open() { journal_ = must(open_journal(options_)); }

    TempDir dir_;
    ManualClock clock_{kStart + 9 * 24 * 3600 * kSecond};
    Options options_;
    std::unique_ptr<Journal> journal_;
};

TEST_F(Migration, a_reader_says_what_to_do_and_changes_nothing) {
    const auto refused = inspect_journal(options_.dir);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "format_version");
    EXPECT_THAT(refused.error().message, HasSubstr("has format version 1, this program reads version 2; `weir run`"));
    EXPECT_EQ(ask(1, "PRAGMA user_version"), 1);
}

TEST_F(Migration, opening_brings_every_segment_up_to_date_and_loses_nothing) {
    open();
    for (const std::uint64_t number : {1ul, 2ul}) EXPECT_EQ(ask(number, "PRAGMA user_version"), kFormatVersion);
    EXPECT_EQ(ask(1, "SELECT count(*) FROM records"), 10);
    EXPECT_EQ(ask(1, "SELECT count(*) FROM deliveries WHERE opened_at IS NOT NULL"), 4);
    const StreamId stream = must(journal_->open_stream("usage"));
    const LaneId steps = must(journal_->open_lane("orders", "", stream, true));
    const LaneId ledger = must(journal_->open_lane("orders", "ledger", stream, true));
    EXPECT_EQ(read_all(*journal_, stream).size(), 12u);
    EXPECT_EQ(append(*journal_, stream, numbered("e", 1)).verdicts.front(), Verdict::duplicate);
    EXPECT_EQ(must(journal_->cursors(stream)).front().cursor, "line 10");
    EXPECT_EQ(must(journal_->state_get("orders/sum", "k")), "v");

    const LaneState state = must(journal_->lane_state(ledger));
    EXPECT_EQ(state.progress.position, 7u);
    EXPECT_EQ(state.progress.settled, (std::vector<OffsetRange>{{8, 9}}));
    ASSERT_EQ(state.live.size(), 1u);
    EXPECT_TRUE(state.damaged.empty()) << "frames of version 1 have no checksum";
    EXPECT_EQ(state.live[0].state, DeliveryState::unknown);
    EXPECT_GT(state.live[0].opened_wall_ns, 0);
    EXPECT_EQ(state.live[0].redo, Redo::none);
    EXPECT_FALSE(state.live[0].replay);
    auto bytes = std::make_shared<const std::string>(state.live[0].frame);
    EXPECT_EQ(view((*must(decode_records(*bytes, 1, bytes)).batch)[0].payload), "as it was tried");
    EXPECT_TRUE(must(journal_->lane_state(steps)).live.empty());

    const auto inspector = must(inspect_journal(options_.dir));
    EXPECT_EQ(must(inspector->deliveries({})).size(), 5u);
    EXPECT_EQ(must(inspector->trace("WR-3")).size(), 1u);
    EXPECT_EQ(must(inspector->verify_audit()), 0u);
    for (const LaneAccount& account : must(inspector->accounts())) EXPECT_EQ(account.resolved + account.replaying, 0u);
}

TEST_F(Migration, what_is_new_can_be_written_and_survives_the_next_start_and_rotation) {
    open();
    const StreamId stream = must(journal_->open_stream("usage"));
    const LaneId ledger = must(journal_->open_lane("orders", "ledger", stream, true));
    DeliveryRow waiting;
    waiting.lane = ledger;
    waiting.item = {4, 0};
    waiting.state = DeliveryState::waiting;
    waiting.redo = Redo::steps;
    waiting.opened_wall_ns = clock_.wall_ns();
    ASSERT_TRUE(journal_
                    ->commit({.rows = {waiting},
                              .audit = {{"a-1", 1, "local:root", "admin", "redrive", "orders", "", "{}"}},
                              .notes = {{"n-1", ledger, {4, 0}, 1, "local:root", "assign", "kim", "", ""}}})
                    .ok());
    clock_.advance(8 * 24 * 3600 * kSecond);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(journal_->commit({}).ok());  // rotation comes after the answer
    ASSERT_TRUE(std::filesystem::exists(path(3)));
    journal_.reset();
    open();
    const LaneState state = must(journal_->lane_state(ledger));
    ASSERT_EQ(state.live.size(), 2u);
    EXPECT_EQ(state.live[1].redo, Redo::steps);
    EXPECT_EQ(state.live[1].opened_wall_ns, kStart + 7) << "the time of version 1's last change stays the first";
    const auto inspector = must(inspect_journal(options_.dir));
    EXPECT_EQ(must(inspector->verify_audit()), 1u);
    EXPECT_EQ(must(inspector->notes(ledger, {4, 0})).size(), 1u);
}

TEST_F(Migration, a_segment_that_was_brought_up_to_date_before_a_crash_is_left_alone) {
    ASSERT_TRUE(upgrade_segment({1, path(1)}, {}).ok());
    ASSERT_TRUE(upgrade_segment({1, path(1)}, {}).ok());
    EXPECT_EQ(ask(1, "PRAGMA user_version"), kFormatVersion);
    EXPECT_EQ(ask(2, "PRAGMA user_version"), 1);
    open();
    EXPECT_EQ(ask(2, "PRAGMA user_version"), kFormatVersion);
    EXPECT_EQ(must(must(inspect_journal(options_.dir))->deliveries({})).size(), 5u);
}

}  // namespace
}  // namespace weir::journal::testing
