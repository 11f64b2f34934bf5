#include <weir/config.hpp>
#include <weir/decimal.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

using weir::Decimal;
using weir::Rounding;

const std::map<std::string, Rounding> kModes = {{"half_up", Rounding::half_up},     {"half_even", Rounding::half_even},
                                                {"half_down", Rounding::half_down}, {"up", Rounding::up},
                                                {"down", Rounding::down},           {"ceiling", Rounding::ceiling},
                                                {"floor", Rounding::floor}};

Decimal dec(const std::string& text) {
    auto parsed = Decimal::parse(text);
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() ? *parsed : Decimal();
}
std::string shown(const weir::Result<Decimal>& result) { return result.ok() ? result.value().to_string() : "error"; }

std::string allocate(const std::vector<std::string>& words) {
    std::vector<Decimal> weights;
    for (std::size_t i = 3; i < words.size(); ++i) weights.push_back(dec(words[i]));
    const auto parts = Decimal::allocate(dec(words.at(1)), weights, std::stoi(words.at(2)));
    if (!parts.ok()) return "error";
    std::string text;
    for (const Decimal& part : parts.value()) text += (text.empty() ? "" : " ") + part.to_string();
    return text;
}

std::string run(const std::vector<std::string>& words) {
    const std::string& op = words.at(0);
    if (op == "parse") return shown(Decimal::parse(words.at(1)));
    if (op == "exp") return shown(Decimal::parse_exponent(words.at(1)));
    if (op == "alloc") return allocate(words);
    const Decimal a = dec(words.at(1));
    if (op == "neg") return (-a).to_string();
    if (op == "round") return shown(a.checked_round(std::stoi(words.at(2)), kModes.at(words.at(3))));
    const Decimal b = dec(words.at(2));
    if (op == "add") return shown(Decimal::checked_add(a, b));
    if (op == "sub") return shown(Decimal::checked_sub(a, b));
    if (op == "mul") return shown(Decimal::checked_mul(a, b));
    if (op == "div") return shown(Decimal::checked_div(a, b, std::stoi(words.at(3)), kModes.at(words.at(4))));
    if (op == "cmp") return a < b ? "-1" : (a > b ? "1" : "0");
    return "no such operation";
}

TEST(Decimal, agrees_with_the_published_vectors) {
    std::ifstream file("tests/unit/sdk/data/decimal.vectors");
    ASSERT_TRUE(file) << "run from the root of the source tree";
    int count = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') continue;
        const std::size_t arrow = line.find(" -> ");
        ASSERT_NE(arrow, std::string::npos) << line;
        std::istringstream stream(line.substr(0, arrow));
        const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
        EXPECT_EQ(run(words), line.substr(arrow + 4)) << line;
        ++count;
    }
    EXPECT_GT(count, 200);
}

TEST(Decimal, says_what_was_wrong) {
    EXPECT_EQ(Decimal::parse("1,20").error().message, "expected a decimal number like \"-12.50\", found \"1,20\"");
    EXPECT_EQ(Decimal::parse("1,20").error().code, "decimal_syntax");
    EXPECT_EQ(Decimal::parse(std::string(40, '9')).error().code, "decimal_overflow");
    EXPECT_EQ(Decimal::checked_div(Decimal(1), Decimal(), 2, Rounding::down).error().code, "divide_by_zero");
    EXPECT_THROW(dec(std::string(38, '9')) * Decimal(10), std::overflow_error);
    EXPECT_THROW(static_cast<void>(Decimal(1).div(Decimal(0), 2, Rounding::down)), std::domain_error);
}

TEST(Decimal, takes_whole_numbers_to_their_limits) {
    EXPECT_EQ(Decimal(std::numeric_limits<std::int64_t>::min()).to_string(), "-9223372036854775808");
    EXPECT_EQ(Decimal(std::numeric_limits<std::uint64_t>::max()).to_string(), "18446744073709551615");
    EXPECT_EQ(Decimal(0).to_string(), "0");
    static_assert(!std::is_constructible_v<Decimal, double>, "a double never becomes money");
    static_assert(Decimal(2) < Decimal(3) && Decimal(-2) == Decimal(2).negated());
}

TEST(Decimal, is_read_from_configuration_as_a_string_only) {
    struct Path {
        [[noreturn]] void fail(const weir::json&, std::string_view) const { throw std::runtime_error("refused"); }
    };
    Decimal out;
    decode_config(weir::json("0.0040"), out, Path());
    EXPECT_EQ(out.to_string(), "0.0040");
    EXPECT_THROW(decode_config(weir::json(0.004), out, Path()), std::runtime_error);
    EXPECT_THROW(decode_config(weir::json("1e3"), out, Path()), std::runtime_error);
}

