// A run: the identities of a stretch of the journal, sorted, immutable, in one file.
//
// What it says follows from the segments; a run that is lost or damaged is made anew from them. Filter, fences and
// coverage are checked when it is opened, each block whenever it is read.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/journal/coverage.hpp"
#include "runtime/journal/file.hpp"
#include "runtime/journal/run_format.hpp"

namespace weir::journal {

// Tables are numbered as they are handed over; a run holds those of consecutive numbers. Closed: first <= last.
struct SequenceRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

// Immutable; any thread.
class Run {
    struct Private {};  // so that only open() makes one

  public:
    Run(Private, std::filesystem::path path, File file) : path_(std::move(path)), file_(std::move(file)) {}
    // `corrupt`: damaged, incomplete, of another journal, of another version.
    [[nodiscard]] static Result<std::shared_ptr<const Run>> open(const std::filesystem::path& path,
                                                                 std::uint64_t journal);

    void prefetch(IdentityKey key) const noexcept { __builtin_prefetch(lines() + filter_line(key, lines_)); }
    // False: the key is not in the run, for sure. No disk read.
    [[nodiscard]] bool may_contain(IdentityKey key) const noexcept {
        return lines()[filter_line(key, lines_)].may_contain(key);
    }
    // Appends the position of every entry of `stream` with this key. One block is read, seldom two.
    [[nodiscard]] Status find(IdentityKey key, StreamId stream, std::vector<Position>& into) const;
    // Reads and checks the blocks from `first` on that `into` has room for.
    [[nodiscard]] Status read_blocks(std::uint64_t first, std::span<char> into) const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] SequenceRange sequence() const noexcept { return sequence_; }
    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }
    [[nodiscard]] std::uint64_t blocks() const noexcept { return fences_.size(); }
    [[nodiscard]] const Coverage& coverage() const noexcept { return coverage_; }
    [[nodiscard]] std::size_t mapped_bytes() const noexcept { return lines_ * sizeof(FilterLine); }
    [[nodiscard]] std::size_t heap_bytes() const noexcept { return fences_.size() * sizeof(std::uint64_t); }

  private:
    [[nodiscard]] Status load(std::uint64_t journal);
    [[nodiscard]] Status check_filter(std::uint64_t expected) const;
    [[nodiscard]] Status load_tail(const run_format::Header& header);
    [[nodiscard]] Error damaged(std::string_view what) const;
    [[nodiscard]] const FilterLine* lines() const noexcept {
        return reinterpret_cast<const FilterLine*>(filter_.data() + run_format::kBlockBytes);
    }

    std::filesystem::path path_;
    File file_;
    SequenceRange sequence_;
    std::uint64_t entries_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t blocks_at_ = 0;
    Mapping filter_;                     // the header's block and the filter
    std::vector<std::uint64_t> fences_;  // first key of each block
    Coverage coverage_;
};

// Walks a run from its first entry to its last, some blocks at a time. One thread.
class RunCursor {
  public:
    explicit RunCursor(std::shared_ptr<const Run> run) : run_(std::move(run)) {}
    // To the first entry, then to the one after. False: there is none.
    [[nodiscard]] Result<bool> next();
    [[nodiscard]] IdentityKey key() const noexcept { return key_; }
    [[nodiscard]] Position position() const noexcept { return position_; }
    [[nodiscard]] const Run& run() const noexcept { return *run_; }

  private:
    [[nodiscard]] Result<bool> next_block();

    std::shared_ptr<const Run> run_;
    std::vector<char> buffer_;
    std::size_t buffered_ = 0;      // blocks in the buffer
    std::size_t block_ = 0;         // in the buffer
    std::uint64_t next_block_ = 0;  // of the run, behind the buffer
    std::size_t entry_ = 0;         // the next one of the block
    std::size_t entries_ = 0;       // of the block
    IdentityKey key_ = 0;
    Position position_ = 0;
};

// Writes a run under another name; nobody sees it before it is whole and durable. One thread.
class RunWriter {
  public:
    // `path` is the run's own; what is written before publish() has ".new" behind it. `entries_max` sizes the filter.
    [[nodiscard]] static Result<RunWriter> create(const std::filesystem::path& path, std::uint64_t entries_max);
    RunWriter(RunWriter&&) = default;
    RunWriter& operator=(RunWriter&&) = delete;
    // Removes what was not published.
    ~RunWriter();

    // Ascending by key, then by position; not more than entries_max.
    [[nodiscard]] Status add(IdentityKey key, Position position);
    // Writes the rest, syncs the file, gives it its name and syncs the directory.
    [[nodiscard]] Status publish(std::uint64_t journal, SequenceRange sequence, const Coverage& coverage);

  private:
    RunWriter(std::filesystem::path path, File file, std::uint64_t lines);
    [[nodiscard]] Status end_block();
    [[nodiscard]] Status end_line(std::uint64_t next);
    [[nodiscard]] Status flush_blocks();
    [[nodiscard]] Status flush_lines();
    [[nodiscard]] Status write_tail(const Coverage& coverage);

    std::filesystem::path path_;
    File file_;
    run_format::Header header_;
    std::vector<char> blocks_;  // not yet written; the last one is being filled
    std::size_t filled_ = 0;    // entries in it
    std::uint64_t blocks_written_ = 0;
    std::vector<FilterLine> filter_;  // not yet written; the last one is being filled
    std::uint64_t lines_written_ = 0;
    std::vector<std::uint64_t> fences_;
    bool published_ = false;
};

}  // namespace weir::journal
