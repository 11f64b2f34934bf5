// What only the SQLite backend promises: crashes, damage, rotation, retention, locks, and that a shell can read it.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/journal/inspect.hpp"
#include "runtime/journal/schema.hpp"
#include "runtime/journal/segment_files.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SqliteJournal : public ::testing::Test {
  protected:
    SqliteJournal() {
        options_.dir = dir_.path() / "journal";
        options_.clock = &clock_;
        options_.disk_reserve_bytes = 0;
    }
    ~SqliteJournal() override {
        for (int i = 0; i < static_cast<int>(Failpoint::count_); ++i)
            arm_failpoint(static_cast<Failpoint>(i), 0, false);
    }

    void open() {
        journal_.reset();
        journal_ = must(open_journal(options_));
        stream_ = must(journal_->open_stream("usage"));
    }
    Answer append(const std::vector<Event>& events) { return testing::append(*journal_, stream_, events); }
    // Rotation and retention come after the answer; an empty transition comes after them.
    void append_and_settle(const std::vector<Event>& events) {
        ASSERT_TRUE(append(events).status.ok());
        ASSERT_TRUE(journal_->commit({}).ok());
    }
    LaneId lane() { return must(journal_->open_lane("orders", "ledger", stream_, true)); }
    [[nodiscard]] std::string segment(std::uint64_t number) const { return segment_path(options_.dir, number); }
    [[nodiscard]] std::vector<std::uint64_t> segments() const {
        std::vector<std::uint64_t> numbers;
        for (const SegmentFile& file : must(list_segments(options_.dir))) numbers.push_back(file.number);
        return numbers;
    }
    // As an operator would: the shell, read-only.
    [[nodiscard]] std::string shell(std::uint64_t number, const std::string& sql) const {
        const std::string command = "sqlite3 -readonly -noheader " + segment(number) + " \"" + sql + "\" 2>&1";
        std::FILE* pipe = ::popen(command.c_str(), "r");
        if (pipe == nullptr) return "popen failed";
        std::string out;
        char buffer[4096];
        for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
        EXPECT_EQ(::pclose(pipe), 0) << out;
        return out;
    }
    void edit(std::uint64_t number, const std::string& sql) const {
        auto db = must(sqlite::Database::open(segment(number), sqlite::Database::Mode::read_write, {}));
        ASSERT_TRUE(db.exec(sql).ok());
    }
    [[nodiscard]] DeliveryRow row(ItemId item, DeliveryState state) {
        DeliveryRow row;
        row.lane = lane();
        row.item = item;
        row.state = state;
        row.attempts = 1;
        return row;
    }

    TempDir dir_;
    ManualClock clock_{kStart};
    Options options_;
    std::unique_ptr<Journal> journal_;
    StreamId stream_ = 0;
};

// ---------------------------------------------------------------------------------------------- opening

TEST_F(SqliteJournal, one_host_at_a_time) {
    open();
    const auto second = open_journal(options_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().errc, Errc::conflict);
    journal_.reset();
    EXPECT_TRUE(open_journal(options_).ok());
}

TEST_F(SqliteJournal, its_directory_is_for_its_owner_only) {
    open();
    EXPECT_EQ(std::filesystem::status(options_.dir).permissions() & std::filesystem::perms::all,
              std::filesystem::perms::owner_all);
}

TEST_F(SqliteJournal, a_newer_format_is_refused_with_both_versions) {
    open();
    journal_.reset();
    edit(1, "PRAGMA user_version = 3");
    const auto refused = open_journal(options_);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().errc, Errc::corrupt);
    EXPECT_THAT(refused.error().message, HasSubstr("format version 3, this program reads version 2"));
}

TEST_F(SqliteJournal, a_file_of_somebody_else_is_refused) {
    std::filesystem::create_directories(options_.dir);
    std::ofstream(segment(1)) << std::string(8192, 'x');
    EXPECT_EQ(open_journal(options_).error().errc, Errc::corrupt);
}

TEST_F(SqliteJournal, an_unknown_backend_is_named) {
    options_.backend = "postgres";
    EXPECT_THAT(open_journal(options_).error().message, HasSubstr("\"postgres\", expected \"sqlite\" or \"memory\""));
}

// ---------------------------------------------------------------------------------------------- crashes

