// Exact decimal numbers for money and quantities: up to 38 digits, up to 38 of them behind the point.
//
// A Decimal is a sign, a whole number below 10^38 and a scale: "-12.50" is -1250 at scale 2. The scale is kept:
// 1.20 + 1.3 is 2.50, and 1.20 prints as "1.20" though it equals 1.2. Addition, subtraction and multiplication are
// exact or an error; nothing ever wraps and nothing is rounded unless a scale and a mode are given. No binary floating
// point is involved anywhere.
//
// Two ways to compute: checked_add() and its like return a Result; the operators throw std::overflow_error.
// Rounding follows the General Decimal Arithmetic Specification (speleotrove.com/decimal), whose words the modes use.
#pragma once

#include <weir/result.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
inline namespace sdk_1 {

enum class Rounding {
    half_up,    // to nearest, ties away from zero: what invoices mean by rounding
    half_even,  // to nearest, ties to the even neighbour
    half_down,  // to nearest, ties towards zero
    up,         // away from zero
    down,       // towards zero
    ceiling,    // towards plus infinity
    floor,      // towards minus infinity
};

namespace detail {

__extension__ typedef unsigned __int128 Uint128;

inline constexpr int kDecimalDigitsMax = 38;  // 10^38 < 2^128

[[nodiscard]] constexpr std::array<Uint128, kDecimalDigitsMax + 1> powers_of_ten() noexcept {
    std::array<Uint128, kDecimalDigitsMax + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}
inline constexpr auto kPowersOfTen = powers_of_ten();
[[nodiscard]] constexpr Uint128 pow10(int exponent) noexcept {
    return kPowersOfTen[static_cast<std::size_t>(exponent)];
}
inline constexpr Uint128 kCoefficientEnd = pow10(kDecimalDigitsMax);  // the first that is too large

// The product of two coefficients: below 10^76, so 256 bits hold it.
struct Uint256 {
    Uint128 high = 0;
    Uint128 low = 0;
    [[nodiscard]] constexpr auto operator<=>(const Uint256&) const noexcept = default;
};

[[nodiscard]] constexpr Uint256 multiply(Uint128 a, Uint128 b) noexcept {
    constexpr Uint128 kMask = ~std::uint64_t{0};
    const Uint128 a_low = a & kMask, a_high = a >> 64U, b_low = b & kMask, b_high = b >> 64U;
    if (a_high == 0 && b_high == 0) return {0, a_low * b_low};
    const Uint128 low = a_low * b_low;
    const Uint128 middle = a_high * b_low + (low >> 64U);  // below 2^128 - 2^64: no overflow
    const Uint128 other = a_low * b_high + (middle & kMask);
    return {a_high * b_high + (middle >> 64U) + (other >> 64U), (other << 64U) | (low & kMask)};
}

[[nodiscard]] constexpr Uint256 add(Uint256 a, Uint256 b) noexcept {
    const Uint128 low = a.low + b.low;
    return {a.high + b.high + (low < a.low ? 1U : 0U), low};
}
// `a` is not below `b`.
[[nodiscard]] constexpr Uint256 subtract(Uint256 a, Uint256 b) noexcept {
    return {a.high - b.high - (a.low < b.low ? 1U : 0U), a.low - b.low};
}

[[nodiscard]] constexpr Uint256 twice(Uint256 value) noexcept {
    return {(value.high << 1U) | (value.low >> 127U), value.low << 1U};
}

struct Division {
    Uint256 quotient;
    Uint128 remainder;
};
// Schoolbook division; `divisor` is below 2^127, so that the running remainder can be doubled.
[[nodiscard]] constexpr Division divide(Uint256 value, Uint128 divisor) noexcept {
    if (value.high == 0) return {{0, value.low / divisor}, value.low % divisor};
    Division result{{value.high / divisor, 0}, value.high % divisor};
    for (unsigned bit = 128; bit-- > 0;) {
        result.remainder = (result.remainder << 1U) | ((value.low >> bit) & 1U);
        if (result.remainder >= divisor) {
            result.remainder -= divisor;
            result.quotient.low |= Uint128{1} << bit;
        }
    }
    return result;
}

// Does a quotient go one further from zero, when `doubled` (twice the remainder) stands so against the divisor?
[[nodiscard]] constexpr bool rounds_away(Rounding mode, bool negative, bool odd, bool exact,
                                         std::strong_ordering doubled) noexcept {
    if (exact) return false;
    switch (mode) {
        case Rounding::half_up:
            return doubled >= 0;
        case Rounding::half_even:
            return doubled > 0 || (doubled == 0 && odd);
        case Rounding::half_down:
            return doubled > 0;
        case Rounding::up:
            return true;
        case Rounding::down:
            return false;
        case Rounding::ceiling:
            return !negative;
        case Rounding::floor:
            return negative;
    }
    return false;
}

}  // namespace detail

class Decimal {
  public:
    static constexpr int kDigitsMax = detail::kDecimalDigitsMax;
    static constexpr int kScaleMax = detail::kDecimalDigitsMax;

    constexpr Decimal() noexcept = default;  // 0
    // Whole numbers. No constructor takes a floating-point number.
    template <std::integral T>
    constexpr explicit Decimal(T value) noexcept : negative_(value < T{0}) {
        const auto wide = static_cast<detail::Uint128>(value);  // sign-extended: 0 - wide is the magnitude
        coefficient_ = negative_ ? 0 - wide : wide;
    }
    template <std::floating_point T>
    Decimal(T) = delete;

    // `-?[0-9]+(\.[0-9]+)?`, nothing else: no plus sign, no spaces, no exponent. `invalid`: the text is quoted;
    // code decimal_syntax, or decimal_overflow beyond 38 digits.
    [[nodiscard]] static Result<Decimal> parse(std::string_view text) {
        Decimal value;
        switch (scan(text, value)) {
            case Scan::ok:
                return value;
            case Scan::too_long:
                return overflow("\"" + shown(text) + "\"");
            case Scan::syntax:
                break;
        }
        return Error{Errc::invalid,
                     "expected a decimal number like \"-12.50\", found \"" + shown(text) + "\"",
                     "decimal_syntax",
                     {}};
    }

    // The same with an exponent allowed, as JSON numbers have it: "1.5e3" is 1500, "15E-1" is 1.5.
    [[nodiscard]] static Result<Decimal> parse_exponent(std::string_view text) {
        const std::size_t mark = text.find_first_of("eE");
        if (mark == std::string_view::npos) return parse(text);
        std::string_view digits = text.substr(mark + 1);
        const bool down = digits.starts_with('-');
        if (down || digits.starts_with('+')) digits.remove_prefix(1);
        Decimal value;
        Decimal exponent;
        if (scan(text.substr(0, mark), value) == Scan::syntax || scan(digits, exponent) == Scan::syntax ||
            exponent.scale_ != 0 || digits.starts_with('-')) {
            return Error{
                Errc::invalid, "expected a number like \"1.5e3\", found \"" + shown(text) + "\"", "decimal_syntax", {}};
        }
        if (scan(text.substr(0, mark), value) != Scan::ok) return overflow("\"" + shown(text) + "\"");
        constexpr detail::Uint128 kExponentMax = 2 * kScaleMax;
        if (value.is_zero()) return Decimal();
        if (exponent.coefficient_ > kExponentMax) return overflow("\"" + shown(text) + "\"");
        const int shift = static_cast<int>(exponent.coefficient_);
        if (!value.shift_point(down ? -shift : shift)) return overflow("\"" + shown(text) + "\"");
        return value;
    }

    [[nodiscard]] constexpr bool is_zero() const noexcept { return coefficient_ == 0; }
    [[nodiscard]] constexpr bool is_negative() const noexcept { return negative_; }  // zero is not
    [[nodiscard]] constexpr int scale() const noexcept { return scale_; }
    // The whole number that it equals; nullopt when it has a fraction, or T is too small for it.
    template <std::integral T>
    [[nodiscard]] constexpr std::optional<T> to() const noexcept {
        const detail::Uint128 whole = coefficient_ / detail::pow10(scale_);
        if (whole * detail::pow10(scale_) != coefficient_) return std::nullopt;
        constexpr auto kMax = static_cast<detail::Uint128>(std::numeric_limits<T>::max());
        const detail::Uint128 end = !negative_ ? kMax : std::is_signed_v<T> ? kMax + 1 : 0;
        if (whole > end) return std::nullopt;
        return static_cast<T>(negative_ ? 0 - whole : whole);
    }
    [[nodiscard]] constexpr Decimal negated() const noexcept { return Decimal(!negative_, coefficient_, scale_); }
    [[nodiscard]] constexpr Decimal abs() const noexcept { return Decimal(false, coefficient_, scale_); }

    // Keeps the scale: "12.50", "-0.001", "0.00".
    [[nodiscard]] std::string to_string() const {
        std::string text;
        append_to(text);
        return text;
    }
    void append_to(std::string& out) const {
        char buffer[kDigitsMax + 4];
        char* begin = buffer + sizeof buffer;
        const char* const end = begin;
        detail::Uint128 rest = coefficient_;
        int digits = 0;
        // 64-bit arithmetic as soon as it suffices: 128-bit division is a function call.
        for (; rest > ~std::uint64_t{0}; ++digits) put_digit(begin, digits, static_cast<char>(rest % 10)), rest /= 10;
        for (auto small = static_cast<std::uint64_t>(rest); small != 0 || digits <= scale_; ++digits, small /= 10) {
            put_digit(begin, digits, static_cast<char>(small % 10));
        }
        if (negative_) *--begin = '-';
        out.append(begin, static_cast<std::size_t>(end - begin));
    }

    // Exact, or `invalid` with code decimal_overflow when the result has more than 38 digits.
    [[nodiscard]] static Result<Decimal> checked_add(const Decimal& a, const Decimal& b) {
        Decimal sum;
        if (!add(a, b, sum)) return overflow(a.to_string() + " + " + b.to_string());
        return sum;
    }
    [[nodiscard]] static Result<Decimal> checked_sub(const Decimal& a, const Decimal& b) {
        Decimal difference;
        if (!add(a, b.negated(), difference)) return overflow(a.to_string() + " - " + b.to_string());
        return difference;
    }
    [[nodiscard]] static Result<Decimal> checked_mul(const Decimal& a, const Decimal& b) {
        Decimal product;
        if (!multiply(a, b, product)) return overflow(a.to_string() + " * " + b.to_string());
        return product;
    }
    // a / b to `scale` digits behind the point (0 to 38). `invalid`: decimal_overflow, or divide_by_zero.
    [[nodiscard]] static Result<Decimal> checked_div(const Decimal& a, const Decimal& b, int scale, Rounding mode) {
        if (b.is_zero()) return Error{Errc::invalid, a.to_string() + " / 0", "divide_by_zero", {}};
        Decimal quotient;
        if (!divide(a, b, scale, mode, quotient)) return overflow(a.to_string() + " / " + b.to_string());
        return quotient;
    }
    // What a / b cut off to a whole number leaves: exact, with the sign of a, and it always has room. `invalid`:
    // divide_by_zero.
    [[nodiscard]] static Result<Decimal> checked_rem(const Decimal& a, const Decimal& b) {
        if (b.is_zero()) return Error{Errc::invalid, a.to_string() + " % 0", "divide_by_zero", {}};
        return remainder(a, b);
    }
    // With exactly `scale` digits behind the point (0 to 38).
    [[nodiscard]] Result<Decimal> checked_round(int scale, Rounding mode) const {
        Decimal rounded;
        if (!rescale(scale, mode, rounded)) return overflow(to_string() + " at scale " + std::to_string(scale));
        return rounded;
    }

    // The same, throwing std::overflow_error (std::domain_error for a division by zero).
    friend Decimal operator+(const Decimal& a, const Decimal& b) { return or_throw(checked_add(a, b)); }
    friend Decimal operator-(const Decimal& a, const Decimal& b) { return or_throw(checked_sub(a, b)); }
    friend Decimal operator*(const Decimal& a, const Decimal& b) { return or_throw(checked_mul(a, b)); }
    friend Decimal operator-(const Decimal& a) noexcept { return a.negated(); }
    Decimal& operator+=(const Decimal& other) { return *this = *this + other; }
    Decimal& operator-=(const Decimal& other) { return *this = *this - other; }
    [[nodiscard]] Decimal div(const Decimal& by, int scale, Rounding mode) const {
        if (by.is_zero()) throw std::domain_error(to_string() + " / 0");
        return or_throw(checked_div(*this, by, scale, mode));
    }
    [[nodiscard]] Decimal round(int scale, Rounding mode) const { return or_throw(checked_round(scale, mode)); }

    // By value: 1.20 equals 1.2.
    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept {
        if (a.negative_ != b.negative_) return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
        const int scale = std::max(a.scale_, b.scale_);
        const auto size = detail::multiply(a.coefficient_, detail::pow10(scale - a.scale_)) <=>
                          detail::multiply(b.coefficient_, detail::pow10(scale - b.scale_));
        return a.negative_ ? 0 <=> size : size;
    }
    [[nodiscard]] friend constexpr bool operator==(const Decimal& a, const Decimal& b) noexcept {
        return (a <=> b) == 0;
    }

    // Splits `total` in proportion to `weights` into parts with `scale` digits behind the point whose sum is exactly
    // `total`: every part is cut off, and what is left over goes, one last unit each, to the largest remainders (the
    // earlier one where equal). 100.00 by 1:1:1 is 33.34, 33.33, 33.33. `invalid`: a negative weight, no positive one,
    // or a total with more digits than `scale`.
    [[nodiscard]] static Result<std::vector<Decimal>> allocate(const Decimal& total, std::span<const Decimal> weights,
                                                               int scale);

  private:
    using Uint128 = detail::Uint128;
    enum class Scan { ok, syntax, too_long };

    constexpr Decimal(bool negative, Uint128 coefficient, int scale) noexcept
        : coefficient_(coefficient), scale_(static_cast<std::int8_t>(scale)), negative_(negative && coefficient != 0) {}

    // For syntax alone everything is looked at, so that "too long" is said only of numbers.
    [[nodiscard]] static constexpr Scan scan(std::string_view text, Decimal& out) noexcept {
        const bool negative = text.starts_with('-');
        if (negative) text.remove_prefix(1);
        constexpr std::uint64_t kFastEnd = 1'000'000'000'000'000'000ULL;  // 18 digits: one more still fits 64 bits
        std::uint64_t fast = 0;
        Uint128 coefficient = 0;
        int scale = 0;
        bool point = false, too_long = false, digit_before = false;
        for (const char c : text) {
            if (c == '.' && !point && digit_before) {
                point = true;
                digit_before = false;
                continue;
            }
            if (c < '0' || c > '9') return Scan::syntax;
            digit_before = true;
            const auto digit = static_cast<unsigned>(c - '0');
            scale += point ? 1 : 0;
            if (coefficient == 0 && fast < kFastEnd) {
                fast = fast * 10 + digit;
                continue;
            }
            if (coefficient == 0) coefficient = fast;
            if (coefficient >= detail::pow10(kDigitsMax - 1))
                too_long = true;
            else
                coefficient = coefficient * 10 + digit;
        }
        if (!digit_before) return Scan::syntax;
        if (too_long || scale > kScaleMax) return Scan::too_long;
        out = Decimal(negative, coefficient == 0 ? Uint128{fast} : coefficient, scale);
        return Scan::ok;
    }

    // Multiplies by 10^shift, exactly.
    [[nodiscard]] constexpr bool shift_point(int shift) noexcept {
        int scale = scale_ - shift;
        for (; scale > kScaleMax && coefficient_ % 10 == 0; --scale) coefficient_ /= 10;
        if (scale > kScaleMax) return false;
        for (; scale < 0; ++scale) {
            if (coefficient_ >= detail::pow10(kDigitsMax - 1)) return false;
            coefficient_ *= 10;
        }
        scale_ = static_cast<std::int8_t>(scale);
        return true;
    }

    // Coefficient at a larger scale; false when it becomes too large.
    [[nodiscard]] constexpr bool scaled_up(int scale, Uint128& out) const noexcept {
        const auto wide = detail::multiply(coefficient_, detail::pow10(scale - scale_));
        out = wide.low;
        return wide.high == 0 && wide.low < detail::kCoefficientEnd;
    }
    [[nodiscard]] static constexpr bool add(const Decimal& a, const Decimal& b, Decimal& out) noexcept {
        const int scale = std::max(a.scale_, b.scale_);
        Uint128 left = 0, right = 0;
        if (!a.scaled_up(scale, left) || !b.scaled_up(scale, right)) return add_wide(a, b, scale, out);
        if (a.negative_ == b.negative_) {
            out = Decimal(a.negative_, left + right, scale);  // below 2 * 10^38, which fits
        } else if (left >= right) {
            out = Decimal(a.negative_, left - right, scale);
        } else {
            out = Decimal(b.negative_, right - left, scale);
        }
        return out.coefficient_ < detail::kCoefficientEnd || fit(out.negative_, {0, out.coefficient_}, scale, out);
    }
    // Where one operand has too many digits at the other's scale: the sum may have room all the same.
    [[nodiscard]] static constexpr bool add_wide(const Decimal& a, const Decimal& b, int scale, Decimal& out) noexcept {
        const auto left = detail::multiply(a.coefficient_, detail::pow10(scale - a.scale_));
        const auto right = detail::multiply(b.coefficient_, detail::pow10(scale - b.scale_));
        if (a.negative_ == b.negative_) return fit(a.negative_, detail::add(left, right), scale, out);
        if (left >= right) return fit(a.negative_, detail::subtract(left, right), scale, out);
        return fit(b.negative_, detail::subtract(right, left), scale, out);
    }
    // Zeros at the end go when there is no room for them: the value stays exact.
    [[nodiscard]] static constexpr bool fit(bool negative, detail::Uint256 value, int scale, Decimal& out) noexcept {
        while (value.high != 0 || value.low >= detail::kCoefficientEnd || scale > kScaleMax) {
            const auto tenth = detail::divide(value, 10);
            if (scale == 0 || tenth.remainder != 0) return false;
            value = tenth.quotient;
            --scale;
        }
        out = Decimal(negative, value.low, scale);
        return true;
    }
    [[nodiscard]] static constexpr Decimal remainder(const Decimal& a, const Decimal& b) noexcept {
        const int scale = std::max(a.scale_, b.scale_);
        const auto divisor = detail::multiply(b.coefficient_, detail::pow10(scale - b.scale_));
        if (divisor > detail::Uint256{0, a.coefficient_} && scale == a.scale_) return a;
        // At the larger scale, a digit at a time: what is left stays below the divisor, which is below 10^38.
        Uint128 left = a.coefficient_ % divisor.low;
        for (int i = a.scale_; i < scale; ++i) {
            const Uint128 two = (left << 1U) % divisor.low;
            const Uint128 four = (two << 1U) % divisor.low;
            left = ((four << 1U) % divisor.low + two) % divisor.low;
        }
        return Decimal(a.negative_, left, scale);
    }
    [[nodiscard]] static constexpr bool multiply(const Decimal& a, const Decimal& b, Decimal& out) noexcept {
        return fit(a.negative_ != b.negative_, detail::multiply(a.coefficient_, b.coefficient_), a.scale_ + b.scale_,
                   out);
    }

    // Puts quotient and sign together after rounding; `wide` must still fit.
    [[nodiscard]] static constexpr bool finish(bool negative, detail::Uint256 quotient, bool exact,
                                               std::strong_ordering doubled, int scale, Rounding mode,
                                               Decimal& out) noexcept {
        if (quotient.high != 0 || quotient.low >= detail::kCoefficientEnd) return false;
        const bool odd = (quotient.low & 1U) != 0;
        const Uint128 rounded = quotient.low + (detail::rounds_away(mode, negative, odd, exact, doubled) ? 1U : 0U);
        if (rounded >= detail::kCoefficientEnd) return false;
        out = Decimal(negative, rounded, scale);
        return true;
    }
    [[nodiscard]] static constexpr bool divide(const Decimal& a, const Decimal& b, int scale, Rounding mode,
                                               Decimal& out) noexcept {
        if (scale < 0 || scale > kScaleMax) return false;
        const bool negative = a.negative_ != b.negative_;
        int shift = scale + b.scale_ - a.scale_;  // a * 10^shift / b is the quotient's coefficient
        if (shift < 0) return divide_down(a.coefficient_, b.coefficient_, -shift, negative, scale, mode, out);
        const int first = std::min(shift, kDigitsMax);
        auto part = detail::divide(detail::multiply(a.coefficient_, detail::pow10(first)), b.coefficient_);
        // More than 38 places: the rest of the digits come from the remainder.
        for (shift -= first; shift > 0;) {
            const int more = std::min(shift, kDigitsMax);
            if (part.quotient.high != 0 || part.quotient.low >= detail::kCoefficientEnd) return false;
            const auto next = detail::divide(detail::multiply(part.remainder, detail::pow10(more)), b.coefficient_);
            auto shifted = detail::multiply(part.quotient.low, detail::pow10(more));
            shifted.low += next.quotient.low;  // next.quotient is below 10^more
            if (shifted.low < next.quotient.low) ++shifted.high;
            part = {shifted, next.remainder};
            shift -= more;
        }
        const auto doubled = detail::twice({0, part.remainder}) <=> detail::Uint256{0, b.coefficient_};
        return finish(negative, part.quotient, part.remainder == 0, doubled, scale, mode, out);
    }
    // a / (b * 10^places)
    [[nodiscard]] static constexpr bool divide_down(Uint128 a, Uint128 b, int places, bool negative, int scale,
                                                    Rounding mode, Decimal& out) noexcept {
        const Uint128 power = detail::pow10(places);
        const Uint128 whole = a / power;
        const auto divisor = detail::multiply(b, power);
        auto remainder = detail::multiply(whole % b, power);  // plus a % power; below the divisor
        remainder.low += a % power;
        if (remainder.low < a % power) ++remainder.high;
        const bool exact = remainder == detail::Uint256{};
        return finish(negative, {0, whole / b}, exact, detail::twice(remainder) <=> divisor, scale, mode, out);
    }
    [[nodiscard]] constexpr bool rescale(int scale, Rounding mode, Decimal& out) const noexcept {
        if (scale < 0 || scale > kScaleMax) return false;
        if (scale < scale_) return divide_down(coefficient_, 1, scale_ - scale, negative_, scale, mode, out);
        Uint128 coefficient = 0;
        if (!scaled_up(scale, coefficient)) return false;
        out = Decimal(negative_, coefficient, scale);
        return true;
    }

    void put_digit(char*& begin, int digits, char digit) const noexcept {
        if (digits == scale_ && scale_ != 0) *--begin = '.';
        *--begin = static_cast<char>('0' + digit);
    }
    [[nodiscard]] static std::string shown(std::string_view text) {
        constexpr std::size_t kShownMax = 60;
        return text.size() <= kShownMax ? std::string(text) : std::string(text.substr(0, kShownMax)) + "...";
    }
    [[nodiscard]] static Error overflow(const std::string& what) {
        return {Errc::invalid, what + ": more than 38 digits", "decimal_overflow", {}};
    }
    [[nodiscard]] static Decimal or_throw(const Result<Decimal>& result) {
        if (!result.ok()) throw std::overflow_error(result.error().message);
        return result.value();
    }

    Uint128 coefficient_ = 0;
    std::int8_t scale_ = 0;
    bool negative_ = false;
};

inline Result<std::vector<Decimal>> Decimal::allocate(const Decimal& total, std::span<const Decimal> weights,
                                                      int scale) {
    const auto bad = [](std::string message) { return Error{Errc::invalid, std::move(message), "allocate", {}}; };
    int weight_scale = 0;
    for (const Decimal& weight : weights) weight_scale = std::max<int>(weight_scale, weight.scale_);
    std::vector<Uint128> shares;
    Decimal sum;
    for (const Decimal& weight : weights) {
        if (weight.is_negative()) return bad("weight " + weight.to_string() + " is negative");
        WEIR_TRY(const Decimal aligned, weight.checked_round(weight_scale, Rounding::down));
        shares.push_back(aligned.coefficient_);
        WEIR_TRY(sum, checked_add(sum, aligned));
    }
    if (sum.is_zero()) return bad("no weight is above 0");
    WEIR_TRY(const Decimal units, total.checked_round(scale, Rounding::down));
    if (units != total) return bad(total.to_string() + " has more than " + std::to_string(scale) + " decimal places");

    std::vector<std::pair<Uint128, std::size_t>> remainders;
    std::vector<Uint128> parts;
    Uint128 left = units.coefficient_;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const auto cut = detail::divide(detail::multiply(units.coefficient_, shares[i]), sum.coefficient_);
        parts.push_back(cut.quotient.low);
        left -= cut.quotient.low;
        remainders.emplace_back(cut.remainder, i);
    }
    std::stable_sort(remainders.begin(), remainders.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = 0; left > 0; ++i, --left) ++parts[remainders[i].second];

    std::vector<Decimal> result;
    result.reserve(parts.size());
    for (const Uint128 part : parts) result.push_back(Decimal(units.negative_, part, scale));
    return result;
}

// Lets a WEIR_CONFIG struct hold a Rounding, by the names above.
[[nodiscard]] constexpr auto weir_config_names(Rounding) noexcept {
    using Entry = std::pair<std::string_view, Rounding>;
    return std::array{Entry{"half_up", Rounding::half_up},     Entry{"half_even", Rounding::half_even},
                      Entry{"half_down", Rounding::half_down}, Entry{"up", Rounding::up},
                      Entry{"down", Rounding::down},           Entry{"ceiling", Rounding::ceiling},
                      Entry{"floor", Rounding::floor}};
}

// Lets a WEIR_CONFIG struct hold a Decimal. In JSON it is a string: a JSON number has gone through a double somewhere.
template <class Json, class Path>
void decode_config(const Json& value, Decimal& out, const Path& path) {
    constexpr std::string_view kExpected = "a decimal number in a string, like \"12.50\"";
    if (!value.is_string()) path.fail(value, kExpected);
    auto parsed = Decimal::parse(value.template get_ref<const std::string&>());
    if (!parsed.ok()) path.fail(value, kExpected);
    out = *parsed;
}

}  // namespace sdk_1
}  // namespace weir
