#include "runtime/journal/segment_reader.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>

#include "runtime/journal/codec.hpp"
#include "runtime/journal/position.hpp"
#include "runtime/journal/schema.hpp"

namespace weir::journal {

namespace {

StreamEntry stream_of_row(const sqlite::Statement& row) {
    StreamEntry entry;
    entry.info.id = row.as<StreamId>(0);
    entry.info.name = row.text(1);
    entry.info.begin = row.as<Offset>(2);
    entry.info.end = row.as<Offset>(3);
    entry.info.duplicates = row.as<std::uint64_t>(4);
    entry.info.conflicts = row.as<std::uint64_t>(5);
    return entry;
}

Result<LaneEntry> lane_of_row(const sqlite::Statement& row) {
    LaneEntry lane;
    lane.id = row.as<LaneId>(0);
    lane.route = row.text(1);
    lane.destination = row.text(2);
    lane.stream = row.as<StreamId>(3);
    lane.begin = row.as<Offset>(4);
    lane.progress.lane = lane.id;
    lane.progress.position = row.as<Offset>(5);
    WEIR_TRY(lane.progress.settled, decode_ranges(row.bytes(6)));
    lane.progress.delivered = row.as<std::uint64_t>(7);
    lane.progress.duplicates = row.as<std::uint64_t>(8);
    lane.progress.filtered = row.as<std::uint64_t>(9);
    lane.progress.next_attempt = row.as<std::uint64_t>(10);
    return lane;
}

Error bad_catalog(std::string_view table, std::uint64_t id) {
    return {Errc::corrupt, fmt::format("table {} has the id {} out of its turn", table, id), "bad_catalog", {}};
}

Status read_streams(sqlite::Database& db, Catalog& catalog) {
    WEIR_TRY(auto rows, db.prepare("SELECT id, name, begin_offset, next_offset, duplicates, conflicts FROM streams "
                                   "ORDER BY id"));
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return ok();
        catalog.streams.push_back(stream_of_row(rows));
        const StreamId id = catalog.streams.back().info.id;
        if (id != catalog.streams.size()) return bad_catalog("streams", id);
    }
}

Status read_cursors(sqlite::Database& db, Catalog& catalog) {
    WEIR_TRY(auto rows, db.prepare("SELECT stream, partition, cursor FROM cursors"));
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return ok();
        StreamEntry* stream = catalog.stream(rows.as<StreamId>(0));
        if (stream == nullptr) return bad_catalog("cursors", rows.as<StreamId>(0));
        stream->cursors.insert_or_assign(rows.text(1), rows.text(2));
    }
}

Status read_lanes(sqlite::Database& db, Catalog& catalog) {
    // An attempt may have been written without moving the counter beside it.
    WEIR_TRY(
        auto rows,
        db.prepare("SELECT id, route, destination, stream, begin_offset, position, settled, delivered, duplicates, "
                   "filtered, max(next_attempt, coalesce((SELECT max(attempt) + 1 FROM attempts "
                   "WHERE lane = lanes.id), 0)) FROM lanes ORDER BY id"));
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return ok();
        WEIR_TRY(LaneEntry lane, lane_of_row(rows));
        if (lane.id != catalog.lanes.size() + 1) return bad_catalog("lanes", lane.id);
        if (catalog.stream(lane.stream) == nullptr) return bad_catalog("lanes", lane.id);
        catalog.lanes.push_back(std::move(lane));
    }
}

}  // namespace

Result<int> format_version(sqlite::Database& db, const std::string& path) {
    WEIR_TRY(const std::int64_t application, db.integer("PRAGMA application_id"));
    if (application != kApplicationId) {
        return Error{Errc::corrupt, fmt::format("\"{}\" is not a journal of weir", path), "not_a_journal", {}};
    }
    WEIR_TRY(const std::int64_t version, db.integer("PRAGMA user_version"));
    return static_cast<int>(version);
}

Status check_format(sqlite::Database& db, const std::string& path) {
    WEIR_TRY(const int version, format_version(db, path));
    if (version == kFormatVersion) return ok();
    std::string message =
        fmt::format("\"{}\" has format version {}, this program reads version {}", path, version, kFormatVersion);
    if (version < kFormatVersion) message += "; `weir run` of this version brings it up to date when it starts";
    return Error{Errc::corrupt, std::move(message), "format_version", {}};
}

