// The operators on values (langdef.md, "Standard Definitions").
#pragma once

#include "runtime/expr/ast.hpp"
#include "runtime/expr/context.hpp"

namespace weir::expr {

// Both operands are values, not errors. Not for && || ?: and indexes.
[[nodiscard]] Value apply_binary(Context& context, Operator op, const Value& a, const Value& b);
[[nodiscard]] Value apply_unary(Context& context, Operator op, const Value& a);

// a[b]: an error when there is no such element.
[[nodiscard]] Value index(Context& context, const Value& container, const Value& key);
// a[?b] and a.?b: an optional.
[[nodiscard]] Value optional_index(Context& context, const Value& container, const Value& key);
// a.b
[[nodiscard]] Value select(Context& context, const Value& container, const Value& field);
// has(a.b)
[[nodiscard]] Value has_field(Context& context, const Value& container, const Value& field);

// timestamp and duration arithmetic refuses what leaves the range: years 1 to 9999, 64 bits of nanoseconds.
[[nodiscard]] Value add_to_timestamp(Context& context, Timestamp time, std::int64_t nanoseconds);

// A decimal from an int, uint or decimal.
[[nodiscard]] Decimal to_decimal(const Value& value) noexcept;
// a / b: exact when 20 digits behind the point suffice, else rounded half even to 20.
[[nodiscard]] Result<Decimal> divide_decimals(const Decimal& a, const Decimal& b);

}  // namespace weir::expr
