// Small text jobs that several layers need: JSON strings, times, names that were probably meant.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// Appends `value` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view value);

// RFC 3339 in UTC with nanoseconds trimmed of trailing zeros: "2026-06-01T16:00:00Z", "...00.5Z".
[[nodiscard]] std::string format_time(std::int64_t unix_ns);
// RFC 3339 date-time with any offset. nullopt when it is not one, or outside 1678-2261.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text) noexcept;

// The candidate closest to `name` by edit distance, when it is close enough to be a slip (a third of its length, at
// least 1). Empty when none is.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

}  // namespace weir
