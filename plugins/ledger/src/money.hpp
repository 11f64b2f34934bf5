// Amounts of the ledger: whole minor units of an ISO 4217 currency. No floating point anywhere.
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::ledger {

// Largest amount of one line, in minor units: 9,999,999,999,999.99 USD. With at most kLinesMax lines the total of
// an entry stays inside int64, and so does SQLite's integer SUM.
inline constexpr std::int64_t kMinorMax = 999'999'999'999'999;

// Digits after the decimal point, from ISO 4217: USD 2, JPY 0, KWD 3. Empty: not a currency of the table.
[[nodiscard]] std::optional<int> currency_exponent(std::string_view code) noexcept;

struct Currency {
    std::string_view code;
    int exponent;
};
// The whole table.
[[nodiscard]] std::vector<Currency> currencies();

// "39.92" in USD is 3992. `invalid` when the text is no plain decimal (`-?[0-9]+(\.[0-9]+)?`), has digits the
// currency cannot hold ("1.005" USD; zeros are fine), or is beyond kMinorMax.
[[nodiscard]] Result<std::int64_t> parse_minor(std::string_view text, int exponent);

// 3992 at exponent 2 is "39.92"; at 0 it is "3992".
[[nodiscard]] std::string format_minor(std::int64_t minor, int exponent);

// 10^exponent; exponent in [0, 4].
[[nodiscard]] std::int64_t minor_per_unit(int exponent) noexcept;

}  // namespace weir::ledger
