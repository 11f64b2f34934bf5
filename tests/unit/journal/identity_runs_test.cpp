// Identities beyond memory: coverage, filter, runs, merging, damage, crashes, and all of it against a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "runtime/base/failpoint.hpp"
#include "runtime/journal/identities.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

constexpr std::uint64_t kJournal = 7;

// ---------------------------------------------------------------------------------------------- coverage

TEST(Coverage, agrees_with_a_set_of_offsets) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 200; ++round) {
        Coverage coverage;
        std::set<Offset> model;
        for (int i = 0; i < 12; ++i) {
            const Offset first = random() % 60;
            const Offset end = first + random() % 12;
            coverage.add(3, {first, end});
            for (Offset at = first; at < end; ++at) model.insert(at);
        }
        const std::vector<Offset> begins{0, 0, 0, random() % 40};
        EXPECT_EQ(coverage.count(), model.size());
        if (round % 2 == 0) {
            coverage.trim(begins);
            std::erase_if(model, [&begins](Offset at) { return at < begins[3]; });
            EXPECT_EQ(coverage.count(), model.size());
        }
        EXPECT_EQ(coverage.count(begins),
                  static_cast<std::size_t>(std::distance(model.lower_bound(begins[3]), model.end())));
        std::set<Offset> missing;
        for (const OffsetRange& range : coverage.missing(3, {10, 50})) {
            for (Offset at = range.first; at < range.end; ++at) missing.insert(at);
        }
        for (Offset at = 10; at < 50; ++at) EXPECT_NE(missing.contains(at), model.contains(at)) << at;
        const auto ranges = coverage.ranges();
        for (std::size_t i = 1; i < ranges.size(); ++i) EXPECT_GT(ranges[i].range.first, ranges[i - 1].range.end);
    }
}

// ---------------------------------------------------------------------------------------------- which runs to merge

std::vector<std::size_t> chosen(const std::vector<std::uint64_t>& entries) {
    const auto choice = choose_merge(entries);
    if (!choice) return {};
    return {choice->first, choice->end};
}

TEST(ChooseMerge, waits_for_four_and_leaves_much_larger_ones_alone) {
    EXPECT_THAT(chosen({}), IsEmpty());
    EXPECT_THAT(chosen({10, 10, 10}), IsEmpty());
    EXPECT_THAT(chosen({10, 10, 10, 10}), ElementsAre(0, 4));
    EXPECT_THAT(chosen({100, 10, 10, 10, 10}), ElementsAre(1, 5));
    EXPECT_THAT(chosen({40, 10, 10, 10, 10}), ElementsAre(0, 5));
    EXPECT_THAT(chosen({100, 40, 10, 10}), IsEmpty());
}

