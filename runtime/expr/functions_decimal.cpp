// Rounding of decimals.

#include <array>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/money.hpp"
#include "runtime/expr/operators.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

Value no_mode(Context& context, const Value& name) {
    std::string known;
    for (const auto& [mode, value] : weir_config_names(Rounding{}))
        known += (known.empty() ? "" : ", ") + std::string(mode);
    return context.fail(ErrorKind::invalid_argument, shown(name) + " is no rounding mode: " + known);
}

Value round_digits(Context& context, Arguments a) {
    const auto mode = a.size() == 3 ? rounding_mode(a[2].as_text()) : Rounding::half_up;
    if (!mode) return no_mode(context, a[2]);
    const std::int64_t digits = a[1].as_int();
    if (digits < 0 || digits > Decimal::kScaleMax) {
        return context.fail(ErrorKind::out_of_range,
                            "a number is rounded to 0 to 38 digits behind the point, not " + std::to_string(digits));
    }
    return context.decimal(to_decimal(a[0]).checked_round(static_cast<int>(digits), *mode));
}

Value quantize(Context& context, Arguments a) {
    const auto mode = a.size() == 3 ? rounding_mode(a[2].as_text()) : Rounding::half_up;
    if (!mode) return no_mode(context, a[2]);
    const auto exponent = currency_exponent(a[1].as_text());
    if (!exponent) return unknown_currency(context, a[1].as_text());
    return context.decimal(to_decimal(a[0]).checked_round(*exponent, *mode));
}

Value scale(Context&, Arguments a) { return Value::integer(a[0].as_decimal().scale()); }

constexpr std::string_view kSection = "Decimals";

}  // namespace

std::vector<Declaration> decimal_declarations() {
    return {
        {kSection,
         "round",
         "To so many digits behind the point. The mode is half_up unless another is named: half_even, half_down, up, "
         "down, ceiling, floor.",
         {{"round(decimal, int) -> decimal", round_digits},
          {"round(decimal, int, string) -> decimal", round_digits},
          {"round(int, int) -> decimal", round_digits},
          {"round(int, int, string) -> decimal", round_digits}},
         {{"round(128.725, 2)", "128.73"},
          {"round(128.725, 2, 'half_even')", "128.72"},
          {"string(round(7, 2))", "'7.00'"},
          {"round(1.5, 0, 'nearest')", "error"}},
         Availability::weir_only},
        {kSection,
         "quantize",
         "To the digits of a currency (ISO 4217); half_up unless another mode is named.",
         {{"quantize(decimal, string) -> decimal", quantize},
          {"quantize(decimal, string, string) -> decimal", quantize},
          {"quantize(int, string) -> decimal", quantize}},
         {{"quantize(1234.5, 'JPY')", "1235"},
          {"quantize(1.2345, 'KWD')", "1.235"},
          {"string(quantize(5, 'USD'))", "'5.00'"},
          {"quantize(1.5, 'XXY')", "error"}},
         Availability::weir_only},
        {kSection,
         "scale",
         "Digits behind the point, as written or computed.",
         {{"scale(decimal) -> int", scale}},
         {{"scale(12.50)", "2"}},
         Availability::weir_only},
    };
}

}  // namespace weir::expr
