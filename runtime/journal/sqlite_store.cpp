#include "runtime/journal/sqlite_store.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/journal/position.hpp"

namespace weir::journal {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPooledReadersMax = 8;

std::uint64_t file_bytes(const std::string& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
}

}  // namespace

// ---------------------------------------------------------------------------------------------- opening

Status SqliteStore::prepare_directory() {
    std::error_code error;
    fs::create_directories(options_.dir.parent_path(), error);
    if (::mkdir(options_.dir.c_str(), 0700) != 0 && errno != EEXIST) {
        return Error{Errc::unavailable,
                     fmt::format("make \"{}\": {}", options_.dir.string(), std::generic_category().message(errno)),
                     "io_error",
                     {}};
    }
    WEIR_TRY(lock_, DirectoryLock::take(options_.dir));
    return ok();
}

Result<LoadedJournal> SqliteStore::load() {
    const bool first = segments_.empty();
    if (first) WEIR_CHECK_OK(prepare_directory());
    // Every connection goes, so that SQLite reads the WAL from its beginning and trusts nothing it remembers.
    writer_.reset();
    for (const SegmentPtr& segment : segments()) {
        const std::scoped_lock lock(segment->mutex);
        segment->readers.clear();
    }
    WEIR_CHECK_OK(remove_incomplete(options_.dir));
    WEIR_TRY(auto files, list_segments(options_.dir));
    if (files.empty()) {
        WEIR_CHECK_OK(make_segment(options_.dir, {1, options_.clock->wall_ns(), {}, options_.vfs, {}}));
        files.push_back({1, segment_path(options_.dir, 1)});
    }
    WEIR_CHECK_OK(sync_directory(options_.dir));

    std::vector<SegmentPtr> opened;
    for (const SegmentFile& file : files) {
        if (first) WEIR_CHECK_OK(upgrade_segment(file, options_.vfs));
        WEIR_TRY(SegmentPtr segment, open_segment(file));
        opened.push_back(std::move(segment));
    }
    for (std::size_t i = 0; i + 1 < opened.size(); ++i) {
        if (opened[i]->sealed_wall_ns == 0) WEIR_CHECK_OK(seal_leftover(*opened[i]));
    }
    WEIR_TRY(writer_, SegmentWriter::open(opened.back()->file.path, options_.vfs));
    LoadedJournal loaded;
    WEIR_TRY(auto id, writer_->database().prepare("SELECT value FROM meta WHERE key = 'journal_id'"));
    WEIR_TRY(const bool has_id, id.step());
    if (has_id) loaded.id = id.text(0);
    WEIR_TRY(loaded.catalog, read_catalog(writer_->database()));
    WEIR_TRY(loaded.quarantine, read_quarantine(writer_->database()));
    for (const StreamBegin& oldest : oldest_begins(opened, loaded.catalog.streams.size())) {
        loaded.catalog.stream_at(oldest.stream).info.begin = oldest.begin;
    }
    written_bytes_ = 0;
    const std::scoped_lock lock(segments_mutex_);
    segments_ = std::move(opened);
    return loaded;
}

Result<SqliteStore::SegmentPtr> SqliteStore::open_segment(const SegmentFile& file) {
    auto segment = std::make_shared<Segment>();
    segment->file = file;
    segment->bytes = file_bytes(file.path);
    WEIR_TRY(auto reader, SegmentReader::open(file.path, file.number, options_.vfs));
    WEIR_TRY(segment->created_wall_ns, reader->database().integer("SELECT value FROM meta WHERE key = 'created_ns'"));
    WEIR_TRY(segment->sealed_wall_ns, reader->database().integer("SELECT value FROM meta WHERE key = 'sealed_ns'"));
    WEIR_TRY(const Catalog catalog, read_catalog(reader->database()));
    segment->begins.assign(catalog.streams.size() + 1, 0);
    for (const StreamEntry& stream : catalog.streams) segment->begins[stream.info.id] = stream.info.begin;
    return segment;
}

// A crash came between the making of the next segment and the sealing of this one.
Status SqliteStore::seal_leftover(Segment& segment) {
    WEIR_TRY(auto writer, SegmentWriter::open(segment.file.path, options_.vfs));
    segment.sealed_wall_ns = options_.clock->wall_ns();
    return writer->seal(segment.sealed_wall_ns);
}

std::vector<StreamBegin> SqliteStore::oldest_begins(const std::vector<SegmentPtr>& segments, std::size_t streams) {
    std::vector<StreamBegin> begins;
    for (StreamId stream = 1; stream <= streams; ++stream) begins.push_back({stream, segments.front()->begin(stream)});
    return begins;
}

// ---------------------------------------------------------------------------------------------- writing

Status SqliteStore::commit(const WriteSet& set) {
    if (writer_ == nullptr) return Error{Errc::unavailable, "the journal is closed after a failure", "io_error", {}};
    for (const NewGroup& group : set.groups) written_bytes_ += group.payload->size() + group.hashes.size() * 8;
    for (const Transition* transition : set.transitions) {
        for (const DeliveryRow& row : transition->rows) written_bytes_ += row.frame.size() + 256;
        for (const DeliveryNote& note : transition->notes) written_bytes_ += note.frame.size() + 512;
        written_bytes_ += 128 * transition->started.size();
    }
    Status status = writer_->commit(set);
    if (!status.ok()) {
        rotate_soon_ = rotate_soon_ || status.error().errc == Errc::corrupt;
        writer_.reset();
    }
    return status;
}

