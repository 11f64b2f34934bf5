// A journal entry as the ledger posts it, and its reading from a record's payload.
#pragma once

#include <weir/json.hpp>
#include <weir/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::ledger {

inline constexpr std::size_t kLinesMax = 5000;
inline constexpr std::size_t kReferenceMax = 64;
inline constexpr std::size_t kTextMax = 1024;  // memo, in bytes

enum class Side : std::uint8_t { debit, credit };
[[nodiscard]] constexpr std::string_view to_string(Side side) noexcept {
    return side == Side::debit ? "debit" : "credit";
}

struct Line {
    std::string account;
    Side side = Side::debit;
    std::string amount;    // decimal text as sent; minor units need the entry's currency, see Books
    std::string currency;  // empty: the entry's
    std::string memo;
};

struct Entry {
    std::string company;
    std::string external_ref;
    std::string document_type;
    std::string document_date;  // YYYY-MM-DD, a day of the calendar
    std::string posting_date;   // YYYY-MM-DD
    std::string currency;       // the form of an ISO 4217 code; whether it exists is Books' business
    std::string memo;
    std::vector<Line> lines;

    [[nodiscard]] std::string_view period() const noexcept { return std::string_view(posting_date).substr(0, 7); }
};

// Reads the canonical journal entry from JSON. Keeps its buffers; one thread at a time.
class EntryParser {
  public:
    // `external_ref` is used where the payload names none.
    // `invalid` (code INVALID_ENTRY): says at which JSON pointer, what was found and what was expected.
    // Unknown members are ignored: the canonical entry carries more (dimensions, tax) than these books keep.
    [[nodiscard]] Result<Entry> parse(std::string_view json, std::string_view external_ref);

  private:
    JsonParser parser_;
};

}  // namespace weir::ledger
