#include "number.hpp"

#include <algorithm>

namespace weir::validate {
namespace {

constexpr std::int64_t kExponentMax = 1'000'000'000;
constexpr std::int64_t kDigitsMax = 38;  // 10^38 fits into 127 bits

std::int64_t read_exponent(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    for (const char c : text) value = std::min(value * 10 + (c - '0'), kExponentMax);
    return negative ? -value : value;
}

// digits * 10^zeros; fits by kDigitsMax.
__extension__ typedef unsigned __int128 Wide;
Wide scaled(std::string_view digits, std::int64_t zeros) noexcept {
    Wide value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    for (; zeros > 0; --zeros) value *= 10;
    return value;
}

}  // namespace

Number::Number(std::string_view text) : negative_(text.starts_with('-')) {
    if (negative_) text.remove_prefix(1);
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) exponent_ = read_exponent(text.substr(e + 1));
    text = text.substr(0, e);
    const std::size_t dot = std::min(text.find('.'), text.size());
    exponent_ += static_cast<std::int64_t>(dot);
    digits_ = text.substr(0, dot);
    if (dot < text.size()) digits_ += text.substr(dot + 1);

    const std::size_t first = std::min(digits_.find_first_not_of('0'), digits_.size());
    digits_.erase(0, first);
    exponent_ -= static_cast<std::int64_t>(first);
    digits_.erase(digits_.find_last_not_of('0') + 1);
    if (digits_.empty()) {
        exponent_ = 0;
        negative_ = false;
    }
}

std::int64_t Number::last_place() const noexcept { return exponent_ - static_cast<std::int64_t>(digits_.size()); }

bool Number::is_integer() const noexcept { return digits_.empty() || last_place() >= 0; }

int Number::compare(const Number& other) const noexcept {
    if (digits_.empty() || other.digits_.empty()) {
        const auto sign = [](const Number& n) { return n.digits_.empty() ? 0 : n.negative_ ? -1 : 1; };
        return sign(*this) - sign(other);
    }
    if (negative_ != other.negative_) return negative_ ? -1 : 1;
    const int magnitude =
        exponent_ != other.exponent_ ? (exponent_ < other.exponent_ ? -1 : 1) : digits_.compare(other.digits_);
    return negative_ ? -magnitude : magnitude;
}

std::optional<bool> Number::is_multiple_of(const Number& divisor) const noexcept {
    if (digits_.empty()) return true;
    if (divisor.digits_.empty()) return false;
    const std::int64_t place = std::min(last_place(), divisor.last_place());
    const std::int64_t zeros = last_place() - place;
    const std::int64_t divisor_zeros = divisor.last_place() - place;
    if (static_cast<std::int64_t>(digits_.size()) + zeros > kDigitsMax ||
        static_cast<std::int64_t>(divisor.digits_.size()) + divisor_zeros > kDigitsMax) {
        return std::nullopt;
    }
    return scaled(digits_, zeros) % scaled(divisor.digits_, divisor_zeros) == 0;
}

void Number::append_canonical(std::string& out) const {
    if (digits_.empty()) {
        out += '0';
        return;
    }
    if (negative_) out += '-';
    out += digits_;
    out += 'e';
    out += std::to_string(last_place());
}

}  // namespace weir::validate
