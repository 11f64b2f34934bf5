#include "runtime/expr/problem.hpp"

#include <algorithm>

#include "runtime/base/text.hpp"

namespace weir::expr {

namespace {

constexpr bool continues_code_point(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::uint32_t code_points(std::string_view text) noexcept {
    return static_cast<std::uint32_t>(std::ranges::count_if(text, [](char c) { return !continues_code_point(c); }));
}

std::string_view line_at(std::string_view source, std::size_t offset) noexcept {
    const std::size_t before = offset == 0 ? std::string_view::npos : source.rfind('\n', offset - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    return source.substr(begin, source.find('\n', begin) - begin);
}

}  // namespace

std::string_view to_string(Phase phase) noexcept {
    switch (phase) {
        case Phase::parse:
            return "parse";
        case Phase::check:
            return "check";
        case Phase::evaluate:
            return "evaluate";
    }
    return "";
}

Position position_of(std::string_view source, std::uint32_t offset) noexcept {
    const std::string_view before = source.substr(0, offset);
    const std::size_t newline = before.rfind('\n');
    const std::string_view line = newline == std::string_view::npos ? before : before.substr(newline + 1);
    return {1 + static_cast<std::uint32_t>(std::ranges::count(before, '\n')), 1 + code_points(line)};
}

std::string format_problem(std::string_view source, const Problem& problem) {
    constexpr std::uint32_t kShownBefore = 60;
    constexpr std::size_t kShownMax = 100;
    std::string text =
        std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + ": " + problem.message;
    std::string_view line = line_at(source, std::min<std::size_t>(problem.offset, source.size()));
    std::uint32_t column = problem.at.column - 1;
    // Of a long line only the surroundings of the place are shown.
    while (column > kShownBefore && !line.empty()) {
        do line.remove_prefix(1);
        while (!line.empty() && continues_code_point(line.front()));
        --column;
    }
    std::size_t shown = std::min(line.size(), kShownMax);
    while (shown > 0 && shown < line.size() && continues_code_point(line[shown])) --shown;
    std::string visible(line.substr(0, shown));
    for (char& c : visible) {
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    const std::string_view marked = source.substr(std::min<std::size_t>(problem.offset, source.size()), problem.length);
    const std::uint32_t room =
        std::max<std::uint32_t>(1, code_points(visible) - std::min(column, code_points(visible)));
    const std::uint32_t carets = std::clamp<std::uint32_t>(code_points(marked.substr(0, marked.find('\n'))), 1, room);
    return text + "\n  " + visible + "\n  " + std::string(column, ' ') + std::string(carets, '^');
}

std::string suggestion(std::string_view name, std::span<const std::string_view> candidates) {
    const std::string_view nearest = nearest_name(name, candidates);
    return nearest.empty() ? std::string() : "; did you mean \"" + std::string(nearest) + "\"?";
}

}  // namespace weir::expr