// Runs `work` in a child that dies at the `hit`-th passage of `point`. False: it got through alive.
template <class Work>
bool dies(Failpoint point, unsigned hit, Work work) {
    const ::pid_t child = ::fork();
    if (child == 0) {
        arm_failpoint(point, hit, false);
        work();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

class SqliteJournalCrash : public SqliteJournal, public ::testing::WithParamInterface<Failpoint> {};

// The child writes what it was told is durable into a file; whatever stands there must be there after the crash.
TEST_P(SqliteJournalCrash, loses_nothing_it_had_acknowledged_and_takes_the_rest_again) {
    options_.segment_bytes = 400'000;
    options_.group_records_max = 64;
    const auto acknowledged = dir_.path() / "acknowledged";
    unsigned hit = 1;
    bool died = true;
    for (; died; hit = hit < 8 ? hit + 1 : hit * 2) {
        std::filesystem::remove_all(options_.dir);
        std::filesystem::remove(acknowledged);
        died = dies(GetParam(), hit, [&] {
            open();
            std::ofstream told(acknowledged);
            const LaneId id = lane();
            for (std::size_t i = 0; i < 40; ++i) {
                append(numbered("e", 100, 100 * i));
                told << 100 * (i + 1) << ' ' << 0 << std::endl;
                (void)journal_->commit({.rows = {row({100 * i, 0}, DeliveryState::dead)},
                                        .progress = {{id, 100 * i + 50, {}, 100 * i + 50, 0, 0, i + 1}},
                                        .state = {{"s", "sum", std::to_string(i), 0}}});
                told << 100 * (i + 1) << ' ' << 100 * i + 50 << std::endl;
            }
            journal_.reset();
        });
        std::size_t records = 0;
        std::size_t position = 0;
        std::ifstream told(acknowledged);
        while (told >> records >> position) {
        }
        open();
        const auto before = read_all(*journal_, stream_);
        EXPECT_GE(before.size(), records) << "hit " << hit;
        for (std::size_t i = 0; i < 40; ++i) ASSERT_TRUE(append(numbered("e", 100, 100 * i)).status.ok());
        const auto all = read_all(*journal_, stream_);
        ASSERT_EQ(all.size(), 4000u) << "hit " << hit;
        for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].id, "e" + std::to_string(i));
        const LaneProgress progress = must(journal_->lane_state(lane())).progress;
        EXPECT_GE(progress.position, position == 0 ? 0 : position);
        EXPECT_EQ(progress.position, progress.delivered) << "all of a transition or nothing";
        if (progress.position > 0) {
            EXPECT_EQ(must(journal_->state_get("s", "sum")), std::to_string((progress.position - 50) / 100));
        }
        journal_.reset();
    }
    EXPECT_GT(hit, 2u) << "the failpoint was never passed";
}

INSTANTIATE_TEST_SUITE_P(Points, SqliteJournalCrash,
                         ::testing::Values(Failpoint::journal_append_received, Failpoint::journal_before_commit,
                                           Failpoint::journal_after_commit, Failpoint::journal_rotate_begin,
                                           Failpoint::journal_rotate_end),
                         [](const auto& point) {
                             std::string name(to_string(point.param));
                             for (char& c : name) c = c == '.' ? '_' : c;
                             return name;
                         });

TEST_F(SqliteJournal, what_a_crash_left_of_a_new_segment_is_removed) {
    open();
    append(numbered("e", 3));
    journal_.reset();
    std::ofstream(segment(2) + ".new") << "half a file";
    std::ofstream(segment(2) + ".new-journal") << "half a journal";
    open();
    EXPECT_FALSE(std::filesystem::exists(segment(2) + ".new"));
    EXPECT_FALSE(std::filesystem::exists(segment(2) + ".new-journal"));
    EXPECT_EQ(read_all(*journal_, stream_).size(), 3u);
}

// ---------------------------------------------------------------------------------------------- rotation, retention

TEST_F(SqliteJournal, rotation_keeps_everything_readable_and_every_live_fact) {
    options_.segment_bytes = 300'000;
    options_.recent_bytes_max = 0;
    open();
    const LaneId id = lane();
    append(numbered("e", 10));
    ASSERT_TRUE(journal_
                    ->commit({.started = {{id, 1, AttemptKind::deliver, kStart, {{0, 5}}, {}},
                                          {id, 2, AttemptKind::deliver, kStart, {{5, 6}}, {}}},
                              .settled = {{id, 2, kStart + 1}},
                              .rows = {row({1, 0}, DeliveryState::retrying), row({1, 1}, DeliveryState::delivered),
                                       row({2, 0}, DeliveryState::held), row({3, 0}, DeliveryState::dead),
                                       row({4, 0}, DeliveryState::delivered)},
                              .progress = {{id, 6, {}, 2, 0, 0, 3}},
                              .state = {{"s", "k", "v", 0}, {"s", "gone", "v", kStart + kSecond}}})
                    .ok());
    testing::append(*journal_, stream_, {}, {.cursor = CursorUpdate{"p", "c"}, .deduplicate = true});
    clock_.advance(2 * kSecond);
    for (std::size_t i = 0; i < 30; ++i) append_and_settle(numbered("more", 100, 100 * i));
    ASSERT_GE(segments().size(), 2u);
    open();
    const auto all = read_all(*journal_, stream_);
    ASSERT_EQ(all.size(), 3010u);
    for (std::size_t i = 10; i < all.size(); ++i) EXPECT_EQ(all[i].id, "more" + std::to_string(i - 10));
    EXPECT_EQ(append(numbered("e", 10)).verdicts, std::vector<Verdict>(10, Verdict::duplicate));
    const LaneState state = must(journal_->lane_state(id));
    ASSERT_EQ(state.open.size(), 1u);
    EXPECT_EQ(state.open[0].ranges, (std::vector<OffsetRange>{{0, 5}}));
    ASSERT_EQ(state.live.size(), 1u);
    EXPECT_THAT(state.closed, ElementsAre(std::pair{ItemId{1, 1}, DeliveryState::delivered}));
    EXPECT_EQ(state.progress.next_attempt, 3u);
    EXPECT_EQ(must(journal_->cursors(stream_))[0].cursor, "c");
    EXPECT_EQ(must(journal_->state_get("s", "k")), "v");
    const auto listed = must(must(inspect_journal(options_.dir))->deliveries({}));
    EXPECT_EQ(listed.size(), 5u) << "history in an old segment is listed once";
}

