// From a request line to an operation and its parameters.
#pragma once

#include <weir/result.hpp>

#include <string_view>

#include "runtime/admin/operation.hpp"

namespace weir::admin {

struct Route {
    const OperationInfo* operation = nullptr;  // nullptr: no operation has this path
    bool wrong_method = false;                 // one has it, with another method
    Json path_parameters = Json::object();
};
[[nodiscard]] Route find_operation(std::string_view method, std::string_view path);

// Adds the parameters of a query ("route=a&limit=5") to `given`. `invalid`: malformed, unknown, or given twice.
[[nodiscard]] Status add_query(const OperationInfo& operation, std::string_view query, Json& given);

// RFC 3986 section 2.1. `invalid`: "%" without two hexadecimal digits, or not UTF-8.
[[nodiscard]] Result<std::string> percent_decoded(std::string_view text);

}  // namespace weir::admin
