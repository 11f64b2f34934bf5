#include "time_text.hpp"

#include <chrono>
#include <cstdio>

namespace weir::file {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// Takes exactly `count` digits off the front.
bool digits(std::string_view& text, std::size_t count, int& out) noexcept {
    if (text.size() < count) return false;
    out = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        out = out * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return true;
}

bool literal(std::string_view& text, std::string_view any_of) noexcept {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

bool fraction(std::string_view& text, std::int64_t& nanoseconds) noexcept {
    nanoseconds = 0;
    if (!literal(text, ".")) return true;
    std::int64_t unit = kNsPerSecond / 10;
    std::size_t count = 0;
    for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count, unit /= 10) {
        nanoseconds += (text[count] - '0') * unit;
    }
    text.remove_prefix(count);
    return count > 0;
}

bool offset(std::string_view& text, int& minutes) noexcept {
    minutes = 0;
    if (literal(text, "Zz")) return text.empty();
    const bool west = text.starts_with('-');
    int h = 0;
    int m = 0;
    if (!literal(text, "+-") || !digits(text, 2, h) || !literal(text, ":") || !digits(text, 2, m)) return false;
    minutes = (h * 60 + m) * (west ? -1 : 1);
    return text.empty() && h < 24 && m < 60;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int east = 0;
    std::int64_t nanoseconds = 0;
    const bool shaped = digits(text, 4, year) && literal(text, "-") && digits(text, 2, month) && literal(text, "-") &&
                        digits(text, 2, day) && literal(text, "Tt ") && digits(text, 2, hour) && literal(text, ":") &&
                        digits(text, 2, minute) && literal(text, ":") && digits(text, 2, second) &&
                        fraction(text, nanoseconds) && offset(text, east);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!shaped || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = days * 86'400 + hour * 3'600 + minute * 60 + second - east * 60;
    std::int64_t result = 0;
    if (__builtin_mul_overflow(seconds, kNsPerSecond, &result) ||
        __builtin_add_overflow(result, nanoseconds, &result)) {
        return std::nullopt;
    }
    return result;
}

std::string format_rfc3339(std::int64_t unix_ns) {
    using std::chrono::floor;
    const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(unix_ns)};
    const auto day = floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    char text[64];
    int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ld", static_cast<int>(date.year()),
                             static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                             static_cast<long>(clock.hours().count()), static_cast<long>(clock.minutes().count()),
                             static_cast<long>(clock.seconds().count()));
    const long nanoseconds = static_cast<long>(clock.subseconds().count());
    if (nanoseconds != 0) {
        size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), ".%09ld", nanoseconds);
        while (text[size - 1] == '0') --size;
    }
    return std::string(text, static_cast<std::size_t>(size)) + 'Z';
}

}  // namespace weir::file
