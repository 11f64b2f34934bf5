#include "runtime/config/print.hpp"

#include <algorithm>
#include <string_view>

#include "runtime/base/text.hpp"

namespace weir::config {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
}

void append_indented(std::string& out, std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        out.append("    ").append(lines.substr(0, end)).append("\n");
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
}

}  // namespace

std::string problems_as_text(std::span<const Problem> problems) {
    std::string out;
    for (const Problem& problem : problems) {
        out += problem.to_string() + "\n";
        append_indented(out, problem.excerpt);
    }
    if (!problems.empty())
        out += std::to_string(problems.size()) + (problems.size() == 1 ? " problem\n" : " problems\n");
    return out;
}

std::string problems_as_json(std::span<const Problem> problems) {
    std::string out = R"({"problems":[)";
    for (const Problem& problem : problems) {
        if (!out.ends_with('[')) out += ',';
        out += '{';
        append_field(out, "file", problem.where.file);
        out += ",\"line\":" + std::to_string(problem.where.line) +
               ",\"column\":" + std::to_string(problem.where.column) + ',';
        append_field(out, "code", problem.code);
        out += ',';
        append_field(out, "message", problem.message);
        out += ',';
        append_field(out, "hint", problem.hint);
        if (!problem.excerpt.empty()) {
            out += ',';
            append_field(out, "excerpt", problem.excerpt);
        }
        out += '}';
    }
    return out + "]}\n";
}

}  // namespace weir::config
