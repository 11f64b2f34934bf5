// Calls that are no functions: has(), all(), map(), cel.bind() and their like (langdef.md, "Macros"; two-variable
// comprehensions, bindings and optionals of the extension libraries).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/expr/ast.hpp"

namespace weir::expr {

struct MacroCall {
    std::string_view name;
    std::optional<NodeId> receiver;
    std::span<const NodeId> arguments;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
};

struct MacroResult {
    enum class Outcome : std::uint8_t { not_a_macro, expanded, wrong };
    Outcome outcome = Outcome::not_a_macro;
    NodeId node = 0;
    std::string problem;  // of `wrong`; about `node`
};

[[nodiscard]] MacroResult expand_macro(Ast& ast, const MacroCall& call);

// Names for suggestions.
[[nodiscard]] std::span<const std::string_view> macro_names() noexcept;

}  // namespace weir::expr
