// The problems found so far; every check adds to it and goes on, so that a person sees all of them at once.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/config/config.hpp"

namespace weir::config {

// By file, line, column; what an alias made appear twice is there once.
[[nodiscard]] std::vector<Problem> sorted(std::vector<Problem> problems);

class Problems {
  public:
    void add(Location where, std::string code, std::string message, std::string hint = {}) {
        list_.push_back({std::move(where), std::move(code), std::move(message), std::move(hint), {}});
    }
    void append(Problems&& other) {
        list_.insert(list_.end(), std::make_move_iterator(other.list_.begin()),
                     std::make_move_iterator(other.list_.end()));
    }
    [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
    [[nodiscard]] std::vector<Problem> take_sorted() && { return sorted(std::move(list_)); }

  private:
    std::vector<Problem> list_;
};

// "did you mean "quota"?", or the names there are when none is close; "" when there are none.
[[nodiscard]] std::string suggest(std::string_view name, std::vector<std::string_view> candidates);
// "did you mean "quota"?", or "" when no candidate is close: for messages that list them already.
[[nodiscard]] std::string suggest_near(std::string_view name, std::span<const std::string_view> candidates);
// `"value"`, for messages.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace weir::config
