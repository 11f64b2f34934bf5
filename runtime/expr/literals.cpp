#include "runtime/expr/literals.hpp"

#include <charconv>
#include <cstdlib>

#include "runtime/base/text.hpp"

namespace weir::expr {

namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

Literal integer_literal(std::string_view digits, bool negative) {
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    std::uint64_t magnitude = 0;
    const std::string_view bare = hex ? digits.substr(2) : digits;
    const auto [end, code] = std::from_chars(bare.data(), bare.data() + bare.size(), magnitude, hex ? 16 : 10);
    const std::uint64_t most = (std::uint64_t{1} << 63U) - (negative ? 0U : 1U);
    if (code != std::errc() || end != bare.data() + bare.size() || magnitude > most) {
        return {{}, quoted(std::string(negative ? "-" : "") + std::string(digits)) + " does not fit an int of 64 bits"};
    }
    return {Value::integer(static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude)), {}};
}

Literal uinteger_literal(std::string_view text, bool negative) {
    if (negative) return {{}, quoted("-" + std::string(text)) + ": an unsigned integer is never negative"};
    text.remove_suffix(1);
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    std::uint64_t value = 0;
    const std::string_view bare = hex ? text.substr(2) : text;
    const auto [end, code] = std::from_chars(bare.data(), bare.data() + bare.size(), value, hex ? 16 : 10);
    if (code != std::errc() || end != bare.data() + bare.size()) {
        return {{}, quoted(text) + " does not fit a uint of 64 bits"};
    }
    return {Value::uinteger(value), {}};
}

Literal decimal_literal(std::string_view text, bool negative, Arena& arena) {
    // ".5" is a number in this language, not in Decimal's.
    const std::string full = std::string(negative ? "-" : "") + (text.starts_with('.') ? "0" : "") + std::string(text);
    const auto parsed = Decimal::parse_exponent(full);
    if (!parsed.ok()) return {{}, parsed.error().message};
    return {Value::decimal(arena.make<Decimal>(*parsed)), {}};
}

}  // namespace

Literal number_literal(const Token& token, bool negative, bool fractions_are_decimals, Arena& arena) {
    if (token.kind == TokenKind::integer) return integer_literal(token.text, negative);
    if (token.kind == TokenKind::uinteger) return uinteger_literal(token.text, negative);
    if (fractions_are_decimals) return decimal_literal(token.text, negative, arena);
    double value = 0;
    const auto [end, code] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    // Too small becomes 0 and too large is refused, as the language's other implementations do.
    if (code == std::errc::result_out_of_range) value = std::strtod(std::string(token.text).c_str(), nullptr);
    if (value > 1.7976931348623157e308) return {{}, quoted(token.text) + " does not fit a double"};
    return {Value::real(negative ? -value : value), {}};
}

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | (c >> 6U));
        put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | (c >> 12U));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | (c >> 18U));
        put(0x80U | ((c >> 12U) & 0x3FU));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    }
}

namespace {

// The escapes of one string.
class Unescaper {
  public:
    Unescaper(std::string_view body, bool bytes) : body_(body), bytes_(bytes) {}

    [[nodiscard]] bool run() {
        while (at_ < body_.size()) {
            const std::size_t slash = std::min(body_.find('\\', at_), body_.size());
            out_.append(body_.substr(at_, slash - at_));
            at_ = slash;
            if (at_ < body_.size() && !escape()) return false;
        }
        return true;
    }
    [[nodiscard]] const std::string& text() const noexcept { return out_; }
    [[nodiscard]] std::string& problem() noexcept { return problem_; }

  private:
    [[nodiscard]] bool escape() {
        const std::size_t begin = at_++;
        const char c = at_ < body_.size() ? body_[at_++] : '\0';
        constexpr std::string_view kLetters = "abfnrtv\\?\"'`";
        constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\?\"'`";
        if (const std::size_t simple = kLetters.find(c); c != '\0' && simple != std::string_view::npos) {
            out_.push_back(kMeanings[simple]);
            return true;
        }
        if (c == 'x' || c == 'X') return digits(begin, 2, 16, bytes_);
        // In bytes code points stand for their UTF-8.
        if (c == 'u') return digits(begin, 4, 16, false);
        if (c == 'U') return digits(begin, 8, 16, false);
        if (c >= '0' && c <= '3') {
            --at_;
            return digits(begin, 3, 8, bytes_);
        }
        problem_ = "unknown escape sequence " + quoted(body_.substr(begin, 2));
        return false;
    }

    [[nodiscard]] bool digits(std::size_t begin, std::size_t count, int base, bool as_byte) {
        const std::string_view text = body_.substr(at_, count);
        std::uint32_t code = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code, base);
        if (error != std::errc() || text.size() != count || end != text.data() + count) {
            problem_ = "the escape sequence " + quoted(body_.substr(begin, 2)) + " needs " + std::to_string(count) +
                       (base == 8 ? " octal digits" : " hexadecimal digits");
            return false;
        }
        at_ += count;
        if (as_byte) {
            out_.push_back(static_cast<char>(static_cast<unsigned char>(code)));
            return true;
        }
        if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            problem_ = quoted(body_.substr(begin, at_ - begin)) + " is not a Unicode code point";
            return false;
        }
        append_utf8(out_, code);
        return true;
    }

    std::string_view body_;
    bool bytes_;
    std::size_t at_ = 0;
    std::string out_;
    std::string problem_;
};

}  // namespace

Literal text_literal(const Token& token, Arena& arena) {
    const bool bytes = token.kind == TokenKind::bytes;
    const std::size_t prefix = token.text.find_first_of("\"'");
    const bool raw = token.text.substr(0, prefix).find_first_of("rR") != std::string_view::npos;
    std::string_view body = token.text.substr(prefix);
    const bool triple = body.size() >= 6 && body[1] == body[0] && body[2] == body[0];
    body = body.substr(triple ? 3 : 1, body.size() - (triple ? 6 : 2));
    const auto value = [&](std::string_view text) { return bytes ? Value::bytes(text) : Value::string(text); };
    if (!bytes && !is_utf8(body)) return {{}, "this string is not valid UTF-8"};
    if (raw || body.find('\\') == std::string_view::npos) return {value(body), {}};
    Unescaper unescaper(body, bytes);
    if (!unescaper.run()) return {{}, std::move(unescaper.problem())};
    return {value(arena.copy(unescaper.text())), {}};
}

}  // namespace weir::expr
