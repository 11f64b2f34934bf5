#include "runtime/expr/compiler.hpp"

#include <algorithm>

#include "runtime/expr/evaluator.hpp"
#include "runtime/expr/pattern.hpp"
#include "runtime/expr/well_known.hpp"

namespace weir::expr {

namespace {

class NoVariables final : public Activation {
  public:
    [[nodiscard]] Value variable(std::uint32_t, Context&) const override { return {}; }
};

Step step_at(StepKind kind, const Node& node) {
    Step step;
    step.kind = kind;
    step.offset = node.offset;
    return step;
}

}  // namespace

Compiler::Compiler(const Ast& ast, const Environment& environment, const Names& names, const Limits& limits)
    : ast_(ast),
      environment_(environment),
      names_(names),
      limits_(limits),
      program_(std::unique_ptr<Program>(new Program(ast.source()))) {
    program_->limits_ = limits;
    program_->strict_ = environment.strict;
    program_->locals_ = 1;  // slot 0 means "none"
}

std::unique_ptr<Program> Compiler::run(std::string result_type, std::vector<Problem>& problems) {
    program_->result_type_ = std::move(result_type);
    program_->root_ = emit(ast_.root());
    if (!too_large_) return std::move(program_);
    problems.push_back({Phase::check, "the slots of cel.block() make the expression too large", 0, 1, {}});
    return nullptr;
}

std::uint32_t Compiler::add(Step step, const std::vector<std::uint32_t>& children) {
    step.first = static_cast<std::uint32_t>(program_->children_.size());
    step.count = static_cast<std::uint32_t>(children.size());
    program_->children_.insert(program_->children_.end(), children.begin(), children.end());
    program_->optional_.resize(program_->children_.size(), false);
    program_->steps_.push_back(step);
    const auto id = static_cast<std::uint32_t>(program_->steps_.size() - 1);
    if (foldable(step)) fold(id);
    return id;
}

// Slots of blocks are compiled where they are used, so what is emitted may be larger and deeper than the tree.
std::uint32_t Compiler::emit(NodeId id) {
    if (program_->steps_.size() > 2 * limits_.nodes || depth_ > 4 * limits_.depth) too_large_ = true;
    if (too_large_) return emit_failure(ast_[id], ErrorKind::limit, "");
    ++depth_;
    const std::uint32_t step = emit_node(id);
    --depth_;
    return step;
}

std::uint32_t Compiler::emit_node(NodeId id) {
    const Node& node = ast_[id];
    switch (node.kind) {
        case NodeKind::literal:
            return emit_constant(node, kept(node.literal));
        case NodeKind::ident:
            return emit_ident(node);
        case NodeKind::select:
            return emit_select(id);
        case NodeKind::call:
            return emit_call(id);
        case NodeKind::list:
            return emit_entries(id, StepKind::list);
        case NodeKind::map:
            return emit_entries(id, StepKind::map);
        case NodeKind::message:
            return emit_failure(node, ErrorKind::undeclared, no_message(node.name, field_names(ast_, node)));
        case NodeKind::comprehension:
            return emit_comprehension(node);
        case NodeKind::bind:
            return emit_bind(node);
        case NodeKind::block:
            return emit_block(node);
    }
    return 0;
}

// Literals outlive the tree.
Value Compiler::kept(const Value& value) {
    Arena& arena = program_->arena_;
    if (value.is(Kind::string)) return Value::string(arena.copy(value.as_text()));
    if (value.is(Kind::bytes)) return Value::bytes(arena.copy(value.as_text()));
    if (value.is(Kind::decimal)) return Value::decimal(arena.make<Decimal>(value.as_decimal()));
    return value;
}

std::uint32_t Compiler::emit_constant(const Node& node, Value value) {
    Step step = step_at(StepKind::constant, node);
    step.constant = value;
    return add(step, {});
}

std::uint32_t Compiler::emit_failure(const Node& node, ErrorKind kind, std::string_view message) {
    Step step = step_at(StepKind::fail, node);
    Arena& arena = program_->arena_;
    step.constant = Value::error(arena.make<EvalError>(EvalError{kind, arena.copy(message), node.offset}));
    return add(step, {});
}

// A variable, type or enum's value of the environment.
std::uint32_t Compiler::emit_resolved(const Node& node, std::string_view name, bool& found) {
    found = true;
    if (const auto index = names_.variable(name)) {
        Step step = step_at(StepKind::variable, node);
        step.slot = *index;
        return add(step, {});
    }
    if (const auto type = names_.type(name)) return emit_constant(node, Value::type(*type));
    if (const auto number = names_.enumerator(name)) return emit_constant(node, Value::integer(*number));
    found = false;
    return 0;
}

std::uint32_t Compiler::emit_ident(const Node& node) {
    if (const auto* local = scope_.find(node.name)) {
        if (local->alias) return emit(*local->alias);
        Step step = step_at(local->payload.lazy ? StepKind::lazy_local : StepKind::local, node);
        step.slot = local->payload.slot;
        step.slot2 = local->payload.initial;
        return add(step, {});
    }
    bool found = false;
    const std::uint32_t step = emit_resolved(node, node.name, found);
    if (found) return step;
    return emit_failure(
        node, ErrorKind::undeclared,
        "undeclared reference to \"" + std::string(node.name) + "\"" + suggestion(node.name, names_.known()));
}

std::uint32_t Compiler::emit_select(NodeId id) {
    const Node& node = ast_[id];
    // a.b.c may be the name of a variable; the longest name that is one wins.
    if (const std::string name = qualified_name(ast_, id);
        !name.empty() && scope_.find(ast_[chain_root(ast_, id)].name) == nullptr) {
        bool found = false;
        const std::uint32_t step = emit_resolved(node, name, found);
        if (found) return step;
    }
    Step step =
        step_at(node.test_only ? StepKind::has : (node.optional ? StepKind::optional_select : StepKind::select), node);
    step.constant = Value::string(program_->arena_.copy(node.name));
    const std::uint32_t operand = emit(ast_.children(node)[0]);
    if (step.kind == StepKind::select) make_path(step, program_->steps_[operand]);
    return add(step, {operand});
}

void Compiler::make_path(Step& step, const Step& operand) {
    if (operand.kind != StepKind::variable && operand.kind != StepKind::path) return;
    const auto names = program_->arena_.array<std::string_view>(operand.names.size() + 1);
    std::ranges::copy(operand.names, names.begin());
    names.back() = step.constant.as_text();
    step.kind = StepKind::path;
    step.slot = operand.slot;
    step.names = names;
}

std::uint32_t Compiler::emit_call(NodeId id) {
    const Node& node = ast_[id];
    auto operands = ast_.children(node);
    Step step = step_at(node.op == Operator::none ? StepKind::call : StepKind::operation, node);
    step.op = node.op;
    step.receiver = node.receiver;
    std::string name(node.name);
    if (node.receiver) {
        // math.greatest(x): the receiver is part of the function's name.
        const std::string prefix = qualified_name(ast_, operands[0]);
        const bool namespaced = !prefix.empty() && scope_.find(ast_[chain_root(ast_, operands[0])].name) == nullptr &&
                                !names_.function(prefix + "." + name).empty();
        if (namespaced) {
            name = prefix + "." + name;
            operands = operands.subspan(1);
            step.receiver = false;
        }
    }
    if (node.op == Operator::none) {
        step.function = Registry::instance().find(names_.function(name));
        if (step.function == nullptr) {
            return emit_failure(node, ErrorKind::undeclared, names_.no_function(name));
        }
    }
    std::vector<std::uint32_t> children;
    for (const NodeId operand : operands) children.push_back(emit(operand));
    // The alternative of or() and orValue() is computed only when it is needed.
    const bool lazy =
        step.receiver && (step.function != nullptr) && (name == "or" || name == "orValue") && children.size() == 2;
    if (lazy) step.op = Operator::logical_or;
    prepare_pattern(step, children);
    return add(step, children);
}

// matches() with a constant pattern compiles it once.
void Compiler::prepare_pattern(Step& step, const std::vector<std::uint32_t>& children) {
    if (step.function == nullptr || step.function->name != "matches" || children.size() != 2) return;
    const Step& argument = program_->steps_[children[1]];
    if (argument.kind != StepKind::constant || !argument.constant.is(Kind::string)) return;
    Pattern pattern = compile_pattern(argument.constant.as_text());
    if (pattern.compiled == nullptr) return;  // the call says what is wrong
    step.pattern = pattern.compiled.get();
    program_->patterns_.push_back(std::move(pattern.compiled));
}

std::uint32_t Compiler::emit_entries(NodeId id, StepKind kind) {
    const Node& node = ast_[id];
    const auto operands = ast_.children(node);
    Step step = step_at(kind, node);
    std::vector<std::uint32_t> children;
    for (const NodeId operand : operands) {
        children.push_back(emit(operand));
        step.has_optional_entries = step.has_optional_entries || ast_[operand].optional_entry;
    }
    const std::uint32_t result = add(step, children);
    const std::uint32_t first = program_->steps_[result].first;
    for (std::size_t i = 0; i < operands.size() && step.has_optional_entries; ++i) {
        program_->optional_[first + i] = ast_[operands[i]].optional_entry;
    }
    return result;
}

std::uint32_t Compiler::emit_comprehension(const Node& node) {
    const auto operands = ast_.children(node);
    Step step = step_at(StepKind::comprehension, node);
    step.macro = node.macro;
    std::vector<std::uint32_t> children{emit(operands[0])};
    const bool two = !node.name2.empty();
    step.slot = program_->locals_++;
    scope_.push(node.name, {false, step.slot, 0});
    if (two) {
        step.slot2 = program_->locals_++;
        scope_.push(node.name2, {false, step.slot2, 0});
    }
    for (const NodeId operand : operands.subspan(1)) children.push_back(emit(operand));
    scope_.pop(two ? 2 : 1);
    return add(step, children);
}

std::uint32_t Compiler::emit_bind(const Node& node) {
    const auto operands = ast_.children(node);
    const std::uint32_t initial = emit(operands[0]);
    Step step = step_at(StepKind::bind, node);
    step.slot = program_->locals_++;
    step.slot2 = 1;
    scope_.push(node.name, {true, step.slot, initial});
    const std::uint32_t body = emit(operands[1]);
    scope_.pop(1);
    return add(step, {body});
}

std::uint32_t Compiler::emit_block(const Node& node) {
    const auto operands = ast_.children(node);
    const auto slots = operands.first(operands.size() - 1);
    Step step = step_at(StepKind::bind, node);
    step.slot = program_->locals_;
    step.slot2 = static_cast<std::uint32_t>(slots.size());
    program_->locals_ += step.slot2;
    std::vector<std::string> open;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (uses_outer_variables(ast_, slots[i], open)) {
            scope_.push_alias(slot_name(i), slots[i]);
            open.push_back(slot_name(i));
        } else {
            const std::uint32_t initial = emit(slots[i]);
            scope_.push(slot_name(i), {true, step.slot + static_cast<std::uint32_t>(i), initial});
        }
    }
    const std::uint32_t body = emit(operands.back());
    scope_.pop(slots.size());
    return add(step, {body});
}

