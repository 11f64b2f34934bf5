// CSV after RFC 4180: finding the end of a row, splitting it, and writing it as a JSON object.
#pragma once

#include <weir/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::file {

// Offset of the newline that ends the row at the front of `text`; a newline inside quotes belongs to its field.
// Empty: the row is not complete in `text`.
[[nodiscard]] std::optional<std::size_t> csv_row_end(std::string_view text, char delimiter) noexcept;

// One row, taken apart. Reused from row to row: its memory grows to the longest row and stays.
class CsvFields {
  public:
    // `row` is without its newline; a CR at its end is dropped. Quoted fields lose their quotes, "" becomes ".
    // `invalid`: a quote where none may be, or text behind a closing quote. Views point into `row` and into this
    // object, until the next split.
    [[nodiscard]] Status split(std::string_view row, char delimiter);

    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
    [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept { return fields_[index]; }

  private:
    [[nodiscard]] Result<std::size_t> take_quoted(std::string_view row, std::size_t at, char delimiter);

    std::vector<std::string_view> fields_;
    std::string unescaped_;
};

// The names of the columns, ready to be written.
class CsvHeader {
  public:
    // `invalid`: no columns, a column without a name, two of the same name, not UTF-8.
    [[nodiscard]] static Result<CsvHeader> parse(std::string_view row, char delimiter);

    [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept;

    // Bytes that to_json() writes at most for a row of `row_size` bytes.
    [[nodiscard]] std::size_t json_bound(std::size_t row_size) const noexcept;
    // Writes {"name":"value",...}, every value a string; returns the end. `out` holds json_bound() bytes and
    // fields.size() == size().
    [[nodiscard]] char* to_json(const CsvFields& fields, char* out) const noexcept;

  private:
    std::vector<std::string> names_;
    std::vector<std::string> keys_;  // `{"name":` or `,"name":`, escaped
    std::size_t keys_size_ = 0;
};

// Writes `text` as the inside of a JSON string (RFC 8259, section 7); returns the end. At most 6 bytes for one.
[[nodiscard]] char* write_json_escaped(std::string_view text, char* out) noexcept;

}  // namespace weir::file
