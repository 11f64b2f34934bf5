#include "codec.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace http_plugin {

namespace {

constexpr std::int64_t kNanos = 1'000'000'000;

// Takes characters off the front; once something is wrong it stays wrong.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return fail();
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }
    void expect(std::string_view text) {
        if (rest_.starts_with(text)) {
            rest_.remove_prefix(text.size());
        } else {
            fail();
        }
    }
    bool take(char lower) {
        if (rest_.empty() || (rest_.front() | 0x20) != (lower | 0x20)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // The digits behind a point, as nanoseconds.
    std::int64_t fraction() {
        std::int64_t value = 0;
        std::int64_t unit = kNanos;
        if (rest_.empty()) return fail();
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1)) {
            unit /= 10;
            value += unit * (rest_.front() - '0');
        }
        if (unit == kNanos) fail();
        return value;
    }
    int fail() {
        failed_ = true;
        return 0;
    }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] bool good() const { return !failed_; }

  private:
    std::string_view rest_;
    bool failed_ = false;
};

struct Civil {
    int year, month, day, hour, minute, second;
};

std::optional<std::int64_t> to_unix_ns(const Civil& t, std::int64_t fraction_ns, int offset_minutes) {
    using namespace std::chrono;
    const year_month_day date{year(t.year), month(static_cast<unsigned>(t.month)), day(static_cast<unsigned>(t.day))};
    if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;
    const std::int64_t days_since = sys_days(date).time_since_epoch().count();
    const std::int64_t seconds_since = ((days_since * 24 + t.hour) * 60 + t.minute - offset_minutes) * 60 + t.second;
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(seconds_since, kNanos, &ns) || __builtin_add_overflow(ns, fraction_ns, &ns)) {
        return std::nullopt;
    }
    return ns;
}

int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_percent(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
    Reader reader(text);
    Civil t{};
    t.year = reader.number(4);
    reader.expect("-");
    t.month = reader.number(2);
    reader.expect("-");
    t.day = reader.number(2);
    if (!reader.take('t')) reader.expect(" ");
    t.hour = reader.number(2);
    reader.expect(":");
    t.minute = reader.number(2);
    reader.expect(":");
    t.second = reader.number(2);
    const std::int64_t fraction = reader.take('.') ? reader.fraction() : 0;
    int offset = 0;
    if (!reader.take('z')) {
        const int sign = reader.rest().starts_with('-') ? -1 : 1;
        reader.expect(sign < 0 ? "-" : "+");
        const int hours = reader.number(2);
        reader.expect(":");
        const int minutes = reader.number(2);
        if (hours > 23 || minutes > 59) reader.fail();
        offset = sign * (hours * 60 + minutes);
    }
    if (!reader.good() || !reader.rest().empty()) return std::nullopt;
    return to_unix_ns(t, fraction, offset);
}

std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() != 29) return std::nullopt;
    Reader reader(text.substr(5));
    Civil t{};
    t.day = reader.number(2);
    reader.expect(" ");
    const auto month = kMonths.find(reader.rest().substr(0, 3));
    if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
    t.month = static_cast<int>(month / 3) + 1;
    reader.expect(reader.rest().substr(0, 3));
    reader.expect(" ");
    t.year = reader.number(4);
    reader.expect(" ");
    t.hour = reader.number(2);
    reader.expect(":");
    t.minute = reader.number(2);
    reader.expect(":");
    t.second = reader.number(2);
    reader.expect(" GMT");
    if (!reader.good() || !reader.rest().empty()) return std::nullopt;
    return to_unix_ns(t, 0, 0);
}

std::string format_rfc3339(std::int64_t unix_ns) {
    using namespace std::chrono;
    const sys_time<nanoseconds> time{nanoseconds(unix_ns)};
    const auto midnight = floor<days>(time);
    const year_month_day date(midnight);
    const hh_mm_ss<nanoseconds> clock(time - midnight);
    char text[48];
    const int size =
        std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09d", int(date.year()), unsigned(date.month()),
                      unsigned(date.day()), int(clock.hours().count()), int(clock.minutes().count()),
                      int(clock.seconds().count()), int(clock.subseconds().count()));
    std::string out(text, static_cast<std::size_t>(size));
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
    return out + 'Z';
}

bool append_base64_decoded(std::string& out, std::string_view text) {
    if (text.size() % 4 != 0) return false;
    const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
    text.remove_suffix(padding);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int value = sextet(c);
        if (value < 0) return false;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>((bits >> count) & 0xFF);
    }
    // Bits that are left over stand for nothing and must be zero: one value, one text.
    return (bits & ((1u << count) - 1)) == 0;
}

bool append_hex_decoded(std::string& out, std::string_view text) {
    if (text.size() % 2 != 0) return false;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return false;
        out += static_cast<char>(high * 16 + low);
    }
    return true;
}

void append_hex_encoded(std::string& out, std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char c : bytes) {
        out += kDigits[static_cast<unsigned char>(c) >> 4U];
        out += kDigits[static_cast<unsigned char>(c) & 15U];
    }
}

bool append_percent_decoded(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size() || !append_hex_decoded(out, text.substr(i + 1, 2))) return false;
        i += 2;
    }
    return true;
}

void append_percent_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            append_percent(out, c);
        }
    }
}

void append_header_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c > 0x20 && c < 0x7F && c != '"' && c != '%') {
            out += c;
        } else {
            append_percent(out, c);
        }
    }
}

}  // namespace http_plugin
