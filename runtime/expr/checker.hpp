// Finds the types of a tree and what does not fit (langdef.md, "Type Checking").
#pragma once

#include <string>
#include <vector>

#include "runtime/expr/ast.hpp"
#include "runtime/expr/environment.hpp"
#include "runtime/expr/functions.hpp"
#include "runtime/expr/limits.hpp"
#include "runtime/expr/problem.hpp"
#include "runtime/expr/scope.hpp"
#include "runtime/expr/types.hpp"

namespace weir::expr {

class Checker {
  public:
    Checker(const Ast& ast, const Environment& environment, const Names& names, const Limits& limits)
        : ast_(ast), environment_(environment), names_(names), limits_(limits), types_(pool_) {}

    // The type of the whole expression; adds to `problems` what is wrong.
    [[nodiscard]] std::string run(std::vector<Problem>& problems);

  private:
    const Type* check(NodeId id);
    const Type* check_node(NodeId id);
    const Type* check_ident(const Node& node);
    const Type* resolved(std::string_view name);
    const Type* check_select(NodeId id);
    const Type* field_type(const Node& node, const Type* operand);
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
    TypePool pool_;
    Substitution types_;
    Scope<const Type*> scope_;
    std::vector<Problem> problems_;
    std::size_t visited_ = 0;
    std::size_t depth_ = 0;
};

}  // namespace weir::expr
