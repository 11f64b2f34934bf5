// Reads a journal's files for people: the verbs `status`, `trace` and `dead-letters`, on a stopped host and,
// because SQLite's WAL lets readers in beside the writer, on a running one. Opens everything read-only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::journal {

// accepted = delivered + filtered + held + dead + resolved + pending: the accounting identity of one lane. Every figure
// is counted on its own; none is derived from the others.
struct LaneAccount {
    LaneId lane = 0;
    std::string route;
    std::string destination;  // "" for a route's steps lane
    std::string stream;
    std::uint64_t accepted = 0;  // records of the stream since the lane began
    std::uint64_t delivered = 0;
    std::uint64_t duplicates = 0;  // part of delivered: the target had them
    std::uint64_t filtered = 0;
    std::uint64_t held = 0;
    std::uint64_t dead = 0;
    std::uint64_t resolved = 0;  // closed by a person
    std::uint64_t pending = 0;
    std::uint64_t suppressed = 0;  // duplicates at intake, apart
    std::uint64_t replaying = 0;   // live replays, apart
    [[nodiscard]] bool balanced() const noexcept {
        return accepted == delivered + filtered + held + dead + resolved + pending;
    }
};

// Every condition that is set must hold.
struct DeliveryFilter {
    std::optional<std::string> route = {};
    std::optional<std::string> destination = {};
    std::optional<DeliveryState> state = {};
    std::optional<std::string> code = {};
    std::optional<LaneId> lane = {};
    std::optional<ItemId> item = {};
    std::optional<OffsetRange> offsets = {};  // of the records
    std::optional<std::string> external_ref = {};
    std::optional<std::string> assignee = {};        // "" is nobody
    std::optional<std::int64_t> since_wall_ns = {};  // opened at or after
    std::optional<std::int64_t> until_wall_ns = {};  // opened before
    std::optional<std::string> key = {};             // ordering key, subject or id of the record
    std::optional<std::string> text = {};            // stands in payload, message or code; case-sensitive
    bool record = true;                              // read the record too; needed by `key` and `text`
    std::uint64_t after = 0;                         // rows with a larger number than this: the next page
    std::size_t limit = 100;
};

struct ListedDelivery {
    std::uint64_t number = 0;  // ascending; the cursor of pages
    std::string route;
    std::string destination;
    std::string stream;
    std::string assignee;  // the last "assign" note; "" is nobody
    DeliveryRow row;
    // One record: as it was tried, or as it was accepted when never tried. No batch: not asked for, or lost.
    DecodedBatch record;
    bool frame_damaged = false;  // what `row.frame` says cannot be read; `record` is the accepted one, if there is one
};

// Accepted records, for replay.
struct RecordFilter {
    std::string stream = {};  // required
    std::optional<std::string> id = {};
    std::optional<std::string> source = {};  // with `id`: found by hash, without reading every payload
    std::optional<std::string> key = {};     // ordering key or subject
    std::optional<std::string> correlation_id = {};
    std::optional<std::string> type = {};
    std::optional<std::string> text = {};             // stands in the payload
    std::optional<std::int64_t> since_wall_ns = {};   // accepted at or after
    std::optional<std::int64_t> until_wall_ns = {};   // accepted before
    std::optional<std::int64_t> event_since_ns = {};  // happened (CloudEvents time) at or after
    std::optional<std::int64_t> event_until_ns = {};  // happened before
    Offset from = 0;                                  // RecordPage::next of the page before
    std::size_t limit = 1000;
    std::uint64_t scan_bytes = 256ull << 20;  // one call looks through about as many stored bytes, at least one group
};
struct AcceptedRecord {
    Offset offset = 0;
    std::int64_t accepted_wall_ns = 0;
    DecodedBatch record;  // one
};
// `records` may be empty although more match further on: ask again from `next` until `done`.
struct RecordPage {
    std::vector<AcceptedRecord> records;  // ascending by offset
    Offset next = 0;                      // everything before it was looked at
    bool done = false;                    // `next` is the end of the stream
    std::uint64_t damaged = 0;            // records of this page that cannot be read any more
};

