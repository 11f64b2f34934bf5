#include "runtime/canonical/sqlite.hpp"

namespace weir::canonical::sqlite {

Error last_error(sqlite3* db, int code, std::string_view what) {
    const char* text = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
    std::string message = std::string(what) + ": " + text + " (sqlite " + std::to_string(code) + ')';
    switch (code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {Errc::corrupt, std::move(message), "corrupt", {}};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Errc::unavailable, std::move(message), "busy", {}};
        case SQLITE_FULL:
            return {Errc::unavailable, std::move(message), "disk_full", {}};
        case SQLITE_ERROR:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISUSE:
            return {Errc::invalid, std::move(message), "sqlite", {}};
        default:
            return {Errc::unavailable, std::move(message), "io_error", {}};
    }
}

Statement& Statement::bind(int index, std::string_view text) noexcept {
    // A null pointer would bind NULL, which equals nothing.
    const char* data = text.data() == nullptr ? "" : text.data();
    sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind(int index, std::int64_t number) noexcept {
    sqlite3_bind_int64(statement_.get(), index, number);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    Error error = last_error(sqlite3_db_handle(statement_.get()), code, "xref.db");
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

void Statement::reset() noexcept {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
}

std::string Statement::text(int column) const {
    const unsigned char* data = sqlite3_column_text(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return data == nullptr ? std::string() : std::string(data, data + size);
}

Result<Database> Database::open(const std::string& path, int busy_ms) {
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Database db(raw);
    if (code != SQLITE_OK) return last_error(raw, code, path);
    sqlite3_busy_timeout(raw, busy_ms);
    return db;
}

Status Database::exec(const std::string& sql) {
    const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return ok();
    return last_error(db_.get(), code, sql.substr(0, 60));
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &raw, nullptr);
    if (code != SQLITE_OK) return last_error(db_.get(), code, sql.substr(0, 60));
    return Statement(raw);
}

}  // namespace weir::canonical::sqlite
