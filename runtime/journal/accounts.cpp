#include "runtime/journal/accounts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/base/lane_names.hpp"

namespace weir::journal {

namespace {

// Of the rows one record has, the one that decides where it is counted: what still moves, then what was given up.
enum class Standing : std::uint8_t { resolved, held, dead, live };
struct Standings {
    std::map<Offset, Standing> records;
    std::set<Offset> replaying;  // apart: they are counted where they ended the first time
};

Standing standing_of(DeliveryState state) noexcept {
    if (is_live(state)) return Standing::live;
    if (state == DeliveryState::resolved) return Standing::resolved;
    return state == DeliveryState::dead ? Standing::dead : Standing::held;
}

Status add_standings(sqlite::Database& db, LaneId lane, Standings& standings) {
    WEIR_TRY(auto rows,
             db.prepare("SELECT record_offset, state, replay FROM delivery_rows WHERE lane = ?1 AND state <> 5"));
    rows.bind(1, lane);
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return ok();
        const auto state = static_cast<DeliveryState>(rows.integer(1));
        if (rows.integer(2) != 0) {
            if (is_live(state)) standings.replaying.insert(rows.as<Offset>(0));
            continue;
        }
        const Standing standing = standing_of(state);
        const auto [at, fresh] = standings.records.try_emplace(rows.as<Offset>(0), standing);
        if (!fresh) at->second = std::max(at->second, standing);
    }
}

bool settled(const LaneProgress& progress, Offset offset) {
    if (offset < progress.position) return true;
    return std::any_of(progress.settled.begin(), progress.settled.end(),
                       [offset](const OffsetRange& range) { return offset >= range.first && offset < range.end; });
}

const LaneEntry* steps_lane_of(const Catalog& catalog, const LaneEntry& lane) {
    for (const LaneEntry& other : catalog.lanes) {
        const bool steps = other.destination.empty() && other.id != lane.id;
        if (steps && other.route == lane.route && other.stream == lane.stream) return &other;
    }
    return nullptr;
}

// A steps lane that stages its outputs has an account of its own. One that only carries held records of fused steps is
// counted with the destinations, which read the same stream.
bool counts_with_destinations(const Catalog& catalog, const LaneEntry& lane) {
    return std::ranges::any_of(catalog.lanes, [&lane](const LaneEntry& other) {
        return !other.destination.empty() && other.route == lane.route && other.stream == lane.stream;
    });
}

Result<LaneAccount> count_account(SegmentSet& segments, const LaneEntry& lane) {
    const StreamInfo& stream = segments.catalog().stream_at(lane.stream).info;
    const LaneProgress& progress = lane.progress;
    LaneAccount account;
    account.lane = lane.id;
    account.route = lane.route;
    account.destination = lane.destination;
    account.stream = stream.name;
    account.accepted = stream.end - lane.begin;
    account.delivered = progress.delivered;
    account.duplicates = progress.duplicates;
    account.filtered = progress.filtered;
    account.suppressed = stream.duplicates;

    account.pending = stream.end - progress.position;
    for (const OffsetRange& range : progress.settled) account.pending -= range.end - range.first;

    Standings standings;
    WEIR_CHECK_OK(add_standings(segments.active().database(), lane.id, standings));
    // What steps put aside, perhaps behind a wire tap, is nothing a tap has to account for.
    const bool tap = is_tap_name(lane.destination);
    if (const LaneEntry* steps = tap ? nullptr : steps_lane_of(segments.catalog(), lane)) {
        WEIR_CHECK_OK(add_standings(segments.active().database(), steps->id, standings));
    }
    for (const auto& [offset, standing] : standings.records) {
        if (offset < lane.begin || !settled(progress, offset)) continue;  // among pending already
        if (standing == Standing::live) ++account.pending;
        if (standing == Standing::dead) ++account.dead;
        if (standing == Standing::held) ++account.held;
        if (standing == Standing::resolved) ++account.resolved;
    }
    const auto in_lane = [&lane](Offset offset) { return offset >= lane.begin; };
    account.replaying = static_cast<std::uint64_t>(std::ranges::count_if(standings.replaying, in_lane));
    return account;
}

}  // namespace

Result<std::vector<LaneAccount>> count_accounts(SegmentSet& segments) {
    std::vector<LaneAccount> accounts;
    for (const LaneEntry& lane : segments.catalog().lanes) {
        if (lane.destination.empty() && counts_with_destinations(segments.catalog(), lane)) continue;
        WEIR_TRY(LaneAccount account, count_account(segments, lane));
        accounts.push_back(std::move(account));
    }
    return accounts;
}

}  // namespace weir::journal
