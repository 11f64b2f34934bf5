#include "runtime/canonical/problem.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace weir::canonical {

std::string Problem::to_string() const {
    std::string text = file;
    if (line > 0) text += ':' + std::to_string(line) + ':' + std::to_string(column);
    return text + ": " + message;
}

Problem problem_at(std::string file, std::string_view text, std::size_t offset, std::string message) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
    return {std::move(file), static_cast<int>(line), static_cast<int>(before.size() - start) + 1, std::move(message)};
}

std::size_t json_error_offset(std::string_view message) noexcept {
    constexpr std::string_view kStart = "at byte ";
    std::size_t offset = 0;
    if (message.starts_with(kStart)) {
        std::from_chars(message.data() + kStart.size(), message.data() + message.size(), offset);
    }
    return offset;
}

}  // namespace weir::canonical
