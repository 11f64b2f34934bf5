// A parsed, checked tree into a program's steps.
#pragma once

#include <memory>
#include <vector>

#include "runtime/expr/program.hpp"
#include "runtime/expr/scope.hpp"

namespace weir::expr {

class Compiler {
  public:
    Compiler(const Ast& ast, const Environment& environment, const Names& names, const Limits& limits);

    // Null, with `problems`, when the tree grows beyond the limits. `result_type`: what the checker found.
    [[nodiscard]] std::unique_ptr<Program> run(std::string result_type, std::vector<Problem>& problems);

  private:
    struct Place {
        bool lazy = false;
        std::uint32_t slot = 0;
        std::uint32_t initial = 0;  // step of a lazy one
    };

    std::uint32_t emit(NodeId id);
    std::uint32_t emit_node(NodeId id);
    std::uint32_t add(Step step, const std::vector<std::uint32_t>& children);
    std::uint32_t emit_constant(const Node& node, Value value);
    std::uint32_t emit_failure(const Node& node, ErrorKind kind, std::string_view message);
    std::uint32_t emit_ident(const Node& node);
    std::uint32_t emit_resolved(const Node& node, std::string_view name, bool& found);
    std::uint32_t emit_select(NodeId id);
    void make_path(Step& step, const Step& operand);
    std::uint32_t emit_call(NodeId id);
    std::uint32_t emit_entries(NodeId id, StepKind kind);
    std::uint32_t emit_comprehension(const Node& node);
    std::uint32_t emit_bind(const Node& node);
    std::uint32_t emit_block(const Node& node);
    void prepare_pattern(Step& step, const std::vector<std::uint32_t>& children);
    void fold(std::uint32_t id);
    [[nodiscard]] bool foldable(const Step& step) const;
    [[nodiscard]] Value kept(const Value& value);

    const Ast& ast_;
    const Environment& environment_;
    const Names& names_;
    const Limits& limits_;
    std::unique_ptr<Program> program_;
    Scope<Place> scope_;
    std::size_t depth_ = 0;
    bool too_large_ = false;
};

}  // namespace weir::expr
