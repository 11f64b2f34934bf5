// Lookup tables of a configuration: small files that say what stands for what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>
#include <weir/result.hpp>

namespace weir::canonical {

struct TableSettings {
    std::string key;                       // the column that names rows; "" for a JSON object of key to value
    char delimiter = ',';                  // of CSV
    std::size_t rows_max = 1'000'000;      // more rows are refused
    std::uintmax_t bytes_max = 256 << 20;  // a larger file is refused
};

// Immutable: any number of threads may read. Costs about the size of its file plus 100 bytes a row.
class Table {
  public:
    // The row as JSON: an object of its columns, or the value itself where there is one column besides the key (or
    // none), or what a JSON object has under the key. nullopt: there is no such row. Valid as long as the table.
    [[nodiscard]] std::optional<std::string_view> row(std::string_view key) const;
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    // All keys and rows, in the order of the file: two tables with the same text answer alike.
    [[nodiscard]] std::string_view text() const noexcept { return *text_; }
    // All of CSV, in the order of the file; empty for JSON.
    [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  private:
    friend class TableBuilder;
    std::unique_ptr<const std::string> text_;  // keys and rows; the views below point into it
    std::unordered_map<std::string_view, std::string_view> rows_;
    std::vector<std::string> columns_;
};

// By the file's name: *.csv with a header row, all values strings; *.json with an object of key to value, or an array
// of objects that all have the key column, a string. JSON values stay as they are written: numbers of any length
// survive.
// `invalid`, with a message "file:line:column: ...": what is wrong first. Keys that are empty or stand twice are
// refused, so are columns that stand twice and rows with more or fewer fields than the header.
[[nodiscard]] Result<Table> read_table(const std::filesystem::path& file, const TableSettings& settings);

}  // namespace weir::canonical
