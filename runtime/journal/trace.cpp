#include "runtime/journal/trace.hpp"

#include <fmt/format.h>
#include <string.h>  // memmem

#include <algorithm>
#include <map>
#include <set>

#include "runtime/journal/codec.hpp"
#include "runtime/journal/position.hpp"

namespace weir::journal {

namespace {

constexpr std::size_t kFoundMax = 1000;

// Stored hashes cover source and id together, so an id alone is looked for in the payloads. Bytes are compared first;
// only groups that contain them are decoded.
Status find_in_group(const StoredGroup& group, StreamId stream, std::string_view id, std::set<Position>& found) {
    if (group.payload == nullptr) return ok();
    if (::memmem(group.payload->data(), group.payload->size(), id.data(), id.size()) == nullptr) return ok();
    WEIR_TRY(const DecodedBatch decoded, decode_records(*group.payload, group.count, group.payload));
    for (std::uint32_t i = 0; i < group.count; ++i) {
        if (view((*decoded.batch)[i].id) == id) found.insert(make_position(stream, group.first + i));
    }
    return ok();
}

Status find_by_id(SegmentSet& segments, std::string_view id, std::set<Position>& found) {
    constexpr std::size_t kChunkBytes = 4u << 20;
    for (std::size_t i = 0; i < segments.readers().size(); ++i) {
        for (const StreamEntry& stream : segments.catalog().streams) {
            const OffsetRange held = segments.range(i, stream.info.id);
            for (Offset at = held.first; at < held.end && found.size() < kFoundMax;) {
                std::vector<StoredGroup> groups;
                std::size_t bytes = 0;
                WEIR_CHECK_OK(segments.readers()[i]->groups(stream.info.id, at, held.end, kChunkBytes, bytes, groups));
                if (groups.empty()) break;
                for (const StoredGroup& group : groups) {
                    WEIR_CHECK_OK(find_in_group(group, stream.info.id, id, found));
                }
                at = groups.back().first + groups.back().count;
            }
        }
    }
    return ok();
}

Status find_by_reference(SegmentSet& segments, std::string_view reference, std::set<Position>& found) {
    WEIR_TRY(const auto rows, segments.rows("external_ref = ?1 OR remote_id = ?1", reference, kFoundMax));
    for (const DeliveryRow& row : rows) {
        const LaneEntry* lane = segments.catalog().lane(row.lane);
        if (lane != nullptr) found.insert(make_position(lane->stream, row.item.offset));
    }
    return ok();
}

bool concerns(const std::vector<OffsetRange>& ranges, const std::vector<ItemId>& items, Offset offset) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [offset](const OffsetRange& r) { return offset >= r.first && offset < r.end; }) ||
           std::any_of(items.begin(), items.end(), [offset](const ItemId& item) { return item.offset == offset; });
}

Result<std::vector<LaneTrace::Attempt>> attempts_of(SegmentSet& segments, LaneId lane, Offset offset) {
    std::map<std::uint64_t, LaneTrace::Attempt> found;  // a newer segment overwrites what an older one says
    for (const auto& reader : segments.readers()) {
        WEIR_TRY(auto rows, reader->database().prepare("SELECT attempt, kind, started_ns, settled_ns, ranges, items "
                                                       "FROM attempts WHERE lane = ?1"));
        rows.bind(1, lane);
        for (;;) {
            WEIR_TRY(const bool row, rows.step());
            if (!row) break;
            WEIR_TRY(const auto ranges, decode_ranges(rows.bytes(4)));
            WEIR_TRY(const auto items, decode_items(rows.bytes(5)));
            if (!concerns(ranges, items, offset)) continue;
            LaneTrace::Attempt attempt;
            attempt.attempt = rows.as<std::uint64_t>(0);
            attempt.kind = static_cast<AttemptKind>(rows.integer(1));
            attempt.started_wall_ns = rows.integer(2);
            if (!rows.is_null(3)) attempt.settled_wall_ns = rows.integer(3);
            found.insert_or_assign(attempt.attempt, attempt);
        }
    }
    std::vector<LaneTrace::Attempt> attempts;
    for (const auto& [number, attempt] : found) attempts.push_back(attempt);
    return attempts;
}

bool settled(const LaneProgress& progress, Offset offset) {
    return offset < progress.position || concerns(progress.settled, {}, offset);
}

Result<LaneTrace> trace_lane(SegmentSet& segments, const LaneEntry& lane, Offset offset) {
    LaneTrace trace;
    trace.route = lane.route;
    trace.destination = lane.destination;
    WEIR_TRY(trace.attempts, attempts_of(segments, lane.id, offset));
    const std::string where = fmt::format("lane = {} AND record_offset = {}", lane.id, offset);
    WEIR_TRY(trace.rows, segments.rows(where, {}, kFoundMax));
    std::sort(trace.rows.begin(), trace.rows.end(),
              [](const DeliveryRow& a, const DeliveryRow& b) { return a.item < b.item; });
    trace.settled = settled(lane.progress, offset);
    trace.filtered = trace.settled && trace.attempts.empty() && trace.rows.empty();
    return trace;
}

// Records that the steps put aside have their row in the steps lane; for the destinations they are not filtered.
void correct_filtered(std::vector<LaneTrace>& lanes) {
    for (const LaneTrace& steps : lanes) {
        if (!steps.destination.empty() || steps.rows.empty()) continue;
        for (LaneTrace& lane : lanes) {
            if (lane.route == steps.route) lane.filtered = false;
        }
    }
}

Result<RecordTrace> trace_record(SegmentSet& segments, StreamId stream, Offset offset) {
    RecordTrace trace;
    trace.stream = segments.catalog().stream_at(stream).info.name;
    trace.offset = offset;
    WEIR_TRY(auto found, segments.record(stream, offset));
    if (found) {
        trace.accepted_wall_ns = found->group.wall_ns;
        trace.segment = found->segment;
        trace.record = std::move(found->record);
    }
    for (const LaneEntry& lane : segments.catalog().lanes) {
        if (lane.stream != stream || offset < lane.begin) continue;
        WEIR_TRY(LaneTrace one, trace_lane(segments, lane, offset));
        const bool silent = one.attempts.empty() && one.rows.empty() && !one.settled;
        if (!(lane.destination.empty() && silent)) trace.lanes.push_back(std::move(one));
    }
    correct_filtered(trace.lanes);
    return trace;
}

}  // namespace

Result<std::vector<RecordTrace>> trace_records(SegmentSet& segments, std::string_view id) {
    std::vector<RecordTrace> traces;
    if (id.empty()) return traces;
    std::set<Position> found;
    WEIR_CHECK_OK(find_by_reference(segments, id, found));
    if (found.empty()) WEIR_CHECK_OK(find_by_id(segments, id, found));
    for (const Position position : found) {
        WEIR_TRY(RecordTrace trace, trace_record(segments, stream_of(position), offset_of(position)));
        traces.push_back(std::move(trace));
    }
    return traces;
}

}  // namespace weir::journal
