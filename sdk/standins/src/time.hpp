// The two clocks of a stand-in. Everything else takes times as arguments, so that tests say what they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::standin {

// Milliseconds of the monotonic clock since the process asked first.
[[nodiscard]] std::int64_t mono_ms();
// Seconds since 1970, UTC.
[[nodiscard]] std::int64_t unix_seconds();
// 2026-07-01T00:00:00Z
[[nodiscard]] std::string rfc3339(std::int64_t seconds);
// YYYY-MM-DD, and a day of the calendar.
[[nodiscard]] bool is_day(std::string_view text) noexcept;
// YYYY-MM
[[nodiscard]] bool is_period(std::string_view text) noexcept;

}  // namespace weir::standin
