#include "runtime/expr/lexer.hpp"

#include <algorithm>
#include <array>

namespace weir::expr {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool starts_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool continues_name(char c) noexcept { return starts_name(c) || is_digit(c); }
constexpr bool in_quoted_name(char c) noexcept {
    return continues_name(c) || c == '.' || c == '-' || c == '/' || c == ' ';
}

// `r"`, `b'`, `Rb"""`: how many letters stand before the quote, or npos when this is no string.
std::size_t string_prefix(std::string_view text) noexcept {
    std::size_t letters = 0;
    bool raw = false, bytes = false;
    for (; letters < text.size() && letters < 2; ++letters) {
        const char c = text[letters];
        bool* seen = c == 'r' || c == 'R' ? &raw : (c == 'b' || c == 'B' ? &bytes : nullptr);
        if (seen == nullptr || *seen) break;
        *seen = true;
    }
    const bool quoted = letters < text.size() && (text[letters] == '"' || text[letters] == '\'');
    return quoted ? letters : std::string_view::npos;
}

}  // namespace

bool is_reserved(std::string_view word) noexcept {
    constexpr std::array<std::string_view, 17> kWords = {"as",        "break",  "const",  "continue", "else", "for",
                                                         "function",  "if",     "import", "let",      "loop", "package",
                                                         "namespace", "return", "var",    "void",     "while"};
    return std::ranges::find(kWords, word) != kWords.end();
}

std::string describe(const Token& token) {
    if (token.kind == TokenKind::end) return "the end of the expression";
    constexpr std::size_t kShownMax = 40;
    std::string text(token.text.substr(0, kShownMax));
    if (token.text.size() > kShownMax) text += "...";
    return token.kind == TokenKind::string || token.kind == TokenKind::bytes ? text : "\"" + text + "\"";
}

Token Lexer::next() {
    skip_blanks();
    if (!has(0)) return token(TokenKind::end, at_);
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (const std::size_t prefix = string_prefix(source_.substr(at_)); prefix != std::string_view::npos) {
        return string(prefix);
    }
    // Names that begin with @ cannot be written by accident: the optimiser's (cel.block) are so.
    if (starts_name(c) || (c == '@' && starts_name(peek(1)))) return identifier();
    if (c == '`') return quoted_identifier();
    return symbol();
}

void Lexer::skip_blanks() noexcept {
    while (has(0)) {
        const char c = peek();
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            ++at_;
        } else if (c == '/' && peek(1) == '/') {
            at_ = std::min(source_.find('\n', at_), source_.size());
        } else {
            return;
        }
    }
}

Token Lexer::invalid(std::size_t begin, std::string problem) {
    problem_ = std::move(problem);
    at_ = std::max(at_, begin + 1);
    return token(TokenKind::invalid, begin);
}

Token Lexer::number() {
    const std::size_t begin = at_;
    const auto digits = [&] {
        while (is_digit(peek())) ++at_;
    };
    TokenKind kind = TokenKind::integer;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
        at_ += 2;
        while (is_hex(peek())) ++at_;
    } else {
        digits();
        if (peek() == '.' && is_digit(peek(1))) {
            kind = TokenKind::real;
            ++at_;
            digits();
        }
        const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
        if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
            kind = TokenKind::real;
            at_ += sign;
            digits();
        }
    }
    if (kind == TokenKind::integer && (peek() == 'u' || peek() == 'U')) {
        kind = TokenKind::uinteger;
        ++at_;
    }
    if (continues_name(peek())) {
        while (continues_name(peek())) ++at_;
        return invalid(begin, "\"" + std::string(source_.substr(begin, at_ - begin)) + "\" is not a number");
    }
    return token(kind, begin);
}

Token Lexer::identifier() {
    const std::size_t begin = at_++;
    while (continues_name(peek())) ++at_;
    const std::string_view text = source_.substr(begin, at_ - begin);
    if (text == "true") return token(TokenKind::key_true, begin);
    if (text == "false") return token(TokenKind::key_false, begin);
    if (text == "null") return token(TokenKind::key_null, begin);
    if (text == "in") return token(TokenKind::in, begin);
    return token(TokenKind::identifier, begin);
}

Token Lexer::quoted_identifier() {
    const std::size_t begin = at_++;
    while (in_quoted_name(peek())) ++at_;
    if (peek() != '`' || at_ == begin + 1) {
        return invalid(begin, "a quoted name needs a closing ` and may have letters, digits and _ . - / and spaces");
    }
    ++at_;
    return token(TokenKind::quoted_identifier, begin);
}

Token Lexer::string(std::size_t prefix) {
    const std::size_t begin = at_;
    const std::string_view letters = source_.substr(begin, prefix);
    const bool raw = letters.find_first_of("rR") != std::string_view::npos;
    const bool bytes = letters.find_first_of("bB") != std::string_view::npos;
    at_ += prefix;
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    at_ += triple ? 3 : 1;
    while (has(0)) {
        const char c = peek();
        if (c == '\\' && !raw && has(1)) {
            at_ += 2;
        } else if (!triple && (c == '\n' || c == '\r')) {
            break;
        } else if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
            at_ += triple ? 3 : 1;
            return token(bytes ? TokenKind::bytes : TokenKind::string, begin);
        } else {
            ++at_;
        }
    }
    return invalid(begin, "this string is not closed");
}

Token Lexer::symbol() {
    struct Symbol {
        std::string_view text;
        TokenKind kind;
    };
    // The longer first.
    static constexpr std::array<Symbol, 25> kSymbols = {{
        {"&&", TokenKind::logical_and}, {"||", TokenKind::logical_or},   {"==", TokenKind::equal},
        {"!=", TokenKind::not_equal},   {"<=", TokenKind::less_equal},   {">=", TokenKind::greater_equal},
        {"?", TokenKind::question},     {":", TokenKind::colon},         {",", TokenKind::comma},
        {".", TokenKind::dot},          {"(", TokenKind::left_paren},    {")", TokenKind::right_paren},
        {"[", TokenKind::left_bracket}, {"]", TokenKind::right_bracket}, {"{", TokenKind::left_brace},
        {"}", TokenKind::right_brace},  {"+", TokenKind::plus},          {"-", TokenKind::minus},
        {"*", TokenKind::star},         {"/", TokenKind::slash},         {"%", TokenKind::percent},
        {"!", TokenKind::bang},         {"<", TokenKind::less},          {">", TokenKind::greater},
        {"=", TokenKind::invalid},
    }};
    const std::size_t begin = at_;
    for (const Symbol& symbol : kSymbols) {
        if (!source_.substr(at_).starts_with(symbol.text)) continue;
        at_ += symbol.text.size();
        if (symbol.kind == TokenKind::invalid) return invalid(begin, "\"=\" is no operator; equality is \"==\"");
        return token(symbol.kind, begin);
    }
    const char c = peek();
    if (c == '&' || c == '|')
        return invalid(begin, std::string("\"") + c + "\" is no operator; did you mean \"" + c + c + "\"?");
    if (c > ' ' && c < 127) return invalid(begin, std::string("unexpected character \"") + c + "\"");
    return invalid(begin, "unexpected character outside of a string");
}

}  // namespace weir::expr
