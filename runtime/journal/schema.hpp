// The tables of one segment file, format version 2; docs/formats/journal.md explains every column.
#pragma once

#include <string>

namespace weir::journal {

inline constexpr int kFormatVersion = 2;
inline constexpr int kApplicationId = 0x77656972;  // "weir"; `file` and the shell show it
inline constexpr int kPageSize = 8192;

// CREATE statements of all tables and indexes.
[[nodiscard]] std::string schema_tables();
// CREATE statements of the views that make a segment readable in the sqlite3 shell.
[[nodiscard]] std::string schema_views();
// What makes a segment of version 1 one of this version, `user_version` apart; for one transaction.
[[nodiscard]] std::string schema_from_version_1();

}  // namespace weir::journal
