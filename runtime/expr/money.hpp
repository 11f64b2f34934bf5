// Currencies and rounding modes by name.
#pragma once

#include <optional>
#include <string_view>
#include <weir/decimal.hpp>

#include "runtime/expr/context.hpp"

namespace weir::expr {

// Digits behind the point of the currency's minor unit (ISO 4217); nullopt when there is no such code.
[[nodiscard]] std::optional<int> currency_exponent(std::string_view code) noexcept;
[[nodiscard]] Value unknown_currency(Context& context, std::string_view code);

// "half_up" and so on, as in configuration.
[[nodiscard]] std::optional<Rounding> rounding_mode(std::string_view name) noexcept;

}  // namespace weir::expr