TEST(ChooseMerge, keeps_runs_few_and_writes_each_entry_seldom) {
    std::vector<std::uint64_t> runs;
    std::uint64_t written = 0;
    std::size_t most = 0;
    for (int i = 0; i < 1000; ++i) {
        runs.push_back(1);
        ++written;
        while (const auto choice = choose_merge(runs)) {
            const auto from = runs.begin() + static_cast<std::ptrdiff_t>(choice->first);
            const std::uint64_t sum = std::accumulate(from, runs.end(), std::uint64_t{0});
            written += sum;
            runs.erase(from, runs.end());
            runs.push_back(sum);
        }
        most = std::max(most, runs.size());
    }
    EXPECT_LE(most, 13u);
    EXPECT_LE(written, 11'000u);
}

// ---------------------------------------------------------------------------------------------- one run

struct Entry {
    IdentityKey key = 0;
    Position position = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
};

std::vector<Entry> random_entries(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<Entry> entries;
    for (Offset offset = 0; offset < count; ++offset) {
        entries.push_back({IdentityIndex::key_of(random()), make_position(1 + offset % 2, offset)});
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

Coverage covering(Offset end) {
    Coverage coverage;
    coverage.add(1, {0, end});
    coverage.add(2, {0, end});
    return coverage;
}

std::shared_ptr<const Run> make_run(const fs::path& path, const std::vector<Entry>& entries) {
    auto writer = must(RunWriter::create(path, entries.size()));
    for (const Entry& entry : entries) EXPECT_TRUE(writer.add(entry.key, entry.position).ok());
    EXPECT_TRUE(writer.publish(kJournal, {1, 1}, covering(entries.size())).ok());
    return must(Run::open(path, kJournal));
}

class RunTest : public ::testing::Test {
  protected:
    [[nodiscard]] fs::path path() const { return dir_.path() / "0000000001-0000000001.run"; }
    TempDir dir_;
};

TEST_F(RunTest, finds_every_entry_of_its_stream_and_nothing_else) {
    const auto entries = random_entries(100'000, 1);
    const auto run = make_run(path(), entries);
    EXPECT_EQ(run->entries(), entries.size());
    EXPECT_EQ(run->coverage().ranges(), covering(entries.size()).ranges());
    for (const Entry& entry : entries) {
        ASSERT_TRUE(run->may_contain(entry.key));
        std::vector<Position> found;
        ASSERT_TRUE(run->find(entry.key, stream_of(entry.position), found).ok());
        ASSERT_NE(std::find(found.begin(), found.end(), entry.position), found.end());
        for (const Position one : found) ASSERT_EQ(stream_of(one), stream_of(entry.position));
    }
    std::vector<Position> found;
    for (const IdentityKey absent : {IdentityKey{0}, entries[7].key + 1, (IdentityKey{1} << kIdentityKeyBits) - 1}) {
        ASSERT_TRUE(run->find(absent, 1, found).ok());
    }
    EXPECT_THAT(found, IsEmpty());
    RunCursor cursor(run);
    for (const Entry& entry : entries) {
        ASSERT_TRUE(must(cursor.next()));
        ASSERT_EQ((Entry{cursor.key(), cursor.position()}), entry);
    }
    EXPECT_FALSE(must(cursor.next()));
}

TEST_F(RunTest, its_filter_lets_few_strangers_pass) {
    const auto run = make_run(path(), random_entries(200'000, 2));
    std::mt19937_64 random(3);
    int passed = 0;
    for (int i = 0; i < 200'000; ++i) passed += run->may_contain(IdentityIndex::key_of(random())) ? 1 : 0;
    EXPECT_LT(passed, 1600) << "of 200,000; 0.5 percent are expected";
    EXPECT_LE(run->mapped_bytes(), 200'000u * kFilterBitsPerKey / 8 + sizeof(FilterLine));
}

TEST_F(RunTest, one_key_may_fill_several_blocks) {
    std::vector<Entry> entries = random_entries(1000, 4);
    const IdentityKey key = entries[500].key;
    for (Offset offset = 1000; offset < 2000; ++offset) entries.push_back({key, make_position(2, offset)});
    std::sort(entries.begin(), entries.end());
    const auto run = make_run(path(), entries);
    std::vector<Position> found;
    ASSERT_TRUE(run->find(key, 2, found).ok());
    EXPECT_GE(found.size(), 1000u);
}

TEST_F(RunTest, may_be_empty) {
    const auto run = make_run(path(), {});
    std::vector<Position> found;
    EXPECT_TRUE(run->find(5, 1, found).ok());
    EXPECT_FALSE(must(RunCursor(run).next()));
}

TEST_F(RunTest, is_not_there_until_it_is_whole) {
    {
        auto writer = must(RunWriter::create(path(), 10));
        ASSERT_TRUE(writer.add(1, make_position(1, 1)).ok());
        EXPECT_FALSE(fs::exists(path()));
    }
    EXPECT_TRUE(fs::is_empty(dir_.path())) << "what was not published is removed";
}

void flip(const fs::path& path, std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
}

TEST_F(RunTest, never_answers_out_of_damaged_bytes) {
    const auto entries = random_entries(2000, 5);
    (void)make_run(path(), entries);
    const std::uint64_t size = fs::file_size(path());
    std::size_t refused = 0;
    std::size_t noticed = 0;
    for (std::uint64_t at = 0; at < size; at += 61) {
        flip(path(), at);
        const auto run = Run::open(path(), kJournal);
        if (!run.ok()) {
            EXPECT_EQ(run.error().errc, Errc::corrupt);
            ++refused;
        } else {
            bool damaged = false;
            for (const Entry& entry : entries) {
                ASSERT_TRUE((*run)->may_contain(entry.key)) << "byte " << at;
                std::vector<Position> found;
                const Status status = (*run)->find(entry.key, stream_of(entry.position), found);
                damaged = damaged || !status.ok();
                const bool there = std::find(found.begin(), found.end(), entry.position) != found.end();
                ASSERT_TRUE(there || !status.ok()) << "byte " << at;
            }
            noticed += damaged ? 1 : 0;
        }
        flip(path(), at);
    }
    EXPECT_GT(refused, 40u) << "3 KB of filter, header and tail";
    EXPECT_GT(noticed, 350u) << "28 KB of blocks";
    EXPECT_TRUE(Run::open(path(), kJournal).ok()) << "all bytes are back";
}

TEST_F(RunTest, a_part_of_a_file_or_the_file_of_another_journal_is_refused) {
    (void)make_run(path(), random_entries(2000, 6));
    EXPECT_THAT(Run::open(path(), kJournal + 1).error().message, HasSubstr("another journal"));
    fs::resize_file(path(), fs::file_size(path()) - 1);
    EXPECT_THAT(Run::open(path(), kJournal).error().message, HasSubstr("bytes, expected"));
    fs::resize_file(path(), 10);
    EXPECT_EQ(Run::open(path(), kJournal).error().errc, Errc::corrupt);
    std::ofstream(path()) << std::string(5000, 'x');
    EXPECT_THAT(Run::open(path(), kJournal).error().message, HasSubstr("not a run"));
}

// ---------------------------------------------------------------------------------------------- all of it

constexpr std::size_t kTable = 64;  // entries a table takes before it is handed over

// What the segments would say, and Identities over it, as the journal uses them.
class IdentitiesTest : public ::testing::Test {
  protected:
    ~IdentitiesTest() override {
        for (int i = 0; i < static_cast<int>(Failpoint::count_); ++i)
            arm_failpoint(static_cast<Failpoint>(i), 0, false);
    }

    [[nodiscard]] fs::path ids() const { return dir_.path() / "ids"; }
    [[nodiscard]] Catalog catalog() {
        Catalog catalog;
        for (StreamId stream = 1; stream <= 2; ++stream) {
            StreamEntry& entry = catalog.streams.emplace_back();
            entry.info.id = stream;
            entry.info.begin = begins_[stream];
            entry.info.end = stored_[stream].size();
        }
        return catalog;
    }
    void open(const std::string& journal = "journal") {
        identities_ = std::make_unique<Identities>();
        identities_->use_runs({ids(), journal, 0}, kTable * 2 * 22, catalog());
        for (StreamId stream = 1; stream <= 2; ++stream) identities_->retire(stream, begins_[stream]);
        reread();
    }
    // As GroupCommitJournal::index_identities(); how many offsets had to be read.
    std::uint64_t reread() {
        std::uint64_t count = 0;
        do {
            count += insert_missing();
        } while (identities_->mended());
        return count;
    }
    std::uint64_t insert_missing() {
        std::uint64_t count = 0;
        for (const StreamRange& missing : identities_->missing(catalog())) {
            for (Offset at = missing.range.first; at < missing.range.end; ++at, ++count) {
                identities_->insert(stored_[missing.stream][at], make_position(missing.stream, at));
                identities_->cover(missing.stream, {at, at + 1});
                identities_->make_room();
                identities_->wait_written();
            }
        }
        return count;
    }
    void store(StreamId stream, const std::vector<std::uint64_t>& hashes) {
        const Offset first = stored_[stream].size();
        identities_->refresh();
        for (const std::uint64_t hash : hashes) {
            identities_->insert(hash, make_position(stream, stored_[stream].size()));
            stored_[stream].push_back(hash);
        }
        identities_->cover(stream, {first, stored_[stream].size()});
        identities_->make_room();
    }
    [[nodiscard]] std::vector<std::uint64_t> fresh(std::size_t count) {
        std::vector<std::uint64_t> hashes(count);
        std::generate(hashes.begin(), hashes.end(), std::ref(random_));
        return hashes;
    }
    // Every stored identity is found where it is, and none that was never stored.
    void check_all() {
        identities_->refresh();
        for (StreamId stream = 1; stream <= 2; ++stream) {
            for (Offset at = begins_[stream]; at < stored_[stream].size(); ++at) {
                std::vector<Position> found;
                ASSERT_TRUE(identities_->find(stored_[stream][at], stream, found).ok());
                ASSERT_EQ(std::count(found.begin(), found.end(), make_position(stream, at)), 1) << stream << "/" << at;
            }
        }
        std::vector<Position> found;
        for (const std::uint64_t hash : fresh(500)) ASSERT_TRUE(identities_->find(hash, 1, found).ok());
        EXPECT_THAT(found, IsEmpty());
    }
    void fill(std::size_t batches) {
        for (std::size_t i = 0; i < batches; ++i) store(1 + i % 2, fresh(10));
    }
    void settle() {
        identities_->runs()->wait_idle();
        identities_->refresh();
    }
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> names;
        std::error_code none;
        for (const auto& file : fs::directory_iterator(ids(), none)) names.push_back(file.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }

    TempDir dir_;
    std::mt19937_64 random_{11};
    std::map<StreamId, std::vector<std::uint64_t>> stored_;
    std::map<StreamId, Offset> begins_;
    std::unique_ptr<Identities> identities_;
};

TEST_F(IdentitiesTest, older_ones_go_to_few_runs_and_are_found_there) {
    open();
    fill(1000);
    settle();
    EXPECT_LE(identities_->view().runs.size(), 10u);
    EXPECT_THAT(identities_->view().frozen, IsEmpty());
    EXPECT_LT(identities_->memory_bytes(), 400'000u);
    check_all();
    EXPECT_EQ(files().size(), identities_->view().runs.size());
}

TEST_F(IdentitiesTest, without_runs_everything_stays_in_memory) {
    identities_ = std::make_unique<Identities>();
    fill(1000);
    check_all();
    EXPECT_EQ(identities_->runs(), nullptr);
    EXPECT_FALSE(fs::exists(ids()));
}

TEST_F(IdentitiesTest, a_start_reads_only_what_came_after_the_last_run) {
    open();
    fill(1000);
    settle();
    open();  // what it read went to runs
    settle();
    identities_ = std::make_unique<Identities>();
    identities_->use_runs({ids(), "journal", 0}, kTable * 2 * 22, catalog());
    EXPECT_LT(reread(), kTable);
    check_all();
}

TEST_F(IdentitiesTest, runs_that_cannot_be_meant_are_removed) {
    open();
    fill(200);
    settle();
    ASSERT_GE(files().size(), 1u);
    open("another journal");
    settle();
    check_all();
    // An older copy of the segments was put back: the runs know records that are not there.
    stored_[1].resize(300);
    open("another journal");
    settle();
    for (const auto& run : identities_->view().runs) {
        for (const StreamRange& range : run->coverage().ranges())
            EXPECT_LE(range.range.end, stored_[range.stream].size());
    }
    check_all();
}

TEST_F(IdentitiesTest, what_is_beyond_the_horizon_leaves_the_disk) {
    open();
    fill(1000);
    settle();
    const auto entries = [this] {
        std::uint64_t sum = 0;
        for (const auto& run : identities_->view().runs) sum += run->entries();
        return sum;
    };
    ASSERT_GT(entries(), 9900u);
    for (StreamId stream = 1; stream <= 2; ++stream) {
        begins_[stream] = 4000;
        identities_->retire(stream, begins_[stream]);
    }
    settle();
    EXPECT_LE(entries(), 2 * 2000u + 100);
    check_all();
    for (StreamId stream = 1; stream <= 2; ++stream) {
        begins_[stream] = stored_[stream].size();
        identities_->retire(stream, begins_[stream]);
    }
    settle();
    EXPECT_EQ(entries(), 0u);
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(IdentitiesTest, a_damaged_block_is_answered_with_an_error_and_read_from_the_segments) {
    open();
    fill(1000);
    settle();
    const auto largest = *std::max_element(identities_->view().runs.begin(), identities_->view().runs.end(),
                                           [](const auto& a, const auto& b) { return a->entries() < b->entries(); });
    flip(largest->path(), run_format::kBlockBytes + largest->mapped_bytes() / 4096 * 4096 + 4096 + 100);
    bool noticed = false;
    for (Offset at = 0; at < stored_[1].size() && !noticed; ++at) {
        std::vector<Position> found;
        const Status status = identities_->find(stored_[1][at], 1, found);
        noticed = !status.ok();
        if (noticed) {
            EXPECT_EQ(status.error().errc, Errc::unavailable);
        }
    }
    ASSERT_TRUE(noticed);
    EXPECT_FALSE(fs::exists(largest->path()));
    std::vector<Position> found;
    EXPECT_FALSE(identities_->find(1, 1, found).ok()) << "what is not complete says nothing, not even of others";
    EXPECT_EQ(reread(), largest->coverage().count());
    check_all();
    settle();
    check_all();
}

TEST_F(IdentitiesTest, damage_that_a_merge_finds_is_mended_as_well) {
    open();
    fill(13);  // one table
    settle();
    ASSERT_EQ(identities_->view().runs.size(), 1u);
    flip(identities_->view().runs[0]->path(), 4096 + 4096 + 50);
    fill(60);
    settle();
    EXPECT_TRUE(identities_->view().holes());
    std::vector<Position> found;
    EXPECT_FALSE(identities_->find(1, 1, found).ok());
    EXPECT_GT(reread(), 0u);
    check_all();
}

TEST_F(IdentitiesTest, when_runs_cannot_be_written_nothing_is_forgotten) {
    std::ofstream(ids()) << "a file where the directory should be";
    open();
    fill(500);
    identities_->wait_written();
    EXPECT_GT(identities_->view().frozen.size(), 10u);
    check_all();
}

TEST_F(IdentitiesTest, agrees_with_a_model_through_retirement_merges_and_restarts) {
    open();
    for (int step = 0; step < 400; ++step) {
        const StreamId stream = 1 + random_() % 2;
        auto hashes = fresh(random_() % 40);
        // The same identity again: a conflict is stored with the hash of what it conflicts with.
        for (std::uint64_t& hash : hashes) {
            if (!stored_[stream].empty() && random_() % 8 == 0)
                hash = stored_[stream][random_() % stored_[stream].size()];
        }
        store(stream, hashes);
        const auto dice = random_() % 20;
        if (dice == 0) open();
        if (dice == 1) settle();
        if (dice == 2) {
            begins_[stream] = std::max(begins_[stream], stored_[stream].size() * 2 / 3);
            identities_->retire(stream, begins_[stream]);
        }
        if (step % 40 == 39) check_all();
    }
}

// ---------------------------------------------------------------------------------------------- crashes

class IdentitiesCrash : public IdentitiesTest, public ::testing::WithParamInterface<Failpoint> {};

TEST_P(IdentitiesCrash, leaves_what_the_next_start_can_use) {
    unsigned hit = 1;
    for (bool died = true; died; ++hit) {
        identities_.reset();  // before the fork: a child has none of its threads
        fs::remove_all(ids());
        stored_.clear();
        random_.seed(hit);
        const ::pid_t child = ::fork();
        if (child == 0) {
            arm_failpoint(GetParam(), hit, false);
            open();
            for (int i = 0; i < 50; ++i) {
                fill(3);
                settle();
            }
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        died = WIFSIGNALED(status);
        // The records are in the segments, whatever became of the runs.
        for (int i = 0; i < 150; ++i) {
            for (const std::uint64_t hash : fresh(10)) stored_[1 + static_cast<StreamId>(i % 3 % 2)].push_back(hash);
        }
        open();
        settle();
        check_all();
        Offset last = 0;
        for (const auto& run : identities_->view().runs) {
            EXPECT_GT(run->sequence().first, last) << "no two runs hold the same table";
            last = run->sequence().last;
        }
        EXPECT_EQ(files().size(), identities_->view().runs.size());
    }
    EXPECT_GT(hit, 5u) << "the failpoint was hardly ever passed";
}

INSTANTIATE_TEST_SUITE_P(Points, IdentitiesCrash,
                         ::testing::Values(Failpoint::journal_run_written, Failpoint::journal_runs_merged),
                         [](const auto& point) {
                             std::string name(to_string(point.param));
                             for (char& c : name) c = c == '.' ? '_' : c;
                             return name;
                         });

}  // namespace
}  // namespace weir::journal::testing
