// Names that an expression itself introduces: variables of comprehensions and bindings, slots of cel.block(). The
// checker and the compiler walk the tree with the same rules.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/ast.hpp"

namespace weir::expr {

// Payload: what the walker knows of a name, a type or a place of the value.
template <class Payload>
class Scope {
  public:
    struct Local {
        std::string name;
        Payload payload{};
        // A slot of a block that uses variables of comprehensions around its uses: it stands for its text there.
        std::optional<NodeId> alias;
    };

    void push(std::string_view name, Payload payload) { locals_.push_back({std::string(name), payload, std::nullopt}); }
    void push_alias(std::string_view name, NodeId alias) { locals_.push_back({std::string(name), Payload{}, alias}); }
    void pop(std::size_t count) { locals_.resize(locals_.size() - count); }
    // The innermost; a name with a leading dot is never local. Null when there is none.
    [[nodiscard]] const Local* find(std::string_view name) const {
        const auto found =
            std::find_if(locals_.rbegin(), locals_.rend(), [&](const Local& l) { return l.name == name; });
        return found == locals_.rend() ? nullptr : &*found;
    }

  private:
    std::vector<Local> locals_;
};

// Does the tree use a name that begins with @it: or @ac: and that it does not introduce itself, or one of `open` names?
[[nodiscard]] bool uses_outer_variables(const Ast& ast, NodeId id, const std::vector<std::string>& open);

[[nodiscard]] inline std::string slot_name(std::size_t index) { return "@index" + std::to_string(index); }

}  // namespace weir::expr
