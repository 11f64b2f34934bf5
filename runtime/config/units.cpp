#include "runtime/config/units.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <span>

namespace weir::config {
namespace {

struct Unit {
    std::string_view suffix;
    std::uint64_t factor;
};

// "<digits><suffix>" times the suffix's factor; nullopt on an unknown suffix or above `max`.
std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units, std::uint64_t max) {
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.suffix == suffix; });
    if (unit == units.end() || count > max / unit->factor) return std::nullopt;
    return count * unit->factor;
}

bool is_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size();
}

bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
    constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
    constexpr std::uint64_t kMax = 36'525ull * 86'400'000;

    const auto count = parse_with_unit(text, kUnits, kMax);
    if (!count) return std::nullopt;
    return std::chrono::milliseconds{static_cast<std::int64_t>(*count)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
    constexpr Unit kUnits[] = {
        {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}};

    if (text == "0") return 0;
    return parse_with_unit(text, kUnits, 1ull << 63);
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
    int base = 10;
    if (text.starts_with("0o") || text.starts_with("0x")) {
        base = text[1] == 'o' ? 8 : 16;
        text.remove_prefix(2);
        if (text.starts_with('-')) return std::nullopt;
    } else if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_ratio(std::string_view text) noexcept {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

bool is_date(std::string_view text) noexcept {
    const auto number = [text](std::size_t at, std::size_t count) {
        unsigned value = 0;
        const auto end = std::from_chars(text.data() + at, text.data() + at + count, value);
        return end.ec == std::errc{} && end.ptr == text.data() + at + count ? std::optional(value) : std::nullopt;
    };
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    const auto year = number(0, 4);
    const auto month = number(5, 2);
    const auto day = number(8, 2);
    if (!year || !month || !day) return false;
    return std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                       std::chrono::day(*day))
        .ok();
}

bool is_listen_address(std::string_view text) noexcept {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || !is_port(text.substr(colon + 1))) return false;
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[')) {
        const auto is_ipv6 = [](char c) {
            return c == ':' || c == '.' || c == '%' || std::isalnum(static_cast<unsigned char>(c)) != 0;
        };
        return host.ends_with(']') && host.size() > 3 && host.find(':') != std::string_view::npos &&
               std::all_of(host.begin() + 1, host.end() - 1, is_ipv6);
    }
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return c == '.' || c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0; });
}

bool is_name(std::string_view text) noexcept {
    constexpr std::size_t kNameMax = 64;
    if (text.empty() || text.size() > kNameMax || !is_lower_or_digit(text.front())) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace weir::config
