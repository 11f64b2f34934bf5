// Numbers of JSON texts compared exactly, however long they are. No floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::validate {

// A number as written, taken apart: value = (negative ? -1 : 1) * 0.digits * 10^exponent. Zero has no digits.
class Number {
  public:
    Number() = default;
    // `text` is a JSON number (RFC 8259, section 6); the parser has seen to that. An exponent beyond +-1,000,000,000
    // is cut to that: such numbers still order rightly against all others that can be written down.
    explicit Number(std::string_view text);

    [[nodiscard]] bool is_integer() const noexcept;
    // < 0, 0, > 0 as in memcmp.
    [[nodiscard]] int compare(const Number& other) const noexcept;
    // Empty: too many digits to tell (more than 38 when both stand over the same power of ten).
    [[nodiscard]] std::optional<bool> is_multiple_of(const Number& divisor) const noexcept;
    // One text for one value: "-123e4", "0".
    void append_canonical(std::string& out) const;

  private:
    [[nodiscard]] std::int64_t last_place() const noexcept;  // exponent of the last digit

    std::string digits_;  // without zeros at either end
    std::int64_t exponent_ = 0;
    bool negative_ = false;
};

}  // namespace weir::validate
