// SQLite, as far as the cross-references need it: owned handles, errors as Result.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <weir/result.hpp>

namespace weir::canonical::sqlite {

// What SQLite says about its last call on `db`.
[[nodiscard]] Error last_error(sqlite3* db, int code, std::string_view what);

// One prepared statement. Texts that are bound must live until it has run.
class Statement {
  public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    Statement& bind(int index, std::string_view text) noexcept;
    Statement& bind(int index, std::int64_t number) noexcept;
    // True: there is a row.
    [[nodiscard]] Result<bool> step();
    // Runs it to its end and makes it ready again.
    [[nodiscard]] Status run();
    void reset() noexcept;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const noexcept {
        return sqlite3_column_int64(statement_.get(), column);
    }

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
  public:
    // Reads and writes; makes the file where there is none. Waits up to `busy_ms` for others.
    [[nodiscard]] static Result<Database> open(const std::string& path, int busy_ms);
    [[nodiscard]] Status exec(const std::string& sql);
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);

  private:
    explicit Database(sqlite3* db) : db_(db) {}
    struct Close {
        void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
    };
    std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace weir::canonical::sqlite