Result<Catalog> read_catalog(sqlite::Database& db) {
    Catalog catalog;
    WEIR_CHECK_OK(read_streams(db, catalog));
    WEIR_CHECK_OK(read_cursors(db, catalog));
    WEIR_CHECK_OK(read_lanes(db, catalog));
    return catalog;
}

Result<std::vector<QuarantinedGroup>> read_quarantine(sqlite::Database& db) {
    std::vector<QuarantinedGroup> found;
    WEIR_TRY(auto rows, db.prepare("SELECT stream, first_offset, count, segment, found_ns, reason FROM quarantine"));
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return found;
        found.push_back({rows.as<StreamId>(0), rows.as<Offset>(1), rows.as<std::uint32_t>(2), rows.as<std::uint64_t>(3),
                         rows.integer(4), rows.text(5)});
    }
}

DeliveryRow read_delivery_row(const sqlite::Statement& row) {
    DeliveryRow delivery;
    delivery.lane = row.as<LaneId>(0);
    delivery.item = {row.as<Offset>(1), row.as<std::uint32_t>(2)};
    delivery.state = static_cast<DeliveryState>(row.integer(3));
    delivery.attempts = row.as<std::uint32_t>(4);
    delivery.probes = row.as<std::uint32_t>(5);
    delivery.error_class = row.as<std::uint32_t>(6);
    delivery.remote_status = row.as<std::int32_t>(7);
    delivery.next_wall_ns = row.integer(8);
    delivery.updated_wall_ns = row.integer(9);
    delivery.code = row.text(10);
    delivery.message = row.text(11);
    delivery.remote_id = row.text(12);
    delivery.external_ref = row.text(13);
    delivery.step = row.text(14);
    delivery.frame = row.text(15);
    delivery.opened_wall_ns = row.integer(16);
    delivery.redo = static_cast<Redo>(row.integer(17));
    delivery.replay = row.integer(18) != 0;
    return delivery;
}

bool frame_is_whole(const sqlite::Statement& row) {
    const std::string_view frame = row.bytes(15);
    const auto check = row.as<std::uint64_t>(19);
    if (check != 0 && check != frame_check(frame)) return false;
    return frame.empty() || decode_records(frame, 1, nullptr).ok();
}

Result<std::unique_ptr<SegmentReader>> SegmentReader::open(const std::string& path, std::uint64_t number,
                                                           const std::string& vfs) {
    WEIR_TRY(auto db, sqlite::Database::open(path, sqlite::Database::Mode::read_only, vfs));
    WEIR_CHECK_OK(check_format(db, path));
    auto reader = std::make_unique<SegmentReader>(std::move(db), number);
    WEIR_CHECK_OK(reader->prepare());
    return reader;
}

Status SegmentReader::prepare() {
    // ?1 where to begin, ?2 where to stop, ?3 the stream's first position. The group that holds ?1 may begin before it.
    WEIR_TRY(groups_, db_.prepare("SELECT pos, count, wall_ns, checksum, hashes, payload FROM groups WHERE pos >= "
                                  "coalesce((SELECT max(pos) FROM groups WHERE pos BETWEEN ?3 AND ?1), ?1) "
                                  "AND pos < ?2 ORDER BY pos"));
    WEIR_TRY(hashes_, db_.prepare("SELECT pos, count, indexed, hashes FROM groups WHERE pos >= ?1 AND pos < ?2 "
                                  "ORDER BY pos"));
    WEIR_TRY(seek_, db_.prepare("SELECT pos FROM groups WHERE pos >= ?1 AND pos < ?2 ORDER BY pos LIMIT 1"));
    WEIR_TRY(in_time_,
             db_.prepare("SELECT pos FROM groups WHERE pos >= coalesce((SELECT max(pos) FROM groups WHERE pos "
                         "BETWEEN ?3 AND ?1), ?1) AND pos < ?2 AND wall_ns >= ?4 AND wall_ns < ?5 "
                         "AND (pos >= ?1 OR pos + count > ?1) ORDER BY pos LIMIT 1"));
    WEIR_TRY(state_, db_.prepare("SELECT value, expires_ns FROM state WHERE scope = ?1 AND key = ?2"));
    return ok();
}

// ---------------------------------------------------------------------------------------------- groups

StoredGroup SegmentReader::damaged(Offset first, Offset end, std::string reason) const {
    StoredGroup group;
    group.first = first;
    group.count = static_cast<std::uint32_t>(end - first);
    group.segment = number_;
    group.damage = std::move(reason);
    return group;
}

