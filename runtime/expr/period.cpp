#include "runtime/expr/period.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::expr {

std::optional<PeriodUnit> period_unit(std::string_view name) noexcept {
    constexpr std::array<std::pair<std::string_view, PeriodUnit>, 5> kNames = {{{"day", PeriodUnit::day},
                                                                                {"week", PeriodUnit::week},
                                                                                {"month", PeriodUnit::month},
                                                                                {"quarter", PeriodUnit::quarter},
                                                                                {"year", PeriodUnit::year}}};
    for (const auto& [known, unit] : kNames) {
        if (known == name) return unit;
    }
    return std::nullopt;
}

namespace {

constexpr bool in_days(PeriodUnit unit) noexcept { return unit == PeriodUnit::day || unit == PeriodUnit::week; }
// Days or months of one unit.
constexpr std::int64_t length(PeriodUnit unit) noexcept {
    constexpr std::array<std::int64_t, 5> kLengths = {1, 7, 1, 3, 12};
    return kLengths[static_cast<std::size_t>(unit)];
}

Civil add_days(Civil local, std::int64_t days) noexcept {
    const Civil date =
        civil_from_seconds((days_from_civil(local.year, local.month, local.day) + days) * kSecondsPerDay);
    local.year = date.year;
    local.month = date.month;
    local.day = date.day;
    return local;
}

Civil add_months(Civil local, std::int64_t months) noexcept {
    const std::int64_t total = local.year * 12 + local.month - 1 + months;
    local.year = total / 12;
    local.month = static_cast<int>(total % 12) + 1;
    local.day = std::min(local.day, days_in_month(local.year, local.month));
    return local;
}

Civil add(const Civil& local, PeriodUnit unit, std::int64_t count) noexcept {
    return in_days(unit) ? add_days(local, count * length(unit)) : add_months(local, count * length(unit));
}

}  // namespace

std::int64_t add_units(const TimeZone& zone, PeriodUnit unit, std::int64_t from, std::int64_t count) noexcept {
    // Of a local time that comes twice, this very one.
    return count == 0 ? from : zone.to_unix(add(zone.to_local(from), unit, count));
}

Period calendar_period(const TimeZone& zone, PeriodUnit unit, std::int64_t at) noexcept {
    Civil start = zone.to_local(at);
    start.hour = start.minute = start.second = 0;
    if (unit == PeriodUnit::week) start = add_days(start, -((day_of_week(seconds_from_civil(start)) + 6) % 7));
    if (!in_days(unit)) {
        start.day = 1;
        start.month -= static_cast<int>((start.month - 1) % length(unit));
    }
    return {zone.to_unix(start), zone.to_unix(add(start, unit, 1))};
}

Period anchored_period(const TimeZone& zone, PeriodUnit unit, std::int64_t anchor, std::int64_t at) noexcept {
    const Civil first = zone.to_local(anchor);
    const Civil now = zone.to_local(at);
    const auto start_of = [&](std::int64_t number) { return add_units(zone, unit, anchor, number); };
    std::int64_t number = 0;
    if (in_days(unit)) {
        const std::int64_t days =
            days_from_civil(now.year, now.month, now.day) - days_from_civil(first.year, first.month, first.day);
        number = days / length(unit);
    } else {
        number = ((now.year - first.year) * 12 + now.month - first.month) / length(unit);
    }
    // At most one step off, by the day and time within the unit.
    while (start_of(number) > at) --number;
    while (start_of(number + 1) <= at) ++number;
    return {start_of(number), start_of(number + 1)};
}

}  // namespace weir::expr