Status SqliteStore::probe() {
    if (rotate_soon_) {
        rotate_soon_ = false;
        WEIR_CHECK_OK(rotate());
    }
    Status status = writer_->probe();
    if (!status.ok()) writer_.reset();
    return status;
}

std::optional<std::uint64_t> SqliteStore::free_bytes() const {
    struct statvfs info {};
    if (::statvfs(options_.dir.c_str(), &info) != 0) return std::nullopt;
    return std::uint64_t{info.f_bavail} * info.f_frsize;
}

// ---------------------------------------------------------------------------------------------- rotation, retention

Result<std::vector<StreamBegin>> SqliteStore::maintain(const Catalog& catalog) {
    constexpr std::int64_t kExpireNs = 60'000'000'000;
    constexpr std::int64_t kRetentionNs = 600'000'000'000;
    const std::int64_t now = options_.clock->wall_ns();
    WEIR_TRY(const bool due, rotation_due());
    if (due) WEIR_CHECK_OK(rotate());
    if (now - expired_wall_ns_ >= kExpireNs) {
        expired_wall_ns_ = now;
        WEIR_CHECK_OK(writer_->expire_state(now));
    }
    std::vector<StreamBegin> begins;
    if (!due && now - retention_checked_wall_ns_ < kRetentionNs) return begins;
    retention_checked_wall_ns_ = now;
    for (bool retired = true; retired;) {
        const auto result = retire_oldest(catalog);
        retired = result.ok() && *result;
        if (retired) begins = oldest_begins(segments_, catalog.streams.size());
        // Keeping too much is no reason to take nothing new.
        if (!result.ok()) log::warn("journal segment not deleted", {{"error", result.error().message}});
    }
    return begins;
}

Result<bool> SqliteStore::rotation_due() {
    const Segment& active = *segments_.back();
    const std::int64_t age = options_.clock->wall_ns() - active.created_wall_ns;
    const bool old = age > std::chrono::nanoseconds(options_.segment_age).count();
    // Asking SQLite for the size costs a statement; what was written since bounds the growth well enough.
    const std::uint64_t step = std::min<std::uint64_t>(1u << 20, options_.segment_bytes / 8);
    if (!old && written_bytes_ < step) return false;
    if (options_.clock->mono_ns() < rotate_not_before_mono_ns_) return false;
    written_bytes_ = 0;
    WEIR_TRY(const std::uint64_t bytes, writer_->bytes());
    return old || bytes > options_.segment_bytes;
}

Status SqliteStore::rotate() {
    constexpr std::int64_t kPauseNs = 60'000'000'000;
    const SegmentPtr old = segments_.back();
    const std::int64_t now = options_.clock->wall_ns();
    const SegmentFile file{old->file.number + 1, segment_path(options_.dir, old->file.number + 1)};
    const Status made = make_segment(
        options_.dir, {file.number, now, old->file.path, options_.vfs, oldest_begins(segments_, old->begins.size())});
    if (!made.ok()) {
        rotate_not_before_mono_ns_ = options_.clock->mono_ns() + kPauseNs;
        log::warn("journal segment not rotated", {{"segment", file.number}, {"error", made.error().message}});
        // Which of the two files is the newest after a power cut is open, so neither may be written: look again.
        if (made.error().errc == Errc::unknown) return made.error();
        return remove_incomplete(options_.dir);
    }
    failpoint(Failpoint::journal_rotate_end);
    WEIR_TRY(SegmentPtr fresh, open_segment(file));
    WEIR_TRY(auto writer, SegmentWriter::open(file.path, options_.vfs));
    const Status sealed = writer_->seal(now);
    if (!sealed.ok())
        log::warn("journal segment not sealed", {{"segment", old->file.number}, {"error", sealed.error().message}});
    old->bytes = file_bytes(old->file.path);
    old->sealed_wall_ns = now;
    writer_ = std::move(writer);
    written_bytes_ = 0;
    log::info("journal segment opened", {{"segment", file.number}});
    const std::scoped_lock lock(segments_mutex_);
    segments_.push_back(std::move(fresh));
    return ok();
}

bool SqliteStore::retention_due(const Segment& oldest, std::uint64_t total_bytes) const {
    const std::int64_t age = options_.clock->wall_ns() - oldest.sealed_wall_ns;
    const bool old =
        options_.retention_age.count() > 0 && age > std::chrono::nanoseconds(options_.retention_age).count();
    return old || (options_.retention_bytes > 0 && total_bytes > options_.retention_bytes);
}

