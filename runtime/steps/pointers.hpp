// Places in a document: JSON Pointers (RFC 6901) in which `*` stands for every element or member.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/steps/reading.hpp"

namespace weir::steps {

struct Pointer {
    std::string text;
    std::vector<std::string> tokens;

    // Is every place of `other` one of this, or inside one?
    [[nodiscard]] bool covers(const Pointer& other) const noexcept;
};
// nullopt: it does not begin with "/", or has a "~" without 0 or 1.
[[nodiscard]] std::optional<Pointer> parse_pointer(std::string_view text);
// Pointers separated by spaces, with %20 and %25 for a space and a percent sign inside of one; what is none is left
// out.
[[nodiscard]] std::vector<Pointer> parse_pointers(std::string_view text);
// The text that parse_pointers() reads.
[[nodiscard]] std::string joined(const std::vector<Pointer>& pointers);

// Those of a list in the settings. A place that the data cannot have is a problem.
[[nodiscard]] std::vector<Pointer> read_pointers(const JsonValue& list, const std::string& pointer, Reading& reading);
// What is known of the place; null: nothing.
[[nodiscard]] const expr::Shape* shape_at(const expr::Shape* root, const Pointer& pointer, bool* exists = nullptr);

// Which of several pointers still fit on the way down a document.
class Matches {
  public:
    explicit Matches(const std::vector<Pointer>& pointers);
    [[nodiscard]] bool empty() const noexcept { return open_.empty(); }
    // Some pointer ends here.
    [[nodiscard]] bool here() const noexcept;
    [[nodiscard]] Matches below(std::string_view token) const;

  private:
    struct Open {
        const Pointer* pointer;
        std::size_t depth;
    };
    Matches() = default;
    std::vector<Open> open_;
};

}  // namespace weir::steps
