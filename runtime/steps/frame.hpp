// One record while a step works on it: what its expressions see, and what they come to.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weir/record.hpp>

#include "runtime/steps/expression.hpp"
#include "runtime/steps/json_document.hpp"
#include "runtime/steps/tables.hpp"

namespace weir::steps {

// Memory that is used for one record after the other. One per thread.
struct Workspace {
    expr::Limits limits;
    expr::Arena arena{limits.memory_bytes};
    JsonDocument document;
    HostTables tables;
    std::string out;
    std::vector<weir_attr> attributes;
    std::deque<std::string> texts;  // what envelope fields are made of; stable addresses

    [[nodiscard]] static Workspace& of_this_thread();
};

// A variable computed at most once per record, and only when something asks for it.
struct Let {
    std::string name;
    Expression expression;
};

// What a step's expressions have in common.
struct Program {
    std::vector<Let> lets;  // slots 1, 2, ...
    std::uint32_t slots = 1;
    std::string prefix;  // of messages: "mapping usage-to-entry@1.2.0: "
    bool reads_tables = false;
};

class Frame final : public expr::Activation {
  public:
    // All must outlive the frame; the workspace serves one frame at a time.
    Frame(const Program& program, const Record& record, Workspace& workspace, const weir_svc_lookup* lookup);

    // Reads the payload. `invalid`, code NOT_JSON, DUPLICATE_KEY or TOO_DEEP; said once and for all: a payload that
    // cannot be read refuses the record even when || has swallowed the error.
    [[nodiscard]] Status read();
    // A deletion has none.
    [[nodiscard]] bool has_data() const noexcept { return !record_.tombstone(); }
    [[nodiscard]] JsonValue data() const noexcept { return workspace_.document.root(); }

    // A value, or an error value.
    [[nodiscard]] expr::Value evaluate(const Expression& expression) const;
    // Where a bare path leads.
    enum class Found : std::uint8_t { json, nothing, unknown };  // unknown: only evaluate() can tell
    [[nodiscard]] Found follow(const Expression& expression, JsonValue& json) const;

    // The part of the input that a variable is; absent when it is none.
    [[nodiscard]] JsonValue json_at(std::uint32_t slot) const;
    // Variables of $each and split.
    void set(std::uint32_t slot, const expr::Value& value);
    void set(std::uint32_t slot, const JsonValue& json);

    // What `error`, a value of evaluate(), comes to for the record.
    [[nodiscard]] Error failed(const Expression& expression, const expr::Value& error) const;
    // "expected bool, found string"
    [[nodiscard]] Error unexpected(const Expression& expression, std::string_view expected,
                                   const expr::Value& found) const;
    [[nodiscard]] Error refuse(std::string_view place, std::string_view code, std::string message) const;
    // After the last expression: not ok when the record cannot be judged whatever they said.
    [[nodiscard]] Status settled() const;

    [[nodiscard]] const Record& record() const noexcept { return record_; }
    [[nodiscard]] Workspace& workspace() const noexcept { return workspace_; }
    [[nodiscard]] expr::Context& context() const noexcept { return context_; }
    [[nodiscard]] expr::Value variable(std::uint32_t index, expr::Context& context) const override;
    [[nodiscard]] expr::Value member(std::uint32_t index, std::span<const std::string_view> names,
                                     expr::Context& context) const override;

  private:
    class RecordMap;
    class Attributes;
    struct Slot {
        expr::Value value;
        JsonValue json;
    };
    [[nodiscard]] expr::Value member(std::string_view name) const;
    [[nodiscard]] expr::Value data_value() const;
    void fill(std::uint32_t slot) const;

    const Program& program_;
    const Record& record_;
    Workspace& workspace_;
    mutable expr::Context context_;
    mutable std::span<Slot> slots_;
    mutable bool read_ = false;
    mutable Status read_status_;
    mutable expr::Value record_value_;
};

}  // namespace weir::steps