// ---- An independent, slow implementation: decimal digits least significant first, schoolbook only.

using Digits = std::deque<int>;

Digits trimmed(Digits d) {
    while (!d.empty() && d.back() == 0) d.pop_back();
    return d;
}
int compare(const Digits& a, const Digits& b) {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    for (std::size_t i = a.size(); i-- > 0;) {
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}
Digits add(const Digits& a, const Digits& b) {
    Digits sum(std::max(a.size(), b.size()) + 1, 0);
    for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] += (i < a.size() ? a[i] : 0) + (i < b.size() ? b[i] : 0);
        if (sum[i] > 9) sum[i] -= 10, ++sum[i + 1];
    }
    return trimmed(sum);
}
Digits subtract(Digits a, const Digits& b) {  // a >= b
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] -= i < b.size() ? b[i] : 0;
        if (a[i] < 0) a[i] += 10, --a[i + 1];
    }
    return trimmed(a);
}
Digits multiply(const Digits& a, const Digits& b) {
    Digits product(a.size() + b.size() + 1, 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < b.size(); ++j) product[i + j] += a[i] * b[j];
    }
    for (std::size_t i = 0; i + 1 < product.size(); ++i) product[i + 1] += product[i] / 10, product[i] %= 10;
    return trimmed(product);
}
Digits shifted(Digits d, int places) {
    d.insert(d.begin(), static_cast<std::size_t>(places), 0);
    return trimmed(d);
}
std::pair<Digits, Digits> divide(const Digits& a, const Digits& b) {
    Digits quotient(a.size(), 0);
    Digits remainder;
    for (std::size_t i = a.size(); i-- > 0;) {
        remainder.push_front(a[i]);
        remainder = trimmed(remainder);
        while (compare(remainder, b) >= 0) remainder = subtract(remainder, b), ++quotient[i];
    }
    return {trimmed(quotient), remainder};
}

struct Slow {
    bool negative = false;
    Digits digits;
    int scale = 0;

    explicit Slow(std::string text) {
        if (text.front() == '-') negative = true, text.erase(0, 1);
        if (const auto point = text.find('.'); point != std::string::npos) {
            scale = static_cast<int>(text.size() - point - 1);
            text.erase(point, 1);
        }
        for (std::size_t i = text.size(); i-- > 0;) digits.push_back(text[i] - '0');
        digits = trimmed(digits);
    }
    Slow(bool sign, Digits value, int places) : negative(sign), digits(trimmed(std::move(value))), scale(places) {}

    [[nodiscard]] std::string text() const {
        std::string out;
        Digits padded = digits;
        while (static_cast<int>(padded.size()) <= scale) padded.push_back(0);
        for (std::size_t i = padded.size(); i-- > 0;) {
            out += static_cast<char>('0' + padded[i]);
            if (scale > 0 && i == static_cast<std::size_t>(scale)) out += '.';
        }
        return (negative && !digits.empty() ? "-" : "") + out;
    }
    [[nodiscard]] bool fits() const { return digits.size() <= 38 && scale <= 38; }
};

Slow slow_add(const Slow& a, const Slow& b) {
    const int scale = std::max(a.scale, b.scale);
    const Digits x = shifted(a.digits, scale - a.scale), y = shifted(b.digits, scale - b.scale);
    if (a.negative == b.negative) return {a.negative, add(x, y), scale};
    if (compare(x, y) >= 0) return {a.negative, subtract(x, y), scale};
    return {b.negative, subtract(y, x), scale};
}
// a / b with `scale` places, in each mode by its definition.
Slow slow_div(const Slow& a, const Slow& b, int scale, Rounding mode) {
    const bool negative = a.negative != b.negative;
    const int shift = scale + b.scale - a.scale;
    const Digits top = shift > 0 ? shifted(a.digits, shift) : a.digits;
    const Digits bottom = shift < 0 ? shifted(b.digits, -shift) : b.digits;
    auto [quotient, remainder] = divide(top, bottom);
    const int half = compare(add(remainder, remainder), bottom);
    const bool odd = !quotient.empty() && quotient.front() % 2 == 1;
    bool away = false;
    if (!remainder.empty()) {
        away =
            mode == Rounding::up || (mode == Rounding::ceiling && !negative) || (mode == Rounding::floor && negative);
        const bool nearest = mode == Rounding::half_up || mode == Rounding::half_down || mode == Rounding::half_even;
        if (nearest)
            away = half > 0 || (half == 0 && (mode == Rounding::half_up || (mode == Rounding::half_even && odd)));
    }
    return {negative, away ? add(quotient, {1}) : quotient, scale};
}

