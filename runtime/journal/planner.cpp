#include "runtime/journal/planner.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "runtime/journal/codec.hpp"

namespace weir::journal {

namespace {

constexpr std::size_t kGroupBytesMax = 16u << 20;  // one row is read as a whole
constexpr std::size_t kCursorBytesMax = 64u << 10;
constexpr std::size_t kPartitionBytesMax = 4096;

Error invalid(std::string message) { return {Errc::invalid, std::move(message), "journal_request", {}}; }

Error unknown_stream(StreamId stream) { return invalid(fmt::format("stream {} does not exist", stream)); }

Status check_records(const EncodedBatch& records) {
    if (well_cut(records)) return ok();
    return invalid(
        fmt::format("{} record sizes do not cut {} bytes of frames", records.sizes.size(), records.frames.size()));
}

}  // namespace

void Planner::begin(const Catalog& catalog, std::int64_t wall_ns, std::size_t records_bytes) {
    catalog_ = &catalog;
    expected_bytes_ = std::min(records_bytes, kGroupBytesMax);
    set_ = WriteSet{};
    set_.wall_ns = wall_ns;
    broken_ = ok();
    streams_.clear();
    buildings_.clear();
    verdicts_.clear();
    pending_.clear();
    identities_.refresh();
    positions_.assign(catalog.lanes.size() + 1, 0);
    for (const LaneEntry& lane : catalog.lanes) positions_[lane.id] = lane.progress.position;
}

// ---------------------------------------------------------------------------------------------- appends

PlannedAppend Planner::append(const AppendRequest& request) {
    PlannedAppend planned;
    planned.status = check(request);
    planned.verdicts_begin = verdicts_.size();
    if (!planned.status.ok()) return planned;

    StreamPlan& plan = plan_of(request.stream);
    planned.first = plan.info.end;
    const EncodedBatch& records = request.records;
    constexpr std::uint32_t kAhead = 32;  // several cache lines each; more at once would push each other out
    const std::uint32_t identities = request.deduplicate ? records.count() : 0;
    for (std::uint32_t i = 0; i < std::min(kAhead, identities); ++i) identities_.prefetch(records.id_hashes[i]);
    std::string_view frames = records.frames;
    for (std::uint32_t i = 0; i < records.count() && broken_.ok(); ++i) {
        if (i + kAhead < identities) identities_.prefetch(records.id_hashes[i + kAhead]);
        const std::string_view frame = frames.substr(0, records.sizes[i]);
        frames.remove_prefix(frame.size());
        if (request.deduplicate) {
            auto verdict = judge_and_store(plan, frame, records.id_hashes[i]);
            if (!verdict.ok()) broken_ = std::move(verdict).error();
            verdicts_.push_back(verdict.ok() ? *verdict : Verdict::accepted);
        } else {
            store(plan, false, frame, records.id_hashes[i]);
            verdicts_.push_back(frame_is_held(frame) ? Verdict::held : Verdict::accepted);
        }
    }
    planned.stored = static_cast<std::uint32_t>(plan.info.end - planned.first);
    planned.verdicts_count = static_cast<std::uint32_t>(verdicts_.size() - planned.verdicts_begin);
    if (request.cursor) set_.cursors.push_back({request.stream, &*request.cursor});
    return planned;
}

Status Planner::check(const AppendRequest& request) const {
    const StreamEntry* stream = catalog_->stream(request.stream);
    if (stream == nullptr) return unknown_stream(request.stream);
    WEIR_CHECK_OK(check_records(request.records));
    if (stream->info.end + request.records.count() > kOffsetMax / 2) {
        return invalid(fmt::format("stream \"{}\" is full at offset {}", stream->info.name, stream->info.end));
    }
    if (!request.cursor) return ok();
    if (request.cursor->cursor.size() > kCursorBytesMax || request.cursor->partition.size() > kPartitionBytesMax) {
        return invalid(fmt::format("a cursor of {} bytes for a partition name of {} bytes, at most {} and {}",
                                   request.cursor->cursor.size(), request.cursor->partition.size(), kCursorBytesMax,
                                   kPartitionBytesMax));
    }
    return ok();
}

Planner::StreamPlan& Planner::plan_of(StreamId stream) {
    for (StreamPlan& plan : streams_) {
        if (plan.info.id == stream) return plan;
    }
    StreamPlan& plan = streams_.emplace_back();
    plan.info = catalog_->stream_at(stream).info;
    plan.durable_end = plan.info.end;
    return plan;
}

Planner::Building& Planner::room_for(StreamPlan& plan, bool indexed, std::size_t bytes) {
    if (!plan.buildings.empty()) {
        Building& last = buildings_[plan.buildings.back()];
        const bool fits = last.frames.size() + bytes <= kGroupBytesMax && last.hashes.size() < group_records_max_;
        if (fits && last.indexed == indexed) return last;
    }
    plan.buildings.push_back(buildings_.size());
    Building& fresh = buildings_.emplace_back();
    fresh.stream = plan.info.id;
    fresh.first = plan.info.end;
    fresh.indexed = indexed;
    fresh.frames.reserve(std::max(bytes, expected_bytes_));
    return fresh;
}

void Planner::store(StreamPlan& plan, bool indexed, std::string_view frame, std::uint64_t hash) {
    Building& building = room_for(plan, indexed, frame.size());
    building.frames.append(frame);
    building.hashes.push_back(hash);
    building.ends.push_back(building.frames.size());
    expected_bytes_ -= std::min(expected_bytes_, frame.size());
    if (indexed) pending_.insert(hash, make_position(plan.info.id, plan.info.end));
    ++plan.info.end;
    plan.changed = true;
}

Result<Verdict> Planner::judge_and_store(StreamPlan& plan, std::string_view frame, std::uint64_t hash) {
    candidates_.clear();
    WEIR_CHECK_OK(identities_.find(hash, plan.info.id, candidates_));
    pending_.find(hash, plan.info.id, [this](Position position) { candidates_.push_back(position); });
    if (!candidates_.empty()) {
        const auto decoded = decode_records(frame, 1, nullptr);
        if (!decoded.ok()) return store(plan, true, frame, hash), Verdict::accepted;  // kept; found damaged when read
        const weir_record& record = (*decoded->batch)[0];
        WEIR_TRY(const auto found, match(plan, record));
        if (found.first == Match::same) {
            ++plan.info.duplicates;
            plan.changed = true;
            return Verdict::duplicate;
        }
        if (found.first == Match::other) {
            WEIR_CHECK_OK(store_conflict(plan, record, hash, found.second));
            return Verdict::conflict;
        }
    }
    store(plan, true, frame, hash);
    return frame_is_held(frame) ? Verdict::held : Verdict::accepted;
}

Result<std::pair<Planner::Match, Offset>> Planner::match(const StreamPlan& plan, const weir_record& record) {
    std::sort(candidates_.begin(), candidates_.end());
    std::pair<Match, Offset> found{Match::none, 0};
    for (const Position position : candidates_) {
        WEIR_TRY(const Match one, compare(plan, record, offset_of(position)));
        if (one == Match::same) return std::pair{one, offset_of(position)};
        if (one == Match::other && found.first == Match::none) found = {one, offset_of(position)};
    }
    return found;
}

Result<Planner::Match> Planner::compare(const StreamPlan& plan, const weir_record& record, Offset offset) {
    const auto judge = [&record](const weir_record& stored) {
        if (view(stored.id) != view(record.id) || view(stored.source) != view(record.source)) return Match::none;
        return same_content(stored, record) ? Match::same : Match::other;
    };
    if (offset < plan.info.begin) return Match::none;
    if (offset >= plan.durable_end) {
        WEIR_TRY(const DecodedBatch planned, planned_record(plan, offset));
        return judge((*planned.batch)[0]);
    }
    if (cached_stream_ != plan.info.id || offset < cached_.first || offset >= cached_.end()) {
        WEIR_TRY(cached_, load_(plan.info.id, offset));
        cached_stream_ = plan.info.id;
    }
    // What is lost cannot be compared. Taking the record again brings it back; calling it a duplicate would lose it.
    if (cached_.damaged || offset < cached_.first || offset >= cached_.end()) return Match::none;
    return judge((*cached_.records.batch)[static_cast<std::size_t>(offset - cached_.first)]);
}

Result<DecodedBatch> Planner::planned_record(const StreamPlan& plan, Offset offset) const {
    auto at = std::upper_bound(plan.buildings.begin(), plan.buildings.end(), offset,
                               [this](Offset o, std::size_t b) { return o < buildings_[b].first; });
    const Building& building = buildings_[*std::prev(at)];
    const auto index = static_cast<std::size_t>(offset - building.first);
    const std::size_t begin = index == 0 ? 0 : building.ends[index - 1];
    const std::string_view frame = std::string_view(building.frames).substr(begin, building.ends[index] - begin);
    return decode_records(frame, 1, nullptr);
}

Status Planner::store_conflict(StreamPlan& plan, const weir_record& record, std::uint64_t hash, Offset first) {
    Hold hold;
    hold.error_class = WEIR_CLASS_BUSINESS;
    hold.code = "ID_CONFLICT";
    hold.message = fmt::format("the record at offset {} of stream \"{}\" has this source and id but other content",
                               first, plan.info.name);
    EncodedBatch encoded;
    WEIR_CHECK_OK(encode_record(record, &hold, encoded));
    store(plan, true, encoded.frames, hash);
    ++plan.info.conflicts;
    return ok();
}

// ---------------------------------------------------------------------------------------------- transitions

Status Planner::transition(const Transition& transition) {
    WEIR_CHECK_OK(check(transition));
    for (const LaneProgress& progress : transition.progress) positions_[progress.lane] = progress.position;
    set_.transitions.push_back(&transition);
    if (landed_before(transition)) return ok();
    for (const StagedOutput& output : transition.outputs) {
        StreamPlan& plan = plan_of(output.stream);
        std::string_view frames = output.records.frames;
        for (std::uint32_t i = 0; i < output.records.count(); ++i) {
            store(plan, false, frames.substr(0, output.records.sizes[i]), output.records.id_hashes[i]);
            frames.remove_prefix(output.records.sizes[i]);
        }
    }
    return ok();
}

// The caller was told that this transition failed, and then it was found durable. All of it is idempotent but the
// outputs: they are there already.
bool Planner::landed_before(const Transition& transition) const {
    if (transition.outputs.empty()) return false;
    const auto went_on = [this](const DeliveryRow& row) {
        const std::vector<ItemId>& landed = catalog_->lane_at(row.lane).landed_items;
        return std::find(landed.begin(), landed.end(), row.item) != landed.end();
    };
    if (!transition.rows.empty() && std::all_of(transition.rows.begin(), transition.rows.end(), went_on)) return true;
    if (transition.progress.empty()) return false;
    return std::all_of(transition.progress.begin(), transition.progress.end(), [this](const LaneProgress& progress) {
        const LaneEntry& lane = catalog_->lane_at(progress.lane);
        return lane.landed && lane.progress.position == progress.position && lane.progress.settled == progress.settled;
    });
}

Status Planner::check_lane(LaneId lane) const {
    if (catalog_->lane(lane) != nullptr) return ok();
    return invalid(fmt::format("lane {} does not exist", lane));
}

Status Planner::check(const Transition& transition) {
    for (const AttemptStarted& started : transition.started) WEIR_CHECK_OK(check_lane(started.lane));
    for (const AttemptSettled& settled : transition.settled) WEIR_CHECK_OK(check_lane(settled.lane));
    for (const DeliveryRow& row : transition.rows) {
        WEIR_CHECK_OK(check_lane(row.lane));
        const auto state = static_cast<unsigned>(row.state);
        if (state < 1 || state > 7) return invalid(fmt::format("delivery state {}, expected 1 to 7", state));
        const auto redo = static_cast<unsigned>(row.redo);
        if (redo > 2) return invalid(fmt::format("redo {}, expected 0 to 2", redo));
    }
    for (const DeliveryNote& note : transition.notes) {
        WEIR_CHECK_OK(check_lane(note.lane));
        if (note.id.empty()) return invalid("a delivery note without an id");
    }
    for (const AuditEntry& entry : transition.audit) {
        if (entry.id.empty()) return invalid("an audit entry without an id");
    }
    for (const StagedOutput& output : transition.outputs) {
        if (catalog_->stream(output.stream) == nullptr) return unknown_stream(output.stream);
        WEIR_CHECK_OK(check_records(output.records));
    }
    for (const LaneProgress& progress : transition.progress) WEIR_CHECK_OK(check(progress));
    return ok();
}

Status Planner::check(const LaneProgress& progress) {
    WEIR_CHECK_OK(check_lane(progress.lane));
    if (progress.position < positions_[progress.lane]) {
        return invalid(fmt::format("position of lane {} goes back from {} to {}", progress.lane,
                                   positions_[progress.lane], progress.position));
    }
    // Only durable records can be settled, so the durable end is the limit.
    const Offset end = catalog_->stream_at(catalog_->lane_at(progress.lane).stream).info.end;
    Offset last = progress.position;
    for (const OffsetRange& range : progress.settled) {
        if (range.first < last || range.end <= range.first) {
            return invalid(fmt::format("settled range {}-{} of lane {} is empty or not after {}", range.first,
                                       range.end, progress.lane, last));
        }
        last = range.end;
    }
    if (last <= end) return ok();
    return invalid(fmt::format("lane {} settles up to {}, its stream ends at {}", progress.lane, last, end));
}

// ---------------------------------------------------------------------------------------------- the result

Result<const WriteSet*> Planner::seal() {
    if (!broken_.ok()) return broken_.error();
    set_.groups.reserve(buildings_.size());
    for (Building& building : buildings_) {
        NewGroup& group = set_.groups.emplace_back();
        group.stream = building.stream;
        group.first = building.first;
        group.wall_ns = set_.wall_ns;
        group.indexed = building.indexed;
        group.hashes = std::move(building.hashes);
        group.payload = std::make_shared<const std::string>(std::move(building.frames));
    }
    for (StreamPlan& plan : streams_) {
        if (plan.changed) set_.streams.push_back(plan.info);
    }
    return &std::as_const(set_);
}

void Planner::applied() {
    for (const NewGroup& group : set_.groups) {
        for (std::uint32_t i = 0; group.indexed && i < group.count(); ++i) {
            identities_.insert(group.hashes[i], make_position(group.stream, group.first + i));
        }
        identities_.cover(group.stream, {group.first, group.first + group.count()});
    }
    identities_.make_room();
}

}  // namespace weir::journal
