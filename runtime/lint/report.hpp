// Findings for people, for scripts and for code hosts.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "runtime/config/config.hpp"
#include "runtime/lint/lint.hpp"

namespace weir::lint {

enum class Colour : bool { no, yes };

// As compilers write: "routes/usage.yaml:3:1: warning: message (hint) [CODE]", one a line. Waived findings are left
// out.
[[nodiscard]] std::string findings_as_text(std::span<const Finding> findings, Colour colour = Colour::no);

// {"problems": [...], "findings": [...]}: what keeps the configuration from being valid, or else what was found in it.
[[nodiscard]] std::string report_as_json(std::span<const config::Problem> problems, std::span<const Finding> findings);

// SARIF 2.1.0 (OASIS, 27 March 2020). Files below `base` are named relative to it. Problems are results of rules
// "configuration/<code>"; waived findings are suppressed results.
[[nodiscard]] std::string report_as_sarif(std::span<const config::Problem> problems, std::span<const Finding> findings,
                                          const std::filesystem::path& base, std::string_view version);

}  // namespace weir::lint
