// Periods: {"start": timestamp, "end": timestamp}, half-open.

#include "runtime/expr/functions.hpp"
#include "runtime/expr/operators.hpp"
#include "runtime/expr/period.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

Value no_zone(Context& context, const Value& name) {
    return context.fail(ErrorKind::invalid_argument,
                        shown(name) + " is not a time zone like \"Europe/Berlin\" or \"+02:00\"");
}
Value no_unit(Context& context, const Value& name) {
    return context.fail(ErrorKind::invalid_argument, shown(name) + " is not a unit: day, week, month, quarter or year");
}

Value period_value(Context& context, const Period& period, std::uint32_t nanoseconds = 0) {
    if (!in_range(period.start) || !in_range(period.end)) {
        return context.fail(ErrorKind::out_of_range, "the period is out of the range of timestamps: years 1 to 9999");
    }
    const auto entries = context.arena().array<Entry>(2);
    entries[0] = {Value::string("start"), Value::timestamp({period.start, nanoseconds})};
    entries[1] = {Value::string("end"), Value::timestamp({period.end, nanoseconds})};
    return Value::map(build_map(entries, context.arena()).map);
}

// The ends of a value that should be a period.
std::optional<std::pair<Timestamp, Timestamp>> read_period(Context& context, const Value& value) {
    const auto start = value.as_map().find(Value::string("start"), context.arena());
    const auto end = value.as_map().find(Value::string("end"), context.arena());
    if (!start || !end || !start->is(Kind::timestamp) || !end->is(Kind::timestamp)) return std::nullopt;
    return std::pair(start->as_timestamp(), end->as_timestamp());
}
Value no_period(Context& context) {
    return context.fail(ErrorKind::invalid_argument, "expected a period: {\"start\": timestamp, \"end\": timestamp}");
}

// period.of(time, unit, zone)
Value period_of(Context& context, Arguments a) {
    const auto unit = period_unit(a[1].as_text());
    const TimeZone* zone = TimeZone::find(a[2].as_text());
    if (!unit) return no_unit(context, a[1]);
    if (zone == nullptr) return no_zone(context, a[2]);
    return period_value(context, calendar_period(*zone, *unit, a[0].as_timestamp().seconds));
}

// period.anchored(time, anchor, unit, zone)
Value period_anchored(Context& context, Arguments a) {
    const auto unit = period_unit(a[2].as_text());
    const TimeZone* zone = TimeZone::find(a[3].as_text());
    if (!unit) return no_unit(context, a[2]);
    if (zone == nullptr) return no_zone(context, a[3]);
    const Timestamp at = a[0].as_timestamp();
    const Timestamp anchor = a[1].as_timestamp();
    // All periods begin at the anchor's fraction of a second.
    const std::int64_t reached = at.seconds - (at.nanoseconds < anchor.nanoseconds ? 1 : 0);
    return period_value(context, anchored_period(*zone, *unit, anchor.seconds, reached), anchor.nanoseconds);
}

Value period_contains(Context& context, Arguments a) {
    const auto period = read_period(context, a[0]);
    if (!period) return no_period(context);
    const Timestamp time = a[1].as_timestamp();
    return Value::boolean(period->first <= time && time < period->second);
}

Value period_seconds(Context& context, Arguments a) {
    const auto period = read_period(context, a[0]);
    if (!period) return no_period(context);
    return Value::integer(period->second.seconds - period->first.seconds);
}

// Calendar days: from the date of the start to the date of the end, in the zone.
Value period_days(Context& context, Arguments a) {
    const auto period = read_period(context, a[0]);
    if (!period) return no_period(context);
    const TimeZone* zone = TimeZone::find(a[1].as_text());
    if (zone == nullptr) return no_zone(context, a[1]);
    const auto day = [&](Timestamp time) {
        const Civil local = zone->to_local(time.seconds);
        return days_from_civil(local.year, local.month, local.day);
    };
    return Value::integer(day(period->second) - day(period->first));
}

Value period_overlap(Context& context, Arguments a) {
    const auto one = read_period(context, a[0]);
    const auto other = read_period(context, a[1]);
    if (!one || !other) return no_period(context);
    const Timestamp start = std::max(one->first, other->first);
    const Timestamp end = std::min(one->second, other->second);
    if (start >= end) return Value::optional(nullptr);
    const auto entries = context.arena().array<Entry>(2);
    entries[0] = {Value::string("start"), Value::timestamp(start)};
    entries[1] = {Value::string("end"), Value::timestamp(end)};
    return context.optional(Value::map(build_map(entries, context.arena()).map));
}

