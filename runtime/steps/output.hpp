// Values as the JSON of a step's output.
#pragma once

#include <string>

#include "runtime/expr/context.hpp"

namespace weir::steps {

enum class Decimals : std::uint8_t {
    string,  // "12.50": what amounts and quantities are in every contract
    number,  // 12.50
};

// Appends `value`. What still is a part of the input is copied as it was written; of the rest, decimals are written as
// `decimals` says, times as RFC 3339, bytes as base64. An empty optional is null, inside a map or list it is left out.
// `invalid`: NaN, an infinity, an error value, or more than the context's limits allow.
[[nodiscard]] Status write_value(const expr::Value& value, Decimals decimals, expr::Context& context, std::string& out);

}  // namespace weir::steps
