// An expression ready to run. Compile once, evaluate as often as wanted:
//
//     auto compiled = compile("price * quantity", environment);
//     if (!compiled.program) return print(compiled.problems);
//     Arena arena(limits.memory_bytes);
//     Context context(arena, limits);
//     Value result = compiled.program->evaluate(record, context);
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/ast.hpp"
#include "runtime/expr/context.hpp"
#include "runtime/expr/environment.hpp"
#include "runtime/expr/functions.hpp"
#include "runtime/expr/limits.hpp"
#include "runtime/expr/pattern.hpp"
#include "runtime/expr/problem.hpp"

namespace weir::expr {

// Where variables come from. A value may be a List or a Map that computes its parts when asked.
class Activation {
  public:
    // The value of Environment::variables[index]; unset when the variable has none. Asked at every use.
    [[nodiscard]] virtual Value variable(std::uint32_t index, Context& context) const = 0;
    // A short cut: what the members `names`, one in the other, of that variable are. Unset when there is no short cut
    // or they lead nowhere: the evaluator then goes member by member, and says what is wrong.
    [[nodiscard]] virtual Value member(std::uint32_t /*index*/, std::span<const std::string_view> /*names*/,
                                       Context& /*context*/) const {
        return {};
    }

  protected:
    ~Activation() = default;
};

enum class StepKind : std::uint8_t {
    constant,
    variable,
    local,
    lazy_local,  // computed on first use: cel.bind, cel.block
    select,
    path,  // a select whose operand is a variable or a path
    has,
    optional_select,
    operation,
    call,
    list,
    map,
    comprehension,
    bind,
    fail,  // what could not be resolved: an error only if it is reached
};

// One node of the compiled tree. Children come before their parents.
struct Step {
    StepKind kind = StepKind::constant;
    Operator op = Operator::none;
    Macro macro = Macro::none;
    bool receiver = false;
    bool has_optional_entries = false;
    std::uint32_t offset = 0;
    std::uint32_t first = 0;  // of the children
    std::uint32_t count = 0;
    std::uint32_t slot = 0;   // variable's index, also of a path; local's slot, first slot of a bind
    std::uint32_t slot2 = 0;  // second variable of a comprehension; initial value of a lazy local; slots of a bind
    std::span<const std::string_view> names;  // of a path, from the variable on
    Value constant;                           // a field's name as a string; an error of `fail`
    const FunctionInfo* function = nullptr;
    const re2::RE2* pattern = nullptr;  // of matches() with a constant pattern
};

// Immutable: any number of threads may evaluate it at once, each with its own context.
class Program {
  public:
    ~Program() = default;
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // A value or an error (Kind::error) with its place. Valid as long as the context's arena, the program and what the
    // activation gave out.
    [[nodiscard]] Value evaluate(const Activation& activation, Context& context) const;

    [[nodiscard]] std::string_view source() const noexcept { return source_; }
    // What the checker found; "dyn" without a check.
    [[nodiscard]] const std::string& result_type() const noexcept { return result_type_; }

    // For messages about an error of evaluate().
    [[nodiscard]] Problem problem(const EvalError& error) const;

  private:
    friend class Compiler;
    friend class Evaluator;
    explicit Program(std::string_view source) : source_(source) {}

    std::string source_;
    std::string result_type_ = "dyn";
    Arena arena_;
    Limits limits_;
    std::vector<Step> steps_;
    std::vector<std::uint32_t> children_;
    std::vector<bool> optional_;  // of children_: an element or key written with "?"
    std::vector<PatternPointer> patterns_;
    std::uint32_t root_ = 0;
    std::uint32_t locals_ = 0;
    bool strict_ = false;
};

struct StaticType;

struct Compiled {
    std::unique_ptr<const Program> program;  // null when there are problems
    std::shared_ptr<const StaticType> type;  // what the checker found, for misfit(); null without a check
    std::vector<Problem> problems;
};

[[nodiscard]] Compiled compile(std::string_view source, const Environment& environment, const Limits& limits = {});

}  // namespace weir::expr
