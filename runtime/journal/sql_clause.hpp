// A WHERE clause that grows by one condition at a time, with its values bound and never written into the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/sqlite/sqlite.hpp"

namespace weir::journal {

// Must outlive the statements it is bound to.
class SqlClause {
  public:
    using Value = std::variant<std::int64_t, std::string>;

    // `condition` has one "?" for `value`, or none.
    void add(std::string_view condition) { where_ += (where_.empty() ? "(" : " AND (") + std::string(condition) + ")"; }
    void add(std::string_view condition, Value value) {
        add(condition);
        values_.push_back(std::move(value));
    }
    [[nodiscard]] std::string where() const { return where_.empty() ? "1" : where_; }
    // The values take the parameters from 1 on, in the order of add().
    void bind(sqlite::Statement& statement) const {
        int index = 0;
        for (const Value& value : values_) {
            ++index;
            if (const auto* text = std::get_if<std::string>(&value)) {
                statement.bind_text(index, *text);
            } else {
                statement.bind(index, std::get<std::int64_t>(value));
            }
        }
    }

  private:
    std::string where_;
    std::vector<Value> values_;
};

}  // namespace weir::journal
