#include "runtime/expr/checker.hpp"

#include <algorithm>

#include "runtime/expr/macros.hpp"
#include "runtime/expr/well_known.hpp"

namespace weir::expr {

std::shared_ptr<const StaticType> Checker::run(std::vector<Problem>& problems) {
    const Type* type = check(ast_.root());
    result_->type = types_.apply(type, true);
    for (const std::string_view text : texts_of(ast_.root())) result_->texts.emplace_back(text);
    std::ranges::move(problems_, std::back_inserter(problems));
    return result_;
}

const Type* Checker::fail(const Node& node, std::string message) {
    constexpr std::size_t kProblemsMax = 20;
    if (problems_.size() < kProblemsMax) {
        problems_.push_back(
            {Phase::check, std::move(message), node.offset, node.length, position_of(ast_.source(), node.offset)});
    }
    return dyn();
}

// Slots of blocks are checked where they are used, so the walk may be longer and deeper than the tree.
const Type* Checker::check(NodeId id) {
    if (++visited_ > 2 * limits_.nodes || depth_ > 4 * limits_.depth) return dyn();
    ++depth_;
    const Type* type = check_node(id);
    --depth_;
    return type;
}

const Type* Checker::check_node(NodeId id) {
    const Node& node = ast_[id];
    switch (node.kind) {
        case NodeKind::literal:
            return simple_type(type_of(node.literal.kind()).value_or(TypeKind::dyn));
        case NodeKind::ident:
            return check_ident(node);
        case NodeKind::select:
            return check_select(id);
        case NodeKind::call:
            return check_call(id);
        case NodeKind::list:
            return check_list(node);
        case NodeKind::map:
            return check_map(node);
        case NodeKind::message:
            for (std::size_t i = 1; i < node.count; i += 2) check(ast_.children(node)[i]);
            return fail(node, no_message(node.name, field_names(ast_, node)));
        case NodeKind::comprehension:
            return check_comprehension(node);
        case NodeKind::bind:
            return check_bind(node);
        case NodeKind::block:
            return check_block(node);
    }
    return dyn();
}

// ---------------------------------------------------------------------------------------------------- names

const Type* Checker::resolved(std::string_view name) {
    if (const auto index = names_.variable(name)) {
        if (const Shape* shape = environment_.variables[*index].shape) return type_of_shape(*shape);
        const Type* declared = pool_.parse(environment_.variables[*index].type);
        return declared == nullptr ? dyn() : declared;
    }
    if (names_.type(name)) return simple_type(TypeKind::type);
    return names_.enumerator(name) ? simple_type(TypeKind::integer) : nullptr;
}

const Type* Checker::check_ident(const Node& node) {
    if (const auto* local = scope_.find(node.name)) return local->alias ? check(*local->alias) : local->payload;
    if (const Type* type = resolved(node.name)) return type;
    return fail(node,
                "undeclared reference to \"" + std::string(node.name) + "\"" + suggestion(node.name, names_.known()));
}

const Type* Checker::check_select(NodeId id) {
    const Node& node = ast_[id];
    if (const std::string name = qualified_name(ast_, id);
        !name.empty() && scope_.find(ast_[chain_root(ast_, id)].name) == nullptr) {
        if (const Type* type = resolved(name)) return type;
    }
    const Type* operand = types_.resolve(check(ast_.children(node)[0]));
    const bool inside = operand->kind == TypeKind::optional;
    const Type* field = field_type(node, inside ? types_.resolve(operand->first) : operand);
    if (node.test_only) return simple_type(TypeKind::boolean);
    return inside || node.optional ? pool_.optional(field) : field;
}

const Type* Checker::field_type(const Node& node, const Type* operand) {
    if (operand->kind == TypeKind::dyn || operand->kind == TypeKind::variable) return dyn();
    if (operand->kind == TypeKind::map && operand->shape != nullptr) {
        return member_type(node, ast_.children(node)[0], node.name, *operand->shape);
    }
    if (operand->kind != TypeKind::map) {
        return fail(node, "a value of type " + shown(operand) + " has no field \"" + std::string(node.name) + "\"");
    }
    if (!types_.assign(operand->first, simple_type(TypeKind::string))) {
        return fail(node, "a field is looked up by its name, but the keys of " + shown(operand) + " are no strings");
    }
    return operand->second;
}

// ---------------------------------------------------------------------------------------------------- calls

const Type* Checker::check_logical(const Node& node) {
    for (const NodeId operand : ast_.children(node)) {
        const Type* type = check(operand);
        if (!types_.assign(simple_type(TypeKind::boolean), type)) {
            fail(ast_[operand], "\"" + std::string(symbol(node.op)) + "\" needs a bool, not " + shown(type));
        }
    }
    return simple_type(TypeKind::boolean);
}

const Type* Checker::check_call(NodeId id) {
    const Node& node = ast_[id];
    if (node.op == Operator::logical_and || node.op == Operator::logical_or) return check_logical(node);
    auto operands = ast_.children(node);
    bool receiver = node.receiver;
    std::string name(node.op == Operator::none ? node.name : function_name(node.op));
    if (receiver) {
        const std::string prefix = qualified_name(ast_, operands[0]);
        if (!prefix.empty() && scope_.find(ast_[chain_root(ast_, operands[0])].name) == nullptr &&
            !names_.function(prefix + "." + name).empty()) {
            name = prefix + "." + name;
            operands = operands.subspan(1);
            receiver = false;
        }
    }
    std::vector<const Type*> arguments;
    const std::string_view function = node.op == Operator::none ? names_.function(name) : std::string_view(name);
    if (function.empty()) {
        if (receiver) name = namespaced_name(operands[0], name);
        const Type* failed = fail(node, names_.no_function(name));
        // The receiver of an unknown namespaced function is no variable, nor is what a macro would have declared.
        const bool macro = environment_.macros && std::ranges::find(macro_names(), name) != macro_names().end();
        if (macro) return failed;
        for (const NodeId operand : receiver ? operands.subspan(1) : operands) check(operand);
        return failed;
    }
    for (const NodeId operand : operands) arguments.push_back(check(operand));
    if (node.op == Operator::index || node.op == Operator::optional_index) {
        if (const Type* member = constant_index(node, types_.resolve(arguments[0]))) return member;
    }
    return resolve_overload(node, function, receiver, arguments);
}

// "math.greates" for a call of greates() on math, when there are functions of that namespace.
std::string Checker::namespaced_name(NodeId receiver, const std::string& name) const {
    const std::string prefix = qualified_name(ast_, receiver) + ".";
    const bool known = std::ranges::any_of(Registry::instance().names(), [&](auto n) { return n.starts_with(prefix); });
    return known ? prefix + name : name;
}

// `; there is round(decimal), round(decimal, int)`: what the function could be applied to.
std::string Checker::signatures(std::string_view function) const {
    constexpr int kShownMax = 4;
    std::string text;
    int shown = 0;
    for (const Overload& overload : Registry::instance().find(function)->overloads) {
        if (overload.weir_only && environment_.strict) continue;
        if (++shown > kShownMax) return text + ", ...";
        text += (shown == 1 ? "; there is " : ", ") + std::string(overload.text.substr(0, overload.text.find(" -> ")));
    }
    return text;
}

const Type* Checker::resolve_overload(const Node& node, std::string_view name, bool receiver,
                                      const std::vector<const Type*>& arguments) {
    if (texts_for_numbers(node, name, arguments)) return dyn();
    if (never_equal(node, arguments)) return simple_type(TypeKind::boolean);
    const Type* result = nullptr;
    for (const Overload& overload : Registry::instance().find(name)->overloads) {
        if (overload.receiver != receiver || overload.parameters.size() != arguments.size()) continue;
        if (overload.weir_only && environment_.strict) continue;
        const auto before = types_.mark();
        std::vector<const Type*> variables;
        bool fits = true;
        for (std::size_t i = 0; i < arguments.size() && fits; ++i) {
            fits = types_.assign(types_.instantiate(overload.parameters[i], variables), arguments[i]);
        }
        if (!fits) {
            types_.take_back(before);
            continue;
        }
        const Type* type = types_.apply(types_.instantiate(overload.result, variables), false);
        const bool same = result == nullptr || to_string(*result) == to_string(*type);
        result = same ? type : dyn();
    }
    if (result != nullptr) return with_unit(node, name, arguments, result);
    // Whether an optional part of a document is null is a question that may be asked of any type.
    const bool asks_for_null = std::ranges::any_of(
        arguments, [this](const Type* argument) { return types_.resolve(argument)->kind == TypeKind::null; });
    if (asks_for_null && (node.op == Operator::equal || node.op == Operator::not_equal)) {
        const bool shaped = std::ranges::any_of(
            arguments, [this](const Type* argument) { return types_.resolve(argument)->shape != nullptr; });
        if (shaped) return simple_type(TypeKind::boolean);
    }
    std::string given;
    for (const Type* argument : arguments) {
        given += (given.empty() ? "" : ", ") + to_string(*types_.apply(argument, true));
    }
    std::string message = "no matching overload for \"" + std::string(name) + "\" applied to (" + given + ")";
    const bool mixed = given == "decimal, double" || given == "double, decimal";
    if (mixed) message += "; convert one with decimal() or double()";
    message += decimal_hint(node, arguments);
    if (node.op == Operator::none) message += signatures(name);
    return fail(node, message);
}

// ---------------------------------------------------------------------------------------------------- lists and maps

const Type* Checker::entry_type(NodeId entry, NodeId value) {
    const Type* type = check(value);
    if (!ast_[entry].optional_entry) return type;
    const Type* inner = types_.fresh();
    if (types_.assign(pool_.optional(inner), type)) return types_.apply(inner, false);
    return fail(ast_[value], "an element written with \"?\" must be an optional, not " + shown(type));
}

const Type* Checker::check_list(const Node& node) {
    const Type* element = nullptr;
    for (const NodeId item : ast_.children(node)) {
        const Type* type = entry_type(item, item);
        element = element == nullptr ? type : types_.join(element, type);
    }
    return pool_.list(element == nullptr ? types_.fresh() : element);
}

const Type* Checker::check_map(const Node& node) {
    const Type* key = nullptr;
    const Type* value = nullptr;
    const auto children = ast_.children(node);
    for (std::size_t i = 0; i < children.size(); i += 2) {
        const Type* this_key = check(children[i]);
        // What is no key fails in the evaluation. Its type is not kept: types of two parts, nested, would double.
        if (types_.resolve(this_key)->first != nullptr) this_key = dyn();
        const Type* this_value = entry_type(children[i], children[i + 1]);
        key = key == nullptr ? this_key : types_.join(key, this_key);
        value = value == nullptr ? this_value : types_.join(value, this_value);
    }
    return pool_.map(key == nullptr ? types_.fresh() : key, value == nullptr ? types_.fresh() : value);
}

// ---------------------------------------------------------------------------------------------------- macros

void Checker::check_predicate(NodeId id, std::string_view what) {
    const Type* type = check(id);
    if (types_.assign(simple_type(TypeKind::boolean), type)) return;
    fail(ast_[id], "the condition of " + std::string(what) + " must be a bool, not " + shown(type));
}

const Type* Checker::check_comprehension(const Node& node) {
    if (node.macro == Macro::opt_map || node.macro == Macro::opt_flat_map) return check_optional_map(node);
    const NodeId range_id = ast_.children(node)[0];
    const Type* range = types_.resolve(check(range_id));
    const Type* key = dyn();
    const Type* element = dyn();
    if (range->kind == TypeKind::list) {
        key = simple_type(TypeKind::integer);
        element = range->first;
    } else if (range->kind == TypeKind::map) {
        key = range->first;
        element = node.name2.empty() ? range->first : range->second;
    } else if (range->kind != TypeKind::dyn && range->kind != TypeKind::variable) {
        fail(ast_[range_id], "only lists and maps can be gone through, not " + shown(range));
    }
    scope_.push(node.name, node.name2.empty() ? element : key);
    if (!node.name2.empty()) scope_.push(node.name2, element);
    const Type* result = comprehension_result(node, key, element);
    scope_.pop(node.name2.empty() ? 1 : 2);
    return result;
}

const Type* Checker::comprehension_result(const Node& node, const Type* key, const Type* element) {
    const auto children = ast_.children(node);
    const bool filtered = children.size() == 3;
    switch (node.macro) {
        case Macro::all:
        case Macro::exists:
        case Macro::exists_one:
            check_predicate(children[1], "this macro");
            return simple_type(TypeKind::boolean);
        case Macro::filter:
            check_predicate(children[1], "filter()");
            return pool_.list(element);
        default:
            break;
    }
    if (filtered) check_predicate(children[1], "this macro");
    const Type* result = check(children.back());
    if (node.macro == Macro::transform_map) return pool_.map(key, result);
    if (node.macro != Macro::transform_map_entry) return pool_.list(result);
    const Type* entry = pool_.map(types_.fresh(), types_.fresh());
    if (types_.assign(entry, result)) return types_.apply(entry, false);
    return fail(ast_[children.back()], "transformMapEntry() needs a map, not " + shown(result));
}

const Type* Checker::check_optional_map(const Node& node) {
    const auto children = ast_.children(node);
    const Type* target = check(children[0]);
    const Type* inner = types_.fresh();
    if (!types_.assign(pool_.optional(inner), target)) {
        fail(ast_[children[0]], "only an optional can be mapped so, not " + shown(target));
    }
    scope_.push(node.name, types_.apply(inner, false));
    const Type* result = check(children[1]);
    scope_.pop(1);
    if (node.macro == Macro::opt_map) return pool_.optional(result);
    const Type* optional = pool_.optional(types_.fresh());
    if (types_.assign(optional, result)) return types_.apply(optional, false);
    return fail(ast_[children[1]], "optFlatMap() needs an optional, not " + shown(result));
}

const Type* Checker::check_bind(const Node& node) {
    const auto children = ast_.children(node);
    scope_.push(node.name, check(children[0]));
    const Type* result = check(children[1]);
    scope_.pop(1);
    return result;
}

const Type* Checker::check_block(const Node& node) {
    const auto children = ast_.children(node);
    const auto slots = children.first(children.size() - 1);
    std::vector<std::string> open;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (uses_outer_variables(ast_, slots[i], open)) {
            scope_.push_alias(slot_name(i), slots[i]);
            open.push_back(slot_name(i));
        } else {
            scope_.push(slot_name(i), check(slots[i]));
        }
    }
    const Type* result = check(children.back());
    scope_.pop(slots.size());
    return result;
}

}  // namespace weir::expr
