// Values with their types as JSON, for `weir eval --batch`: {"type": "int", "value": "5"}.
//
//   int, uint, decimal   the number as a string          list       an array of such objects
//   double               a number, "NaN", "Infinity",    map        an array of pairs of such objects
//                        "-Infinity"                     timestamp  RFC 3339
//   bytes                base64                          duration   seconds: "1.5s"
//   type                 its name                        optional   such an object, or null
//   null                 null                            a network address is written as a string
#pragma once

#include <string>
#include <weir/result.hpp>

#include "runtime/expr/context.hpp"
#include "runtime/expr/value.hpp"

namespace weir::expr {

// `json` is such an object, read with JsonNumbers::doubles. `invalid`: what was expected.
[[nodiscard]] Result<Value> read_typed(const Value& json, Context& context);
// Appends the object. `invalid` when it is too large.
[[nodiscard]] Status write_typed(std::string& out, const Value& value, Context& context);

}  // namespace weir::expr
