#include "runtime/journal/trace.hpp"

#include <fmt/format.h>
#include <string.h>  // memmem

#include <algorithm>
#include <iterator>
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

// No attempt is older than the segment its record was accepted in.
Result<std::vector<LaneTrace::Attempt>> attempts_of(SegmentSet& segments, LaneId lane, Offset offset,
                                                    std::uint64_t from_segment) {
    std::map<std::uint64_t, LaneTrace::Attempt> found;  // a newer segment overwrites what an older one says
    for (const auto& reader : segments.readers()) {
        if (reader->number() < from_segment) continue;
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

Result<LaneTrace> trace_lane(SegmentSet& segments, const LaneEntry& lane, Offset offset, std::uint64_t from_segment) {
    LaneTrace trace;
    trace.route = lane.route;
    trace.destination = lane.destination;
    trace.offset = offset;
    WEIR_TRY(trace.attempts, attempts_of(segments, lane.id, offset, from_segment));
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

// ---------------------------------------------------------------------------------------------- staged records

const StreamInfo* stream_named(const Catalog& catalog, std::string_view name) {
    for (const StreamEntry& stream : catalog.streams) {
        if (stream.info.name == name) return &stream.info;
    }
    return nullptr;
}

std::string staged_stream(const LaneEntry& steps) { return steps.route + "/staged"; }

// What the steps make of the record "id" is staged as "id", "id#1", "id#2", ...
std::string staged_id(std::string_view root, std::size_t part) {
    return part == 0 ? std::string(root) : fmt::format("{}#{}", root, part);
}

// "id" of "id#1"; else the same.
std::string_view without_part(std::string_view id) {
    const std::size_t mark = id.rfind('#');
    if (mark == std::string_view::npos || mark + 1 == id.size()) return id;
    const bool digits = id.find_first_not_of("0123456789", mark + 1) == std::string_view::npos;
    return digits ? id.substr(0, mark) : id;
}

struct StagedRecord {
    Offset offset = 0;
    std::string id;
};

// How many a record became is stored nowhere; their numbers are dense, so blocks of them are asked for until one ends
// early.
Result<std::vector<StagedRecord>> staged_of(SegmentSet& segments, StreamId staged, const weir_record& root,
                                            std::size_t from_segment) {
    constexpr std::size_t kBlock = 16;
    std::vector<StagedRecord> found;
    bool last = true;
    for (std::size_t part = 0; last && found.size() < kFoundMax; part += kBlock) {
        std::vector<std::string> ids;
        std::vector<std::uint64_t> hashes;
        for (std::size_t i = part; i < part + kBlock; ++i) {
            ids.push_back(staged_id(view(root.id), i));
            hashes.push_back(identity_hash(view(root.source), ids.back()));
        }
        WEIR_TRY(const auto offsets, segments.candidates(staged, hashes, from_segment));
        last = false;
        for (const Offset offset : offsets) {
            WEIR_TRY(const auto one, segments.record(staged, offset));
            if (!one) continue;
            const weir_record& record = (*one->record.batch)[0];
            const bool ours = std::find(ids.begin(), ids.end(), view(record.id)) != ids.end();
            if (!ours || view(record.source) != view(root.source)) continue;
            last = last || view(record.id) == ids.back();
            found.push_back({offset, std::string(view(record.id))});
        }
    }
    return found;
}

// Adds the lanes of what the steps of `steps` staged for the record; true when there is any.
Result<bool> add_staged(SegmentSet& segments, const LaneEntry& steps, const weir_record& root, std::uint64_t segment,
                        std::vector<LaneTrace>& lanes) {
    const StreamInfo* staged = stream_named(segments.catalog(), staged_stream(steps));
    if (staged == nullptr) return false;
    std::size_t from = 0;
    while (from + 1 < segments.readers().size() && segments.readers()[from]->number() < segment) ++from;
    WEIR_TRY(const auto records, staged_of(segments, staged->id, root, from));
    for (const StagedRecord& record : records) {
        for (const LaneEntry& lane : segments.catalog().lanes) {
            if (lane.stream != staged->id || record.offset < lane.begin) continue;
            WEIR_TRY(LaneTrace one, trace_lane(segments, lane, record.offset, segment));
            one.staged_id = record.id;
            lanes.push_back(std::move(one));
        }
    }
    return !records.empty();
}

// The record that a staged one was made of; the position itself when it is not staged, or its root is not retained.
Result<Position> root_of(SegmentSet& segments, Position position) {
    const Catalog& catalog = segments.catalog();
    const std::string& name = catalog.stream_at(stream_of(position)).info.name;
    for (const LaneEntry& steps : catalog.lanes) {
        if (!steps.destination.empty() || staged_stream(steps) != name) continue;
        WEIR_TRY(const auto staged, segments.record(stream_of(position), offset_of(position)));
        if (!staged) return position;
        const weir_record& record = (*staged->record.batch)[0];
        const std::string_view ids[] = {view(record.id), without_part(view(record.id))};
        const std::uint64_t hashes[] = {identity_hash(view(record.source), ids[0]),
                                        identity_hash(view(record.source), ids[1])};
        WEIR_TRY(const auto offsets, segments.candidates(steps.stream, hashes, 0));
        for (const Offset offset : offsets) {
            WEIR_TRY(const auto root, segments.record(steps.stream, offset));
            if (!root) continue;
            const weir_record& candidate = (*root->record.batch)[0];
            const bool named = view(candidate.id) == ids[0] || view(candidate.id) == ids[1];
            if (named && view(candidate.source) == view(record.source)) return make_position(steps.stream, offset);
        }
    }
    return position;
}

// ---------------------------------------------------------------------------------------------- one record

Result<RecordTrace> trace_record(SegmentSet& segments, StreamId stream, Offset offset) {
    RecordTrace trace;
    trace.stream = segments.catalog().stream_at(stream).info.name;
    trace.offset = offset;
    WEIR_TRY(auto found, segments.record(stream, offset));
    if (found) {
        trace.accepted_wall_ns = found->accepted_wall_ns;
        trace.segment = found->segment;
        trace.record = std::move(found->record);
    }
    std::vector<LaneTrace> staged;
    for (const LaneEntry& lane : segments.catalog().lanes) {
        if (lane.stream != stream || offset < lane.begin) continue;
        WEIR_TRY(LaneTrace one, trace_lane(segments, lane, offset, trace.segment));
        if (lane.destination.empty() && trace.record.batch) {
            WEIR_TRY(const bool any, add_staged(segments, lane, (*trace.record.batch)[0], trace.segment, staged));
            one.filtered = one.filtered && !any;
        }
        const bool silent = one.attempts.empty() && one.rows.empty() && !one.settled;
        if (!(lane.destination.empty() && silent)) trace.lanes.push_back(std::move(one));
    }
    correct_filtered(trace.lanes);
    trace.lanes.insert(trace.lanes.end(), std::make_move_iterator(staged.begin()),
                       std::make_move_iterator(staged.end()));
    return trace;
}

Status find_by_identity(SegmentSet& segments, std::string_view source, std::string_view id, std::set<Position>& found) {
    const std::uint64_t hash = identity_hash(source, id);
    for (const StreamEntry& stream : segments.catalog().streams) {
        WEIR_TRY(const auto offsets, segments.candidates(stream.info.id, std::span(&hash, 1), 0));
        for (const Offset offset : offsets) {
            WEIR_TRY(const auto one, segments.record(stream.info.id, offset));
            if (!one) continue;
            const weir_record& record = (*one->record.batch)[0];
            if (view(record.id) == id && view(record.source) == source && found.size() < kFoundMax)
                found.insert(make_position(stream.info.id, offset));
        }
    }
    return ok();
}

Status find(SegmentSet& segments, std::string_view id, std::string_view source, std::set<Position>& found) {
    if (!source.empty()) return find_by_identity(segments, source, id, found);
    WEIR_CHECK_OK(find_by_reference(segments, id, found));
    return found.empty() ? find_by_id(segments, id, found) : ok();
}

}  // namespace

Result<std::vector<RecordTrace>> trace_records(SegmentSet& segments, std::string_view id, std::string_view source) {
    std::vector<RecordTrace> traces;
    if (id.empty()) return traces;
    std::set<Position> found;
    WEIR_CHECK_OK(find(segments, id, source, found));
    std::set<Position> roots;
    for (const Position position : found) {
        WEIR_TRY(const Position root, root_of(segments, position));
        roots.insert(root);
    }
    for (const Position position : roots) {
        WEIR_TRY(RecordTrace trace, trace_record(segments, stream_of(position), offset_of(position)));
        traces.push_back(std::move(trace));
    }
    return traces;
}

}  // namespace weir::journal