// Random numbers of every length, with many nines, zeros and fives, where carries and ties happen.
class Numbers {
  public:
    std::string next() {
        const int digits = below(4) == 0 ? 30 + below(9) : 1 + below(20);
        const int scale = below(3) == 0 ? below(39) : below(7);
        std::string text;
        for (int i = 0; i < digits; ++i)
            text += kDigits[static_cast<std::size_t>(below(static_cast<int>(sizeof kDigits - 1)))];
        while (static_cast<int>(text.size()) <= scale) text.insert(0, 1, '0');
        if (scale > 0) text.insert(text.size() - static_cast<std::size_t>(scale), 1, '.');
        return (below(2) == 0 ? "-" : "") + text;
    }
    int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }

  private:
    static constexpr char kDigits[] = "0123456789000999555";
    std::mt19937 random_{20260701};
};

// Zeros at the end may go to make a result fit; nothing else.
std::string fitted(Slow value) {
    while (!value.fits() && value.scale > 0 && (value.digits.empty() || value.digits.front() == 0)) {
        if (!value.digits.empty()) value.digits.pop_front();
        --value.scale;
    }
    return value.fits() ? value.text() : "error";
}

TEST(Decimal, agrees_with_schoolbook_arithmetic_on_random_numbers) {
    Numbers numbers;
    int errors = 0;
    for (int i = 0; i < 5000; ++i) {
        const std::string a = numbers.next(), b = numbers.next();
        const Slow x(a), y(b);
        if (!x.fits() || !y.fits()) {
            EXPECT_EQ(shown(Decimal::parse(a)), x.fits() ? Slow(a).text() : "error") << a;
            continue;
        }
        const Decimal p = dec(a), q = dec(b);
        ASSERT_EQ(p.to_string(), x.text());

        const Slow sum = slow_add(x, y);
        const std::string exact = shown(Decimal::checked_add(p, q));
        ASSERT_EQ(exact, fitted(sum)) << a << " + " << b;
        errors += exact == "error" ? 1 : 0;

        const Slow product(x.negative != y.negative, multiply(x.digits, y.digits), x.scale + y.scale);
        ASSERT_EQ(shown(Decimal::checked_mul(p, q)), fitted(product)) << a << " * " << b;

        auto mode = kModes.begin();
        std::advance(mode, numbers.below(7));
        const int scale = numbers.below(39);
        if (!q.is_zero()) {
            const Slow whole = slow_div(x, y, 0, Rounding::down);
            const Slow taken(whole.negative == y.negative, multiply(whole.digits, y.digits), y.scale);
            ASSERT_EQ(dec(fitted(slow_add(x, taken))), *Decimal::checked_rem(p, q)) << a << " % " << b;
            const Slow quotient = slow_div(x, y, scale, mode->second);
            ASSERT_EQ(shown(Decimal::checked_div(p, q, scale, mode->second)),
                      quotient.fits() ? quotient.text() : "error")
                << a << " / " << b << " scale " << scale << " " << mode->first;
        }
        const Slow rounded = slow_div(x, Slow("1"), scale, mode->second);
        ASSERT_EQ(shown(p.checked_round(scale, mode->second)), rounded.fits() ? rounded.text() : "error")
            << a << " scale " << scale << " " << mode->first;

        const Slow difference = slow_add(x, Slow(!y.negative, y.digits, y.scale));
        const int sign = difference.digits.empty() ? 0 : (difference.negative ? -1 : 1);
        ASSERT_EQ(p < q ? -1 : (p > q ? 1 : 0), sign) << a << " <=> " << b;
    }
    EXPECT_GT(errors, 100) << "the edges were reached";
    EXPECT_LT(errors, 3500) << "and not only they";
}

TEST(Decimal, allocation_always_adds_up_to_the_total) {
    Numbers numbers;
    for (int i = 0; i < 2000; ++i) {
        const Decimal total = Decimal(numbers.below(2'000'000) - 1'000'000).div(Decimal(100), 2, Rounding::down);
        std::vector<Decimal> weights{Decimal(1)};
        for (int n = numbers.below(12); n > 0; --n) weights.push_back(Decimal(numbers.below(1000)));
        const auto parts = Decimal::allocate(total, weights, 2);
        ASSERT_TRUE(parts.ok());
        Decimal sum, weight_sum;
        for (const Decimal& part : parts.value()) sum += part;
        for (const Decimal& weight : weights) weight_sum += weight;
        ASSERT_EQ(sum, total);
        for (std::size_t k = 0; k < weights.size(); ++k) {
            const Decimal fair = (total * weights[k]).div(weight_sum, 10, Rounding::half_even);
            ASSERT_LT((parts.value()[k] - fair).abs(), dec("0.01")) << "no part is a cent off its fair share";
        }
    }
}

}  // namespace
