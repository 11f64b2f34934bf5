#include "runtime/journal/segment_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "runtime/base/failpoint.hpp"
#include "runtime/base/id.hpp"
#include "runtime/base/log.hpp"
#include "runtime/journal/schema.hpp"
#include "runtime/journal/segment_reader.hpp"

namespace weir::journal {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "segment-";
constexpr std::string_view kSuffix = ".db";
constexpr std::string_view kIncomplete = ".new";

Error io_error(std::string_view what, const fs::path& path, int error) {
    return {Errc::unavailable,
            fmt::format("{} \"{}\": {}", what, path.string(), std::generic_category().message(error)),
            error == ENOSPC ? "disk_full" : "io_error",
            {}};
}

std::uint64_t segment_number(std::string_view name) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return 0;
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(kSuffix.size());
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    return parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size() ? number : 0;
}

// Everything the next segment needs so that the older ones are history: no live fact stays behind. The newest row
// comes too, so that rows go on being numbered in the order of their making.
std::string carry_over(std::int64_t now_wall_ns) {
    return fmt::format(
        "INSERT INTO streams SELECT id, name, next_offset, next_offset, duplicates, conflicts FROM old.streams;"
        "INSERT INTO cursors SELECT * FROM old.cursors;"
        "INSERT INTO lanes SELECT id, route, destination, stream, begin_offset, position, settled, delivered, "
        "duplicates,"
        " filtered, max(next_attempt, coalesce((SELECT max(attempt) + 1 FROM old.attempts WHERE lane = lanes.id), 0))"
        " FROM old.lanes;"
        "INSERT INTO attempts SELECT * FROM old.attempts WHERE settled_ns IS NULL;"
        // Finished parts stay with a record as long as the lane may ask for them (LaneState::closed).
        "INSERT INTO delivery_rows SELECT r.* FROM old.delivery_rows r WHERE state <> 5"
        " OR record_offset >= (SELECT position FROM old.lanes l WHERE l.id = r.lane)"
        " OR EXISTS (SELECT 1 FROM old.delivery_rows o WHERE o.lane = r.lane AND o.record_offset = r.record_offset"
        "            AND o.state <> 5 AND o.state IN (1, 2, 6))"
        " OR id = (SELECT max(id) FROM old.delivery_rows);"
        "INSERT INTO audit SELECT * FROM old.audit;"
        // Notes last as long as their record or a row that is not delivered.
        "INSERT INTO delivery_notes SELECT n.* FROM old.delivery_notes n JOIN old.lanes l ON l.id = n.lane WHERE"
        " n.record_offset >= coalesce((SELECT first FROM temp.retained WHERE stream = l.stream), 0)"
        " OR EXISTS (SELECT 1 FROM delivery_rows r WHERE r.lane = n.lane AND r.record_offset = n.record_offset"
        "            AND r.part = n.part AND r.state <> 5);"
        "INSERT INTO state SELECT * FROM old.state WHERE expires_ns = 0 OR expires_ns > {};"
        "INSERT INTO quarantine SELECT * FROM old.quarantine;"
        "INSERT INTO meta SELECT key, value FROM old.meta WHERE key = 'journal_id';",
        now_wall_ns);
}

Status note_retained(sqlite::Database& db, const std::vector<StreamBegin>& retained) {
    WEIR_CHECK_OK(db.exec("CREATE TEMP TABLE retained (stream INTEGER PRIMARY KEY, first INTEGER NOT NULL)"));
    WEIR_TRY(auto insert, db.prepare("INSERT INTO temp.retained VALUES (?1, ?2)"));
    for (const StreamBegin& one : retained) WEIR_CHECK_OK(insert.bind(1, one.stream).bind(2, one.begin).run());
    return ok();
}

