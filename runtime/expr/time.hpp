// Calendar and clock arithmetic on timestamps; texts of timestamps (RFC 3339) and durations ("1h30m").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/expr/value.hpp"

namespace weir::expr {

inline constexpr std::int64_t kSecondsMin = -62135596800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t kSecondsMax = 253402300799;  // 9999-12-31T23:59:59Z
inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kSecondsPerDay = 86400;

[[nodiscard]] constexpr bool in_range(std::int64_t seconds) noexcept {
    return seconds >= kSecondsMin && seconds <= kSecondsMax;
}

// A date and time without a zone. Months and days count from 1.
struct Civil {
    std::int64_t year = 1970;
    int month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    [[nodiscard]] auto operator<=>(const Civil&) const = default;
};

// Days since 1970-01-01, in the proleptic Gregorian calendar.
[[nodiscard]] std::int64_t days_from_civil(std::int64_t year, int month, int day) noexcept;
[[nodiscard]] Civil civil_from_seconds(std::int64_t seconds) noexcept;
[[nodiscard]] std::int64_t seconds_from_civil(const Civil& civil) noexcept;
[[nodiscard]] int days_in_month(std::int64_t year, int month) noexcept;
// 0 is Sunday.
[[nodiscard]] int day_of_week(std::int64_t seconds) noexcept;

// nullopt outside the years 1 to 9999.
[[nodiscard]] std::optional<Timestamp> add_nanoseconds(Timestamp time, std::int64_t nanoseconds) noexcept;
// `later` - `earlier`; nullopt when 64 bits do not hold it.
[[nodiscard]] std::optional<std::int64_t> nanoseconds_between(Timestamp earlier, Timestamp later) noexcept;

// RFC 3339; nullopt for anything else and outside the years 1 to 9999.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept;
// In UTC, with as many digits of the second as needed: "2026-06-01T16:00:00.5Z".
[[nodiscard]] std::string format_timestamp(Timestamp time);
// "1h30m", "-1.5s", "100ms", "0"; units h m s ms us ns. nullopt for anything else and beyond 64 bits of nanoseconds.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text) noexcept;
// "5400s", "-1.5s"
[[nodiscard]] std::string format_duration(std::int64_t nanoseconds);

}  // namespace weir::expr
