// What one evaluation carries: memory, the cost so far, and the host's tables. One thread, one evaluation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/expr/limits.hpp"
#include "runtime/expr/value.hpp"

namespace weir::expr {

// Data of the host that functions look things up in. Thread-compatible: called on the evaluating thread.
class Tables {
  public:
    // The value a table of the configuration has for `key`; nullopt when the table or the key is not there.
    [[nodiscard]] virtual std::optional<Value> look_up(std::string_view table, std::string_view key,
                                                       Arena& arena) const = 0;
    [[nodiscard]] virtual bool has_table(std::string_view table) const = 0;
    // What `system` calls the object of `type` that weir knows as `id`, and the other way round.
    [[nodiscard]] virtual std::optional<std::string> external_id(std::string_view system, std::string_view type,
                                                                 std::string_view id) const = 0;
    [[nodiscard]] virtual std::optional<std::string> canonical_id(std::string_view system, std::string_view type,
                                                                  std::string_view external_id) const = 0;

  protected:
    ~Tables() = default;
};

class Context final : public Meter {
  public:
    // `tables` may be null; all must outlive the context.
    Context(Arena& arena, const Limits& limits, const Tables* tables = nullptr)
        : arena_(arena), limits_(limits), tables_(tables) {}

    [[nodiscard]] Arena& arena() override { return arena_; }
    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
    [[nodiscard]] const Tables* tables() const noexcept { return tables_; }

    // One step is about a node evaluated, an element visited, or 16 bytes of text read or written. False once the
    // evaluation has cost too much or used too much memory; it then ends with an error whatever is done.
    [[nodiscard]] bool charge(std::uint64_t cost) override {
        cost_ += cost;
        return cost_ <= limits_.cost && !arena_.over_limit() && !exhausted_;
    }
    // For text: does a result of `bytes` fit, and may it be made?
    [[nodiscard]] bool charge_bytes(std::size_t bytes) {
        exhausted_ = exhausted_ || !arena_.fits(bytes);
        return charge(bytes / 16);
    }
    [[nodiscard]] bool exhausted() const noexcept { return exhausted_ || cost_ > limits_.cost || arena_.over_limit(); }
    [[nodiscard]] std::uint64_t cost() const noexcept { return cost_; }

    [[nodiscard]] Value fail(ErrorKind kind, std::string_view message) {
        return Value::error(arena_.make<EvalError>(EvalError{kind, arena_.copy(message), EvalError::kNowhere}));
    }
    [[nodiscard]] Value limit_error() {
        if (cost_ > limits_.cost) {
            return fail(ErrorKind::limit, "the evaluation takes more than " + std::to_string(limits_.cost) + " steps");
        }
        return fail(ErrorKind::limit,
                    "the evaluation needs more than " + std::to_string(limits_.memory_bytes) + " bytes of memory");
    }

    // Copies.
    [[nodiscard]] Value string(std::string_view text) {
        return charge_bytes(text.size()) ? Value::string(arena_.copy(text)) : limit_error();
    }
    [[nodiscard]] Value bytes(std::string_view text) {
        return charge_bytes(text.size()) ? Value::bytes(arena_.copy(text)) : limit_error();
    }
    [[nodiscard]] Value decimal(const Decimal& value) { return Value::decimal(arena_.make<Decimal>(value)); }
    // A failure becomes an error of the fitting kind.
    [[nodiscard]] Value decimal(const Result<Decimal>& result);
    // `items` must live as long as the arena.
    [[nodiscard]] Value list(std::span<const Value> items) { return Value::list(arena_.make<ArrayList>(items)); }
    [[nodiscard]] Value copied_list(std::span<const Value> items);
    [[nodiscard]] Value optional(const Value& inner) { return Value::optional(arena_.make<Value>(inner)); }

  private:
    Arena& arena_;
    const Limits& limits_;
    const Tables* tables_;
    std::uint64_t cost_ = 0;
    bool exhausted_ = false;
};

// "no such overload: charAt(int, int)".
[[nodiscard]] Value no_such_overload(Context& context, std::string_view function, std::span<const Value> arguments);
// A key or an argument in messages: its text, cut when long.
[[nodiscard]] std::string shown(const Value& value);

}  // namespace weir::expr
