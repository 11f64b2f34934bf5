// The journal: the durable truth about records and deliveries. What it has not committed did not happen.
//
// A STREAM is the ordered sequence of records one source connection (or one staged step) produced; an OFFSET is a
// record's place in it, dense from 0. A LANE is one route's delivery to one destination (or a route's steps); its
// POSITION says that every record before it is settled: delivered, filtered, or written down as a DeliveryRow.
//
// Engines talk to it in three verbs: append (records and a cursor), commit (transitions of deliveries), read.
// One thread inside owns all writing; requests that arrive while it commits go into the next commit together.
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/record_frame.hpp"

namespace weir::journal {

using StreamId = std::uint32_t;
using LaneId = std::uint32_t;
using Offset = std::uint64_t;

struct OffsetRange {  // [first, end)
    Offset first = 0;
    Offset end = 0;
    friend bool operator==(const OffsetRange&, const OffsetRange&) = default;
};

// One delivery: the `part`-th record that the record at `offset` became (0 when steps make one of one).
struct ItemId {
    Offset offset = 0;
    std::uint32_t part = 0;
    friend auto operator<=>(const ItemId&, const ItemId&) = default;
};

// ---------------------------------------------------------------------------------------------- append

enum class Verdict : std::uint8_t {
    accepted,   // stored at the next offset
    duplicate,  // same identity, same content as a stored record: nothing stored
    conflict,   // same identity, other content: stored, held with code ID_CONFLICT
    held,       // stored, held by its source
};

struct AppendResult {
    Status status;     // not ok: NOTHING was taken. `unavailable`: full or failed disk, `code` says which
    Offset first = 0;  // offset of the first stored record; the stored ones follow densely
    std::uint32_t stored = 0;
    std::span<const Verdict> verdicts;  // one per record of the request; valid during done()
};

struct CursorUpdate {
    std::string partition;
    std::string cursor;  // opaque, at most 64 KiB
};

// Derive to receive the result. The journal owns the request until it has called done(), then destroys it.
class AppendRequest {
  public:
    AppendRequest() = default;
    AppendRequest(const AppendRequest&) = delete;
    AppendRequest& operator=(const AppendRequest&) = delete;
    virtual ~AppendRequest() = default;
    // On the journal's thread, after the commit is durable (or failed); must not block.
    virtual void done(const AppendResult& result) noexcept = 0;

