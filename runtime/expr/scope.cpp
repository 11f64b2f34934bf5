#include "runtime/expr/scope.hpp"

namespace weir::expr {

namespace {

class Search {
  public:
    Search(const Ast& ast, const std::vector<std::string>& open) : ast_(ast), open_(open) {}

    [[nodiscard]] bool found(NodeId id) {
        const Node& node = ast_[id];
        if (node.kind == NodeKind::ident) return is_open(node.name);
        const auto children = ast_.children(node);
        const bool introduces = node.kind == NodeKind::comprehension || node.kind == NodeKind::bind;
        for (std::size_t i = 0; i < children.size(); ++i) {
            if (introduces && i == 1) introduced_.insert(introduced_.end(), {node.name, node.name2});
            const bool yes = found(children[i]);
            if (yes) return true;
        }
        if (introduces) introduced_.resize(introduced_.size() - 2);
        return false;
    }

  private:
    [[nodiscard]] bool is_open(std::string_view name) const {
        if (std::ranges::find(introduced_, name) != introduced_.end()) return false;
        return name.starts_with("@it:") || name.starts_with("@ac:") || std::ranges::find(open_, name) != open_.end();
    }

    const Ast& ast_;
    const std::vector<std::string>& open_;
    std::vector<std::string_view> introduced_;
};

}  // namespace

bool uses_outer_variables(const Ast& ast, NodeId id, const std::vector<std::string>& open) {
    return Search(ast, open).found(id);
}

}  // namespace weir::expr
