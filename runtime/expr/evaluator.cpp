#include "runtime/expr/evaluator.hpp"

#include <array>
#include <vector>

#include "runtime/expr/operators.hpp"
#include "runtime/expr/pattern.hpp"

namespace weir::expr {

Value Evaluator::run(std::uint32_t id) {
    const Step& step = program_.steps_[id];
    if (step.kind == StepKind::constant) return step.constant;
    if (!context_.charge(1)) return context_.limit_error();
    // Slots of a block may lead deeper than the syntax tree is.
    if (++depth_ > 4 * program_.limits_.depth) {
        --depth_;
        return context_.fail(ErrorKind::limit, "the evaluation is nested too deeply");
    }
    const Value value = step_value(step);
    --depth_;
    if (value.is_error() && value.as_error().offset == EvalError::kNowhere) value.as_error().offset = step.offset;
    return value;
}

Value Evaluator::step_value(const Step& step) {
    switch (step.kind) {
        case StepKind::constant:
            return step.constant;
        case StepKind::variable: {
            const Value value = activation_.variable(step.slot, context_);
            if (!value.is(Kind::unset)) return value;
            return context_.fail(ErrorKind::undeclared, "the variable has no value");
        }
        case StepKind::local:
            return locals_[step.slot];
        case StepKind::lazy_local:
            return lazy_local(step);
        case StepKind::path: {
            const Value value = activation_.member(step.slot, step.names, context_);
            if (value.is(Kind::unset)) return selected(step);
            return context_.charge(step.names.size()) ? value : context_.limit_error();
        }
        case StepKind::select:
            return selected(step);
        case StepKind::has:
        case StepKind::optional_select: {
            const Value operand = run(children(step)[0]);
            if (operand.is_error()) return operand;
            if (step.kind == StepKind::has) return has_field(context_, operand, step.constant);
            return optional_index(context_, operand, step.constant);
        }
        case StepKind::operation:
            return operation(step);
        case StepKind::call:
            return call(step);
        case StepKind::list:
            return list(step);
        case StepKind::map:
            return map(step);
        case StepKind::comprehension:
            return comprehension(step);
        case StepKind::bind:
            for (std::uint32_t i = 0; i < step.slot2; ++i) locals_[step.slot + i] = Value();
            return run(children(step)[0]);
        case StepKind::fail:
            // A copy: the place is written into errors.
            return context_.fail(step.constant.as_error().kind, step.constant.as_error().message);
    }
    return {};
}

Value Evaluator::selected(const Step& step) {
    const Value operand = run(children(step)[0]);
    return operand.is_error() ? operand : select(context_, operand, step.constant);
}

Value Evaluator::lazy_local(const Step& step) {
    if (locals_[step.slot].is(Kind::unset)) locals_[step.slot] = run(step.slot2);
    return locals_[step.slot];
}

Value Evaluator::operation(const Step& step) {
    const auto operands = children(step);
    switch (step.op) {
        case Operator::conditional:
            return conditional(step);
        case Operator::logical_or:
            return logical(step, true);
        case Operator::logical_and:
            return logical(step, false);
        case Operator::negate:
        case Operator::logical_not: {
            const Value operand = run(operands[0]);
            return operand.is_error() ? operand : apply_unary(context_, step.op, operand);
        }
        default:
            break;
    }
    const Value left = run(operands[0]);
    if (left.is_error()) return left;
    const Value right = run(operands[1]);
    if (right.is_error()) return right;
    if (step.op == Operator::index) return index(context_, left, right);
    if (step.op == Operator::optional_index) return optional_index(context_, left, right);
    return apply_binary(context_, step.op, left, right);
}

Value Evaluator::conditional(const Step& step) {
    const auto operands = children(step);
    const Value condition = run(operands[0]);
    if (condition.is_error()) return condition;
    if (!condition.is(Kind::boolean)) return no_such_overload(context_, function_name(step.op), std::array{condition});
    return run(operands[condition.as_bool() ? 1 : 2]);
}

// && and || are commutative: an operand that decides the result hides errors of the others, wherever they stand.
Value Evaluator::logical(const Step& step, bool decisive) {
    Value problem;
    for (const std::uint32_t child : children(step)) {
        const Value operand = run(child);
        if (operand.is(Kind::boolean)) {
            if (operand.as_bool() == decisive) return operand;
            continue;
        }
        if (context_.exhausted()) return operand;
        if (!problem.is(Kind::unset)) continue;
        problem =
            operand.is_error() ? operand : no_such_overload(context_, function_name(step.op), std::array{operand});
    }
    return problem.is(Kind::unset) ? Value::boolean(!decisive) : problem;
}

Value Evaluator::call(const Step& step) {
    constexpr std::size_t kArgumentsMax = 8;
    std::array<Value, kArgumentsMax> arguments;
    const auto operands = children(step);
    for (std::size_t i = 0; i < operands.size() && i < kArgumentsMax; ++i) {
        arguments[i] = run(operands[i]);
        if (arguments[i].is_error()) return arguments[i];
        // or() and orValue() of an optional with a value.
        const bool present = i == 0 && step.op == Operator::logical_or && arguments[0].is(Kind::optional) &&
                             arguments[0].as_optional() != nullptr;
        if (present) return step.function->name == "or" ? arguments[0] : *arguments[0].as_optional();
    }
    const std::span<const Value> given(arguments.data(), std::min(operands.size(), kArgumentsMax));
    if (step.pattern != nullptr && given[0].is(Kind::string))
        return matches(context_, *step.pattern, given[0].as_text());
    for (const Overload& overload : step.function->overloads) {
        if (overload.receiver != step.receiver || overload.kinds.size() != operands.size()) continue;
        if (overload.weir_only && program_.strict_) continue;
        bool fits = true;
        for (std::size_t i = 0; i < given.size() && fits; ++i) {
            fits = (overload.kinds[i] >> static_cast<unsigned>(given[i].kind()) & 1U) != 0;
        }
        if (fits) return overload.implementation(context_, given);
    }
    return no_such_overload(context_, step.function->name, given);
}

Value Evaluator::list(const Step& step) {
    const auto operands = children(step);
    const auto items = context_.arena().array<Value>(operands.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        Value item = run(operands[i]);
        if (item.is_error()) return item;
        if (is_optional(step, i)) {
            if (!item.is(Kind::optional)) return no_such_overload(context_, "[?_]", std::array{item});
            if (item.as_optional() == nullptr) continue;
            item = *item.as_optional();
        }
        items[count++] = item;
    }
    return context_.list(items.first(count));
}

Value Evaluator::map(const Step& step) {
    const auto operands = children(step);
    const auto entries = context_.arena().array<Entry>(operands.size() / 2);
    std::size_t count = 0;
    for (std::size_t i = 0; i < operands.size(); i += 2) {
        const Value key = run(operands[i]);
        if (key.is_error()) return key;
        Value value = run(operands[i + 1]);
        if (value.is_error()) return value;
        if (is_optional(step, i)) {
            if (!value.is(Kind::optional)) return no_such_overload(context_, "{?_: _}", std::array{value});
            if (value.as_optional() == nullptr) continue;
            value = *value.as_optional();
        }
        entries[count++] = {key, value};
    }
    return finish_map(entries.first(count));
}

Value Evaluator::finish_map(std::span<const Entry> entries) {
    for (const Entry& entry : entries) {
        if (is_map_key(entry.key)) continue;
        return context_.fail(ErrorKind::invalid_argument, "a key of a map is an int, uint, bool or string, not " +
                                                              std::string(plain_name(entry.key.kind())));
    }
    const BuiltMap built = build_map(entries, context_.arena());
    if (built.map != nullptr) return Value::map(built.map);
    return context_.fail(ErrorKind::invalid_argument,
                         "the key " + shown(entries[*built.duplicate].key) + " appears twice in the map");
}

// ---------------------------------------------------------------------------------------------------- comprehensions

Value Evaluator::comprehension(const Step& step) {
    const Value range = run(children(step)[0]);
    if (range.is_error()) return range;
    if (step.macro == Macro::opt_map || step.macro == Macro::opt_flat_map) return optional_map(step, range);
    std::span<const Entry> elements;
    if (range.is(Kind::map)) {
        elements = range.as_map().entries(context_.arena());
        if (step.slot2 == 0) {
            // One variable takes the keys.
            const auto keys = context_.arena().array<Entry>(elements.size());
            for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = {Value(), elements[i].key};
            elements = keys;
        }
    } else if (range.is(Kind::list)) {
        const auto items = range.as_list().items(context_.arena());
        if (!context_.charge_bytes(items.size() * sizeof(Entry))) return context_.limit_error();
        const auto numbered = context_.arena().array<Entry>(items.size());
        for (std::size_t i = 0; i < items.size(); ++i) {
            numbered[i] = {Value::integer(static_cast<std::int64_t>(i)), items[i]};
        }
        elements = numbered;
    } else {
        return context_.fail(ErrorKind::no_such_overload, "no such overload: a value of type " +
                                                              std::string(plain_name(range.kind())) +
                                                              " is neither a list nor a map to go through");
    }
    switch (step.macro) {
        case Macro::all:
            return quantifier(step, elements, false);
        case Macro::exists:
            return quantifier(step, elements, true);
        case Macro::exists_one:
            return exists_one(step, elements);
        case Macro::transform_map:
        case Macro::transform_map_entry:
            return transformed_map(step, elements);
        default:
            return transformed_list(step, elements);
    }
}

// With one variable it is the element; with two, the index or key and the element.
void Evaluator::set_variables(const Step& step, const Entry& element) {
    if (step.slot2 == 0) {
        locals_[step.slot] = element.value;
    } else {
        locals_[step.slot] = element.key;
        locals_[step.slot2] = element.value;
    }
}

Value Evaluator::quantifier(const Step& step, std::span<const Entry> range, bool decisive) {
    const std::uint32_t predicate = children(step)[1];
    Value problem;
    for (const Entry& element : range) {
        if (!context_.charge(1)) return context_.limit_error();
        set_variables(step, element);
        const Value verdict = run(predicate);
        if (verdict.is(Kind::boolean)) {
            if (verdict.as_bool() == decisive) return verdict;
            continue;
        }
        if (context_.exhausted()) return verdict;
        if (!problem.is(Kind::unset)) continue;
        problem =
            verdict.is_error() ? verdict : no_such_overload(context_, decisive ? "_||_" : "_&&_", std::array{verdict});
    }
    return problem.is(Kind::unset) ? Value::boolean(!decisive) : problem;
}

Value Evaluator::exists_one(const Step& step, std::span<const Entry> range) {
    const std::uint32_t predicate = children(step)[1];
    std::size_t found = 0;
    for (const Entry& element : range) {
        if (!context_.charge(1)) return context_.limit_error();
        set_variables(step, element);
        const Value verdict = run(predicate);
        if (verdict.is_error()) return verdict;
        if (!verdict.is(Kind::boolean)) return no_such_overload(context_, "_?_:_", std::array{verdict});
        found += verdict.as_bool() ? 1U : 0U;
    }
    return Value::boolean(found == 1);
}

// map and filter, with and without a condition: the last expression is the element, an expression before it a
// condition.
Value Evaluator::transformed_list(const Step& step, std::span<const Entry> range) {
    const auto expressions = children(step);
    const bool filter = step.macro == Macro::filter;
    const bool conditional = filter || expressions.size() == 3;
    if (!context_.charge_bytes(range.size() * sizeof(Value))) return context_.limit_error();
    const auto items = context_.arena().array<Value>(range.size());
    std::size_t count = 0;
    for (const Entry& element : range) {
        if (!context_.charge(1)) return context_.limit_error();
        set_variables(step, element);
        if (conditional) {
            const Value verdict = run(expressions[1]);
            if (verdict.is_error()) return verdict;
            if (!verdict.is(Kind::boolean)) return no_such_overload(context_, "_?_:_", std::array{verdict});
            if (!verdict.as_bool()) continue;
        }
        const Value item = filter ? element.value : run(expressions.back());
        if (item.is_error()) return item;
        items[count++] = item;
    }
    return context_.list(items.first(count));
}

Value Evaluator::transformed_map(const Step& step, std::span<const Entry> range) {
    const auto expressions = children(step);
    std::vector<Entry> entries;
    for (const Entry& element : range) {
        if (!context_.charge(2)) return context_.limit_error();
        set_variables(step, element);
        if (expressions.size() == 3) {
            const Value verdict = run(expressions[1]);
            if (verdict.is_error()) return verdict;
            if (!verdict.is(Kind::boolean)) return no_such_overload(context_, "_?_:_", std::array{verdict});
            if (!verdict.as_bool()) continue;
        }
        const Value result = run(expressions.back());
        if (result.is_error()) return result;
        if (step.macro == Macro::transform_map) {
            entries.push_back({element.key, result});
            continue;
        }
        if (!result.is(Kind::map)) return no_such_overload(context_, "transformMapEntry", std::array{result});
        const auto given = result.as_map().entries(context_.arena());
        if (!context_.charge(given.size())) return context_.limit_error();
        entries.insert(entries.end(), given.begin(), given.end());
    }
    if (!context_.charge_bytes(entries.size() * sizeof(Entry))) return context_.limit_error();
    const auto kept = context_.arena().array<Entry>(entries.size());
    std::ranges::copy(entries, kept.begin());
    return finish_map(kept);
}

Value Evaluator::optional_map(const Step& step, const Value& range) {
    const bool flat = step.macro == Macro::opt_flat_map;
    if (!range.is(Kind::optional)) return no_such_overload(context_, flat ? "optFlatMap" : "optMap", std::array{range});
    if (range.as_optional() == nullptr) return range;
    locals_[step.slot] = *range.as_optional();
    const Value result = run(children(step)[1]);
    if (result.is_error()) return result;
    if (!flat) return context_.optional(result);
    return result.is(Kind::optional) ? result : no_such_overload(context_, "optFlatMap", std::array{result});
}

}  // namespace weir::expr
