#include "runtime/journal/segment_writer.hpp"

#include <fmt/format.h>
#include <utility>

#include "runtime/base/failpoint.hpp"
#include "runtime/journal/audit_chain.hpp"
#include "runtime/journal/codec.hpp"
#include "runtime/journal/position.hpp"
#include "runtime/journal/schema.hpp"
#include "runtime/journal/segment_reader.hpp"

namespace weir::journal {

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::open(const std::string& path, const std::string& vfs) {
    WEIR_TRY(auto db, sqlite::Database::open(path, sqlite::Database::Mode::read_write, vfs));
    WEIR_CHECK_OK(check_format(db, path));
    // FULL: every COMMIT waits for the disk. Checkpoints run inside a commit at about 1000 pages: run by another
    // thread they would make the slowest commits ten times slower.
    WEIR_CHECK_OK(
        db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000; "
                "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384; "
                "PRAGMA trusted_schema = OFF"));
    auto writer = std::make_unique<SegmentWriter>(std::move(db));
    WEIR_CHECK_OK(writer->prepare());
    return writer;
}

Status SegmentWriter::prepare() {
    const std::pair<sqlite::Statement*, std::string_view> statements[] = {
        {&begin_, "BEGIN IMMEDIATE"},
        {&commit_, "COMMIT"},
        {&rollback_, "ROLLBACK"},
        {&insert_stream_, "INSERT INTO streams VALUES (?1, ?2, 0, 0, 0, 0)"},
        {&update_stream_, "UPDATE streams SET next_offset = ?2, duplicates = ?3, conflicts = ?4 WHERE id = ?1"},
        {&put_cursor_, "INSERT OR REPLACE INTO cursors VALUES (?1, ?2, ?3)"},
        {&insert_group_, "INSERT INTO groups VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
        {&insert_lane_, "INSERT INTO lanes VALUES (?1, ?2, ?3, ?4, ?5, ?5, x'', 0, 0, 0, 1)"},
        {&update_lane_,
         "UPDATE lanes SET position = ?2, settled = ?3, delivered = ?4, duplicates = ?5, filtered = ?6, "
         "next_attempt = max(next_attempt, ?7) WHERE id = ?1"},
        // A repeated transition must not reopen what was settled since.
        {&start_attempt_, "INSERT OR IGNORE INTO attempts VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6)"},
        {&settle_attempt_, "UPDATE attempts SET settled_ns = ?3 WHERE lane = ?1 AND attempt = ?2"},
        {&put_row_,
         "INSERT INTO delivery_rows (lane, record_offset, part, state, attempts, probes, error_class, remote_status, "
         "next_ns, updated_ns, code, message, remote_id, external_ref, step, frame, opened_ns, redo, "
         "replay, frame_check) "
         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) "
         "ON CONFLICT (lane, record_offset, part) DO UPDATE SET state = excluded.state, "
         "attempts = excluded.attempts, probes = excluded.probes, error_class = excluded.error_class, "
         "remote_status = excluded.remote_status, next_ns = excluded.next_ns, updated_ns = excluded.updated_ns, "
         "code = excluded.code, message = excluded.message, remote_id = excluded.remote_id, "
         "external_ref = excluded.external_ref, step = excluded.step, "
         "frame = CASE WHEN length(excluded.frame) > 0 THEN excluded.frame ELSE frame END, "
         "frame_check = CASE WHEN length(excluded.frame) > 0 THEN excluded.frame_check ELSE frame_check END, "
         "opened_ns = CASE WHEN opened_ns > 0 THEN opened_ns ELSE excluded.opened_ns END, "
         "redo = excluded.redo, replay = excluded.replay"},
        {&put_state_, "INSERT OR REPLACE INTO state VALUES (?1, ?2, ?3, ?4)"},
        {&delete_state_, "DELETE FROM state WHERE scope = ?1 AND key = ?2"},
        {&expire_state_, "DELETE FROM state WHERE expires_ns > 0 AND expires_ns <= ?1"},
        {&quarantine_, "INSERT OR REPLACE INTO quarantine VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
        {&probe_, "UPDATE meta SET value = value + 1 WHERE key = 'probes'"},
        {&page_count_, "PRAGMA page_count"},
        {&last_audit_, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"},
        // What is there already came with the same transition before.
        {&insert_audit_,
         "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING"},
        {&insert_note_,
         "INSERT INTO delivery_notes (id, lane, record_offset, part, wall_ns, actor, action, text, detail, frame) "
         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING"},
    };
    for (const auto& [statement, sql] : statements) {
        WEIR_TRY(*statement, db_.prepare(sql));
    }
    return ok();
}

// ---------------------------------------------------------------------------------------------- transactions

Status SegmentWriter::commit(const WriteSet& set) {
    WEIR_CHECK_OK(begin_.run());
    Status status = write(set);
    if (status.ok() && failpoint_hit(Failpoint::journal_before_commit)) {
        status = Error{Errc::unavailable, "the commit failed as a test asked", "io_error", {}};
    }
    if (status.ok()) status = commit_.run();
    if (!status.ok() && sqlite3_get_autocommit(db_.handle()) == 0) (void)rollback_.run();
    return status;
}

Status SegmentWriter::probe() {
    WEIR_CHECK_OK(begin_.run());
    WEIR_CHECK_OK(probe_.run());
    return commit_.run();
}

Status SegmentWriter::expire_state(std::int64_t now_wall_ns) {
    WEIR_CHECK_OK(begin_.run());
    WEIR_CHECK_OK(expire_state_.bind(1, now_wall_ns).run());
    return commit_.run();
}

Status SegmentWriter::seal(std::int64_t now_wall_ns) {
    WEIR_CHECK_OK(db_.exec(fmt::format("INSERT OR REPLACE INTO meta VALUES ('sealed_ns', {})", now_wall_ns)));
    return db_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<std::uint64_t> SegmentWriter::bytes() {
    WEIR_TRY(const bool row, page_count_.step());
    const std::uint64_t pages = row ? page_count_.as<std::uint64_t>(0) : 0;
    page_count_.reset();
    return pages * kPageSize;
}

Status SegmentWriter::write(const WriteSet& set) {
    for (const StreamEntry* stream : set.new_streams) WEIR_CHECK_OK(write(*stream));
    for (const LaneEntry* lane : set.new_lanes) WEIR_CHECK_OK(write(*lane));
    for (const NewGroup& group : set.groups) WEIR_CHECK_OK(write(group));
    for (const StreamInfo& stream : set.streams) {
        update_stream_.bind(1, stream.id).bind(2, stream.end).bind(3, stream.duplicates).bind(4, stream.conflicts);
        WEIR_CHECK_OK(update_stream_.run());
    }
    for (const CursorWrite& cursor : set.cursors) {
        put_cursor_.bind(1, cursor.stream).bind_text(2, cursor.update->partition).bind_blob(3, cursor.update->cursor);
        WEIR_CHECK_OK(put_cursor_.run());
    }
    for (const Transition* transition : set.transitions) WEIR_CHECK_OK(write(*transition));
    for (const QuarantinedGroup& group : set.quarantine) WEIR_CHECK_OK(write(group));
    return ok();
}

// ---------------------------------------------------------------------------------------------- one row each

Status SegmentWriter::write(const StreamEntry& stream) {
    return insert_stream_.bind(1, stream.info.id).bind_text(2, stream.info.name).run();
}

Status SegmentWriter::write(const LaneEntry& lane) {
    insert_lane_.bind(1, lane.id).bind_text(2, lane.route).bind_text(3, lane.destination);
    return insert_lane_.bind(4, lane.stream).bind(5, lane.begin).run();
}

Status SegmentWriter::write(const NewGroup& group) {
    const std::string_view hashes = hash_bytes(group.hashes);
    insert_group_.bind(1, make_position(group.stream, group.first)).bind(2, group.count()).bind(3, group.wall_ns);
    insert_group_.bind(4, group_checksum(group.count(), hashes, *group.payload)).bind(5, group.indexed ? 1 : 0);
    return insert_group_.bind_blob(6, hashes).bind_blob(7, *group.payload).run();
}

Status SegmentWriter::write(const Transition& transition) {
    for (const AttemptStarted& started : transition.started) WEIR_CHECK_OK(write(started));
    for (const AttemptSettled& settled : transition.settled) {
        settle_attempt_.bind(1, settled.lane).bind(2, settled.attempt).bind(3, settled.wall_ns);
        WEIR_CHECK_OK(settle_attempt_.run());
    }
    for (const DeliveryRow& row : transition.rows) WEIR_CHECK_OK(write(row));
    for (const LaneProgress& progress : transition.progress) WEIR_CHECK_OK(write(progress));
    for (const StateWrite& state : transition.state) WEIR_CHECK_OK(write(state));
    for (const DeliveryNote& note : transition.notes) WEIR_CHECK_OK(write(note));
    for (const AuditEntry& entry : transition.audit) WEIR_CHECK_OK(write(entry));
    return ok();
}

Status SegmentWriter::write(const AttemptStarted& started) {
    const std::string ranges = encode_ranges(started.ranges);
    const std::string items = encode_items(started.items);
    start_attempt_.bind(1, started.lane).bind(2, started.attempt).bind(3, static_cast<int>(started.kind));
    return start_attempt_.bind(4, started.wall_ns).bind_blob(5, ranges).bind_blob(6, items).run();
}

Status SegmentWriter::write(const DeliveryRow& row) {
    put_row_.bind(1, row.lane).bind(2, row.item.offset).bind(3, row.item.part).bind(4, static_cast<int>(row.state));
    put_row_.bind(5, row.attempts).bind(6, row.probes).bind(7, row.error_class).bind(8, row.remote_status);
    put_row_.bind(9, row.next_wall_ns).bind(10, row.updated_wall_ns).bind_text(11, row.code);
    put_row_.bind_text(12, row.message).bind_text(13, row.remote_id).bind_text(14, row.external_ref);
    put_row_.bind_text(15, row.step).bind_blob(16, row.frame).bind(17, row.opened_wall_ns);
    return put_row_.bind(18, static_cast<int>(row.redo))
        .bind(19, row.replay ? 1 : 0)
        .bind(20, frame_check(row.frame))
        .run();
}

Status SegmentWriter::write(const LaneProgress& progress) {
    const std::string settled = encode_ranges(progress.settled);
    update_lane_.bind(1, progress.lane).bind(2, progress.position).bind_blob(3, settled).bind(4, progress.delivered);
    return update_lane_.bind(5, progress.duplicates).bind(6, progress.filtered).bind(7, progress.next_attempt).run();
}

Status SegmentWriter::write(const StateWrite& state) {
    if (!state.value) return delete_state_.bind_text(1, state.scope).bind_text(2, state.key).run();
    put_state_.bind_text(1, state.scope).bind_text(2, state.key).bind_blob(3, *state.value);
    return put_state_.bind(4, state.expires_wall_ns).run();
}

Status SegmentWriter::write(const AuditEntry& entry) {
    std::uint64_t sequence = 1;
    std::string previous = audit_chain_begin();
    WEIR_TRY(const bool any, last_audit_.step());
    if (any) {
        sequence = last_audit_.as<std::uint64_t>(0) + 1;
        previous = last_audit_.text(1);
    }
    last_audit_.reset();
    const std::string hash = audit_hash(previous, entry);
    insert_audit_.bind(1, sequence).bind_text(2, entry.id).bind(3, entry.wall_ns).bind_text(4, entry.actor);
    insert_audit_.bind_text(5, entry.role).bind_text(6, entry.action).bind_text(7, entry.subject);
    return insert_audit_.bind_text(8, entry.reason).bind_text(9, entry.detail).bind_blob(10, hash).run();
}

Status SegmentWriter::write(const DeliveryNote& note) {
    insert_note_.bind_text(1, note.id).bind(2, note.lane).bind(3, note.item.offset).bind(4, note.item.part);
    insert_note_.bind(5, note.wall_ns).bind_text(6, note.actor).bind_text(7, note.action).bind_text(8, note.text);
    return insert_note_.bind_text(9, note.detail).bind_blob(10, note.frame).run();
}

Status SegmentWriter::write(const QuarantinedGroup& group) {
    quarantine_.bind(1, group.stream).bind(2, group.first).bind(3, group.count).bind(4, group.segment);
    return quarantine_.bind(5, group.found_wall_ns).bind_text(6, group.reason).run();
}

}  // namespace weir::journal
