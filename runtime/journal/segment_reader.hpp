// Reads one segment file through its own read-only connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sqlite/sqlite.hpp"
#include "runtime/journal/store.hpp"

namespace weir::journal {

// Refuses what is not a segment of this format: `corrupt`.
[[nodiscard]] Status check_format(sqlite::Database& db, const std::string& path);
// The version a segment was written in; `corrupt` when it is none of ours. Newer ones are for check_format().
[[nodiscard]] Result<int> format_version(sqlite::Database& db, const std::string& path);

// The streams, cursors and lanes of a segment. StreamInfo::begin is the first offset this segment may hold.
[[nodiscard]] Result<Catalog> read_catalog(sqlite::Database& db);
[[nodiscard]] Result<std::vector<QuarantinedGroup>> read_quarantine(sqlite::Database& db);
// A row of `SELECT lane, record_offset, part, state, attempts, probes, error_class, remote_status, next_ns,
// updated_ns, code, message, remote_id, external_ref, step, frame, opened_ns, redo, replay, frame_check`.
[[nodiscard]] DeliveryRow read_delivery_row(const sqlite::Statement& row);
// Of the same: whether the frame is as it was written, and can be read.
[[nodiscard]] bool frame_is_whole(const sqlite::Statement& row);
inline constexpr std::string_view kDeliveryColumns =
    "lane, record_offset, part, state, attempts, probes, error_class, remote_status, next_ns, updated_ns, code, "
    "message, remote_id, external_ref, step, frame, opened_ns, redo, replay, frame_check";

// One thread at a time.
class SegmentReader {
  public:
    [[nodiscard]] static Result<std::unique_ptr<SegmentReader>> open(const std::string& path, std::uint64_t number,
                                                                     const std::string& vfs);

    // Appends groups that hold offsets in [from, end), at least one, until `bytes` is above max_bytes. What cannot be
    // read, or is not there, is in between as damaged groups, so that the answer has no gaps.
    [[nodiscard]] Status groups(StreamId stream, Offset from, Offset end, std::size_t max_bytes, std::size_t& bytes,
                                std::vector<StoredGroup>& out);
    // The first offset at or after `from` whose group was committed in [since, until); `end` when there is none.
    // Reads no payloads. Where a page cannot be read it stops, for groups() to tell.
    [[nodiscard]] Result<Offset> next_in_time(StreamId stream, Offset from, Offset end, std::int64_t since_wall_ns,
                                              std::int64_t until_wall_ns);
    // Hashes of every indexed group in [from, end); unreadable ones are left out.
    using HashVisitor = std::function<void(Offset first, std::span<const std::uint64_t> hashes)>;
    [[nodiscard]] Status identities(StreamId stream, Offset from, Offset end, bool indexed_only,
                                    const HashVisitor& visit);

    [[nodiscard]] Result<std::vector<AttemptStarted>> open_attempts(LaneId lane);
    [[nodiscard]] Result<LaneRows> lane_rows(LaneId lane, Offset position);
    [[nodiscard]] Result<std::optional<std::string>> state_get(std::string_view scope, std::string_view key,
                                                               std::int64_t now_wall_ns);
    // All keys of a scope, ascending.
    [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> state_of(std::string_view scope,
                                                                                    std::int64_t now_wall_ns);
    [[nodiscard]] sqlite::Database& database() noexcept { return db_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    SegmentReader(sqlite::Database db, std::uint64_t number) : db_(std::move(db)), number_(number) {}  // see open()

  private:
    [[nodiscard]] Status prepare();
    [[nodiscard]] Result<Offset> next_readable(StreamId stream, Offset after, Offset end);
    [[nodiscard]] Result<std::optional<Offset>> seek(StreamId stream, Offset from, Offset end);
    [[nodiscard]] StoredGroup read_group() const;
    [[nodiscard]] StoredGroup damaged(Offset first, Offset end, std::string reason) const;

    sqlite::Database db_;
    std::uint64_t number_;
    sqlite::Statement groups_;
    sqlite::Statement hashes_;
    sqlite::Statement seek_;
    sqlite::Statement state_;
    sqlite::Statement in_time_;
};

}  // namespace weir::journal
