// What an expression may cost. Expressions come from configuration and, in `weir eval --batch`, from anybody: no text
// and no input may hang the host, overflow its stack or exhaust its memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::expr {

struct Limits {
    std::size_t source_bytes = 100'000;             // length of the expression's text
    std::size_t depth = 250;                        // nesting of the syntax tree: what bounds recursion
    std::size_t nodes = 50'000;                     // nodes of the tree after macros are expanded
    std::uint64_t cost = 20'000'000;                // steps of one evaluation: see Context::charge()
    std::size_t memory_bytes = 64U * 1024U * 1024;  // temporaries and results of one evaluation
    std::size_t value_depth = 200;                  // nesting of lists and maps in a value
};

}  // namespace weir::expr