TEST_F(SqliteJournal, a_segment_is_rotated_when_it_is_old) {
    open();
    append(numbered("e", 3));
    clock_.advance(kSecond * 3600 * 24 * 8);
    append_and_settle(numbered("f", 3));
    EXPECT_THAT(segments(), ElementsAre(1, 2));
}

TEST_F(SqliteJournal, retention_deletes_what_is_old_and_settled_and_nothing_else) {
    options_.segment_bytes = 200'000;
    options_.retention_age = std::chrono::hours(24);
    open();
    const LaneId id = lane();
    for (std::size_t i = 0; i < 20; ++i) append_and_settle(numbered("e", 100, 100 * i));
    const auto before = segments();
    ASSERT_GT(before.size(), 2u);
    clock_.advance(kSecond * 3600 * 25);
    append_and_settle(numbered("late", 1));
    EXPECT_EQ(segments().front(), 1u) << "not delivered yet";
    ASSERT_TRUE(journal_->commit({.progress = {{id, 2000, {}, 2000, 0, 0, 1}}}).ok());
    clock_.advance(kSecond * 3600);
    append_and_settle(numbered("later", 1));
    EXPECT_GT(segments().front(), 1u);
    const Offset begin = must(journal_->stream_info(stream_)).begin;
    EXPECT_GT(begin, 0u);
    EXPECT_EQ(read_all(*journal_, stream_, begin).size(), 2002 - begin);
    EXPECT_THAT(append(numbered("e", 1)).verdicts, ElementsAre(Verdict::accepted)) << "beyond the dedupe horizon";
}

// ---------------------------------------------------------------------------------------------- damage

TEST_F(SqliteJournal, a_changed_payload_byte_costs_its_group_only_and_is_written_down_once) {
    open();
    for (std::size_t i = 0; i < 5; ++i) append(numbered("e", 10, 10 * i));
    journal_.reset();
    edit(1,
         "UPDATE groups SET payload = CAST(replace(CAST(payload AS TEXT), 'e23', 'e2X') AS BLOB) "
         "WHERE pos & 1099511627775 = 20");
    open();
    for (int round = 0; round < 3; ++round) {
        const auto groups = must(journal_->read(stream_, 0, 1 << 20));
        ASSERT_EQ(groups.size(), 5u);
        EXPECT_TRUE(groups[2].damaged);
        EXPECT_EQ(groups[2].first, 20u);
        EXPECT_EQ(groups[2].count, 10u);
        EXPECT_EQ(read_all(*journal_, stream_).size(), 40u);
    }
    EXPECT_EQ(journal_->health().quarantined_groups, 1u);
    EXPECT_EQ(journal_->health().availability, Availability::ready);
    ASSERT_TRUE(journal_->commit({}).ok());
    EXPECT_EQ(shell(1, "SELECT first_offset, count, reason FROM quarantine"), "20|10|the checksum does not match\n");
    EXPECT_THAT(append({{"e25", "{\"id\":\"e25\"}"}}).verdicts, ElementsAre(Verdict::accepted)) << "brought back";
}

TEST_F(SqliteJournal, a_missing_row_is_a_damaged_gap) {
    open();
    for (std::size_t i = 0; i < 5; ++i) append(numbered("e", 10, 10 * i));
    journal_.reset();
    edit(1, "DELETE FROM groups WHERE pos & 1099511627775 IN (10, 20, 40)");
    open();
    const auto groups = must(journal_->read(stream_, 0, 1 << 20));
    ASSERT_EQ(groups.size(), 4u);
    EXPECT_TRUE(groups[1].damaged);
    EXPECT_EQ(groups[1].end(), 30u);
    EXPECT_TRUE(groups[3].damaged);
    EXPECT_EQ(groups[3].end(), 50u);
    EXPECT_EQ(read_all(*journal_, stream_, 15).size(), 10u);
}

