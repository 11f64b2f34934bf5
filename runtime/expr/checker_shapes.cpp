// What the checker makes of shapes: members of documents, decimals that stand as texts, units and currencies.
#include <algorithm>
#include <array>

#include "runtime/expr/checker.hpp"

namespace weir::expr {

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

// What an operand is called in messages: "record.data.quantity", or "this".
std::string name_of(const Ast& ast, NodeId id) {
    const std::string name = qualified_name(ast, id);
    return name.empty() ? "this" : name;
}

}  // namespace

// Null may stand at a place of one more type: such a scalar is checked when it is there.
const Type* Checker::type_of_shape(const Shape& shape) {
    if (const auto known = shaped_.find(&shape); known != shaped_.end()) return known->second;
    shaped_.emplace(&shape, dyn());  // a list of itself ends here
    const bool nullable = (shape.types & Shape::kNull) != 0 && shape.types != Shape::kNull;
    const auto only = static_cast<std::uint8_t>(shape.types & ~unsigned{Shape::kNull});
    const Type* type = dyn();
    if (shape.timestamp) {
        type = simple_type(TypeKind::timestamp);
    } else if (only == Shape::kObject) {
        const bool uniform = shape.fields.empty() && shape.additional != nullptr && shape.additional != &shape;
        type = pool_.map(simple_type(TypeKind::string), uniform ? type_of_shape(*shape.additional) : dyn());
    } else if (only == Shape::kList) {
        type = pool_.list(shape.items == nullptr ? dyn() : type_of_shape(*shape.items));
    } else if (shape.types == Shape::kNull) {
        type = simple_type(TypeKind::null);
    } else if (!nullable && only == Shape::kString) {
        type = simple_type(TypeKind::string);
    } else if (!nullable && only == Shape::kInteger) {
        type = simple_type(TypeKind::integer);
    } else if (!nullable && (only & ~unsigned{Shape::kInteger}) == Shape::kNumber) {
        type = simple_type(TypeKind::decimal);
    } else if (!nullable && only == Shape::kBoolean) {
        type = simple_type(TypeKind::boolean);
    }
    type = pool_.shaped(type, &shape);
    shaped_[&shape] = type;
    return type;
}

const Type* Checker::member_type(const Node& node, NodeId operand, std::string_view name, const Shape& shape) {
    if (const Field* field = shape.find(name)) return type_of_shape(*field->shape);
    if (shape.additional != nullptr) return type_of_shape(*shape.additional);
    if (!shape.closed) return dyn();
    std::vector<std::string_view> known;
    for (const Field& field : shape.fields) known.push_back(field.name);
    std::string message = "there is no member \"" + std::string(name) + "\" in " + name_of(ast_, operand);
    if (!shape.name.empty()) message += ", which is " + std::string(shape.name);
    return fail(node, message + suggestion(name, known));
}

// data["unit price"]: a member like any other. Null: not that.
const Type* Checker::constant_index(const Node& node, const Type* operand) {
    const auto children = ast_.children(node);
    const Node& key = ast_[children[1]];
    if (operand->kind != TypeKind::map || operand->shape == nullptr) return nullptr;
    if (key.kind != NodeKind::literal || !key.literal.is(Kind::string)) return nullptr;
    const Type* member = member_type(key, children[0], key.literal.as_text(), *operand->shape);
    return node.op == Operator::optional_index ? pool_.optional(member) : member;
}

// "1.50" + "2.00" is "1.502.00", and "9" is more than "10".
bool Checker::texts_for_numbers(const Node& node, std::string_view name, const std::vector<const Type*>& arguments) {
    if (!is_one_of(name, {"_+_", "_<_", "_<=_", "_>_", "_>=_"})) return false;
    for (const Type* argument : arguments) {
        const Type* type = types_.resolve(argument);
        if (type->kind != TypeKind::string || type->shape == nullptr || !type->shape->decimal_text) continue;
        const std::string hint = decimal_hint(node, arguments);
        fail(node, "\"" + std::string(symbol(node.op)) + "\" would " +
                       (name == "_+_" ? "join the texts" : "compare the texts letter by letter") + hint);
        return true;
    }
    return false;
}

// 'a', and flag ? 'a' : 'b'. Empty: it can be something else, too.
std::vector<std::string_view> Checker::texts_of(NodeId id) const {
    const Node& node = ast_[id];
    if (node.kind == NodeKind::literal && node.literal.is(Kind::string)) return {node.literal.as_text()};
    if (node.kind != NodeKind::call || node.op != Operator::conditional) return {};
    std::vector<std::string_view> texts = texts_of(ast_.children(node)[1]);
    const std::vector<std::string_view> others = texts_of(ast_.children(node)[2]);
    if (texts.empty() || others.empty()) return {};
    texts.insert(texts.end(), others.begin(), others.end());
    return texts;
}

