#include "runtime/base/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <fmt/format.h>

namespace weir {

namespace {

// Length of the well-formed UTF-8 sequence that starts at text[i]; 0 when there is none (RFC 3629, table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t i) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const auto continues = [&](std::size_t k, unsigned low = 0x80, unsigned high = 0xBF) {
        return k < text.size() && byte(k) >= low && byte(k) <= high;
    };
    const unsigned lead = byte(i);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return continues(i + 1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;
        return continues(i + 1, low, high) && continues(i + 2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        return continues(i + 1, low, high) && continues(i + 2) && continues(i + 3) ? 4 : 0;
    }
    return 0;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row[b.size()];
}

// Reads exactly `digits` decimal digits at `at` and moves past them; -1 when they are not there.
int read_digits(std::string_view text, std::size_t& at, int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i, ++at) {
        if (at >= text.size() || text[at] < '0' || text[at] > '9') return -1;
        value = value * 10 + (text[at] - '0');
    }
    return value;
}

bool read_char(std::string_view text, std::size_t& at, std::string_view allowed) {
    if (at >= text.size() || allowed.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
}

// The fraction of a second in nanoseconds; digits beyond the ninth are dropped. nullopt: a '.' without digits.
std::optional<std::int64_t> read_fraction(std::string_view text, std::size_t& at) {
    if (at >= text.size() || text[at] != '.') return 0;
    ++at;
    std::int64_t ns = 0;
    std::int64_t weight = 100'000'000;
    const std::size_t begin = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, weight /= 10) {
        ns += (text[at] - '0') * weight;
    }
    if (at == begin) return std::nullopt;
    return ns;
}

// Seconds east of UTC.
std::optional<std::int64_t> read_offset(std::string_view text, std::size_t& at) {
    if (at >= text.size()) return std::nullopt;
    const char sign = text[at++];
    if (sign == 'Z' || sign == 'z') return 0;
    if (sign != '+' && sign != '-') return std::nullopt;
    const int hours = read_digits(text, at, 2);
    if (hours < 0 || hours > 23 || !read_char(text, at, ":")) return std::nullopt;
    const int minutes = read_digits(text, at, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    const std::int64_t seconds = hours * 3600 + minutes * 60;
    return sign == '-' ? -seconds : seconds;
}

}  // namespace

void append_json_string(std::string& out, std::string_view value) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (std::size_t i = 0; i < value.size();) {
        const std::size_t length = sequence_length(value, i);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            ++i;
            continue;
        }
        const auto c = static_cast<unsigned char>(value[i]);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += value[i];
        } else if (c == '\n') {
            out += "\\n";
        } else if (c < 0x20 || c == 0x7F) {
            out += "\\u00";
            out += kHex[c >> 4];
            out += kHex[c & 15];
        } else {
            out += value.substr(i, length);
        }
        i += length;
    }
    out += '"';
}

std::string format_time(std::int64_t unix_ns) {
    using namespace std::chrono;
    const sys_time<nanoseconds> time{nanoseconds{unix_ns}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (clock.subseconds().count() != 0) {
        text += fmt::format(".{:09}", clock.subseconds().count());
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text + 'Z';
}

std::optional<std::int64_t> parse_time(std::string_view text) noexcept {
    using namespace std::chrono;
    std::size_t at = 0;
    const int y = read_digits(text, at, 4);
    if (y < 0 || !read_char(text, at, "-")) return std::nullopt;
    const int mo = read_digits(text, at, 2);
    if (mo < 0 || !read_char(text, at, "-")) return std::nullopt;
    const int d = read_digits(text, at, 2);
    if (d < 0 || !read_char(text, at, "Tt ")) return std::nullopt;
    const int h = read_digits(text, at, 2);
    if (h < 0 || h > 23 || !read_char(text, at, ":")) return std::nullopt;
    const int mi = read_digits(text, at, 2);
    if (mi < 0 || mi > 59 || !read_char(text, at, ":")) return std::nullopt;
    const int s = read_digits(text, at, 2);
    if (s < 0 || s > 60) return std::nullopt;  // 60: a leap second, read as the second after :59
    const auto fraction = read_fraction(text, at);
    if (!fraction) return std::nullopt;
    const auto offset = read_offset(text, at);
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
    if (!offset || at != text.size() || !date.ok() || y < 1678 || y > 2261) return std::nullopt;
    const std::int64_t seconds =
        sys_days{date}.time_since_epoch().count() * 86'400LL + h * 3600 + mi * 60 + s - *offset;
    return seconds * 1'000'000'000LL + *fraction;
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

bool is_utf8(std::string_view bytes) noexcept { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

}  // namespace weir
