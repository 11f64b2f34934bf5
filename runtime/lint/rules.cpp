#include "runtime/lint/rules.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "runtime/config/problems.hpp"

namespace weir::lint {
namespace {

constexpr std::array kRules{
#define WEIR_RULE(code, severity, title, why, repair, example) \
    Rule{RuleId::code, #code, Severity::severity, title, why, repair, example},
#include "runtime/lint/rules.def"
#undef WEIR_RULE
};

constexpr std::size_t kWidth = 100;

void append_wrapped(std::string& out, std::string_view text, std::string_view indent) {
    std::size_t column = 0;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (column > 0 && column + 1 + word.size() > kWidth) {
            out += '\n';
            column = 0;
        }
        if (column == 0) {
            out += indent;
            column = indent.size();
        } else {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
    }
    out += '\n';
}

void append_lines(std::string& out, std::string_view text, std::string_view indent) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.append(indent).append(text.substr(0, end)).append("\n");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

constexpr std::string_view kHead = R"(# Findings of weir check
<!-- Generated from runtime/lint/rules.def by the target lint_reference; a test fails when it is stale. -->

What `weir check` finds in a configuration that is valid. An error makes it end with 1, a warning only with
`--deny warnings`; a note is worth knowing. `weir check --explain CODE` prints what stands here.

A finding that may stand is waived in its route, with a reason; it is then listed as suppressed in JSON and SARIF:

```yaml
waive:
  - { code: NO_RECONCILIATION, why: the ERP's own report R17 compares both sides each night }
```

How to use it in CI: [howto/check-in-ci.md](../howto/check-in-ci.md).

| code | | finds |
|---|---|---|
)";

}  // namespace

std::string_view to_string(Severity severity) noexcept {
    switch (severity) {
        case Severity::error:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::note:
            break;
    }
    return "note";
}

std::span<const Rule> rules() noexcept { return kRules; }

const Rule& rule(RuleId id) noexcept { return kRules[static_cast<std::size_t>(id)]; }

const Rule* find_rule(std::string_view code) noexcept {
    const auto found = std::ranges::find(kRules, code, &Rule::code);
    return found == kRules.end() ? nullptr : &*found;
}

std::string nearest_rule(std::string_view code) {
    std::vector<std::string_view> codes;
    for (const Rule& one : kRules) codes.push_back(one.code);
    return config::suggest_near(code, codes);
}

std::string explain(const Rule& rule) {
    std::string out = std::string(rule.code) + " (" + std::string(to_string(rule.severity)) + "): ";
    out.append(rule.title).append("\n\nWhy it matters\n");
    append_wrapped(out, rule.why, "  ");
    out += "\nHow to repair it\n";
    append_wrapped(out, rule.repair, "  ");
    if (!rule.example.empty()) {
        out += "\nExample\n";
        append_lines(out, rule.example, "  ");
    }
    return out;
}

std::string reference_markdown() {
    std::string out(kHead);
    for (const Rule& one : kRules) {
        out.append("| `").append(one.code).append("` | ").append(to_string(one.severity));
        out.append(" | ").append(one.title).append(" |\n");
    }
    for (const Rule& one : kRules) {
        out.append("\n## ").append(one.code).append("\n");
        out.append(to_string(one.severity)).append(": ").append(one.title).append(".\n\n");
        append_wrapped(out, one.why, "");
        out += '\n';
        append_wrapped(out, one.repair, "");
        if (one.example.empty()) continue;
        out += "\n```yaml\n";
        append_lines(out, one.example, "");
        out += "```\n";
    }
    return out;
}

}  // namespace weir::lint
