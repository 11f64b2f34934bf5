#include "values.hpp"

#include <chrono>
#include <cstdint>

namespace tryton {
namespace {

// -1 when a character is no digit.
int number(std::string_view digits) noexcept {
    int value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
    const std::string digits = std::to_string(value);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
}

}  // namespace

bool is_day(std::string_view text) noexcept {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    const int year = number(text.substr(0, 4));
    const int month = number(text.substr(5, 2));
    const int day = number(text.substr(8, 2));
    return year > 0 && month > 0 && day > 0 &&
           std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(day)))
               .ok();
}

void write_date(weir::JsonWriter& out, std::string_view day) {
    out.begin_object().member("__class__", "date");
    out.key("year").integer(number(day.substr(0, 4)));
    out.key("month").integer(number(day.substr(5, 2)));
    out.key("day").integer(number(day.substr(8, 2)));
    out.end_object();
}

weir::Result<weir::Decimal> read_decimal(const weir::JsonValue& value) {
    if (const auto text = value.number_text()) return weir::Decimal::parse_exponent(*text);
    const auto text = value["decimal"].string();
    if (!text) return weir::Error{weir::Errc::invalid, "expected a Decimal of Tryton", "BAD_RESPONSE", {}};
    return weir::Decimal::parse_exponent(*text);
}

std::string read_date(const weir::JsonValue& value) {
    const auto year = value["year"].integer();
    const auto month = value["month"].integer();
    const auto day = value["day"].integer();
    if (!year || !month || !day) return {};
    std::string text;
    append_padded(text, *year, 4);
    append_padded(text += '-', *month, 2);
    append_padded(text += '-', *day, 2);
    return text;
}

std::string base64(std::string_view bytes) {
    constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            group = (group << 8U) | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            out += i <= count ? kAlphabet[(group >> (18U - 6U * i)) & 63U] : '=';
        }
    }
    return out;
}

}  // namespace tryton
