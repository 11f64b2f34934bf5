// De-duplication by a journal whose identities are mostly on disk: restarts, loss and damage of runs, the horizon.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "runtime/journal/run_format.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

using ::testing::Each;

namespace fs = std::filesystem;

class Deduplication : public ::testing::Test {
  protected:
    Deduplication() {
        options_.dir = dir_.path() / "journal";
        options_.clock = &clock_;
        options_.disk_reserve_bytes = 0;
        options_.group_records_max = 64;
        options_.identity_memory_bytes = 4096;  // tables of 93 entries
    }

    void open() {
        journal_.reset();
        journal_ = must(open_journal(options_));
        stream_ = must(journal_->open_stream("usage"));
    }
    Answer append(const std::vector<Event>& events) { return testing::append(*journal_, stream_, events); }
    void fill() {
        open();
        for (std::size_t i = 0; i < 20; ++i) ASSERT_TRUE(append(numbered("e", 100, 100 * i)).status.ok());
        open();  // a start does not go on before the tables it has filled are written
        journal_.reset();
        ASSERT_FALSE(runs().empty());
    }
    [[nodiscard]] std::vector<fs::path> runs() const {
        std::vector<fs::path> found;
        std::error_code none;
        for (const auto& file : fs::directory_iterator(options_.dir / "ids", none)) {
            if (file.path().extension() == ".run") found.push_back(file.path());
        }
        return found;
    }
    void expect_all_known() {
        EXPECT_THAT(append(numbered("e", 2000)).verdicts, Each(Verdict::duplicate));
        auto other = numbered("e", 2000);
        for (Event& event : other) event.payload = "{}";
        EXPECT_THAT(append(other).verdicts, Each(Verdict::conflict));
        EXPECT_THAT(append(other).verdicts, Each(Verdict::duplicate)) << "what is held is known, too";
        EXPECT_THAT(append(numbered("new", 100)).verdicts, Each(Verdict::accepted));
    }

    TempDir dir_;
    ManualClock clock_{kStart};
    Options options_;
    std::unique_ptr<Journal> journal_;
    StreamId stream_ = 0;
};

TEST_F(Deduplication, knows_what_it_took_before_the_last_start) {
    fill();
    open();
    expect_all_known();
}

TEST_F(Deduplication, does_without_its_runs) {
    fill();
    fs::remove_all(options_.dir / "ids");
    open();
    expect_all_known();
}

TEST_F(Deduplication, does_without_some_of_its_runs) {
    fill();
    const auto files = runs();
    for (std::size_t i = 0; i < files.size(); i += 2) std::ofstream(files[i], std::ios::app) << "more";
    open();
    expect_all_known();
}

// Every block of every run: whichever record comes first, its look-up fails.
TEST_F(Deduplication, tells_senders_to_come_again_while_a_damaged_run_is_made_anew) {
    fill();
    open();
    for (const fs::path& path : runs()) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        run_format::Header header;
        file.read(reinterpret_cast<char*>(&header), sizeof header);
        for (std::uint64_t block = 0; block < header.blocks; ++block) {
            file.seekp(static_cast<std::streamoff>(header.blocks_at() + block * run_format::kBlockBytes + 100));
            file.put('\x55').put('\x55');
        }
    }
    // Each failed append finds one of them; the transition after it has the journal look again.
    Answer answer = append(numbered("e", 2000));
    ASSERT_FALSE(answer.status.ok());
    EXPECT_EQ(answer.status.error().errc, Errc::unavailable);
    EXPECT_EQ(journal_->health().availability, Availability::unavailable);
    for (int i = 0; i < 50 && !answer.status.ok(); ++i) {
        ASSERT_TRUE(journal_->commit({}).ok());
        answer = append(numbered("e", 2000));
    }
    ASSERT_TRUE(answer.status.ok()) << answer.status.error().message;
    EXPECT_THAT(answer.verdicts, Each(Verdict::duplicate));
    expect_all_known();
    open();
    EXPECT_THAT(append(numbered("e", 2000)).verdicts, Each(Verdict::duplicate));
}

TEST_F(Deduplication, knows_nothing_beyond_the_horizon) {
    options_.segment_age = std::chrono::hours(24);
    options_.retention_age = std::chrono::hours(24 * 10);
    fill();
    open();
    clock_.advance(kSecond * 86'400 * 2);
    ASSERT_TRUE(append(numbered("later", 200)).status.ok());
    ASSERT_TRUE(journal_->commit({}).ok());  // behind the rotation
    clock_.advance(kSecond * 86'400 * 11);
    ASSERT_TRUE(append(numbered("last", 1)).status.ok());
    ASSERT_TRUE(journal_->commit({}).ok());  // behind the removal of the old segment
    ASSERT_GT(must(journal_->stream_info(stream_)).begin, 0u);
    for (const bool again : {false, true}) {
        if (again) open();
        EXPECT_THAT(append(numbered("last", 1)).verdicts, Each(Verdict::duplicate));
    }
    EXPECT_THAT(append(numbered("e", 2000)).verdicts, Each(Verdict::accepted));
}

}  // namespace
}  // namespace weir::journal::testing