// time.add(time, count, unit, zone)
Value add_calendar(Context& context, Arguments a) {
    constexpr std::int64_t kCountMax = 4'000'000;  // more days than there are timestamps
    const auto unit = period_unit(a[2].as_text());
    const TimeZone* zone = TimeZone::find(a[3].as_text());
    if (!unit) return no_unit(context, a[2]);
    if (zone == nullptr) return no_zone(context, a[3]);
    const std::int64_t count = a[1].as_int();
    const Timestamp from = a[0].as_timestamp();
    const bool possible = count >= -kCountMax && count <= kCountMax;
    const std::int64_t seconds = possible ? add_units(*zone, *unit, from.seconds, count) : INT64_MAX;
    if (in_range(seconds)) return Value::timestamp({seconds, from.nanoseconds});
    return context.fail(ErrorKind::out_of_range, "the timestamp is out of range: years 1 to 9999");
}

constexpr std::string_view kSection = "Periods";

}  // namespace

std::vector<Declaration> period_declarations() {
    return {
        {kSection,
         "period.of",
         "The calendar's day, week (from Monday), month, quarter or year that a time is in, in a time zone: {'start': "
         "timestamp, 'end': timestamp}. The end is not part of it.",
         {{"period.of(timestamp, string, string) -> map(string, timestamp)", period_of}},
         {{"period.of(timestamp('2026-06-15T12:00:00Z'), 'month', 'America/New_York').start",
           "timestamp('2026-06-01T04:00:00Z')"},
          {"period.of(timestamp('2026-06-15T12:00:00Z'), 'month', 'America/New_York').end",
           "timestamp('2026-07-01T04:00:00Z')"},
          {"period.of(timestamp(0), 'fortnight', 'UTC')", "error"}},
         Availability::weir_only},
        {kSection,
         "period.anchored",
         "The period a time is in of the series that begins at an anchor. A day that a month lacks becomes its last.",
         {{"period.anchored(timestamp, timestamp, string, string) -> map(string, timestamp)", period_anchored}},
         {{"period.anchored(timestamp('2026-03-01T00:00:00Z'), timestamp('2026-01-31T00:00:00Z'), 'month', "
           "'UTC').start",
           "timestamp('2026-02-28T00:00:00Z')"},
          {"period.anchored(timestamp('2026-03-01T00:00:00Z'), timestamp('2026-01-31T00:00:00Z'), 'month', 'UTC').end",
           "timestamp('2026-03-31T00:00:00Z')"}},
         Availability::weir_only},
        {kSection,
         "period.contains",
         "Is the time in the period? The start is, the end is not.",
         {{"period.contains(map(string, timestamp), timestamp) -> bool", period_contains}},
         {{"period.contains({'start': timestamp(0), 'end': timestamp(10)}, timestamp(0))", "true"},
          {"period.contains({'start': timestamp(0), 'end': timestamp(10)}, timestamp(10))", "false"}},
         Availability::weir_only},
        {kSection,
         "period.seconds",
         "The length in seconds.",
         {{"period.seconds(map(string, timestamp)) -> int", period_seconds}},
         {{"period.seconds(period.of(timestamp('2026-03-15T00:00:00Z'), 'month', 'Europe/Berlin')) / 3600", "743"}},
         Availability::weir_only},
        {kSection,
         "period.days",
         "The length in days of the calendar in a time zone.",
         {{"period.days(map(string, timestamp), string) -> int", period_days}},
         {{"period.days(period.of(timestamp('2026-03-15T00:00:00Z'), 'month', 'Europe/Berlin'), 'Europe/Berlin')",
           "31"}},
         Availability::weir_only},
        {kSection,
         "period.overlap",
         "What two periods have in common; empty when nothing.",
         {{"period.overlap(map(string, timestamp), map(string, timestamp)) -> optional(map(string, timestamp))",
           period_overlap}},
         {{"period.overlap({'start': timestamp(0), 'end': timestamp(10)}, {'start': timestamp(5), 'end': "
           "timestamp(20)}).value()",
           "{'start': timestamp(5), 'end': timestamp(10)}"},
          {"period.overlap({'start': timestamp(0), 'end': timestamp(10)}, {'start': timestamp(10), 'end': "
           "timestamp(20)}).hasValue()",
           "false"}},
         Availability::weir_only},
        {kSection,
         "time.add",
         "The same time of day so many days, weeks, months, quarters or years later. A day that a month lacks becomes "
         "its last.",
         {{"time.add(timestamp, int, string, string) -> timestamp", add_calendar}},
         {{"time.add(timestamp('2026-01-31T12:00:00Z'), 1, 'month', 'UTC')", "timestamp('2026-02-28T12:00:00Z')"},
          {"time.add(timestamp('2026-03-28T11:00:00Z'), 1, 'day', 'Europe/Berlin')",
           "timestamp('2026-03-29T10:00:00Z')"}},
         Availability::weir_only},
    };
}

}  // namespace weir::expr
