// Problems as a person or a program reads them.
#pragma once

#include <span>
#include <string>

#include "runtime/config/config.hpp"

namespace weir::config {

// One line each, then how many: "config/weir.yaml:3:1: unknown key ...\n1 problem\n". "" without problems.
[[nodiscard]] std::string problems_as_text(std::span<const Problem> problems);

// {"problems":[{"file":...,"line":3,"column":1,"code":"unknown_key","message":...,"hint":...}]} and a newline.
[[nodiscard]] std::string problems_as_json(std::span<const Problem> problems);

}  // namespace weir::config
