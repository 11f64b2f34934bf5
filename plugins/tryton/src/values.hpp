// Tryton's JSON for what JSON has no type for: exact decimals and dates (trytond/protocols/jsonrpc.py).
#pragma once

#include <weir/decimal.hpp>
#include <weir/json.hpp>

#include <string>
#include <string_view>

namespace tryton {

inline void write_decimal(weir::JsonWriter& out, const weir::Decimal& value) {
    out.begin_object().member("__class__", "Decimal").member("decimal", value.to_string()).end_object();
}

// `day` is YYYY-MM-DD and a day of the calendar.
void write_date(weir::JsonWriter& out, std::string_view day);

// A Decimal, or the plain number a float field is; `invalid` for anything else.
[[nodiscard]] weir::Result<weir::Decimal> read_decimal(const weir::JsonValue& value);

// YYYY-MM-DD; "" when it is no date.
[[nodiscard]] std::string read_date(const weir::JsonValue& value);

[[nodiscard]] bool is_day(std::string_view text) noexcept;

// RFC 4648, section 4.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace tryton
