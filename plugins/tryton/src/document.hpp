// The documents Tryton gets, and their reading from a record's payload.
#pragma once

#include <weir/decimal.hpp>
#include <weir/json.hpp>
#include <weir/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config.hpp"

namespace tryton {

inline constexpr std::size_t kLinesMax = 5000;
inline constexpr std::size_t kReferenceMax = 64;
inline constexpr std::size_t kTextMax = 1024;  // bytes

struct Address {
    std::string street;
    std::string postal_code;
    std::string city;
    std::string country;  // ISO 3166-1 alpha-2; "": none

    [[nodiscard]] bool empty() const noexcept {
        return street.empty() && postal_code.empty() && city.empty() && country.empty();
    }
};

struct Customer {
    std::string ref;  // the party's code
    std::string name;
    Address address;
};

struct InvoiceLine {
    std::string account;  // Tryton's code
    std::string product;  // code; "": none
    std::string description;
    weir::Decimal quantity;
    weir::Decimal unit_price;

    [[nodiscard]] auto operator<=>(const InvoiceLine&) const = default;
};

struct Invoice {
    std::string ref;
    std::string customer;  // the party's code
    std::string date;      // YYYY-MM-DD, a day of the calendar
    std::string currency;
    std::string payment_term;  // name; "": none
    std::string memo;
    std::optional<weir::Decimal> subtotal;  // what the sender says the lines come to
    std::optional<weir::Decimal> total;     // with tax
    std::vector<InvoiceLine> lines;
};

struct EntryLine {
    std::string account;  // Tryton's code
    std::string party;    // code; "": none
    weir::Decimal debit;
    weir::Decimal credit;
    std::string memo;
};

struct Entry {
    std::string ref;
    std::string date;
    std::string currency;
    std::string memo;
    std::vector<EntryLine> lines;
};

using Document = std::variant<Customer, Invoice, Entry>;
enum class Kind : std::size_t { customer, invoice, entry };  // the variant's order

[[nodiscard]] inline Kind kind_of(const Document& document) noexcept { return static_cast<Kind>(document.index()); }
[[nodiscard]] inline const std::string& ref_of(const Document& document) noexcept {
    return std::visit([](const auto& held) -> const std::string& { return held.ref; }, document);
}

// Reads documents. Keeps its buffers; one thread at a time.
class DocumentReader {
  public:
    explicit DocumentReader(const Config& config) noexcept : config_(config) {}

    // `type` is the record's; `external_ref` is used where the payload names none.
    // `rejected`: UNKNOWN_DOCUMENT (neither the type nor the setting says what it is), INVALID_DOCUMENT (with the JSON
    // pointer), COMPANY_UNKNOWN, UNBALANCED.
    [[nodiscard]] weir::Result<Document> read(std::string_view type, std::string_view payload,
                                              std::string_view external_ref);

  private:
    [[nodiscard]] weir::Result<Kind> kind(std::string_view type) const;
    [[nodiscard]] std::string account(const std::string& name) const;
    [[nodiscard]] weir::Result<Customer> customer(const weir::JsonValue& payload) const;
    [[nodiscard]] weir::Result<Invoice> invoice(const weir::JsonValue& payload, std::string_view external_ref) const;
    [[nodiscard]] weir::Result<InvoiceLine> invoice_line(const weir::JsonValue& line, const std::string& pointer) const;
    [[nodiscard]] weir::Result<Entry> entry(const weir::JsonValue& payload, std::string_view external_ref) const;
    [[nodiscard]] weir::Result<EntryLine> entry_line(const weir::JsonValue& line, const std::string& pointer,
                                                     const Entry& entry) const;

    const Config& config_;
    weir::JsonParser parser_;
};

}  // namespace tryton
