// The table of the rules, from rules.def.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::lint {

enum class Severity : std::uint8_t { error, warning, note };
[[nodiscard]] std::string_view to_string(Severity severity) noexcept;

enum class RuleId : std::uint8_t {
#define WEIR_RULE(code, severity, title, why, repair, example) code,
#include "runtime/lint/rules.def"
#undef WEIR_RULE
};

struct Rule {
    RuleId id;
    std::string_view code;
    Severity severity;
    std::string_view title;
    std::string_view why;
    std::string_view repair;
    std::string_view example;  // "" when there is none
};

[[nodiscard]] std::span<const Rule> rules() noexcept;
[[nodiscard]] const Rule& rule(RuleId id) noexcept;
// Null: there is none of this code.
[[nodiscard]] const Rule* find_rule(std::string_view code) noexcept;
// `did you mean "NO_OWNER"?`, or "".
[[nodiscard]] std::string nearest_rule(std::string_view code);

// What `weir check --explain` prints, with a newline at its end.
[[nodiscard]] std::string explain(const Rule& rule);
// docs/reference/lint.md.
[[nodiscard]] std::string reference_markdown();

}  // namespace weir::lint
