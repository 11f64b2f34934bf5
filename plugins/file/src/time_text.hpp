// RFC 3339 timestamps to nanoseconds since 1970 and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::file {

// "2026-06-01T16:00:00.25+02:00". Empty: not RFC 3339 (section 5.6), no such day, or beyond what int64 nanoseconds
// hold (1677 to 2262). A leap second (:60) counts as the next one; digits beyond nanoseconds are dropped.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

// "2026-06-01T14:00:00.25Z": UTC, the fraction without trailing zeros.
[[nodiscard]] std::string format_rfc3339(std::int64_t unix_ns);

}  // namespace weir::file
