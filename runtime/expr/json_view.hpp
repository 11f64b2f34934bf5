// JSON documents as values of the language without making a tree of values: <weir/json.hpp> reads a document once into a
// flat tape, and maps, lists, numbers and strings become values when an expression asks for them.
#pragma once

#include <weir/json.hpp>

#include "runtime/expr/arena.hpp"
#include "runtime/expr/value.hpp"

namespace weir::expr {

// Lives as long as the arena, the parser's tape and the parsed text. A number is an int when 64 bits hold it, else a
// decimal; one that 38 digits do not hold is an error, for whoever reads it. An absent value is unset.
[[nodiscard]] Value view_of(const JsonValue& json, Arena& arena);

}  // namespace weir::expr