// ---------------------------------------------------------------------------------------------------- constants

bool Compiler::foldable(const Step& step) const {
    const bool pure = step.kind == StepKind::list || step.kind == StepKind::map || step.kind == StepKind::operation ||
                      (step.kind == StepKind::call && !step.function->overloads.empty() &&
                       step.function->name != "lookup" && !step.function->name.starts_with("xref."));
    if (!pure || step.has_optional_entries) return false;
    for (std::size_t i = 0; i < step.count; ++i) {
        if (program_->steps_[program_->children_[step.first + i]].kind != StepKind::constant) return false;
    }
    return true;
}

// Computes once what is made of constants only. What fails or is expensive is left to the evaluation.
void Compiler::fold(std::uint32_t id) {
    constexpr std::uint64_t kCostMax = 10'000;
    constexpr std::size_t kBytesMax = 64 * 1024;
    Limits small = limits_;
    small.cost = kCostMax;
    small.memory_bytes = program_->arena_.used() + kBytesMax;
    Arena trial(kBytesMax);
    const NoVariables nothing;
    Context tried(trial, small);
    if (Evaluator(*program_, nothing, tried).run(id).is_error() || tried.exhausted()) return;
    Context context(program_->arena_, limits_);
    Step& step = program_->steps_[id];
    const Value value = Evaluator(*program_, nothing, context).run(id);
    if (value.is_error()) return;
    step.kind = StepKind::constant;
    step.constant = value;
}

// ---------------------------------------------------------------------------------------------------- program

Value Program::evaluate(const Activation& activation, Context& context) const {
    Evaluator evaluator(*this, activation, context);
    const Value result = evaluator.run(root_);
    if (!context.exhausted()) return result;
    const Value error = result.is_error() ? result : context.limit_error();
    if (error.as_error().offset == EvalError::kNowhere) error.as_error().offset = 0;
    return error;
}

Problem Program::problem(const EvalError& error) const {
    const std::uint32_t offset = error.offset == EvalError::kNowhere ? 0 : error.offset;
    return {Phase::evaluate, std::string(error.message), offset, 1, position_of(source_, offset)};
}

}  // namespace weir::expr
