#include "money.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace weir::ledger {
namespace {

// ISO 4217 list one, active codes of currencies and funds that can be posted. Sorted within each exponent.
constexpr std::string_view kExponent0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kExponent3 = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kExponent4 = "CLF UYW";
constexpr std::string_view kExponent2 =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
    "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

bool lists(std::string_view table, std::string_view code) noexcept {
    for (std::size_t at = 0; at < table.size(); at += 4) {
        if (table.substr(at, 3) == code) return true;
    }
    return false;
}

bool is_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error not_an_amount(std::string_view text, std::string_view expected) {
    return {Errc::invalid, "\"" + std::string(text.substr(0, 64)) + "\": expected " + std::string(expected), {}, {}};
}

}  // namespace

std::optional<int> currency_exponent(std::string_view code) noexcept {
    if (code.size() != 3) return std::nullopt;
    if (lists(kExponent2, code)) return 2;
    if (lists(kExponent0, code)) return 0;
    if (lists(kExponent3, code)) return 3;
    if (lists(kExponent4, code)) return 4;
    return std::nullopt;
}

std::vector<Currency> currencies() {
    std::vector<Currency> all;
    const std::pair<std::string_view, int> tables[] = {
        {kExponent0, 0}, {kExponent2, 2}, {kExponent3, 3}, {kExponent4, 4}};
    for (const auto& [table, exponent] : tables) {
        for (std::size_t at = 0; at < table.size(); at += 4) all.push_back({table.substr(at, 3), exponent});
    }
    return all;
}

std::int64_t minor_per_unit(int exponent) noexcept {
    static constexpr std::array<std::int64_t, 5> kScale{1, 10, 100, 1'000, 10'000};
    assert(exponent >= 0 && exponent < 5);
    return kScale[static_cast<std::size_t>(exponent)];
}

Result<std::int64_t> parse_minor(std::string_view text, int exponent) {
    const bool negative = text.starts_with('-');
    const std::string_view digits = text.substr(negative ? 1 : 0);
    const std::size_t dot = digits.find('.');
    const std::string_view whole = digits.substr(0, dot);
    std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : digits.substr(dot + 1);
    if (!is_digits(whole) || (dot != std::string_view::npos && !is_digits(fraction))) {
        return not_an_amount(text, "a decimal such as \"39.92\"");
    }
    // Trailing zeros carry no value: "39.9200" USD is exactly 39.92, "39.925" is not an amount of USD.
    const auto places = static_cast<std::size_t>(exponent);
    while (fraction.size() > places && fraction.ends_with('0')) fraction.remove_suffix(1);
    if (fraction.size() > places) {
        return not_an_amount(text, "at most " + std::to_string(exponent) + " decimal places");
    }
    std::int64_t minor = 0;
    const auto append = [&minor](char digit) {
        minor = minor * 10 + (digit - '0');
        return minor <= kMinorMax;  // checked per digit, so the product above cannot overflow
    };
    bool fits = std::all_of(whole.begin(), whole.end(), append);
    for (std::size_t i = 0; fits && i < places; ++i) fits = append(i < fraction.size() ? fraction[i] : '0');
    if (!fits) return not_an_amount(text, "at most " + format_minor(kMinorMax, exponent));
    return negative ? -minor : minor;
}

std::string format_minor(std::int64_t minor, int exponent) {
    std::string digits = std::to_string(minor < 0 ? -minor : minor);
    const auto places = static_cast<std::size_t>(exponent);
    if (places > 0) {
        if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
        digits.insert(digits.size() - places, 1, '.');
    }
    if (minor < 0) digits.insert(0, 1, '-');
    return digits;
}

}  // namespace weir::ledger
