// Reads one map of a test file: says what is unknown, missing or of the wrong kind, each at its place.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::routetest {

// Lives no longer than the node and the problems.
class Form {
  public:
    // `what` as messages name it: "a case".
    Form(const config::Node& node, std::string_view what, std::initializer_list<std::string_view> keys,
         config::Problems& problems);

    [[nodiscard]] const config::Node* find(std::string_view key) const;
    // Absent: reported when `required`.
    [[nodiscard]] std::optional<std::string> text(std::string_view key, bool required = false) const;
    [[nodiscard]] std::string text_or(std::string_view key, std::string fallback = {}) const {
        return text(key).value_or(std::move(fallback));
    }
    [[nodiscard]] std::optional<bool> flag(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint32_t> count(std::string_view key) const;
    [[nodiscard]] config::Problems& problems() const noexcept { return problems_; }

  private:
    const config::Node& node_;
    std::string what_;
    config::Problems& problems_;
};

// Each reports a value of another kind, and then gives what it could read.
[[nodiscard]] std::optional<std::string> read_text(const config::Node& node, std::string_view name,
                                                   config::Problems& problems);
[[nodiscard]] std::optional<std::uint32_t> read_count(const config::Node& node, std::string_view name,
                                                      config::Problems& problems);
[[nodiscard]] std::vector<std::string> read_texts(const config::Node& node, std::string_view name,
                                                  config::Problems& problems);
[[nodiscard]] bool is_map(const config::Node& node, std::string_view name, config::Problems& problems);
[[nodiscard]] bool is_list(const config::Node& node, std::string_view name, config::Problems& problems);
// "expected one of a, b; found "c"", with the nearest name.
void add_unknown(config::Problems& problems, const config::Location& where, std::string_view what,
                 std::string_view found, std::vector<std::string_view> names);

}  // namespace weir::routetest
