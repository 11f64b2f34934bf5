// Opening the books: the file, its schema and the master data from the configuration.
#include "books.hpp"
#include "money.hpp"
#include "schema.hpp"

#include <string>

namespace weir::ledger {
namespace {

// "WEIL": tells a ledger from any other SQLite file before anything is written to it.
constexpr std::int64_t kApplicationId = 0x5745494c;

Result<std::int64_t> pragma(sqlite3* db, std::string_view sql) {
    WEIR_TRY(auto statement, Statement::prepare(db, sql));
    WEIR_TRY([[maybe_unused]] const bool row, statement.step());
    return statement.integer(0);
}

// Runs `body` in one transaction; rolls back when it fails.
template <class Body>
Status in_transaction(sqlite3* db, Body body) {
    WEIR_CHECK_OK(execute(db, "BEGIN IMMEDIATE"));
    Status done = body();
    if (done.ok()) done = execute(db, "COMMIT");
    if (!done.ok() && sqlite3_get_autocommit(db) == 0) (void)execute(db, "ROLLBACK");
    return done;
}

Status fill_currencies(sqlite3* db) {
    WEIR_TRY(auto insert, Statement::prepare(db, "INSERT OR IGNORE INTO currencies VALUES (?, ?, ?)"));
    for (const Currency& currency : currencies()) {
        WEIR_CHECK_OK(
            insert.bind(1, currency.code).bind(2, currency.exponent).bind(3, minor_per_unit(currency.exponent)).run());
    }
    return ok();
}

}  // namespace

Result<Books> Books::open(BooksConfig config) {
    Books books(std::move(config));
    for (const std::string& company : books.config_.companies) books.companies_.insert(company);
    for (const Account& account : books.config_.accounts) books.accounts_.emplace(account.code, account.blocked);

    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int result = sqlite3_open_v2(books.config_.path.c_str(), &raw, flags, nullptr);
    books.db_.reset(raw);
    if (result != SQLITE_OK) return sqlite_error(raw, "\"" + books.config_.path + "\"");
    sqlite3_busy_timeout(raw, books.config_.busy_timeout_ms);

    auto opened = books.create_or_check_schema();
    if (opened.ok()) opened = books.apply_config();
    if (opened.ok()) opened = books.prepare();
    if (!opened.ok()) return std::move(opened).error().in("\"" + books.config_.path + "\"");
    return books;
}

Status Books::create_or_check_schema() {
    sqlite3* db = db_.get();
    // FULL: in WAL mode a commit returns only after the log is synced.
    WEIR_CHECK_OK(execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
    return in_transaction(db, [db]() -> Status {
        WEIR_TRY(const std::int64_t version, pragma(db, "PRAGMA user_version"));
        WEIR_TRY(const std::int64_t application, pragma(db, "PRAGMA application_id"));
        if (application == kApplicationId && version == kSchemaVersion) return ok();
        WEIR_TRY(const std::int64_t tables, pragma(db, "SELECT count(*) FROM sqlite_schema"));
        if (tables != 0) {
            return Error{Errc::corrupt,
                         "expected a weir ledger of schema " + std::to_string(kSchemaVersion) + ", found schema " +
                             std::to_string(version) + (application == kApplicationId ? "" : " of another program"),
                         "not_a_ledger",
                         {}};
        }
        WEIR_CHECK_OK(execute(db, kSchemaSql));
        const std::string stamp = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                                  "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
        return execute(db, stamp.c_str());
    });
}

Status Books::apply_config() {
    sqlite3* db = db_.get();
    return in_transaction(db, [this, db]() -> Status {
        // What the configuration no longer names stays readable in the views, but takes no postings.
        WEIR_CHECK_OK(execute(db,
                              "UPDATE companies SET listed = 0; UPDATE accounts SET listed = 0;"
                              "UPDATE periods SET state = 'open', set_by = 'books' WHERE set_by = 'config'"));
        WEIR_CHECK_OK(fill_currencies(db));  // each time: a newer weir may know more of them
        WEIR_TRY(auto company, Statement::prepare(db,
                                                  "INSERT INTO companies (code) VALUES (?1) "
                                                  "ON CONFLICT (code) DO UPDATE SET listed = 1"));
        for (const std::string& code : config_.companies) WEIR_CHECK_OK(company.bind(1, code).run());

        WEIR_TRY(auto account,
                 Statement::prepare(db,
                                    "INSERT INTO accounts (code, name, type, blocked) VALUES (?1, ?2, ?3, ?4) "
                                    "ON CONFLICT (code) DO UPDATE SET name = ?2, type = ?3, blocked = ?4, listed = 1"));
        for (const Account& a : config_.accounts) {
            WEIR_CHECK_OK(
                account.bind(1, a.code).bind(2, a.name).bind(3, a.type).bind(4, std::int64_t{a.blocked}).run());
        }

        WEIR_TRY(auto close,
                 Statement::prepare(db,
                                    "INSERT INTO periods (company, period, state, set_by) "
                                    "SELECT code, ?2, 'closed', 'config' FROM companies WHERE ?1 IN ('', code) "
                                    "ON CONFLICT (company, period) DO UPDATE SET state = 'closed', "
                                    "set_by = CASE state WHEN 'closed' THEN set_by ELSE 'config' END"));
        for (const ClosedPeriod& p : config_.closed_periods) {
            WEIR_CHECK_OK(close.bind(1, p.company).bind(2, p.period).run());
        }
        return ok();
    });
}

Status Books::prepare() {
    const std::pair<Statement*, std::string_view> statements[] = {
        {&sql_.find_entry,
         "SELECT entry_no, document_type, document_date, posting_date, currency, memo FROM entries "
         "WHERE company = ? AND external_ref = ?"},
        {&sql_.find_lines, "SELECT account, side, minor, amount, memo FROM lines WHERE entry_no = ? ORDER BY line_no"},
        {&sql_.insert_entry, "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&sql_.insert_line, "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)"},
        {&sql_.period_state, "SELECT state FROM periods WHERE company = ? AND period = ?"},
        {&sql_.insert_period, "INSERT OR IGNORE INTO periods (company, period) VALUES (?, ?)"},
        {&sql_.last_number, "SELECT coalesce(max(entry_no), 0) FROM entries"},
    };
    for (const auto& [statement, sql] : statements) {
        WEIR_TRY(*statement, Statement::prepare(db_.get(), sql));
    }
    return ok();
}

}  // namespace weir::ledger
