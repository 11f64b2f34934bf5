// Where a journal keeps its bytes. The journal decides WHAT is written (verdicts, offsets, order); a store writes one
// such decision whole or not at all, and reads it back. Two exist: SQLite segments and plain memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/journal/catalog.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::journal {

// Records of one stream that are stored as one row.
struct NewGroup {
    StreamId stream = 0;
    Offset first = 0;
    std::int64_t wall_ns = 0;
    bool indexed = true;  // its identities take part in de-duplication
    std::vector<std::uint64_t> hashes;
    std::shared_ptr<const std::string> payload;
    [[nodiscard]] std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(hashes.size()); }
};

struct CursorWrite {
    StreamId stream = 0;
    const CursorUpdate* update = nullptr;
};

struct QuarantinedGroup {
    StreamId stream = 0;
    Offset first = 0;
    std::uint32_t count = 0;
    std::uint64_t segment = 0;
    std::int64_t found_wall_ns = 0;
    std::string reason;
};

// Everything of one commit. Pointers are to requests that outlive the call.
struct WriteSet {
    std::int64_t wall_ns = 0;
    std::vector<const StreamEntry*> new_streams;
    std::vector<const LaneEntry*> new_lanes;
    std::vector<NewGroup> groups;
    std::vector<StreamInfo> streams;  // whose end or counters change
    std::vector<CursorWrite> cursors;
    std::vector<const Transition*> transitions;  // without their outputs: those are in `groups`
    std::vector<QuarantinedGroup> quarantine;

    [[nodiscard]] bool empty() const noexcept {
        return new_streams.empty() && new_lanes.empty() && groups.empty() && streams.empty() && cursors.empty() &&
               transitions.empty() && quarantine.empty();
    }
};

// Deliveries that somebody will touch again by itself; the others wait for a person or are history.
[[nodiscard]] constexpr bool is_live(DeliveryState state) noexcept {
    return state == DeliveryState::retrying || state == DeliveryState::unknown || state == DeliveryState::waiting;
}
[[nodiscard]] constexpr bool expired(std::int64_t expires_wall_ns, std::int64_t now_wall_ns) noexcept {
    return expires_wall_ns != 0 && expires_wall_ns <= now_wall_ns;
}

struct StoredGroup {
    Offset first = 0;
    std::uint32_t count = 0;
    std::int64_t wall_ns = 0;
    std::shared_ptr<const std::string> payload;  // null: damaged
    std::uint64_t segment = 0;
    std::string damage;  // what is wrong with it
};

// As LaneState::live and ::closed.
struct LaneRows {
    std::vector<DeliveryRow> live;
    std::vector<DeliveryRow> damaged;  // as they are stored: live, with a frame that is not what was written
    std::vector<std::pair<ItemId, DeliveryState>> closed;
};

struct StreamBegin {
    StreamId stream = 0;
    Offset begin = 0;
};

struct LoadedJournal {
    std::string id;  // the same for as long as the journal lives; empty: it ends with the process
    Catalog catalog;
    std::vector<QuarantinedGroup> quarantine;
};

class Store {
  public:
    using IdentityVisitor = std::function<void(Offset first, std::span<const std::uint64_t> hashes)>;

    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    // [journal] Opens what is stored, or opens it anew after a failure. Nothing else may be called before it was ok.
    [[nodiscard]] virtual Result<LoadedJournal> load() = 0;
    // [journal] All of it durably, or nothing. After an error only load() may follow.
    [[nodiscard]] virtual Status commit(const WriteSet& set) = 0;
    // [journal] Writes something of no meaning durably, to know that writing works.
    [[nodiscard]] virtual Status probe() = 0;
    // [journal] Between commits: whatever keeps the store in shape (rotation, retention). Returns the streams that now
    // begin later. An error is one of commit().
    [[nodiscard]] virtual Result<std::vector<StreamBegin>> maintain(const Catalog& catalog) = 0;
    // [journal] Identities of the indexed groups that begin in the range, ascending.
    [[nodiscard]] virtual Status visit_identities(StreamId stream, OffsetRange range, const IdentityVisitor& visit) = 0;
    // [any] Bytes the file system has left; nullopt: not limited by one.
    [[nodiscard]] virtual std::optional<std::uint64_t> free_bytes() const = 0;

    // [any] Groups that hold offsets in [from, end), at least one, then up to max_bytes. Damaged ones are among them.
    [[nodiscard]] virtual Result<std::vector<StoredGroup>> read(StreamId stream, Offset from, Offset end,
                                                                std::size_t max_bytes) = 0;
    [[nodiscard]] virtual Result<std::vector<AttemptStarted>> open_attempts(LaneId lane) = 0;  // [any]
    [[nodiscard]] virtual Result<LaneRows> lane_rows(LaneId lane, Offset position) = 0;        // [any]
    [[nodiscard]] virtual Result<std::optional<std::string>> state_get(std::string_view scope, std::string_view key,
                                                                       std::int64_t now_wall_ns) = 0;  // [any]
};

}  // namespace weir::journal
