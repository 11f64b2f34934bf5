#include "runtime/lint/expression_text.hpp"

#include <algorithm>
#include <cctype>

namespace weir::lint {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Behind the text literal that begins at `at`. A missing end is the end of the expression: others report that.
std::size_t skip_text(std::string_view expression, std::size_t at) {
    const char quote = expression[at];
    for (++at; at < expression.size() && expression[at] != quote; ++at) {
        if (expression[at] == '\\') ++at;
    }
    return std::min(at + 1, expression.size());
}

std::size_t skip_spaces(std::string_view expression, std::size_t at) {
    while (at < expression.size() && is_space(expression[at])) ++at;
    return at;
}

struct Word {
    std::string_view text;
    char before = 0;  // the last character that is no space; 0 at the start
    std::size_t end = 0;
};

// Calls `visit(Word)` for each name or number outside of texts.
void for_each_word(std::string_view expression, const auto& visit) {
    char before = 0;
    for (std::size_t at = 0; at < expression.size();) {
        const char c = expression[at];
        if (c == '"' || c == '\'') {
            at = skip_text(expression, at);
            before = c;
        } else if (is_word(c)) {
            std::size_t end = at;
            while (end < expression.size() && is_word(expression[end])) ++end;
            visit(Word{expression.substr(at, end - at), before, end});
            before = c;
            at = end;
        } else {
            if (!is_space(c)) before = c;
            ++at;
        }
    }
}

}  // namespace

void add_lookups(std::string_view expression, Lookups& lookups) {
    for_each_word(expression, [&](const Word& word) {
        if (word.text != "lookup" || word.before == '.') return;
        const std::size_t open = skip_spaces(expression, word.end);
        if (open >= expression.size() || expression[open] != '(') return;
        const std::size_t start = skip_spaces(expression, open + 1);
        if (start >= expression.size()) return;
        const char quote = expression[start];
        const std::size_t end = quote == '"' || quote == '\'' ? skip_text(expression, start) : start;
        const std::size_t next = skip_spaces(expression, end);
        if (end < start + 2 || next >= expression.size() || expression[next] != ',') {
            lookups.any = true;
            return;
        }
        lookups.tables.emplace_back(expression.substr(start + 1, end - start - 2));
    });
}

}  // namespace weir::lint
