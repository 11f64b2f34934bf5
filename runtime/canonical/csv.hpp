// CSV as RFC 4180 has it, one row after the other.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>
#include <weir/result.hpp>

namespace weir::canonical {

struct CsvField {
    std::string text;        // without its quotes
    std::size_t offset = 0;  // of its first byte in the file
};

// Lines end with LF or CRLF; quoted fields may hold line ends, delimiters and doubled quotes. A byte order mark before
// the first row is passed over.
class CsvReader {
  public:
    explicit CsvReader(std::string_view text, char delimiter = ',');

    // Reads one row; false behind the last. Blank lines at the end are no rows. `invalid`: a quote where none may be;
    // offset() is where.
    [[nodiscard]] Result<bool> next(std::vector<CsvField>& row);
    [[nodiscard]] std::size_t offset() const noexcept { return at_; }

  private:
    [[nodiscard]] Status read_quoted(CsvField& field);
    [[nodiscard]] Status read_plain(CsvField& field);
    [[nodiscard]] bool at_line_end() const noexcept;

    std::string_view text_;
    char delimiter_;
    std::size_t at_ = 0;
};

}  // namespace weir::canonical