// record.data.status == 'opne', record.data.status in ['draft', 'opne'], of a status that is never that.
bool Checker::never_equal(const Node& node, const std::vector<const Type*>& arguments) {
    if (node.op != Operator::equal && node.op != Operator::not_equal && node.op != Operator::in) return false;
    const auto children = ast_.children(node);
    const auto values_of = [&](std::size_t i) -> const Shape* {
        const Type* type = types_.resolve(arguments[i]);
        return type->shape == nullptr || type->shape->values.empty() ? nullptr : type->shape;
    };
    if (node.op == Operator::in) {
        const Node& list = ast_[children[1]];
        if (values_of(0) == nullptr || list.kind != NodeKind::list) return false;
        return std::ranges::any_of(ast_.children(list), [&](NodeId item) {
            return never_among(ast_[item], name_of(ast_, children[0]), *values_of(0), item);
        });
    }
    for (const std::size_t i : {0U, 1U}) {
        const NodeId other = children[1 - i];
        if (values_of(i) == nullptr) continue;
        if (never_among(ast_[other], name_of(ast_, children[i]), *values_of(i), other)) return true;
    }
    return false;
}

bool Checker::never_among(const Node& node, std::string_view shown, const Shape& known, NodeId other) {
    for (const std::string_view text : texts_of(other)) {
        if (std::ranges::find(known.values, text) != known.values.end()) continue;
        const std::vector<std::string_view> values(known.values.begin(), known.values.end());
        fail(node, std::string(shown) + " is never \"" + std::string(text) + "\", only " + listed(known.values) +
                       suggestion(text, values));
        return true;
    }
    return false;
}

std::string Checker::decimal_hint(const Node& node, const std::vector<const Type*>& arguments) const {
    const auto children = ast_.children(node);
    for (std::size_t i = 0; i < arguments.size() && i < children.size(); ++i) {
        const Type* type = types_.resolve(arguments[i]);
        if (type->kind != TypeKind::string || type->shape == nullptr || !type->shape->decimal_text) continue;
        const std::string text = name_of(ast_, children[i]);
        return "; " + text + " is a decimal written as text: write decimal(" + text + ")";
    }
    return {};
}

// The currency that is named beside an amount: money(x, 'USD'). Empty: it is none that is written there.
std::vector<std::string_view> Checker::named_currency(const Node& node, std::string_view name,
                                                      std::size_t arguments) const {
    if (arguments < 2 || !is_one_of(name, {"money", "quantize", "money.fromMinorUnits"})) return {};
    const auto texts = texts_of(ast_.children(node).last(arguments)[1]);
    return texts.size() == 1 ? texts : std::vector<std::string_view>();
}

// The tree does not live as long as the type.
std::string_view Checker::kept_text(std::string_view text) { return result_->names.emplace_back(text); }

// What is added, subtracted or compared must be of one unit and one currency, where they are known.
const Type* Checker::with_unit(const Node& node, std::string_view name, const std::vector<const Type*>& arguments,
                               const Type* result) {
    const bool together = is_one_of(name, {"_+_", "_-_", "_%_", "_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_"}) ||
                          is_one_of(name, {"money.add", "money.subtract", "math.greatest", "math.least"});
    const bool keeps = is_one_of(name, {"decimal", "int", "uint", "round", "quantize", "-_", "abs", "_?_:_", "money"});
    const std::vector<std::string_view> named = named_currency(node, name, arguments.size());
    if (!together && !keeps && named.empty()) return result;
    std::string_view unit;
    std::string_view currency = named.empty() ? std::string_view() : kept_text(named.front());
    const auto agree = [&](std::string_view& known, std::string_view next, std::string_view what) {
        if (next.empty()) return true;
        if (known.empty()) known = next;
        if (known == next) return true;
        fail(node, "\"" + std::string(node.op == Operator::none ? name : symbol(node.op)) + "\" of two " +
                       std::string(what) + ": \"" + std::string(known) + "\" and \"" + std::string(next) + "\"");
        return false;
    };
    for (const Type* argument : arguments) {
        const Shape* shape = types_.resolve(argument)->shape;
        if (shape == nullptr) continue;
        if (!agree(unit, shape->unit, "units") || !agree(currency, shape->currency, "currencies")) return dyn();
    }
    const TypeKind kind = types_.resolve(result)->kind;
    if ((unit.empty() && currency.empty()) || kind == TypeKind::boolean || kind == TypeKind::dyn) return result;
    Shape& shape = result_->shapes.emplace_back();
    shape.unit = unit;
    shape.currency = currency;
    return pool_.shaped(types_.resolve(result), &shape);
}

}  // namespace weir::expr
