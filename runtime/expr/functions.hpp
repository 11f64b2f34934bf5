// The functions of the language. Each is declared once, with its signatures, help and examples: the checker, the
// evaluator, the tests and docs/reference/expressions.md read the same declaration.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/context.hpp"
#include "runtime/expr/types.hpp"

namespace weir::expr {

// Called with values of the kinds its signature names, and never with an error. Returns a value or Context::fail().
using Function = Value (*)(Context& context, std::span<const Value> arguments);

enum class Availability : std::uint8_t {
    everywhere,
    weir_only,  // not in strict mode: plain CEL has no such function
};

struct Example {
    std::string_view expression;
    std::string_view result;  // an expression, or "error"
};

struct Signature {
    std::string_view text;              // "string.charAt(int) -> string"; a receiver stands before the dot
    Function implementation = nullptr;  // null: an operator, which the evaluator does itself
};

struct Declaration {
    std::string_view section;  // of the reference page
    std::string_view name;     // "charAt", "math.greatest", "_+_"
    std::string_view help;
    std::vector<Signature> signatures;
    std::vector<Example> examples;
    Availability availability = Availability::everywhere;
};

struct Overload {
    std::vector<const Type*> parameters;  // the receiver first
    std::vector<std::uint32_t> kinds;     // that each takes at run time
    const Type* result = nullptr;
    Function implementation = nullptr;
    bool receiver = false;
    bool weir_only = false;
    std::string_view text;
};

struct FunctionInfo {
    std::string_view name;
    std::vector<Overload> overloads;
    [[nodiscard]] bool is_operator() const { return overloads.front().implementation == nullptr; }
};

// Immutable; built on first use.
class Registry {
  public:
    [[nodiscard]] static const Registry& instance();

    // Null when there is none.
    [[nodiscard]] const FunctionInfo* find(std::string_view name) const noexcept;
    [[nodiscard]] std::span<const Declaration> declarations() const noexcept { return declarations_; }
    [[nodiscard]] std::span<const std::string_view> names() const noexcept { return names_; }

  private:
    Registry();
    void add(const Declaration& declaration);

    std::vector<Declaration> declarations_;
    TypePool types_;
    std::vector<FunctionInfo> functions_;  // sorted by name
    std::vector<std::string_view> names_;
};

// One per file functions_*.cpp.
[[nodiscard]] std::vector<Declaration> operator_declarations();
[[nodiscard]] std::vector<Declaration> conversion_declarations();
[[nodiscard]] std::vector<Declaration> string_declarations();
[[nodiscard]] std::vector<Declaration> format_declarations();
[[nodiscard]] std::vector<Declaration> math_declarations();
[[nodiscard]] std::vector<Declaration> list_declarations();
[[nodiscard]] std::vector<Declaration> optional_declarations();
[[nodiscard]] std::vector<Declaration> time_declarations();
[[nodiscard]] std::vector<Declaration> encoder_declarations();
[[nodiscard]] std::vector<Declaration> network_declarations();
[[nodiscard]] std::vector<Declaration> decimal_declarations();
[[nodiscard]] std::vector<Declaration> money_declarations();
[[nodiscard]] std::vector<Declaration> period_declarations();
[[nodiscard]] std::vector<Declaration> lookup_declarations();
[[nodiscard]] std::vector<Declaration> well_known_declarations();

}  // namespace weir::expr
