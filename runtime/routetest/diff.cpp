#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/routetest/check.hpp"

namespace weir::routetest {

namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kCellsMax = 4'000'000;  // of the table below; beyond it everything counts as changed

struct Line {
    char mark;
    std::string_view text;
};

std::vector<std::string_view> lines_of(const std::string& text) {
    std::vector<std::string_view> lines;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        lines.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return lines;
}

// Longest common subsequence, from the back so that the way is read from the front.
std::vector<Line> compare(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
    std::vector<Line> result;
    const std::size_t width = b.size() + 1;
    if ((a.size() + 1) * width > kCellsMax) {
        for (const auto line : a) result.push_back({'-', line});
        for (const auto line : b) result.push_back({'+', line});
        return result;
    }
    std::vector<std::uint32_t> common((a.size() + 1) * width, 0);
    for (std::size_t i = a.size(); i-- > 0;) {
        for (std::size_t j = b.size(); j-- > 0;) {
            common[i * width + j] = a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                                                 : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
        }
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            result.push_back({' ', a[i++]});
            ++j;
        } else if (j == b.size() || (i < a.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            result.push_back({'-', a[i++]});
        } else {
            result.push_back({'+', b[j++]});
        }
    }
    return result;
}

}  // namespace

std::string diff_lines(const std::string& expected, const std::string& actual) {
    const auto a = lines_of(expected);
    const auto b = lines_of(actual);
    const std::vector<Line> lines = compare(a, b);
    std::vector<bool> shown(lines.size(), false);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].mark == ' ') continue;
        const std::size_t from = i < kContext ? 0 : i - kContext;
        for (std::size_t k = from; k < std::min(i + kContext + 1, lines.size()); ++k) shown[k] = true;
    }
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!shown[i]) {
            if (i == 0 || shown[i - 1]) text += "  ...\n";
            continue;
        }
        text += lines[i].mark;
        text += ' ';
        text += lines[i].text;
        text += '\n';
    }
    return text;
}

}  // namespace weir::routetest