Result<bool> SqliteStore::retire_oldest(const Catalog& catalog) {
    if (segments_.size() < 2) return false;
    std::uint64_t total = file_bytes(segments_.back()->file.path);
    for (const SegmentPtr& segment : segments_) total += segment->sealed_wall_ns != 0 ? segment->bytes : 0;
    const SegmentPtr oldest = segments_.front();
    if (!retention_due(*oldest, total)) return false;
    for (const LaneEntry& lane : catalog.lanes) {
        if (lane.progress.position < segments_[1]->begin(lane.stream)) return false;  // still to be delivered
    }
    WEIR_TRY(const bool wanted, open_rows_before(catalog, *segments_[1]));
    if (wanted) {
        if (std::exchange(kept_segment_, oldest->file.number) != oldest->file.number)
            log::warn("journal segment kept: deliveries whose records it holds are not closed",
                      {{"segment", oldest->file.number}, {"bytes", oldest->bytes}});
        return false;
    }
    WEIR_CHECK_OK(remove_segment(oldest->file.path));
    WEIR_CHECK_OK(sync_directory(options_.dir));
    log::info("journal segment deleted", {{"segment", oldest->file.number}, {"bytes", oldest->bytes}});
    const std::scoped_lock lock(segments_mutex_);
    segments_.erase(segments_.begin());
    return true;
}

// Whether a record older than what `next` holds has a row that somebody, or a person, has still to close.
Result<bool> SqliteStore::open_rows_before(const Catalog& catalog, const Segment& next) {
    WEIR_TRY(auto oldest,
             writer_->database().prepare("SELECT min(record_offset) FROM delivery_rows INDEXED BY delivery_rows_open "
                                         "WHERE lane = ?1 AND record_offset < ?2 AND state <> 5 AND state <> 7"));
    for (const LaneEntry& lane : catalog.lanes) {
        oldest.bind(1, lane.id).bind(2, next.begin(lane.stream));
        WEIR_TRY(const bool row, oldest.step());
        if (row && !oldest.is_null(0)) return true;
        oldest.reset();
    }
    return false;
}

// ---------------------------------------------------------------------------------------------- reading

SqliteStore::Borrowed::~Borrowed() {
    if (reader_ == nullptr) return;
    const std::scoped_lock lock(segment_->mutex);
    if (segment_->readers.size() < kPooledReadersMax) segment_->readers.push_back(std::move(reader_));
}

Result<SqliteStore::Borrowed> SqliteStore::borrow(const SegmentPtr& segment) const {
    {
        const std::scoped_lock lock(segment->mutex);
        if (!segment->readers.empty()) {
            auto reader = std::move(segment->readers.back());
            segment->readers.pop_back();
            return Borrowed(segment, std::move(reader));
        }
    }
    WEIR_TRY(auto reader, SegmentReader::open(segment->file.path, segment->file.number, options_.vfs));
    return Borrowed(segment, std::move(reader));
}

std::vector<SqliteStore::SegmentPtr> SqliteStore::segments() const {
    const std::scoped_lock lock(segments_mutex_);
    return segments_;
}

Result<SqliteStore::Borrowed> SqliteStore::active() const { return borrow(segments().back()); }

Result<std::vector<StoredGroup>> SqliteStore::read(StreamId stream, Offset from, Offset end, std::size_t max_bytes) {
    std::vector<StoredGroup> found;
    std::size_t bytes = 0;
    const auto all = segments();
    for (std::size_t i = 0; i < all.size() && from < end; ++i) {
        const Offset segment_end = i + 1 < all.size() ? std::min(end, all[i + 1]->begin(stream)) : end;
        if (from >= segment_end) continue;
        if (!found.empty() && bytes > max_bytes) break;
        WEIR_TRY(const Borrowed reader, borrow(all[i]));
        WEIR_CHECK_OK(
            reader->groups(stream, std::max(from, all[i]->begin(stream)), segment_end, max_bytes, bytes, found));
        if (found.empty()) continue;
        from = found.back().first + found.back().count;
        if (from < segment_end) break;
    }
    return found;
}

Status SqliteStore::visit_identities(StreamId stream, OffsetRange range, const IdentityVisitor& visit) {
    const auto all = segments();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Offset begin = std::max(all[i]->begin(stream), range.first);
        const Offset end = i + 1 < all.size() ? std::min(all[i + 1]->begin(stream), range.end) : range.end;
        if (begin >= end) continue;
        WEIR_TRY(const Borrowed reader, borrow(all[i]));
        WEIR_CHECK_OK(reader->identities(stream, begin, end, true, visit));
    }
    return ok();
}

Result<std::vector<AttemptStarted>> SqliteStore::open_attempts(LaneId lane) {
    WEIR_TRY(const Borrowed reader, active());
    return reader->open_attempts(lane);
}

Result<LaneRows> SqliteStore::lane_rows(LaneId lane, Offset position) {
    WEIR_TRY(const Borrowed reader, active());
    return reader->lane_rows(lane, position);
}

Result<std::optional<std::string>> SqliteStore::state_get(std::string_view scope, std::string_view key,
                                                          std::int64_t now_wall_ns) {
    WEIR_TRY(const Borrowed reader, active());
    return reader->state_get(scope, key, now_wall_ns);
}

}  // namespace weir::journal
