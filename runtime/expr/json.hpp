// JSON (RFC 8259) to and from values.
#pragma once

#include <string>
#include <string_view>
#include <weir/result.hpp>

#include "runtime/expr/context.hpp"
#include "runtime/expr/value.hpp"

namespace weir::expr {

enum class JsonNumbers : std::uint8_t {
    exact,    // read from their text: int when 64 bits hold it, else decimal; beyond 38 digits an error
    doubles,  // int when 64 bits hold it, else double
};

// The value of a document, in memory of `arena`. `invalid`, code json_syntax: what is wrong and at which byte; code
// json_limit: nested deeper than Limits::value_depth or too large for the arena.
[[nodiscard]] Result<Value> read_json(std::string_view text, JsonNumbers numbers, Arena& arena, const Limits& limits);

// One line. Bytes as base64, timestamps and durations as their texts, decimals as numbers with all their digits, an
// empty optional as null, types by name. `invalid`: NaN, infinities and what is too large.
[[nodiscard]] Result<std::string> write_json(const Value& value, Context& context);

}  // namespace weir::expr
