// Answers of the administration API: results as JSON, errors as RFC 9457 problems.
#pragma once

#include <weir/result.hpp>

#include <string>
#include <utility>
#include <vector>

#include "runtime/admin/json.hpp"

namespace weir::admin {

struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};
};

[[nodiscard]] Answer answer_with(const Json& value);
[[nodiscard]] Answer problem(int status, std::string_view code, std::string_view detail);
// The status that tells a caller what it may do next, as Errc does.
[[nodiscard]] Answer problem(const Error& error);

}  // namespace weir::admin
