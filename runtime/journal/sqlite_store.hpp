// The journal on disk: a row of SQLite files (segments), of which the newest is written and the others are history.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/journal/open_journal.hpp"
#include "runtime/journal/segment_files.hpp"
#include "runtime/journal/segment_reader.hpp"
#include "runtime/journal/segment_writer.hpp"
#include "runtime/journal/store.hpp"

namespace weir::journal {

class SqliteStore final : public Store {
  public:
    explicit SqliteStore(const Options& options) : options_(options) {}

    // Errors of load() beyond Store's: `conflict`: another process has it; `corrupt`: not ours, or a newer format.
    [[nodiscard]] Result<LoadedJournal> load() override;
    [[nodiscard]] Status commit(const WriteSet& set) override;
    [[nodiscard]] Status probe() override;
    [[nodiscard]] Result<std::vector<StreamBegin>> maintain(const Catalog& catalog) override;
    [[nodiscard]] Status visit_identities(StreamId stream, OffsetRange range, const IdentityVisitor& visit) override;
    [[nodiscard]] std::optional<std::uint64_t> free_bytes() const override;

    [[nodiscard]] Result<std::vector<StoredGroup>> read(StreamId stream, Offset from, Offset end,
                                                        std::size_t max_bytes) override;
    [[nodiscard]] Result<std::vector<AttemptStarted>> open_attempts(LaneId lane) override;
    [[nodiscard]] Result<LaneRows> lane_rows(LaneId lane, Offset position) override;
    [[nodiscard]] Result<std::optional<std::string>> state_get(std::string_view scope, std::string_view key,
                                                               std::int64_t now_wall_ns) override;

  private:
    struct Segment {
        SegmentFile file;
        std::vector<Offset> begins;  // by stream id; a stream that came later begins at 0
        std::uint64_t bytes = 0;     // of a sealed one
        std::int64_t created_wall_ns = 0;
        std::int64_t sealed_wall_ns = 0;  // 0: active

        std::mutex mutex;  // guards readers
        std::vector<std::unique_ptr<SegmentReader>> readers;
        [[nodiscard]] Offset begin(StreamId stream) const noexcept {
            return stream < begins.size() ? begins[stream] : 0;
        }
    };
    using SegmentPtr = std::shared_ptr<Segment>;

    // A reader of the segment's pool, given back when it goes.
    class Borrowed {
      public:
        Borrowed(SegmentPtr segment, std::unique_ptr<SegmentReader> reader)
            : segment_(std::move(segment)), reader_(std::move(reader)) {}
        Borrowed(Borrowed&&) = default;
        Borrowed& operator=(Borrowed&&) = delete;
        ~Borrowed();
        SegmentReader* operator->() const noexcept { return reader_.get(); }

      private:
        SegmentPtr segment_;
        std::unique_ptr<SegmentReader> reader_;
    };

    [[nodiscard]] Result<Borrowed> borrow(const SegmentPtr& segment) const;
    [[nodiscard]] std::vector<SegmentPtr> segments() const;
    [[nodiscard]] Result<Borrowed> active() const;
    [[nodiscard]] Result<SegmentPtr> open_segment(const SegmentFile& file);
    [[nodiscard]] Status seal_leftover(Segment& segment);
    [[nodiscard]] Status prepare_directory();
    [[nodiscard]] static std::vector<StreamBegin> oldest_begins(const std::vector<SegmentPtr>& segments,
                                                                std::size_t streams);

    [[nodiscard]] Result<bool> rotation_due();
    [[nodiscard]] Status rotate();
    [[nodiscard]] bool retention_due(const Segment& oldest, std::uint64_t total_bytes) const;
    [[nodiscard]] Result<bool> retire_oldest(const Catalog& catalog);
    [[nodiscard]] Result<bool> open_rows_before(const Catalog& catalog, const Segment& next);

    const Options options_;
    DirectoryLock lock_;
    std::unique_ptr<SegmentWriter> writer_;  // of the active segment

    mutable std::mutex segments_mutex_;  // guards the next one, for readers
    std::vector<SegmentPtr> segments_;   // oldest first; the last one is active

    std::uint64_t written_bytes_ = 0;  // since the active file's size was last asked for
    std::int64_t rotate_not_before_mono_ns_ = 0;
    std::int64_t retention_checked_wall_ns_ = 0;
    std::int64_t expired_wall_ns_ = 0;
    std::uint64_t kept_segment_ = 0;  // beyond its retention, and that was said
    bool rotate_soon_ = false;        // the active file turned out damaged where it is written
};

}  // namespace weir::journal
