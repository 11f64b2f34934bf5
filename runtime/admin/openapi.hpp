// What operations.def says, as an OpenAPI 3.1 document and as the reference page.
#pragma once

#include <string>
#include <string_view>

#include "runtime/admin/json.hpp"

namespace weir::admin {

[[nodiscard]] Json openapi_document(std::string_view version);
// docs/reference/admin-api.md, whole.
[[nodiscard]] std::string reference_markdown();

}  // namespace weir::admin
