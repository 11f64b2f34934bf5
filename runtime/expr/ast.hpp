// The syntax tree: nodes in one vector, children as ranges of another, names and texts as views of the tree's own copy
// of the source. Macros (has, all, map, cel.bind, ...) are nodes of their own kind, not rewritten into loops with an
// accumulator: they evaluate faster so, and print as they were written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/arena.hpp"
#include "runtime/expr/value.hpp"

namespace weir::expr {

using NodeId = std::uint32_t;

enum class NodeKind : std::uint8_t {
    literal,
    ident,          // name; a leading dot is part of it
    select,         // children: operand; name: the field
    call,           // children: the receiver when there is one, then the arguments
    list,           // children: elements
    map,            // children: key, value, key, value, ...
    message,        // name: the type; children as of a map, the keys being string literals
    comprehension,  // children: the range, then the macro's expressions; name, name2: its variables
    bind,           // name; children: initial value, body
    block,          // children: slots, then the body; @index0 names slot 0
};

enum class Operator : std::uint8_t {
    none,  // a function
    conditional,
    logical_or,
    logical_and,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    add,
    subtract,
    multiply,
    divide,
    remainder,
    negate,
    logical_not,
    index,
    optional_index,
};
// "_+_", as error messages and declarations name it; the symbol alone is "+".
[[nodiscard]] std::string_view function_name(Operator op) noexcept;
[[nodiscard]] std::string_view symbol(Operator op) noexcept;

enum class Macro : std::uint8_t {
    none,
    all,
    exists,
    exists_one,
    map,
    filter,
    transform_list,
    transform_map,
    transform_map_entry,
    opt_map,
    opt_flat_map,
};

struct Node {
    NodeKind kind = NodeKind::literal;
    Operator op = Operator::none;
    Macro macro = Macro::none;
    bool receiver = false;        // a call: its first child is the receiver
    bool test_only = false;       // a select: has(a.b)
    bool optional = false;        // a select: a.?b
    bool optional_entry = false;  // an element or key written [?x], {?k: v}
    std::uint16_t depth = 1;
    std::uint32_t offset = 0;  // of the part that messages point at: an operator, a name
    std::uint32_t length = 1;
    std::uint32_t first = 0;  // of the children
    std::uint32_t count = 0;
    std::string_view name;
    std::string_view name2;
    Value literal;
};

class Ast {
  public:
    explicit Ast(std::string_view source) : source_(arena_.copy(source)) {}

    [[nodiscard]] std::string_view source() const noexcept { return source_; }
    [[nodiscard]] Arena& arena() noexcept { return arena_; }
    [[nodiscard]] const Node& operator[](NodeId id) const noexcept { return nodes_[id]; }
    [[nodiscard]] Node& operator[](NodeId id) noexcept { return nodes_[id]; }
    [[nodiscard]] std::span<const NodeId> children(const Node& node) const noexcept {
        return {children_.data() + node.first, node.count};
    }
    [[nodiscard]] std::span<const NodeId> children(NodeId id) const noexcept { return children(nodes_[id]); }
    [[nodiscard]] NodeId root() const noexcept { return root_; }
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

    void set_root(NodeId root) noexcept { root_ = root; }
    NodeId add(Node node, std::span<const NodeId> children) {
        node.first = static_cast<std::uint32_t>(children_.size());
        node.count = static_cast<std::uint32_t>(children.size());
        std::uint16_t deepest = 0;
        for (const NodeId child : children) deepest = std::max(deepest, nodes_[child].depth);
        node.depth = static_cast<std::uint16_t>(deepest + 1);
        children_.insert(children_.end(), children.begin(), children.end());
        nodes_.push_back(node);
        return static_cast<NodeId>(nodes_.size() - 1);
    }

  private:
    Arena arena_;
    std::string_view source_;
    std::vector<Node> nodes_;
    std::vector<NodeId> children_;
    NodeId root_ = 0;
};

// "a.b.c" of an identifier or a chain of plain selections that begins with one; empty for anything else.
[[nodiscard]] std::string qualified_name(const Ast& ast, NodeId id);
// The identifier such a chain begins with.
[[nodiscard]] NodeId chain_root(const Ast& ast, NodeId id) noexcept;

// Text that parses to the same tree.
[[nodiscard]] std::string print(const Ast& ast);
// By structure; where in the source things stand makes no difference.
[[nodiscard]] bool same_tree(const Ast& a, const Ast& b);

// The fields that a message literal sets.
[[nodiscard]] std::vector<std::string_view> field_names(const Ast& ast, const Node& message);

}  // namespace weir::expr
