#include "runtime/expr/macros.hpp"

#include <array>
#include <vector>

namespace weir::expr {

namespace {

using Outcome = MacroResult::Outcome;

struct Comprehension {
    std::string_view name;
    Macro macro;
    std::size_t variables;
    std::size_t expressions_min;
    std::size_t expressions_max;
};
constexpr std::array<Comprehension, 13> kComprehensions = {{
    {"all", Macro::all, 1, 1, 1},
    {"all", Macro::all, 2, 1, 1},
    {"exists", Macro::exists, 1, 1, 1},
    {"exists", Macro::exists, 2, 1, 1},
    {"exists_one", Macro::exists_one, 1, 1, 1},
    {"existsOne", Macro::exists_one, 1, 1, 1},
    {"existsOne", Macro::exists_one, 2, 1, 1},
    {"filter", Macro::filter, 1, 1, 1},
    {"transformList", Macro::transform_list, 2, 1, 2},
    {"transformMap", Macro::transform_map, 2, 1, 2},
    {"transformMapEntry", Macro::transform_map_entry, 2, 1, 2},
    {"optMap", Macro::opt_map, 1, 1, 1},
    {"optFlatMap", Macro::opt_flat_map, 1, 1, 1},
}};
constexpr Comprehension kMap = {"map", Macro::map, 1, 1, 2};

bool is_simple_name(const Ast& ast, NodeId id) noexcept {
    return ast[id].kind == NodeKind::ident && !ast[id].name.starts_with('.');
}

MacroResult wrong(NodeId node, std::string problem) { return {Outcome::wrong, node, std::move(problem)}; }

MacroResult expand_comprehension(Ast& ast, const MacroCall& call, const Comprehension& macro) {
    const auto names = call.arguments.first(macro.variables);
    for (const NodeId name : names) {
        if (!is_simple_name(ast, name))
            return wrong(name, "the variable of " + std::string(macro.name) + "() must be a name");
    }
    if (names.size() == 2 && ast[names[0]].name == ast[names[1]].name) {
        return wrong(names[1], "both variables are named \"" + std::string(ast[names[1]].name) + "\"");
    }
    Node node;
    node.kind = NodeKind::comprehension;
    node.macro = macro.macro;
    node.offset = call.offset;
    node.length = call.length;
    node.name = ast[names[0]].name;
    if (names.size() == 2) node.name2 = ast[names[1]].name;
    std::vector<NodeId> children{*call.receiver};
    const auto expressions = call.arguments.subspan(macro.variables);
    children.insert(children.end(), expressions.begin(), expressions.end());
    return {Outcome::expanded, ast.add(node, children), {}};
}

MacroResult expand_has(Ast& ast, const MacroCall& call) {
    const Node field = ast[call.arguments[0]];
    if (field.kind != NodeKind::select || field.test_only) {
        return wrong(call.arguments[0], "has() needs a field selection, like has(a.b)");
    }
    Node node = field;
    node.test_only = true;
    const NodeId operand = ast.children(field)[0];
    return {Outcome::expanded, ast.add(node, std::array{operand}), {}};
}

MacroResult expand_bind(Ast& ast, const MacroCall& call) {
    if (!is_simple_name(ast, call.arguments[0]))
        return wrong(call.arguments[0], "the variable of cel.bind() must be a name");
    Node node;
    node.kind = NodeKind::bind;
    node.offset = call.offset;
    node.length = call.length;
    node.name = ast[call.arguments[0]].name;
    return {Outcome::expanded, ast.add(node, call.arguments.subspan(1)), {}};
}

MacroResult expand_block(Ast& ast, const MacroCall& call) {
    const Node slots = ast[call.arguments[0]];
    if (slots.kind != NodeKind::list)
        return wrong(call.arguments[0], "the slots of cel.block() must be a list literal");
    std::vector<NodeId> children(ast.children(slots).begin(), ast.children(slots).end());
    for (const NodeId slot : children) {
        if (ast[slot].optional_entry) return wrong(slot, "a slot of cel.block() cannot be optional");
    }
    children.push_back(call.arguments[1]);
    Node node;
    node.kind = NodeKind::block;
    node.offset = call.offset;
    node.length = call.length;
    return {Outcome::expanded, ast.add(node, children), {}};
}

// cel.index(1) is @index1, cel.iterVar(0, 1) is @it:0:1, cel.accuVar(0, 1) is @ac:0:1.
MacroResult expand_slot_name(Ast& ast, const MacroCall& call) {
    std::string name = call.name == "index" ? "@index" : (call.name == "iterVar" ? "@it" : "@ac");
    for (const NodeId argument : call.arguments) {
        const Node& number = ast[argument];
        if (number.kind != NodeKind::literal || !number.literal.is(Kind::integer) || number.literal.as_int() < 0) {
            return wrong(argument, "cel." + std::string(call.name) + "() needs a whole number literal");
        }
        if (call.name != "index") name += ":";
        name += std::to_string(number.literal.as_int());
    }
    Node node;
    node.kind = NodeKind::ident;
    node.offset = call.offset;
    node.length = call.length;
    node.name = ast.arena().copy(name);
    return {Outcome::expanded, ast.add(node, {}), {}};
}

MacroResult expand_cel(Ast& ast, const MacroCall& call) {
    const std::size_t count = call.arguments.size();
    if (call.name == "bind" && count == 3) return expand_bind(ast, call);
    if ((call.name == "block" || call.name == "@block") && count == 2) return expand_block(ast, call);
    if (call.name == "index" && count == 1) return expand_slot_name(ast, call);
    if ((call.name == "iterVar" || call.name == "accuVar") && count == 2) return expand_slot_name(ast, call);
    return {};
}

// math.greatest(a, b, c) is math.greatest([a, b, c]): functions have a fixed number of arguments.
MacroResult expand_extremum(Ast& ast, const MacroCall& call) {
    if (call.arguments.size() < 3) return {};
    Node list;
    list.kind = NodeKind::list;
    list.offset = call.offset;
    list.length = call.length;
    const NodeId elements = ast.add(list, call.arguments);
    Node node;
    node.kind = NodeKind::call;
    node.receiver = true;
    node.name = call.name;
    node.offset = call.offset;
    node.length = call.length;
    return {Outcome::expanded, ast.add(node, std::array{*call.receiver, elements}), {}};
}

}  // namespace

MacroResult expand_macro(Ast& ast, const MacroCall& call) {
    if (!call.receiver) return call.name == "has" && call.arguments.size() == 1 ? expand_has(ast, call) : MacroResult{};
    const Node& receiver = ast[*call.receiver];
    if (receiver.kind == NodeKind::ident && receiver.name == "cel") {
        if (auto result = expand_cel(ast, call); result.outcome != Outcome::not_a_macro) return result;
    }
    if (ast[*call.receiver].kind == NodeKind::ident && ast[*call.receiver].name == "math" &&
        (call.name == "greatest" || call.name == "least")) {
        return expand_extremum(ast, call);
    }
    const std::size_t count = call.arguments.size();
    const auto fits = [&](const Comprehension& macro) {
        return call.name == macro.name && count >= macro.variables + macro.expressions_min &&
               count <= macro.variables + macro.expressions_max;
    };
    if (fits(kMap)) return expand_comprehension(ast, call, kMap);
    for (const Comprehension& macro : kComprehensions) {
        if (fits(macro)) return expand_comprehension(ast, call, macro);
    }
    return {};
}

std::span<const std::string_view> macro_names() noexcept {
    static constexpr std::array<std::string_view, 14> kNames = {
        "has",  "all",   "exists",        "exists_one",   "existsOne",         "map",    "filter",
        "bind", "block", "transformList", "transformMap", "transformMapEntry", "optMap", "optFlatMap",
    };
    return kNames;
}

}  // namespace weir::expr