    StreamId stream = 0;
    EncodedBatch records;  // may be empty: a cursor alone
    std::optional<CursorUpdate> cursor;
    bool deduplicate = true;  // false: every record is stored (a source without stable ids)
};

// ---------------------------------------------------------------------------------------------- transitions

enum class DeliveryState : std::uint8_t {
    retrying = 1,   // surely not done; due at next_wall_ns
    unknown = 2,    // may be done; to be resolved at next_wall_ns
    held = 3,       // business or policy: an exception; a person acts
    dead = 4,       // technical, given up: a dead letter
    delivered = 5,  // done; the row remains because it has something to tell (remote_id, more than one attempt)
    waiting = 6,    // asked for by a person (see Redo), not tried since
    resolved = 7,   // closed by a person without being delivered; counted apart
};
[[nodiscard]] std::string_view to_string(DeliveryState state) noexcept;

// What is to be done with a `waiting` row.
enum class Redo : std::uint8_t {
    none = 0,
    deliver = 1,  // the record in `frame`, as it was mapped when it was first tried
    steps = 2,    // run the route's current steps again over the accepted record (in a steps lane: over `frame`, when
                  // it is not empty), and deliver what they make of it
};

// A delivery that is not plain success, or whose success is worth a line: stored under (lane, item).
struct DeliveryRow {
    LaneId lane = 0;
    ItemId item;
    DeliveryState state = DeliveryState::retrying;
    std::uint32_t attempts = 0;
    std::uint32_t probes = 0;       // resolve() calls since the last attempt
    std::uint32_t error_class = 0;  // WEIR_CLASS_*
    std::int32_t remote_status = 0;
    std::int64_t next_wall_ns = 0;  // when it is due (retrying, unknown)
    std::int64_t updated_wall_ns = 0;
    // When this delivery first got a row. The journal keeps the first value it is given and ignores later ones.
    std::int64_t opened_wall_ns = 0;
    Redo redo = Redo::none;
    // Delivered (or filtered) before and asked for again: outside of the accounting identity, which has it already.
    bool replay = false;
    std::string code;
    std::string message;
    std::string remote_id;
    std::string external_ref;
    std::string step;   // where a held record stopped: "" (destination) or "step 2 (map)"
    std::string frame;  // the record as it was tried (encode_record); "" leaves the stored one
};

enum class AttemptKind : std::uint8_t { deliver = 1, resolve = 2 };

// Written BEFORE the sink is called. An attempt without AttemptSettled after a crash is `unknown`.
struct AttemptStarted {
    LaneId lane = 0;
    std::uint64_t attempt = 0;  // unique per lane, growing
    AttemptKind kind = AttemptKind::deliver;
    std::int64_t wall_ns = 0;
    std::vector<OffsetRange> ranges;  // first attempts: all parts of these records
    std::vector<ItemId> items;        // deliveries that have a DeliveryRow
};
struct AttemptSettled {
    LaneId lane = 0;
    std::uint64_t attempt = 0;
    std::int64_t wall_ns = 0;
};

// Absolute values, so that writing them twice is harmless.
struct LaneProgress {
    LaneId lane = 0;
    Offset position = 0;               // everything before it is settled or has a DeliveryRow
    std::vector<OffsetRange> settled;  // beyond position, when keys overtook each other; ascending
    std::uint64_t delivered = 0;       // records whose every part was delivered
    std::uint64_t duplicates = 0;      // of these, known to the target before
    std::uint64_t filtered = 0;        // records the steps deliberately dropped
    std::uint64_t next_attempt = 1;
};

struct StateWrite {
    std::string scope;  // "route/step"
    std::string key;
    std::optional<std::string> value;  // nullopt: delete
    std::int64_t expires_wall_ns = 0;  // 0: never
};

struct StagedOutput {
    StreamId stream = 0;
    EncodedBatch records;  // appended without looking for duplicates
};

// Who did what, and why. Entries are never changed or deleted; each one's hash covers the one before.
struct AuditEntry {
    std::string id;  // UUIDv7; writing the same id again does nothing
    std::int64_t wall_ns = 0;
    std::string actor;    // "token:ci", "local:root", "weir"
    std::string role;     // "viewer", "operator", "approver", "admin", "host"
    std::string action;   // "redrive", "edit", "resolve", "pause", "reload", ...
    std::string subject;  // what it was done to: "usage-to-ledger/erp/42.0", "route usage-to-ledger"
    std::string reason;   // as given by the actor
    std::string detail;   // JSON object; never a payload, never a secret
};

// What people did with one delivery: its history, beside the attempts.
struct DeliveryNote {
    std::string id;  // UUIDv7; writing the same id again does nothing
    LaneId lane = 0;
    ItemId item;
    std::int64_t wall_ns = 0;
    std::string actor;
    std::string action;  // "assign" (text: to whom), "note", "edit", "redrive", "resolve", "replay"
    std::string text;
    std::string detail;  // JSON object or ""
    std::string frame;   // edit: the record as it was before (encode_record); else ""
};

// One atomic unit: all of it or nothing.
struct Transition {
    std::vector<AttemptStarted> started = {};
    std::vector<AttemptSettled> settled = {};
    std::vector<DeliveryRow> rows = {};  // inserted or replaced by (lane, item)
    std::vector<LaneProgress> progress = {};
    std::vector<StateWrite> state = {};
    std::vector<StagedOutput> outputs = {};
    std::vector<AuditEntry> audit = {};
    std::vector<DeliveryNote> notes = {};
};

// ---------------------------------------------------------------------------------------------- reading

// Records that were committed together. `damaged`: the stored bytes fail their checksum; `count` offsets from
// `first` on are lost, the row is quarantined, and `records` is empty.
struct Group {
    Offset first = 0;
    std::uint32_t count = 0;
    std::int64_t wall_ns = 0;
    bool damaged = false;
    DecodedBatch records;
    [[nodiscard]] Offset end() const noexcept { return first + count; }
};

// What a lane needs to go on after a restart.
struct LaneState {
    LaneProgress progress;
    std::vector<AttemptStarted> open;  // attempts without an outcome: `unknown`
    std::vector<DeliveryRow> live;     // retrying, unknown, waiting; with their frames; ascending by item
    // Rows in a final state (delivered, held, dead, resolved) at or beyond the position, or whose offset also has a
    // live row: what tells the finished parts of a record from those still to do. Ascending by item.
    std::vector<std::pair<ItemId, DeliveryState>> closed;
    // Live rows whose stored frame cannot be read any more, as they are to be committed: dead, with the code
    // FRAME_DAMAGED and without a frame. Not among `live` or `closed`. Ascending by item.
    std::vector<DeliveryRow> damaged;
};

struct StreamInfo {
    StreamId id = 0;
    std::string name;
    Offset begin = 0;              // oldest retained
    Offset end = 0;                // one past the newest durable
    std::uint64_t duplicates = 0;  // suppressed at intake, ever
    std::uint64_t conflicts = 0;
};

enum class Availability : std::uint8_t { ready, unavailable };
struct Health {
    Availability availability = Availability::ready;
    std::string code;  // "disk_full", "disk_reserve", "fsync_failed", "io_error"
    std::string message;
    std::uint64_t queued_bytes = 0;  // appends not yet committed
    std::uint64_t quarantined_groups = 0;
};

class Journal {
  public:
    Journal() = default;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    // Commits what was submitted, then stops. Requests that could not be committed are done() with `cancelled`.
    virtual ~Journal() = default;

