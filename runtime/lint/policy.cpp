#include "runtime/lint/policy.hpp"

#include <algorithm>

namespace weir::lint {
namespace {

constexpr std::string_view kWarnings = "warnings";

bool names(const std::vector<std::string>& codes, const Finding& finding) {
    return std::ranges::find(codes, rule(finding.rule).code) != codes.end();
}

void add_unknown(std::string& out, std::string_view option, const std::string& code) {
    const std::string near = nearest_rule(code);
    out.append(option).append(": unknown code \"").append(code).append("\"");
    if (!near.empty()) out.append(" (").append(near).append(")");
    out += '\n';
}

}  // namespace

std::string problem_of(const Policy& policy) {
    std::string out;
    for (const std::string& code : policy.deny) {
        if (code != kWarnings && find_rule(code) == nullptr) add_unknown(out, "--deny", code);
    }
    for (const std::string& code : policy.allow) {
        if (find_rule(code) == nullptr) add_unknown(out, "--allow", code);
    }
    return out;
}

void apply(const Policy& policy, std::vector<Finding>& findings) {
    const bool warnings = std::ranges::find(policy.deny, kWarnings) != policy.deny.end();
    for (Finding& finding : findings) {
        if (finding.waiver != Waiver::none) continue;
        if (names(policy.allow, finding)) {
            finding.waiver = Waiver::command_line;
            finding.waived_because = "allowed on the command line";
        } else if (names(policy.deny, finding) || (warnings && finding.severity == Severity::warning)) {
            finding.severity = Severity::error;
        }
    }
}

Counts count(const std::vector<Finding>& findings) {
    Counts counts;
    for (const Finding& finding : findings) {
        if (finding.waiver != Waiver::none) {
            ++counts.waived;
        } else if (finding.severity == Severity::error) {
            ++counts.errors;
        } else if (finding.severity == Severity::warning) {
            ++counts.warnings;
        } else {
            ++counts.notes;
        }
    }
    return counts;
}

}  // namespace weir::lint
