// The older identities: tables that are on their way to disk, and the runs that are there.
//
// The committing thread hands over full tables and never waits: one thread of this object writes them as runs, another
// merges runs so that they stay few. What is known at a moment is an immutable RunView.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "runtime/journal/catalog.hpp"
#include "runtime/journal/coverage.hpp"
#include "runtime/journal/identity_index.hpp"
#include "runtime/journal/identity_run.hpp"

namespace weir::journal {

// A full table, no longer changed, until its run is durable.
struct FrozenIdentities {
    IdentityIndex table;
    Coverage coverage;
    std::uint64_t sequence = 0;
};

struct RunView {
    std::vector<std::shared_ptr<const FrozenIdentities>> frozen;  // in order of sequence
    std::vector<std::shared_ptr<const Run>> runs;                 // as well
    std::uint64_t lost = 0;                                       // runs that were found damaged
    std::uint64_t mended = 0;  // of these, how many have been read from the segments again
    [[nodiscard]] bool holes() const noexcept { return lost != mended; }
};

// The runs to merge next, as [first, end) into `entries` (oldest first); nullopt: none. Counted from the newest, runs
// that are not larger than all newer ones together are taken when there are at least four: so there are some
// log2(n) + 3 runs, and an entry is written log2(n) times.
struct MergeChoice {
    std::size_t first = 0;
    std::size_t end = 0;
};
[[nodiscard]] std::optional<MergeChoice> choose_merge(std::span<const std::uint64_t> entries);

class IdentityRuns {
  public:
    struct Settings {
        std::filesystem::path dir;        // made when there is something to write
        std::string journal_id;           // runs of other journals are removed
        std::uint64_t reserve_bytes = 0;  // merges leave as much of the file system free
    };

    explicit IdentityRuns(Settings settings);
    IdentityRuns(const IdentityRuns&) = delete;
    IdentityRuns& operator=(const IdentityRuns&) = delete;
    // Does not wait for tables to be written: the segments have what is in them.
    ~IdentityRuns();

    // Before anything else. Opens what is there and removes what cannot be used: damaged, merged into others, or
    // speaking of offsets that `catalog` does not have. Then starts the threads.
    void start(const Catalog& catalog);
    [[nodiscard]] std::shared_ptr<const RunView> view() const;  // [any]
    // [any] Changes whenever view() does.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    void hand_over(IdentityIndex table, Coverage coverage);  // [any]
    // [any] By stream id: identities before these offsets are gone; runs lose them when they are next merged.
    void retire(std::vector<Offset> begins);
    // [any] The run is damaged: it is removed, and the view has holes until mended().
    void discard(const Run& run, const Error& why);
    void mended(std::uint64_t lost);  // [any] What was missing when view() had lost so many is there again.
    // [any] Returns when no table waits to be written, or when writing fails.
    void wait_written();
    // [any] Returns when there is nothing to write or to merge, or when that fails.
    void wait_idle();

  private:
    using RunPtr = std::shared_ptr<const Run>;
    struct MergeJob {
        std::vector<RunPtr> inputs;  // consecutive
        std::vector<Offset> begins;
    };

    void open_all(const Catalog& catalog);
    [[nodiscard]] RunPtr open_one(const std::filesystem::path& path, const Catalog& catalog) const;
    [[nodiscard]] std::filesystem::path path_of(SequenceRange sequence) const;
    void change(const std::function<void(RunView&)>& edit);  // mutex_ is held

    void write_tables(const std::stop_token& stop);
    [[nodiscard]] Result<RunPtr> write_table(const FrozenIdentities& frozen, const std::vector<Offset>& begins) const;

    void merge_runs(const std::stop_token& stop);
    [[nodiscard]] std::optional<MergeJob> next_merge() const;  // mutex_ is held
    [[nodiscard]] Result<RunPtr> merge(const MergeJob& job, const std::stop_token& stop);
    [[nodiscard]] Status merge_entries(std::vector<RunCursor>& cursors, const MergeJob& job, RunWriter& writer,
                                       const std::stop_token& stop);
    void replace(const MergeJob& job, const RunPtr& merged);

    const Settings settings_;
    const std::uint64_t journal_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    std::shared_ptr<const RunView> view_ = std::make_shared<RunView>();
    std::vector<Offset> begins_;
    std::uint64_t next_sequence_ = 1;
    bool write_failing_ = false;
    bool merge_failing_ = false;
    bool merging_ = false;

    std::atomic<std::uint64_t> version_{0};
    std::jthread writer_;
    std::jthread merger_;
};

}  // namespace weir::journal
