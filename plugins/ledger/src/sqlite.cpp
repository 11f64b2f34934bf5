#include "sqlite.hpp"

namespace weir::ledger {
namespace {

std::string_view name_of(int result) noexcept {
    switch (result & 0xff) {
        case SQLITE_BUSY:
            return "sqlite_busy";
        case SQLITE_LOCKED:
            return "sqlite_locked";
        case SQLITE_FULL:
            return "sqlite_full";
        case SQLITE_IOERR:
            return "sqlite_ioerr";
        case SQLITE_CORRUPT:
            return "sqlite_corrupt";
        case SQLITE_NOTADB:
            return "sqlite_notadb";
        case SQLITE_READONLY:
            return "sqlite_readonly";
        case SQLITE_CANTOPEN:
            return "sqlite_cantopen";
        case SQLITE_CONSTRAINT:
            return "sqlite_constraint";
        case SQLITE_NOMEM:
            return "sqlite_nomem";
        default:
            return "sqlite_error";
    }
}

Errc errc_of(int result) noexcept {
    switch (result & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Errc::corrupt;
        case SQLITE_CONSTRAINT:
            return Errc::conflict;
        default:
            return Errc::unavailable;
    }
}

}  // namespace

Error sqlite_error(sqlite3* db, std::string_view doing) {
    const int result = sqlite3_extended_errcode(db);
    return {errc_of(result), std::string(doing) + ": " + sqlite3_errmsg(db), std::string(name_of(result)), {}};
}

Status execute(sqlite3* db, const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return sqlite_error(db, "ledger database");
    return ok();
}

Result<Statement> Statement::prepare(sqlite3* db, std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int result =
        sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (result != SQLITE_OK) return sqlite_error(db, "prepare");
    Statement statement;
    statement.statement_.reset(raw);
    return statement;
}

Statement& Statement::bind(int index, std::string_view text) noexcept {
    // A null pointer would bind NULL; an empty view means the empty string.
    sqlite3_bind_text(statement_.get(), index, text.data() != nullptr ? text.data() : "", static_cast<int>(text.size()),
                      SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind(int index, std::int64_t number) noexcept {
    sqlite3_bind_int64(statement_.get(), index, number);
    return *this;
}

Result<bool> Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) {
        reset();
        return false;
    }
    Error error = sqlite_error(sqlite3_db_handle(statement_.get()), "ledger database");
    reset();
    return error;
}

Status Statement::run() {
    WEIR_TRY([[maybe_unused]] const bool row, step());
    reset();
    return ok();
}

void Statement::reset() noexcept { sqlite3_reset(statement_.get()); }

std::string_view Statement::text(int column) const noexcept {
    const void* data = sqlite3_column_text(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view{}
                           : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::int64_t Statement::integer(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }

}  // namespace weir::ledger