StoredGroup SegmentReader::read_group() const {
    StoredGroup group;
    group.first = offset_of(groups_.as<Position>(0));
    group.count = groups_.as<std::uint32_t>(1);
    group.wall_ns = groups_.integer(2);
    group.segment = number_;
    const std::string_view hashes = groups_.bytes(4);
    const std::string_view payload = groups_.bytes(5);
    if (hashes.size() != std::size_t{8} * group.count ||
        group_checksum(group.count, hashes, payload) != groups_.as<std::uint64_t>(3)) {
        group.damage = "the checksum does not match";
        return group;
    }
    group.payload = std::make_shared<const std::string>(payload);
    return group;
}

Status SegmentReader::groups(StreamId stream, Offset from, Offset end, std::size_t max_bytes, std::size_t& bytes,
                             std::vector<StoredGroup>& out) {
    Offset at = from;
    bool positioned = false;
    while (at < end && (out.empty() || bytes <= max_bytes)) {
        if (!positioned) {
            groups_.reset();
            groups_.bind(1, make_position(stream, at)).bind(2, make_position(stream, end));
            groups_.bind(3, make_position(stream, 0));
            positioned = true;
        }
        const auto row = groups_.step();
        if (!row.ok()) {
            if (row.error().errc != Errc::corrupt) return row.error();
            WEIR_TRY(const Offset next, next_readable(stream, at, end));
            out.push_back(damaged(at, next, row.error().message));
            at = next;
            positioned = false;
            continue;
        }
        if (!*row) {
            out.push_back(damaged(at, end, "the row is missing"));
            break;
        }
        StoredGroup group = read_group();
        if (group.payload == nullptr) {  // its own count is not to be trusted: the next row tells where it ended
            WEIR_TRY(const Offset next, next_readable(stream, group.first, end));
            group.count = static_cast<std::uint32_t>(next - group.first);
        }
        const Offset group_end = group.first + group.count;
        if (group_end <= at) continue;
        if (group.first > at) out.push_back(damaged(at, group.first, "the row is missing"));
        bytes += group.payload != nullptr ? group.payload->size() : 0;
        at = group_end;
        out.push_back(std::move(group));
    }
    groups_.reset();
    return ok();
}

Result<std::optional<Offset>> SegmentReader::seek(StreamId stream, Offset from, Offset end) {
    seek_.reset();
    seek_.bind(1, make_position(stream, from)).bind(2, make_position(stream, end));
    WEIR_TRY(const bool row, seek_.step());
    const auto found = row ? std::optional(offset_of(seek_.as<Position>(0))) : std::nullopt;
    seek_.reset();
    return found;
}

// The first row after `after` that can be found at all. When a page of the tree is damaged, a search that leads
// through it fails and a search beyond it succeeds: gallop until one does, then halve back to the edge.
Result<Offset> SegmentReader::next_readable(StreamId stream, Offset after, Offset end) {
    Offset bad = after;
    Offset step = 1;
    std::optional<Offset> good;
    Offset good_from = end;
    while (bad + step < end) {
        const auto found = seek(stream, bad + step, end);
        if (found.ok()) {
            good_from = bad + step;
            good = *found;
            break;
        }
        if (found.error().errc != Errc::corrupt) return found.error();
        bad += step;
        step *= 2;
    }
    if (good_from == end) return end;
    while (good_from - bad > 1) {
        const Offset middle = bad + (good_from - bad) / 2;
        const auto found = seek(stream, middle, end);
        if (found.ok()) {
            good_from = middle;
            good = *found;
        } else {
            bad = middle;
        }
    }
    return good.value_or(end);
}

Result<Offset> SegmentReader::next_in_time(StreamId stream, Offset from, Offset end, std::int64_t since_wall_ns,
                                           std::int64_t until_wall_ns) {
    in_time_.reset();
    in_time_.bind(1, make_position(stream, from)).bind(2, make_position(stream, end)).bind(3, make_position(stream, 0));
    in_time_.bind(4, since_wall_ns).bind(5, until_wall_ns);
    const auto row = in_time_.step();
    if (!row.ok()) return row.error().errc == Errc::corrupt ? Result<Offset>(from) : Result<Offset>(row.error());
    const Offset found = *row ? std::max(from, offset_of(in_time_.as<Position>(0))) : end;
    in_time_.reset();
    return found;
}

