// Parts of timestamps and durations (langdef.md, "Timestamps and Durations").

#include "runtime/expr/functions.hpp"
#include "runtime/expr/time.hpp"
#include "runtime/expr/tz.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

enum class Part : std::uint8_t { year, month, date, day_of_month, day_of_week, day_of_year, hours, minutes, seconds };

std::int64_t part_of(Part part, std::int64_t local_seconds) noexcept {
    const Civil civil = civil_from_seconds(local_seconds);
    switch (part) {
        case Part::year:
            return civil.year;
        case Part::month:
            return civil.month - 1;
        case Part::date:
            return civil.day;
        case Part::day_of_month:
            return civil.day - 1;
        case Part::day_of_week:
            return day_of_week(local_seconds);
        case Part::day_of_year:
            return days_from_civil(civil.year, civil.month, civil.day) - days_from_civil(civil.year, 1, 1);
        case Part::hours:
            return civil.hour;
        case Part::minutes:
            return civil.minute;
        case Part::seconds:
            return civil.second;
    }
    return 0;
}

template <Part kPart>
Value timestamp_part(Context& context, Arguments a) {
    const std::int64_t seconds = a[0].as_timestamp().seconds;
    if (a.size() == 1) return Value::integer(part_of(kPart, seconds));
    const TimeZone* zone = TimeZone::find(a[1].as_text());
    if (zone == nullptr) {
        return context.fail(ErrorKind::invalid_argument,
                            shown(a[1]) + " is not a time zone like \"Europe/Berlin\" or \"+02:00\"");
    }
    return Value::integer(part_of(kPart, seconds + zone->offset_at(seconds)));
}

Value milliseconds(Context&, Arguments a) { return Value::integer(a[0].as_timestamp().nanoseconds / 1'000'000); }

template <std::int64_t kNanoseconds>
Value duration_in(Context&, Arguments a) {
    return Value::integer(a[0].as_duration() / kNanoseconds);
}
// The part below the second, as the language defines it; not the whole duration.
Value duration_milliseconds(Context&, Arguments a) {
    return Value::integer(a[0].as_duration() % kNanosecondsPerSecond / 1'000'000);
}

constexpr std::string_view kSection = "Timestamps and durations";

std::vector<Declaration> calendar() {
    return {
        {kSection,
         "getFullYear",
         "The year, in UTC or in a time zone.",
         {{"timestamp.getFullYear() -> int", timestamp_part<Part::year>},
          {"timestamp.getFullYear(string) -> int", timestamp_part<Part::year>}},
         {{"timestamp('2026-12-31T23:30:00Z').getFullYear('Europe/Berlin')", "2027"}}},
        {kSection,
         "getMonth",
         "The month, 0 being January.",
         {{"timestamp.getMonth() -> int", timestamp_part<Part::month>},
          {"timestamp.getMonth(string) -> int", timestamp_part<Part::month>}},
         {{"timestamp('2026-06-01T00:00:00Z').getMonth()", "5"}}},
        {kSection,
         "getDate",
         "The day of the month, from 1.",
         {{"timestamp.getDate() -> int", timestamp_part<Part::date>},
          {"timestamp.getDate(string) -> int", timestamp_part<Part::date>}},
         {{"timestamp('2026-06-01T02:00:00Z').getDate('America/New_York')", "31"}}},
        {kSection,
         "getDayOfMonth",
         "The day of the month, from 0.",
         {{"timestamp.getDayOfMonth() -> int", timestamp_part<Part::day_of_month>},
          {"timestamp.getDayOfMonth(string) -> int", timestamp_part<Part::day_of_month>}},
         {{"timestamp('2026-06-01T00:00:00Z').getDayOfMonth()", "0"}}},
        {kSection,
         "getDayOfWeek",
         "The day of the week, 0 being Sunday.",
         {{"timestamp.getDayOfWeek() -> int", timestamp_part<Part::day_of_week>},
          {"timestamp.getDayOfWeek(string) -> int", timestamp_part<Part::day_of_week>}},
         {{"timestamp('2026-06-01T00:00:00Z').getDayOfWeek()", "1"}}},
        {kSection,
         "getDayOfYear",
         "The day of the year, from 0.",
         {{"timestamp.getDayOfYear() -> int", timestamp_part<Part::day_of_year>},
          {"timestamp.getDayOfYear(string) -> int", timestamp_part<Part::day_of_year>}},
         {{"timestamp('2026-12-31T00:00:00Z').getDayOfYear()", "364"}}},
    };
}

std::vector<Declaration> clock() {
    return {
        {kSection,
         "getHours",
         "The hour of a timestamp; a duration in whole hours.",
         {{"timestamp.getHours() -> int", timestamp_part<Part::hours>},
          {"timestamp.getHours(string) -> int", timestamp_part<Part::hours>},
          {"duration.getHours() -> int", duration_in<3600 * kNanosecondsPerSecond>}},
         {{"timestamp('2026-06-01T16:00:00Z').getHours('+02:00')", "18"}, {"duration('90m').getHours()", "1"}}},
        {kSection,
         "getMinutes",
         "The minute of a timestamp; a duration in whole minutes.",
         {{"timestamp.getMinutes() -> int", timestamp_part<Part::minutes>},
          {"timestamp.getMinutes(string) -> int", timestamp_part<Part::minutes>},
          {"duration.getMinutes() -> int", duration_in<60 * kNanosecondsPerSecond>}},
         {{"duration('90m').getMinutes()", "90"}}},
        {kSection,
         "getSeconds",
         "The second of a timestamp; a duration in whole seconds.",
         {{"timestamp.getSeconds() -> int", timestamp_part<Part::seconds>},
          {"timestamp.getSeconds(string) -> int", timestamp_part<Part::seconds>},
          {"duration.getSeconds() -> int", duration_in<kNanosecondsPerSecond>}},
         {{"duration('90m').getSeconds()", "5400"}}},
        {kSection,
         "getMilliseconds",
         "The milliseconds below the second.",
         {{"timestamp.getMilliseconds() -> int", milliseconds},
          {"timestamp.getMilliseconds(string) -> int", milliseconds},
          {"duration.getMilliseconds() -> int", duration_milliseconds}},
         {{"timestamp('2026-06-01T16:00:00.25Z').getMilliseconds()", "250"},
          {"duration('1.5s').getMilliseconds()", "500"}}},
    };
}

}  // namespace

std::vector<Declaration> time_declarations() {
    std::vector<Declaration> all = calendar();
    for (Declaration& declaration : clock()) all.push_back(std::move(declaration));
    return all;
}

}  // namespace weir::expr
