// Settings into plans: what every step needs to read its own. All problems are collected, with pointers; the same code
// serves the host's check, which knows contracts and tables, and the creation of an instance, which does not.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weir/json.hpp>

#include "runtime/steps/expression.hpp"
#include "runtime/steps/frame.hpp"
#include "runtime/steps/steps.hpp"

namespace weir::steps {

// "/fields/a~1b"
[[nodiscard]] std::string child(const std::string& pointer, std::string_view key);
[[nodiscard]] std::string child(const std::string& pointer, std::size_t index);

// A condition, and what it always is when it does not depend on the record.
struct Condition {
    Expression expression;
    std::optional<bool> constant;
};

class Reading {
  public:
    // `surroundings` is null where an instance is created. Both outlive the reading.
    Reading(const Surroundings* surroundings, std::shared_ptr<const expr::Schema> data);
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    void problem(std::string pointer, std::string code, std::string message, std::string hint = {});
    // Only in the host's check.
    void warn(std::string pointer, std::string code, std::string message, std::string hint = {}) {
        if (checking()) problem(std::move(pointer), std::move(code), std::move(message), std::move(hint));
    }
    [[nodiscard]] bool checking() const noexcept { return surroundings_ != nullptr; }
    [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return checked_.problems; }

    // The expression that is the string `text`; nullopt, with problems, when it is none.
    [[nodiscard]] std::optional<Expression> expression(const JsonValue& text, const std::string& pointer);
    // The same, when its value is of one of these types, or null, or not known before it is there.
    [[nodiscard]] std::optional<Expression> expression_of(std::initializer_list<std::string_view> types,
                                                          const JsonValue& text, const std::string& pointer);
    [[nodiscard]] std::optional<Condition> condition(const JsonValue& text, const std::string& pointer);
    // {name: expression, ...}; adds the variables to the scope.
    [[nodiscard]] std::vector<Let> lets(const JsonValue& members, const std::string& pointer);
    // After the last expression.
    void end_lets(const std::vector<Let>& lets, const std::string& pointer);

    // Variables of $each and split. `list`: what the elements come from.
    std::uint32_t push_item(std::string_view name, const Expression* list);
    void pop_item();
    // How many slots a frame needs.
    [[nodiscard]] std::uint32_t slots() const noexcept { return slots_; }

    // The schema of a contract; null, with a problem, when there is none of that name. Null without surroundings.
    [[nodiscard]] std::shared_ptr<const expr::Schema> contract(std::string_view name, const std::string& pointer);
    // What data is from now on expected to be.
    void expect_data(std::shared_ptr<const expr::Schema> data);
    [[nodiscard]] const expr::Shape* data_shape() const noexcept;
    [[nodiscard]] const std::shared_ptr<const expr::Schema>& data() const noexcept { return data_; }
    // What the shapes of expressions live in.
    [[nodiscard]] std::vector<std::shared_ptr<const void>> kept() const;
    // What data is behind the step: as before it, or of this schema (null: unknown), which is all of `contract`.
    void keep_data() { checked_.data = data_; }
    void set_data(std::shared_ptr<const expr::Schema> data, std::string contract) {
        checked_.data = std::move(data);
        checked_.contract = std::move(contract);
    }

    // Some expression needs the host's lookup service.
    [[nodiscard]] bool reads_tables() const noexcept { return reads_tables_; }
    [[nodiscard]] Checked& checked() noexcept { return checked_; }

  private:
    // Null: unknown.
    [[nodiscard]] const expr::Shape* shape_at(const Path& path) const;
    void note(const Read& read, const std::string& pointer);
    void declare_record();

    const Surroundings* surroundings_;
    std::shared_ptr<const expr::Schema> data_;
    std::vector<std::shared_ptr<const expr::Schema>> kept_;  // that scopes refer to
    Scope scope_;
    std::vector<const expr::Shape*> shapes_;  // by slot
    std::uint32_t slots_ = 1;
    std::vector<bool> used_;  // by slot
    bool reads_tables_ = false;
    bool depends_ = false;  // the expression read last, on anything
    Checked checked_;
    // The shape of `record`.
    expr::Shape any_;
    expr::Shape text_;
    expr::Shape time_;
    expr::Shape attributes_;
    expr::Shape record_;
    std::array<expr::Field, 12> fields_;
};

// The first problem, for whoever can report only one.
[[noreturn]] void throw_first(const std::vector<Problem>& problems);

}  // namespace weir::steps
