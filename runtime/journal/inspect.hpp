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
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::journal {

// accepted = delivered + filtered + held + dead + pending: the accounting identity of one lane. Every figure is
// counted on its own; none is derived from the others.
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
    std::uint64_t pending = 0;
    std::uint64_t suppressed = 0;  // duplicates at intake, apart
    [[nodiscard]] bool balanced() const noexcept { return accepted == delivered + filtered + held + dead + pending; }
};

struct DeliveryFilter {
    std::optional<std::string> route;
    std::optional<std::string> destination;
    std::optional<DeliveryState> state;
    std::optional<std::string> code;
    std::size_t limit = 100;
};

struct ListedDelivery {
    std::string route;
    std::string destination;
    std::string stream;
    DeliveryRow row;
    DecodedBatch record;  // one record: as it was tried, or as it was accepted when never tried
};

// Where one accepted record stands, for one destination of one route.
struct LaneTrace {
    std::string route;
    std::string destination;
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
    [[nodiscard]] virtual Result<std::vector<RecordTrace>> trace(std::string_view id) = 0;
};

// `not_found`: no journal there.
[[nodiscard]] Result<std::unique_ptr<Inspector>> inspect_journal(const std::filesystem::path& dir);

}  // namespace weir::journal