Status SegmentReader::identities(StreamId stream, Offset from, Offset end, bool indexed_only,
                                 const HashVisitor& visit) {
    std::vector<std::uint64_t> hashes;
    Offset at = from;
    bool positioned = false;
    while (at < end) {
        if (!positioned) {
            hashes_.reset();
            hashes_.bind(1, make_position(stream, at)).bind(2, make_position(stream, end));
            positioned = true;
        }
        const auto row = hashes_.step();
        if (!row.ok()) {
            if (row.error().errc != Errc::corrupt) return row.error();
            WEIR_TRY(at, next_readable(stream, at, end));
            positioned = false;
            continue;
        }
        if (!*row) break;
        const Offset first = offset_of(hashes_.as<Position>(0));
        const std::string_view bytes = hashes_.bytes(3);
        at = first + std::max<Offset>(hashes_.as<std::uint32_t>(1), 1);
        if (indexed_only && hashes_.integer(2) == 0) continue;
        hashes.resize(bytes.size() / sizeof(std::uint64_t));
        std::memcpy(hashes.data(), bytes.data(), hashes.size() * sizeof(std::uint64_t));
        visit(first, hashes);
    }
    hashes_.reset();
    return ok();
}

// ---------------------------------------------------------------------------------------------- lanes and state

Result<std::vector<AttemptStarted>> SegmentReader::open_attempts(LaneId lane) {
    std::vector<AttemptStarted> open;
    WEIR_TRY(auto rows, db_.prepare("SELECT attempt, kind, started_ns, ranges, items FROM attempts "
                                    "WHERE lane = ?1 AND settled_ns IS NULL ORDER BY attempt"));
    rows.bind(1, lane);
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return open;
        AttemptStarted& started = open.emplace_back();
        started.lane = lane;
        started.attempt = rows.as<std::uint64_t>(0);
        started.kind = static_cast<AttemptKind>(rows.integer(1));
        started.wall_ns = rows.integer(2);
        WEIR_TRY(started.ranges, decode_ranges(rows.bytes(3)));
        WEIR_TRY(started.items, decode_items(rows.bytes(4)));
    }
}

Result<LaneRows> SegmentReader::lane_rows(LaneId lane, Offset position) {
    LaneRows found;
    WEIR_TRY(auto live, db_.prepare(fmt::format("SELECT {} FROM delivery_rows WHERE lane = ?1 AND state <> 5 AND "
                                                "state IN (1, 2, 6) ORDER BY record_offset, part",
                                                kDeliveryColumns)));
    live.bind(1, lane);
    for (;;) {
        WEIR_TRY(const bool row, live.step());
        if (!row) break;
        (frame_is_whole(live) ? found.live : found.damaged).push_back(read_delivery_row(live));
    }
    WEIR_TRY(
        auto closed,
        db_.prepare("SELECT record_offset, part, state FROM delivery_rows WHERE lane = ?1 AND record_offset >= ?2 "
                    "AND state IN (3, 4, 5, 7) UNION "
                    "SELECT record_offset, part, state FROM delivery_rows WHERE lane = ?1 AND state IN (3, 4, 5, 7) "
                    "AND record_offset IN (SELECT record_offset FROM delivery_rows WHERE lane = ?1 AND "
                    "state <> 5 AND state IN (1, 2, 6)) ORDER BY record_offset, part"));
    closed.bind(1, lane).bind(2, position);
    for (;;) {
        WEIR_TRY(const bool row, closed.step());
        if (!row) return found;
        found.closed.emplace_back(ItemId{closed.as<Offset>(0), closed.as<std::uint32_t>(1)},
                                  static_cast<DeliveryState>(closed.integer(2)));
    }
}

Result<std::optional<std::string>> SegmentReader::state_get(std::string_view scope, std::string_view key,
                                                            std::int64_t now_wall_ns) {
    state_.reset();
    state_.bind_text(1, scope).bind_text(2, key);
    WEIR_TRY(const bool row, state_.step());
    std::optional<std::string> value;
    if (row && !expired(state_.integer(1), now_wall_ns)) value = state_.text(0);
    state_.reset();
    return value;
}

Result<std::vector<std::pair<std::string, std::string>>> SegmentReader::state_of(std::string_view scope,
                                                                                 std::int64_t now_wall_ns) {
    std::vector<std::pair<std::string, std::string>> found;
    WEIR_TRY(auto rows, db_.prepare("SELECT key, value, expires_ns FROM state WHERE scope = ?1 ORDER BY key"));
    rows.bind_text(1, scope);
    for (;;) {
        WEIR_TRY(const bool row, rows.step());
        if (!row) return found;
        if (!expired(rows.integer(2), now_wall_ns)) found.emplace_back(rows.text(0), rows.text(1));
    }
}

}  // namespace weir::journal
