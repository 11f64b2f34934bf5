// Finds the types of a tree and what does not fit (langdef.md, "Type Checking").
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/expr/ast.hpp"
#include "runtime/expr/environment.hpp"
#include "runtime/expr/functions.hpp"
#include "runtime/expr/limits.hpp"
#include "runtime/expr/problem.hpp"
#include "runtime/expr/scope.hpp"
#include "runtime/expr/shape.hpp"
#include "runtime/expr/types.hpp"

namespace weir::expr {

// The type of a checked expression, with all that it refers to but the shapes of the environment.
struct StaticType {
    TypePool pool;
    std::deque<Shape> shapes;  // made up on the way: units of sums
    std::deque<std::string> names;
    const Type* type = nullptr;
    std::vector<std::string> texts;  // all that it can be, when it is a text that is written in it: 'a', x ? 'a' : 'b'
};

class Checker {
  public:
    Checker(const Ast& ast, const Environment& environment, const Names& names, const Limits& limits)
        : ast_(ast), environment_(environment), names_(names), limits_(limits), types_(pool_) {}

    // The type of the whole expression; adds to `problems` what is wrong. Once.
    [[nodiscard]] std::shared_ptr<const StaticType> run(std::vector<Problem>& problems);

  private:
    const Type* check(NodeId id);
    const Type* check_node(NodeId id);
    const Type* check_ident(const Node& node);
    const Type* resolved(std::string_view name);
    const Type* check_select(NodeId id);
    const Type* field_type(const Node& node, const Type* operand);
    // checker_shapes.cpp
    const Type* type_of_shape(const Shape& shape);
    const Type* member_type(const Node& node, NodeId operand, std::string_view name, const Shape& shape);
    const Type* constant_index(const Node& node, const Type* operand);
    [[nodiscard]] bool texts_for_numbers(const Node& node, std::string_view name,
                                         const std::vector<const Type*>& arguments);
    [[nodiscard]] bool never_equal(const Node& node, const std::vector<const Type*>& arguments);
    [[nodiscard]] bool never_among(const Node& node, std::string_view shown, const Shape& known, NodeId other);
    [[nodiscard]] std::vector<std::string_view> texts_of(NodeId id) const;
    [[nodiscard]] std::vector<std::string_view> named_currency(const Node& node, std::string_view name,
                                                               std::size_t arguments) const;
    [[nodiscard]] std::string_view kept_text(std::string_view text);
    const Type* with_unit(const Node& node, std::string_view name, const std::vector<const Type*>& arguments,
                          const Type* result);
    [[nodiscard]] std::string signatures(std::string_view function) const;
    [[nodiscard]] std::string decimal_hint(const Node& node, const std::vector<const Type*>& arguments) const;
    const Type* check_call(NodeId id);
    const Type* check_logical(const Node& node);
    [[nodiscard]] std::string namespaced_name(NodeId receiver, const std::string& name) const;
    const Type* check_list(const Node& node);
    const Type* check_map(const Node& node);
    const Type* check_comprehension(const Node& node);
    const Type* comprehension_result(const Node& node, const Type* key, const Type* element);
    const Type* check_optional_map(const Node& node);
    const Type* check_bind(const Node& node);
    const Type* check_block(const Node& node);
    void check_predicate(NodeId id, std::string_view what);

    const Type* resolve_overload(const Node& node, std::string_view name, bool receiver,
                                 const std::vector<const Type*>& arguments);
    // The element's type; of one written with "?", what is inside the optional.
    const Type* entry_type(NodeId entry, NodeId value);

    const Type* fail(const Node& node, std::string message);
    [[nodiscard]] std::string shown(const Type* type) { return "\"" + to_string(*types_.apply(type, true)) + "\""; }
    [[nodiscard]] static const Type* dyn() { return simple_type(TypeKind::dyn); }

    const Ast& ast_;
    const Environment& environment_;
    const Names& names_;
    const Limits& limits_;
    std::shared_ptr<StaticType> result_ = std::make_shared<StaticType>();
    TypePool& pool_ = result_->pool;
    Substitution types_;
    std::unordered_map<const Shape*, const Type*> shaped_;
    Scope<const Type*> scope_;
    std::vector<Problem> problems_;
    std::size_t visited_ = 0;
    std::size_t depth_ = 0;
};

}  // namespace weir::expr
