// Runs a program: one evaluator per evaluation.
#pragma once

#include <span>

#include "runtime/expr/program.hpp"

namespace weir::expr {

class Evaluator {
  public:
    Evaluator(const Program& program, const Activation& activation, Context& context)
        : program_(program),
          activation_(activation),
          context_(context),
          locals_(context.arena().array<Value>(program.locals_)) {}

    // A value or an error with its place.
    [[nodiscard]] Value run(std::uint32_t id);

  private:
    [[nodiscard]] std::span<const std::uint32_t> children(const Step& step) const noexcept {
        return {program_.children_.data() + step.first, step.count};
    }
    [[nodiscard]] bool is_optional(const Step& step, std::size_t child) const {
        return step.has_optional_entries && program_.optional_[step.first + child];
    }
    [[nodiscard]] Value step_value(const Step& step);
    [[nodiscard]] Value selected(const Step& step);
    [[nodiscard]] Value lazy_local(const Step& step);
    [[nodiscard]] Value operation(const Step& step);
    [[nodiscard]] Value conditional(const Step& step);
    [[nodiscard]] Value logical(const Step& step, bool decisive);
    [[nodiscard]] Value call(const Step& step);
    [[nodiscard]] Value list(const Step& step);
    [[nodiscard]] Value map(const Step& step);

    [[nodiscard]] Value comprehension(const Step& step);
    [[nodiscard]] std::size_t range_size(const Value& range) const;
    [[nodiscard]] Value quantifier(const Step& step, std::span<const Entry> range, bool decisive);
    [[nodiscard]] Value exists_one(const Step& step, std::span<const Entry> range);
    [[nodiscard]] Value transformed_list(const Step& step, std::span<const Entry> range);
    [[nodiscard]] Value transformed_map(const Step& step, std::span<const Entry> range);
    [[nodiscard]] Value optional_map(const Step& step, const Value& range);
    void set_variables(const Step& step, const Entry& element);
    [[nodiscard]] Value finish_map(std::span<const Entry> entries);

    const Program& program_;
    const Activation& activation_;
    Context& context_;
    std::span<Value> locals_;
    std::size_t depth_ = 0;
};

}  // namespace weir::expr