Status build(const std::string& path, const NewSegment& segment) {
    WEIR_TRY(auto db, sqlite::Database::open(path, sqlite::Database::Mode::create, segment.vfs));
    WEIR_CHECK_OK(db.exec(fmt::format("PRAGMA page_size = {}; PRAGMA synchronous = FULL", kPageSize)));
    if (!segment.previous.empty()) {
        WEIR_TRY(auto attach, db.prepare("ATTACH ?1 AS old"));
        WEIR_CHECK_OK(attach.bind_text(1, segment.previous).run());
    }
    WEIR_CHECK_OK(db.exec("BEGIN"));
    WEIR_CHECK_OK(db.exec(schema_tables()));
    WEIR_CHECK_OK(db.exec(schema_views()));
    WEIR_CHECK_OK(
        db.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};"
                            "INSERT INTO meta VALUES ('segment', {}), ('created_ns', {}), ('probes', 0)",
                            kApplicationId, kFormatVersion, segment.number, segment.created_wall_ns)));
    if (segment.previous.empty()) {
        WEIR_CHECK_OK(
            db.exec(fmt::format("INSERT INTO meta VALUES ('journal_id', '{}')", uuid7(segment.created_wall_ns))));
    } else {
        WEIR_CHECK_OK(note_retained(db, segment.retained));
        WEIR_CHECK_OK(db.exec(carry_over(segment.created_wall_ns)));
    }
    failpoint(Failpoint::journal_rotate_begin);
    WEIR_CHECK_OK(db.exec("COMMIT"));
    if (!segment.previous.empty()) WEIR_CHECK_OK(db.exec("DETACH old"));
    return db.exec("PRAGMA journal_mode = WAL");
}

}  // namespace

std::string segment_path(const fs::path& dir, std::uint64_t number) {
    return (dir / fmt::format("{}{:08}{}", kPrefix, number, kSuffix)).string();
}

Result<std::vector<SegmentFile>> list_segments(const fs::path& dir) {
    std::vector<SegmentFile> found;
    std::error_code error;
    for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
        const std::uint64_t number = segment_number(at->path().filename().string());
        if (number > 0) found.push_back({number, at->path().string()});
    }
    if (error) return io_error("list", dir, error.value());
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    return found;
}

Status remove_incomplete(const fs::path& dir) {
    std::error_code error;
    std::vector<fs::path> leftovers;
    for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.starts_with(kPrefix) && name.find(kIncomplete) != std::string::npos) leftovers.push_back(at->path());
    }
    for (const fs::path& path : leftovers) {
        if (!error) fs::remove(path, error);
    }
    if (error) return io_error("clean up", dir, error.value());
    return ok();
}

Status remove_segment(const std::string& path) {
    // The file last: as long as it is there, it is whole.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        std::error_code error;
        fs::remove(path + suffix, error);
        if (error) return io_error("remove", path + suffix, error.value());
    }
    return ok();
}

Status sync_directory(const fs::path& dir) {
    const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return io_error("open", dir, errno);
    const int failed = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (failed != 0) return io_error("sync", dir, failed);
    return ok();
}

Status make_segment(const fs::path& dir, const NewSegment& segment) {
    const std::string path = segment_path(dir, segment.number);
    const std::string incomplete = path + std::string(kIncomplete);
    WEIR_CHECK_OK(remove_incomplete(dir));
    WEIR_CHECK_OK(build(incomplete, segment));
    std::error_code error;
    fs::rename(incomplete, path, error);
    if (error) return io_error("rename", incomplete, error.value());
    Status synced = sync_directory(dir);
    if (synced.ok()) return ok();
    Error unknown = std::move(synced).error();
    unknown.errc = Errc::unknown;
    return unknown;
}

Status upgrade_segment(const SegmentFile& file, const std::string& vfs) {
    WEIR_TRY(auto db, sqlite::Database::open(file.path, sqlite::Database::Mode::read_write, vfs));
    WEIR_TRY(const int version, format_version(db, file.path));
    if (version != 1) return ok();
    WEIR_CHECK_OK(db.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE"));
    WEIR_CHECK_OK(db.exec(schema_from_version_1()));
    WEIR_CHECK_OK(db.exec(fmt::format("PRAGMA user_version = {}; COMMIT", kFormatVersion)));
    log::info("journal segment brought up to date", {{"segment", file.number}, {"format", kFormatVersion}});
    // A sealed segment is never written again, so its WAL is not left for later.
    return db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

// ---------------------------------------------------------------------------------------------- the lock

Result<DirectoryLock> DirectoryLock::take(const fs::path& dir) {
    const fs::path path = dir / "lock";
    DirectoryLock lock;
    lock.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock.fd_ < 0) return io_error("open", path, errno);
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return io_error("lock", path, errno);
    return Error{
        Errc::conflict, fmt::format("another process has the journal \"{}\" open", dir.string()), "journal_locked", {}};
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

DirectoryLock::~DirectoryLock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace weir::journal
