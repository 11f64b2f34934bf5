// SQLite's C API as two move-only values that return Results. One connection belongs to one thread at a time.
#pragma once

#include <sqlite3.h>
#include <weir/result.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::sqlite {

// What SQLite last complained about. `unavailable` with code disk_full, fsync_failed, busy or io_error; `corrupt` for
// a malformed file; `invalid` for a statement of ours that is wrong.
[[nodiscard]] Error last_error(sqlite3* db, int code, std::string_view what);

// A prepared statement. Bound bytes are not copied: they must live until reset().
class Statement {
  public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* statement) noexcept : statement_(statement) {}

    template <std::integral Int>
    Statement& bind(int index, Int value) noexcept {
        sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(value));
        return *this;
    }
    Statement& bind_text(int index, std::string_view text) noexcept;
    Statement& bind_blob(int index, std::string_view bytes) noexcept;
    Statement& bind_null(int index) noexcept;

    // True: a row is there to be read. False: done. The statement stays where it is until reset().
    [[nodiscard]] Result<bool> step();
    // Steps to the end and resets.
    [[nodiscard]] Status run();
    void reset() noexcept { sqlite3_reset(statement_.get()); }

    // Of the current row; views live until the next step() or reset().
    [[nodiscard]] std::int64_t integer(int column) const noexcept {
        return sqlite3_column_int64(statement_.get(), column);
    }
    template <std::integral Int>
    [[nodiscard]] Int as(int column) const noexcept {
        return static_cast<Int>(integer(column));
    }
    [[nodiscard]] std::string_view bytes(int column) const noexcept;
    [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
    [[nodiscard]] bool is_null(int column) const noexcept {
        return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
    }

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
  public:
    enum class Mode : std::uint8_t { read_only, read_write, create };

    // `vfs` empty: the default one. `busy`: how long a call waits for a lock of others, an operator's shell.
    [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode, const std::string& vfs,
                                               std::chrono::milliseconds busy = std::chrono::seconds{2});

    [[nodiscard]] Status exec(const std::string& sql);
    // Kept for the connection's life, so planned once.
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    // The first column of the first row, 0 when there is none.
    [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);
    [[nodiscard]] sqlite3* handle() const noexcept { return db_.get(); }

  private:
    struct Close {
        void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
    };
    explicit Database(sqlite3* db) noexcept : db_(db) {}
    std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace weir::sqlite
