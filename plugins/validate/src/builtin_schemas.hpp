// Schemas of weir's canonical objects, by name.
#pragma once

#include <string_view>

namespace weir::validate {

// The text of "canonical/usage_event@1"; a null view when there is none of that name.
[[nodiscard]] std::string_view builtin_schema(std::string_view name) noexcept;

// All names, for messages.
[[nodiscard]] std::string_view builtin_schema_names() noexcept;

}  // namespace weir::validate
