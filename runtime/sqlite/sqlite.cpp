#include "runtime/sqlite/sqlite.hpp"

#include <fmt/format.h>
#include <cerrno>

namespace weir::sqlite {

namespace {

// Never null: SQLite takes a null pointer for NULL, and the columns are NOT NULL.
const char* data_of(std::string_view bytes) noexcept { return bytes.data() == nullptr ? "" : bytes.data(); }

std::string_view unavailable_code(int code, int system_errno) noexcept {
    switch (code) {
        case SQLITE_FULL:
            return "disk_full";
        case SQLITE_IOERR_FSYNC:
        case SQLITE_IOERR_DIR_FSYNC:
            return "fsync_failed";
        default:
            break;
    }
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) return "busy";
    // A file-size limit (ulimit, quota) is a full disk to us; SQLite reports only ENOSPC as SQLITE_FULL.
    const bool full = system_errno == EFBIG || system_errno == ENOSPC || system_errno == EDQUOT;
    return (code & 0xff) == SQLITE_IOERR && full ? "disk_full" : "io_error";
}

}  // namespace

Error last_error(sqlite3* db, int code, std::string_view what) {
    const int system_errno = db == nullptr ? 0 : sqlite3_system_errno(db);
    const char* text = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
    std::string message = fmt::format("{}: {} (sqlite {})", what, text, code);
    switch (code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Errc::corrupt, std::move(message), "corrupt", {}};
        case SQLITE_ERROR:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_MISUSE:
        case SQLITE_RANGE:
        case SQLITE_TOOBIG:
            return {Errc::invalid, std::move(message), "sqlite", {}};
        default:
            break;
    }
    return {Errc::unavailable, std::move(message), std::string(unavailable_code(code, system_errno)), {}};
}

Statement& Statement::bind_text(int index, std::string_view text) noexcept {
    sqlite3_bind_text64(statement_.get(), index, data_of(text), text.size(), nullptr, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) noexcept {
    sqlite3_bind_blob64(statement_.get(), index, data_of(bytes), bytes.size(), nullptr);
    return *this;
}

Statement& Statement::bind_null(int index) noexcept {
    sqlite3_bind_null(statement_.get(), index);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    Error error = last_error(sqlite3_db_handle(statement_.get()), code, sqlite3_sql(statement_.get()));
    reset();
    return error;
}

Status Statement::run() {
    for (;;) {
        WEIR_TRY(const bool row, step());
        if (!row) break;
    }
    reset();
    return ok();
}

std::string_view Statement::bytes(int column) const noexcept {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view{}
                           : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

Result<Database> Database::open(const std::string& path, Mode mode, const std::string& vfs,
                                std::chrono::milliseconds busy) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags, vfs.empty() ? nullptr : vfs.c_str());
    Database db(raw);
    if (code != SQLITE_OK) return last_error(raw, code, "open " + path);
    sqlite3_busy_timeout(raw, static_cast<int>(busy.count()));
    return db;
}

Status Database::exec(const std::string& sql) {
    const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return ok();
    return last_error(db_.get(), code, sql.substr(0, 80));
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &raw, nullptr);
    if (code != SQLITE_OK) return last_error(db_.get(), code, sql);
    return Statement(raw);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
    WEIR_TRY(Statement statement, prepare(sql));
    WEIR_TRY(const bool row, statement.step());
    return row ? statement.integer(0) : 0;
}

}  // namespace weir::sqlite
