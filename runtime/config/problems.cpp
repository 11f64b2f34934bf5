#include "runtime/config/problems.hpp"

#include <algorithm>
#include <tuple>

#include "runtime/base/text.hpp"

namespace weir::config {
namespace {

// "paht" for "path": the commonest slip, and two edits away, which is too far for a short name.
bool is_swap(std::string_view name, std::string_view candidate) {
    if (name.size() != candidate.size()) return false;
    const auto [a, b] = std::mismatch(name.begin(), name.end(), candidate.begin());
    if (name.end() - a < 2 || a[0] != b[1] || a[1] != b[0]) return false;
    return std::equal(a + 2, name.end(), b + 2);
}

}  // namespace

std::string Location::to_string() const {
    if (line == 0) return file;
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Problem::to_string() const {
    std::string text = where.to_string() + ": " + message;
    if (!hint.empty()) text += " (" + hint + ")";
    return text;
}

std::vector<Problem> sorted(std::vector<Problem> problems) {
    const auto place = [](const Problem& p) {
        return std::tie(p.where.file, p.where.line, p.where.column, p.message, p.hint);
    };
    std::stable_sort(problems.begin(), problems.end(),
                     [&](const Problem& a, const Problem& b) { return place(a) < place(b); });
    const auto same = [&](const Problem& a, const Problem& b) { return place(a) == place(b); };
    problems.erase(std::unique(problems.begin(), problems.end(), same), problems.end());
    return problems;
}

std::string suggest(std::string_view name, std::vector<std::string_view> candidates) {
    constexpr std::size_t kNamesMax = 12;  // a longer list helps nobody

    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    if (candidates.empty()) return {};
    if (std::string near = suggest_near(name, candidates); !near.empty()) return near;
    std::string names = "there is ";
    for (std::size_t i = 0; i < candidates.size() && i < kNamesMax; ++i) {
        if (i > 0) names += ", ";
        names += candidates[i];
    }
    if (candidates.size() > kNamesMax) names += ", ...";
    return names;
}

std::string suggest_near(std::string_view name, std::span<const std::string_view> candidates) {
    std::string_view near = nearest_name(name, candidates);
    for (const std::string_view candidate : candidates) {
        if (is_swap(name, candidate)) near = candidate;
    }
    return near.empty() ? "" : "did you mean " + quote(near) + "?";
}

std::string quote(std::string_view text) {
    constexpr std::size_t kQuotedMax = 80;  // bytes; a message is a line, not a dump

    std::string out;
    if (text.size() <= kQuotedMax) {
        append_json_string(out, text);
        return out;
    }
    std::size_t end = kQuotedMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not inside a character
    append_json_string(out, text.substr(0, end));
    return out + "...";
}

}  // namespace weir::config
