// SQLite, thinly: a connection and prepared statements that close themselves. Not thread-safe; one owner.
#pragma once

#include <weir/result.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::ledger {

struct CloseDatabase {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// A busy or locked database, and everything else SQLite rolls back surely, is `unavailable`; the code is
// "sqlite_" and the name of the result, e.g. "sqlite_full".
[[nodiscard]] Error sqlite_error(sqlite3* db, std::string_view doing);

[[nodiscard]] Status execute(sqlite3* db, const char* sql);

class Statement {
  public:
    Statement() = default;
    [[nodiscard]] static Result<Statement> prepare(sqlite3* db, std::string_view sql);

    // Parameters count from 1. The text must live until step() or reset(): it is not copied.
    Statement& bind(int index, std::string_view text) noexcept;
    Statement& bind(int index, std::int64_t number) noexcept;

    // True: a row is there. Errors as sqlite_error(). After an error or the last row the statement is reset.
    [[nodiscard]] Result<bool> step();
    // For statements without rows.
    [[nodiscard]] Status run();
    void reset() noexcept;

    // Views are valid until the next step() or reset(). Columns count from 0.
    [[nodiscard]] std::string_view text(int column) const noexcept;
    [[nodiscard]] std::int64_t integer(int column) const noexcept;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace weir::ledger
