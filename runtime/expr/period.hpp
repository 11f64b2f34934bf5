// Calendar periods in a time zone. A period is half-open: it begins at its start and ends before its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/expr/tz.hpp"

namespace weir::expr {

enum class PeriodUnit : std::uint8_t { day, week, month, quarter, year };
[[nodiscard]] std::optional<PeriodUnit> period_unit(std::string_view name) noexcept;

// Seconds since 1970.
struct Period {
    std::int64_t start = 0;
    std::int64_t end = 0;
};

// The calendar's day, week (from Monday), month, quarter or year that `at` is in.
[[nodiscard]] Period calendar_period(const TimeZone& zone, PeriodUnit unit, std::int64_t at) noexcept;
// The period `at` is in of the series that begins at `anchor`. A day that a month lacks becomes its last: from January
// 31st the next begin February 28th and March 31st.
[[nodiscard]] Period anchored_period(const TimeZone& zone, PeriodUnit unit, std::int64_t anchor,
                                     std::int64_t at) noexcept;
// The same time of day `count` units later; earlier when it is negative.
[[nodiscard]] std::int64_t add_units(const TimeZone& zone, PeriodUnit unit, std::int64_t from,
                                     std::int64_t count) noexcept;

}  // namespace weir::expr