// Overwrites pages one after the other: whatever page it is, the journal opens or says `corrupt`, and what it reads is
// what was appended.
TEST_F(SqliteJournal, a_damaged_page_never_stops_the_reading_of_the_others) {
    options_.group_records_max = 20;
    open();
    append(numbered("e", 2000));
    journal_.reset();
    const auto copy = dir_.path() / "copy";
    std::filesystem::copy(segment(1), copy);
    const std::size_t pages = std::filesystem::file_size(copy) / kPageSize;
    ASSERT_GT(pages, 20u);
    std::size_t opened = 0;
    std::size_t all_lost = 0;  // the root of the groups' tree leads to all of them
    for (std::size_t page = 0; page < pages; ++page) {
        std::filesystem::remove(segment(1) + "-wal");
        std::filesystem::remove(segment(1) + "-shm");
        std::filesystem::copy_file(copy, segment(1), std::filesystem::copy_options::overwrite_existing);
        {
            std::fstream file(segment(1), std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(static_cast<std::streamoff>(page * kPageSize));
            file << std::string(kPageSize, '\xa5');
        }
        auto journal = open_journal(options_);
        if (!journal.ok()) {
            EXPECT_EQ(journal.error().errc, Errc::corrupt) << page << ": " << journal.error().message;
            continue;
        }
        const auto stream = (*journal)->open_stream("usage");
        if (!stream.ok()) continue;
        ++opened;
        const auto all = read_all(**journal, *stream);
        if (all.size() <= 1500) ++all_lost;
        for (const Stored& one : all) ASSERT_EQ(one.id, "e" + std::to_string(one.offset));
    }
    EXPECT_GT(opened, pages / 2);
    EXPECT_LE(all_lost, 1u);
}

// ---------------------------------------------------------------------------------------------- disk

TEST_F(SqliteJournal, below_the_disk_reserve_appends_are_refused_and_outcomes_are_not) {
    options_.disk_reserve_bytes = ~0ull;
    open();
    const Answer refused = append(numbered("e", 1));
    ASSERT_FALSE(refused.status.ok());
    EXPECT_EQ(refused.status.error().errc, Errc::unavailable);
    EXPECT_EQ(refused.status.error().code, "disk_reserve");
    EXPECT_EQ(journal_->health().code, "disk_reserve");
    EXPECT_TRUE(journal_->commit({.state = {{"s", "k", "v", 0}}}).ok());
}

// ---------------------------------------------------------------------------------------------- the shell

TEST_F(SqliteJournal, the_shell_shows_what_was_appended) {
    options_.group_records_max = 3;
    open();
    append({{"a", "{\"n\":1}"}, {"b", ""}, {"c", "third"}, {"d", std::string(70'000, 'x')}, {"e", "ä"}});
    append({{"a", "other"}});
    EXPECT_EQ(
        shell(1, "SELECT stream, record_offset, id, source, type, subject, length(payload), hold_code FROM records"),
        "usage|0|a|test|com.example.event|customer-7|7|\n"
        "usage|1|b|test|com.example.event|customer-7|0|\n"
        "usage|2|c|test|com.example.event|customer-7|5|\n"
        "usage|3|d|test|com.example.event|customer-7|70000|\n"
        "usage|4|e|test|com.example.event|customer-7|1|\n"
        "usage|5|a|test|com.example.event|customer-7|5|ID_CONFLICT\n");
    EXPECT_EQ(shell(1, "SELECT payload FROM records WHERE id IN ('a', 'e')"), "{\"n\":1}\nä\nother\n");
    EXPECT_EQ(shell(1, "SELECT time_ns, ingest_ns, accepted FROM records LIMIT 1"),
              "1780000000000000000|1780000000000000001|2026-05-28T20:26:40Z\n");
}

TEST_F(SqliteJournal, the_shell_shows_deliveries_and_lanes) {
    open();
    append(numbered("e", 3));
    DeliveryRow dead = row({1, 0}, DeliveryState::dead);
    dead.code = "http_503";
    dead.frame = encode(std::vector<Event>{{"e1", "mapped"}}).frames;
    ASSERT_TRUE(journal_->commit({.rows = {dead}, .progress = {{lane(), 2, {}, 1, 0, 0, 1}}}).ok());
    EXPECT_EQ(shell(1, "SELECT route, destination, record_offset, state, code, record_id, payload FROM deliveries"),
              "orders|ledger|1|dead|http_503|e1|mapped\n");
    EXPECT_EQ(shell(1, "SELECT route, destination, stream, position, stream_end, delivered FROM lane_progress"),
              "orders|ledger|usage|2|3|1\n");
}

}  // namespace
}  // namespace weir::journal::testing
