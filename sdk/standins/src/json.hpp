// JSON as the stand-ins read it: no number with a fraction ever becomes a double.
#pragma once

#include <weir/decimal.hpp>
#include <weir/result.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace weir::standin {

using Json = nlohmann::json;

// A number with a fraction, an exponent or too many digits for 64 bits becomes a string of its text, so that 1393.56
// and "1393.56" are the same exact amount. Empty text is null. `invalid` (INVALID_JSON): no JSON, or a key stands
// twice.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// The text of a string or of a whole number; empty for anything else.
[[nodiscard]] std::string text_of(const Json& value);
// text_of() the member, or `otherwise` when there is none (or null, or `object` is no object).
[[nodiscard]] std::string text_at(const Json& object, const char* key, const std::string& otherwise = {});

// An amount with at most `exponent` digits behind the point, zeros at the end apart; the result has exactly so many.
// `invalid`: no plain decimal, or more digits.
[[nodiscard]] Result<Decimal> parse_amount(const Json& value, int exponent);

}  // namespace weir::standin
