// What the tests of expressions share: evaluating, and values as text to compare with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/expr/program.hpp"

namespace weir::expr::testing {

// int 5, "text", bytes <base64>, double NaN, [int 1, "a"], {"k": int 1}, optional(int 1), optional(), type int,
// timestamp 1970-01-01T00:00:00Z, duration 1.5s, error evaluate no_such_key.
[[nodiscard]] std::string describe(const Value& value);

// Variables by their place in the environment.
class Variables final : public Activation {
  public:
    explicit Variables(std::vector<Value> values = {}) : values_(std::move(values)) {}
    [[nodiscard]] Value variable(std::uint32_t index, Context&) const override {
        return index < values_.size() ? values_[index] : Value();
    }

  private:
    std::vector<Value> values_;
};

// Compiles and evaluates; problems of compiling as "error parse" and "error check".
[[nodiscard]] std::string evaluated(std::string_view source, const Environment& environment = {},
                                    const Limits& limits = {}, const Tables* tables = nullptr);

}  // namespace weir::expr::testing
