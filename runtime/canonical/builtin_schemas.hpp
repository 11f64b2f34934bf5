// The schemas weir brings, embedded when it is built: runtime/canonical/schemas/<name>/<version>.json.
#pragma once

#include <span>
#include <string_view>

namespace weir::canonical {

struct BuiltinSchema {
    std::string_view name;     // "canonical/invoice"
    std::string_view version;  // "1.0.0"
    std::string_view text;
};
[[nodiscard]] std::span<const BuiltinSchema> builtin_schemas() noexcept;

}  // namespace weir::canonical
