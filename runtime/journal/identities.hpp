// Every identity that takes part in de-duplication: the newest in memory, the others in runs on disk.
//
// One thread, the committing one. It never waits for the disk, except to look at the block of a run whose filter says
// that the identity may be there.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "runtime/journal/catalog.hpp"
#include "runtime/journal/coverage.hpp"
#include "runtime/journal/identity_index.hpp"
#include "runtime/journal/identity_runs.hpp"

namespace weir::journal {

class Identities {
  public:
    // Until this is called everything stays in memory. `memory_bytes` bounds the tables: the one that is filled and the
    // one that is on its way to disk; filters are mapped and the kernel's to keep.
    void use_runs(IdentityRuns::Settings settings, std::size_t memory_bytes, const Catalog& catalog);

    // Takes note of what the background has done. Before a commit's first find().
    void refresh();
    void prefetch(std::uint64_t hash) const noexcept {
        active_.prefetch(hash);
        const IdentityKey key = IdentityIndex::key_of(hash);
        for (const auto& run : view_->runs) run->prefetch(key);
    }
    // Appends the position of every entry of `stream` that may be `hash`; the caller compares the stored records.
    // `unavailable`: a run is damaged, so it cannot be said. Read missing() from the segments, then mended().
    [[nodiscard]] Status find(std::uint64_t hash, StreamId stream, std::vector<Position>& into);

    void insert(std::uint64_t hash, Position position) { active_.insert(hash, position); }
    // Every identity of these offsets was inserted.
    void cover(StreamId stream, OffsetRange range) { covered_.add(stream, range); }
    // Hands over the table when it is full. Everything that was inserted is covered, and nothing else.
    void make_room();
    // A rebuild inserts faster than a disk may take it.
    void wait_written();
    // Offsets of the catalog's records that nothing here speaks for.
    [[nodiscard]] std::vector<StreamRange> missing(const Catalog& catalog);
    // Everything that the last missing() named is covered. True: but more has become missing since.
    [[nodiscard]] bool mended();
    // Identities of `stream` before `begin` are gone.
    void retire(StreamId stream, Offset begin);

    [[nodiscard]] std::size_t memory_bytes() const noexcept;  // of tables and fences
    [[nodiscard]] const RunView& view() const noexcept { return *view_; }
    [[nodiscard]] IdentityRuns* runs() const noexcept { return runs_.get(); }  // null: there are none

  private:
    [[nodiscard]] Status find_in_runs(IdentityKey key, StreamId stream, std::vector<Position>& into);

    IdentityIndex active_;
    Coverage covered_;            // by active_
    std::size_t active_max_ = 0;  // entries; 0: no bound
    std::vector<Offset> begins_;  // by stream
    std::unique_ptr<IdentityRuns> runs_;
    std::shared_ptr<const RunView> view_ = std::make_shared<RunView>();
    std::uint64_t version_ = 0;  // of view_
    std::uint64_t lost_ = 0;     // runs, when missing() was last asked
};

}  // namespace weir::journal