struct LaneInfo {
    LaneId lane = 0;
    std::string route;
    std::string destination;  // "": the route's steps lane
    std::string stream;
    StreamId stream_id = 0;
    Offset begin = 0;
    Offset stream_end = 0;
    LaneProgress progress;
};

struct AuditFilter {
    std::optional<std::string> actor = {};
    std::optional<std::string> action = {};
    std::optional<std::string> subject = {};  // prefix
    std::optional<std::int64_t> since_wall_ns = {};
    std::optional<std::int64_t> until_wall_ns = {};
    std::uint64_t after = 0;  // sequence
    std::size_t limit = 100;
};
struct ListedAudit {
    std::uint64_t sequence = 0;  // dense from 1
    std::string hash;            // hex SHA-256 over the hash before and every field
    AuditEntry entry;
};

// Where one accepted record stands, for one destination of one route.
struct LaneTrace {
    std::string route;
    std::string destination;
    // A lane of the route's staged stream: id and offset there of what the steps made of the record. Else "" and the
    // record's own offset.
    std::string staged_id;
    Offset offset = 0;
    struct Attempt {
        AttemptKind kind = AttemptKind::deliver;
        std::uint64_t attempt = 0;
        std::int64_t started_wall_ns = 0;
        std::optional<std::int64_t> settled_wall_ns;
    };
    std::vector<Attempt> attempts;
    std::vector<DeliveryRow> rows;  // one per part that has something to tell
    bool settled = false;           // before the position or in a settled range
    bool filtered = false;          // settled without an attempt and without a row
};
struct RecordTrace {
    std::string stream;
    Offset offset = 0;
    std::int64_t accepted_wall_ns = 0;
    std::uint64_t segment = 0;
    DecodedBatch record;  // one record
    std::vector<LaneTrace> lanes;
};

class Inspector {
  public:
    virtual ~Inspector() = default;
    [[nodiscard]] virtual Result<std::vector<StreamInfo>> streams() = 0;
    [[nodiscard]] virtual Result<std::vector<LaneAccount>> accounts() = 0;
    [[nodiscard]] virtual Result<std::vector<ListedDelivery>> deliveries(const DeliveryFilter& filter) = 0;
    // By CloudEvents id, or by external reference ("WR-..."), or by a target's id. Several when sources share ids.
    // With the id's `source` it is found by hash; with "" every stored payload is looked through. What a route's steps
    // staged is told with the record it was made of.
    [[nodiscard]] virtual Result<std::vector<RecordTrace>> trace(std::string_view id, std::string_view source) = 0;
    [[nodiscard]] Result<std::vector<RecordTrace>> trace(std::string_view id) { return trace(id, {}); }
    [[nodiscard]] virtual Result<std::vector<LaneInfo>> lanes() = 0;
    // `not_found`: no such stream.
    [[nodiscard]] virtual Result<RecordPage> records(const RecordFilter& filter) = 0;
    // Oldest first.
    [[nodiscard]] virtual Result<std::vector<DeliveryNote>> notes(LaneId lane, ItemId item) = 0;
    // Ascending by sequence.
    [[nodiscard]] virtual Result<std::vector<ListedAudit>> audit(const AuditFilter& filter) = 0;
    // Recomputes every hash. Not ok (`corrupt`): the first entry that does not fit. The value: how many do.
    [[nodiscard]] virtual Result<std::uint64_t> verify_audit() = 0;
    // Keys of one scope with their values, ascending; those expired at `now_wall_ns` are absent.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, std::string>>> state(std::string_view scope,
                                                                                         std::int64_t now_wall_ns) = 0;
};

// `not_found`: no journal there. `corrupt`, code "format_version": written by another version of weir.
[[nodiscard]] Result<std::unique_ptr<Inspector>> inspect_journal(const std::filesystem::path& dir);

}  // namespace weir::journal