    // [any] Finds or creates. Names: [a-zA-Z0-9_./-]{1,128}.
    [[nodiscard]] virtual Result<StreamId> open_stream(std::string_view name) = 0;
    // [any] Finds or creates. A new lane starts at the stream's end, or at its begin when `from_begin`.
    [[nodiscard]] virtual Result<LaneId> open_lane(std::string_view route, std::string_view destination,
                                                   StreamId stream, bool from_begin) = 0;
    // [any] Every stored (partition, cursor) of a stream.
    [[nodiscard]] virtual Result<std::vector<CursorUpdate>> cursors(StreamId stream) = 0;
    [[nodiscard]] virtual Result<LaneState> lane_state(LaneId lane) = 0;  // [any]
    // [any] At or beyond `from`, those for which `lane` has a row in whatever state. Ascending.
    [[nodiscard]] virtual Result<std::vector<ItemId>> items_with_rows(LaneId lane, Offset from) = 0;

    // [any] Never blocks on the disk. Beyond the queue limit the request is done() at once with `unavailable`,
    // code "journal_busy", on the caller's thread.
    virtual void append(std::unique_ptr<AppendRequest> request) = 0;
    // [any] Returns when durable. `unavailable`: not committed now; the same transition may be committed again
    // later (all of it is idempotent).
    [[nodiscard]] virtual Status commit(Transition transition) = 0;
    // [any] As commit, without waiting; `done` runs on the journal's thread and must not block; may be empty.
    virtual void submit(Transition transition, std::function<void(const Status&)> done) = 0;

    // [any] Groups that hold offsets >= from, in order, at least one if there is one, then up to max_bytes. The
    // first may begin before `from`. Recent appends come from memory without a copy.
    [[nodiscard]] virtual Result<std::vector<Group>> read(StreamId stream, Offset from, std::size_t max_bytes) = 0;
    // [any] Waits until offset `from` is durable (true) or stop is requested or `timeout_ns` passed (false).
    virtual bool wait(StreamId stream, Offset from, std::stop_token stop, std::int64_t timeout_ns) = 0;
    [[nodiscard]] virtual Result<StreamInfo> stream_info(StreamId stream) = 0;  // [any]
    // [any] As of the last commit; expired keys are absent.
    [[nodiscard]] virtual Result<std::optional<std::string>> state_get(std::string_view scope,
                                                                       std::string_view key) = 0;
    [[nodiscard]] virtual Health health() const = 0;  // [any] cheap: no lock held across I/O
};

}  // namespace weir::journal
