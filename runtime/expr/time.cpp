#include "runtime/expr/time.hpp"

#include <array>
#include <cstdio>

namespace weir::expr {

namespace {

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

__extension__ typedef __int128 Int128;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Exactly `count` digits at the front; -1 otherwise.
int take_digits(std::string_view& text, std::size_t count) noexcept {
    int value = 0;
    if (text.size() < count) return -1;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) noexcept {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

// Digits of a fraction as nanoseconds; more than nine are cut off.
std::optional<std::uint32_t> take_fraction(std::string_view& text) noexcept {
    std::uint32_t nanoseconds = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
        if (digits < 9) nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(text[digits] - '0');
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    for (; digits < 9; ++digits) nanoseconds *= 10;
    return nanoseconds;
}

// "Z", "+02:00"; seconds east of UTC.
std::optional<int> take_offset(std::string_view& text) noexcept {
    if (take(text, 'Z') || take(text, 'z')) return 0;
    const bool west = text.starts_with('-');
    if (!west && !text.starts_with('+')) return std::nullopt;
    text.remove_prefix(1);
    const int hours = take_digits(text, 2);
    if (!take(text, ':')) return std::nullopt;
    const int minutes = take_digits(text, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    const int seconds = hours * 3600 + minutes * 60;
    return west ? -seconds : seconds;
}

// ".5" behind a number of seconds, without zeros at the end.
std::string fraction_text(std::uint64_t nanoseconds) {
    if (nanoseconds == 0) return {};
    std::string digits = std::to_string(nanoseconds);
    digits.insert(0, 9 - digits.size(), '0');
    digits.erase(digits.find_last_not_of('0') + 1);
    return "." + digits;
}

}  // namespace

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
std::int64_t days_from_civil(std::int64_t year, int month, int day) noexcept {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = floor_divide(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

Civil civil_from_seconds(std::int64_t seconds) noexcept {
    const std::int64_t days = floor_divide(seconds, kSecondsPerDay);
    const auto time = static_cast<int>(seconds - days * kSecondsPerDay);
    const std::int64_t shifted = days + 719468;
    const std::int64_t era = floor_divide(shifted, 146097);
    const std::int64_t day_of_era = shifted - era * 146097;
    const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const auto day_of_year = static_cast<int>(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    const int shifted_month = (5 * day_of_year + 2) / 153;
    Civil civil;
    civil.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    civil.month = shifted_month + (shifted_month < 10 ? 3 : -9);
    civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
    civil.hour = time / 3600;
    civil.minute = time / 60 % 60;
    civil.second = time % 60;
    return civil;
}

std::int64_t seconds_from_civil(const Civil& civil) noexcept {
    return days_from_civil(civil.year, civil.month, civil.day) * kSecondsPerDay + civil.hour * 3600 +
           civil.minute * 60 + civil.second;
}

int days_in_month(std::int64_t year, int month) noexcept {
    constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

int day_of_week(std::int64_t seconds) noexcept {
    const std::int64_t days = floor_divide(seconds, kSecondsPerDay) + 4;  // 1970-01-01 was a Thursday
    return static_cast<int>(days - floor_divide(days, 7) * 7);
}

std::optional<Timestamp> add_nanoseconds(Timestamp time, std::int64_t nanoseconds) noexcept {
    std::int64_t seconds = time.seconds + floor_divide(nanoseconds, kNanosecondsPerSecond);
    std::int64_t rest = nanoseconds - floor_divide(nanoseconds, kNanosecondsPerSecond) * kNanosecondsPerSecond;
    rest += time.nanoseconds;
    if (rest >= kNanosecondsPerSecond) {
        rest -= kNanosecondsPerSecond;
        ++seconds;
    }
    if (!in_range(seconds)) return std::nullopt;
    return Timestamp{seconds, static_cast<std::uint32_t>(rest)};
}

std::optional<std::int64_t> nanoseconds_between(Timestamp earlier, Timestamp later) noexcept {
    std::int64_t result = 0;
    const std::int64_t seconds = later.seconds - earlier.seconds;
    const std::int64_t rest =
        static_cast<std::int64_t>(later.nanoseconds) - static_cast<std::int64_t>(earlier.nanoseconds);
    if (__builtin_mul_overflow(seconds, kNanosecondsPerSecond, &result)) return std::nullopt;
    if (__builtin_add_overflow(result, rest, &result)) return std::nullopt;
    return result;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept {
    Civil civil;
    civil.year = take_digits(text, 4);
    if (civil.year < 1 || !take(text, '-')) return std::nullopt;
    civil.month = take_digits(text, 2);
    if (civil.month < 1 || civil.month > 12 || !take(text, '-')) return std::nullopt;
    civil.day = take_digits(text, 2);
    if (civil.day < 1 || civil.day > days_in_month(civil.year, civil.month)) return std::nullopt;
    if (!take(text, 'T') && !take(text, 't')) return std::nullopt;
    civil.hour = take_digits(text, 2);
    if (civil.hour < 0 || civil.hour > 23 || !take(text, ':')) return std::nullopt;
    civil.minute = take_digits(text, 2);
    if (civil.minute < 0 || civil.minute > 59 || !take(text, ':')) return std::nullopt;
    civil.second = take_digits(text, 2);
    if (civil.second < 0 || civil.second > 59) return std::nullopt;
    Timestamp time;
    if (take(text, '.')) {
        const auto nanoseconds = take_fraction(text);
        if (!nanoseconds) return std::nullopt;
        time.nanoseconds = *nanoseconds;
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    time.seconds = seconds_from_civil(civil) - *offset;
    if (!in_range(time.seconds)) return std::nullopt;
    return time;
}

std::string format_timestamp(Timestamp time) {
    const Civil c = civil_from_seconds(time.seconds);
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d", static_cast<int>(c.year), c.month,
                  c.day, c.hour, c.minute, c.second);
    return buffer.data() + fraction_text(time.nanoseconds) + "Z";
}

namespace {

// "1.5h" at the front, in nanoseconds; nullopt when it is none or does not fit.
std::optional<Int128> take_quantity(std::string_view& text) noexcept {
    struct Unit {
        std::string_view name;
        std::int64_t nanoseconds;
    };
    static constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                                    {"us", 1'000},
                                                    {"\xC2\xB5s", 1'000},
                                                    {"\xCE\xBCs", 1'000},
                                                    {"ms", 1'000'000},
                                                    {"h", 3'600'000'000'000},
                                                    {"m", 60'000'000'000},
                                                    {"s", 1'000'000'000}}};
    std::int64_t whole = 0;
    std::size_t digits = 0;
    for (; !text.empty() && is_digit(text[0]); ++digits, text.remove_prefix(1)) {
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, text[0] - '0', &whole))
            return std::nullopt;
    }
    std::string_view fraction;
    if (take(text, '.')) {
        std::size_t length = 0;
        while (length < text.size() && is_digit(text[length])) ++length;
        fraction = text.substr(0, length);
        text.remove_prefix(length);
    }
    if (digits + fraction.size() == 0) return std::nullopt;
    for (const Unit& unit : kUnits) {
        if (!text.starts_with(unit.name)) continue;
        text.remove_prefix(unit.name.size());
        const Int128 total = static_cast<Int128>(whole) * unit.nanoseconds;
        Int128 numerator = 0, denominator = 1;
        for (const char digit : fraction.substr(0, 18)) {
            numerator = numerator * 10 + (digit - '0');
            denominator *= 10;
        }
        return total + numerator * unit.nanoseconds / denominator;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text == "0") return 0;
    if (text.empty()) return std::nullopt;
    Int128 total = 0;
    while (!text.empty()) {
        const auto part = take_quantity(text);
        if (!part) return std::nullopt;
        total += *part;
        if (total > (static_cast<Int128>(1) << 64)) return std::nullopt;
    }
    if (negative) total = -total;
    if (total < INT64_MIN || total > INT64_MAX) return std::nullopt;
    return static_cast<std::int64_t>(total);
}

std::string format_duration(std::int64_t nanoseconds) {
    const bool negative = nanoseconds < 0;
    const std::uint64_t size =
        negative ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
    constexpr std::uint64_t kPerSecond = kNanosecondsPerSecond;
    return (negative ? "-" : "") + std::to_string(size / kPerSecond) + fraction_text(size % kPerSecond) + "s";
}

}  // namespace weir::expr
