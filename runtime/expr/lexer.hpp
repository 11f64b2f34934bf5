// Text into tokens (langdef.md, "Syntax"). Strings are recognised here and decoded in literals.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/expr/problem.hpp"

namespace weir::expr {

enum class TokenKind : std::uint8_t {
    end,
    invalid,  // Lexer::problem() says why
    identifier,
    quoted_identifier,  // `content-type`, as a field's name only
    integer,
    uinteger,
    real,
    string,
    bytes,
    key_true,
    key_false,
    key_null,
    in,
    question,
    colon,
    comma,
    dot,
    left_paren,
    right_paren,
    left_bracket,
    right_bracket,
    left_brace,
    right_brace,
    plus,
    minus,
    star,
    slash,
    percent,
    bang,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    logical_and,
    logical_or,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::uint32_t offset = 0;
    std::string_view text;
};

class Lexer {
  public:
    explicit Lexer(std::string_view source) : source_(source) {}
    [[nodiscard]] Token next();
    // Of the last `invalid` token.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  private:
    void skip_blanks() noexcept;
    [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
    }
    [[nodiscard]] bool has(std::size_t ahead) const noexcept { return at_ + ahead < source_.size(); }
    [[nodiscard]] Token token(TokenKind kind, std::size_t begin) const noexcept {
        return {kind, static_cast<std::uint32_t>(begin), source_.substr(begin, at_ - begin)};
    }
    [[nodiscard]] Token invalid(std::size_t begin, std::string problem);
    [[nodiscard]] Token number();
    [[nodiscard]] Token identifier();
    [[nodiscard]] Token quoted_identifier();
    [[nodiscard]] Token string(std::size_t prefix);
    [[nodiscard]] Token symbol();

    std::string_view source_;
    std::size_t at_ = 0;
    std::string problem_;
};

// Words kept for other languages' keywords: no variable, but a field or a method may be named so.
[[nodiscard]] bool is_reserved(std::string_view word) noexcept;
// How the parser names what it found: `"&&"`, `the end of the expression`.
[[nodiscard]] std::string describe(const Token& token);

}  // namespace weir::expr
