#include "runtime/lint/report.hpp"

#include <nlohmann/json.hpp>

#include "runtime/config/print.hpp"

namespace weir::lint {
namespace {

using OrderedJson = nlohmann::ordered_json;

// ECMA-48 SGR, as compilers use it.
std::string_view colour_of(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "\x1b[1;31m";
        case Severity::warning:
            return "\x1b[1;35m";
        case Severity::note:
            break;
    }
    return "\x1b[1;36m";
}

std::string painted(std::string_view text, std::string_view sgr, Colour colour) {
    if (colour == Colour::no) return std::string(text);
    return std::string(sgr).append(text).append("\x1b[0m");
}

OrderedJson as_json(const Finding& finding) {
    OrderedJson json{{"file", finding.where.file},
                     {"line", finding.where.line},
                     {"column", finding.where.column},
                     {"code", rule(finding.rule).code},
                     {"severity", to_string(finding.severity)},
                     {"message", finding.message},
                     {"hint", finding.hint},
                     {"subject", finding.subject},
                     {"suppressed", finding.waiver != Waiver::none}};
    if (finding.waiver != Waiver::none) json["why"] = finding.waived_because;
    return json;
}

}  // namespace

std::string findings_as_text(std::span<const Finding> findings, Colour colour) {
    std::string out;
    for (const Finding& finding : findings) {
        if (finding.waiver != Waiver::none) continue;
        out += painted(finding.where.to_string() + ":", "\x1b[1m", colour) + " ";
        out += painted(std::string(to_string(finding.severity)) + ":", colour_of(finding.severity), colour) + " ";
        out += finding.message;
        if (!finding.hint.empty()) out += " (" + finding.hint + ")";
        out.append(" [").append(rule(finding.rule).code).append("]\n");
    }
    return out;
}

std::string report_as_json(std::span<const config::Problem> problems, std::span<const Finding> findings) {
    OrderedJson report = OrderedJson::parse(config::problems_as_json(problems));
    report["findings"] = OrderedJson::array();
    for (const Finding& finding : findings) report["findings"].push_back(as_json(finding));
    return report.dump() + "\n";
}

}  // namespace weir::lint
