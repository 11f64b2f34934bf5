#include "runtime/steps/expression.hpp"

#include <algorithm>

#include "runtime/expr/parser.hpp"

namespace weir::steps {

namespace {

using expr::Ast;
using expr::Node;
using expr::NodeId;
using expr::NodeKind;

// One step of a path: `.name`, `.?name`, `["name"]`, `[0]`; nullopt for anything else.
std::optional<Path::Token> token_of(const Ast& ast, const Node& node) {
    if (node.kind == NodeKind::select && !node.test_only) return Path::Token{std::string(node.name), -1, node.optional};
    const bool optional = node.op == expr::Operator::optional_index;
    if (node.kind != NodeKind::call || (node.op != expr::Operator::index && !optional)) return std::nullopt;
    const Node& key = ast[ast.children(node)[1]];
    if (key.kind != NodeKind::literal) return std::nullopt;
    if (key.literal.is(expr::Kind::string)) return Path::Token{std::string(key.literal.as_text()), -1, optional};
    if (key.literal.is(expr::Kind::integer) && key.literal.as_int() >= 0) {
        return Path::Token{{}, key.literal.as_int(), optional};
    }
    return std::nullopt;
}

std::optional<Path> path_of(const Ast& ast, const Scope& scope) {
    Path path;
    NodeId at = ast.root();
    while (ast[at].kind != NodeKind::ident) {
        auto token = token_of(ast, ast[at]);
        if (!token) return std::nullopt;
        path.tokens.push_back(std::move(*token));
        at = ast.children(at)[0];
    }
    const auto slot = scope.find(ast[at].name);
    if (!slot) return std::nullopt;
    path.slot = *slot;
    std::ranges::reverse(path.tokens);
    if (path.slot != Scope::kRecord) return path;
    if (path.tokens.empty() || path.tokens[0].name != "data") return std::nullopt;
    // A deletion has no data: `record.?data.a` must not fail for it where `record.data.a` does.
    const bool optional = path.tokens[0].optional;
    path.tokens.erase(path.tokens.begin());
    if (optional && !path.tokens.empty()) path.tokens[0].optional = true;
    return path;
}

// Collects what the tree mentions. Names that comprehensions introduce are not told apart from outer ones of the same
// name: a variable counts as mentioned rather once too often.
class Reader {
  public:
    Reader(const Ast& ast, const Scope& scope, Mentions& mentions) : ast_(ast), scope_(scope), mentions_(mentions) {}

    void visit(NodeId id) {
        const Node& node = ast_[id];
        if (node.kind == NodeKind::ident) {
            if (const auto slot = scope_.find(node.name)) mentions_.slots.push_back(*slot);
        }
        if (node.kind == NodeKind::call) visit_call(node);
        for (const NodeId child : ast_.children(node)) visit(child);
    }

  private:
    void visit_call(const Node& node) {
        const auto children = ast_.children(node);
        if (node.receiver && ast_[children[0]].kind == NodeKind::ident && ast_[children[0]].name == "xref") {
            mentions_.reads_cross_references = true;
        }
        if (node.receiver || node.name != "lookup") return;
        mentions_.reads_tables = true;
        if (children.empty()) return;
        const Node& table = ast_[children[0]];
        if (table.kind == NodeKind::literal && table.literal.is(expr::Kind::string)) {
            mentions_.tables.emplace_back(table.literal.as_text());
        }
    }

    const Ast& ast_;
    const Scope& scope_;
    Mentions& mentions_;
};

}  // namespace

Scope::Scope() { add("record", nullptr, "dyn"); }

std::uint32_t Scope::add(std::string_view name, const expr::Shape* shape, std::string_view type) {
    variables_.push_back({std::string(name), shape, std::string(type)});
    return size() - 1;
}

std::optional<std::uint32_t> Scope::find(std::string_view name) const {
    for (std::uint32_t i = size(); i-- > 0;) {
        if (variables_[i].name == name) return i;
    }
    return std::nullopt;
}

expr::Environment Scope::environment() const {
    expr::Environment environment;
    for (std::uint32_t i = 0; i < size(); ++i) {
        // A hidden one keeps its slot under a name that nobody can write.
        const bool visible = find(variables_[i].name) == i;
        expr::VariableDeclaration declared;
        declared.name = visible ? variables_[i].name : "@hidden" + std::to_string(i);
        declared.type = variables_[i].type;
        declared.shape = variables_[i].shape;
        environment.variables.push_back(std::move(declared));
    }
    return environment;
}

Read read_expression(std::string_view source, const Scope& scope) {
    Read read;
    const expr::Parsed parsed = expr::parse(source, {true, true}, {});
    if (!parsed.problems.empty()) return read;
    read.path = path_of(parsed.ast, scope);
    Reader(parsed.ast, scope, read.mentions).visit(parsed.ast.root());
    return read;
}

}  // namespace weir::steps
