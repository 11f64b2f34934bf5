// Strings: the standard functions and the string extension.

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/pattern.hpp"
#include "runtime/expr/utf8.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

// Linear in the lengths, where std::string_view::find may take their product.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0) noexcept {
    if (from > text.size()) return std::string_view::npos;
    if (part.empty()) return from;
    if (text.empty()) return std::string_view::npos;
    const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
    return found == nullptr ? std::string_view::npos
                            : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

bool charge_text(Context& context, const Value& value) { return context.charge(1 + value.as_text().size() / 16); }

Value contains(Context& context, Arguments a) {
    if (!charge_text(context, a[0])) return context.limit_error();
    return Value::boolean(find_text(a[0].as_text(), a[1].as_text()) != std::string_view::npos);
}
Value starts_with(Context&, Arguments a) { return Value::boolean(a[0].as_text().starts_with(a[1].as_text())); }
Value ends_with(Context&, Arguments a) { return Value::boolean(a[0].as_text().ends_with(a[1].as_text())); }

Value matches_text(Context& context, Arguments a) {
    if (!context.charge(20 * a[1].as_text().size())) return context.limit_error();
    const Pattern pattern = compile_pattern(a[1].as_text());
    if (!context.charge(compile_cost(pattern))) return context.limit_error();
    if (pattern.compiled == nullptr) return context.fail(ErrorKind::invalid_argument, pattern.problem);
    return matches(context, *pattern.compiled, a[0].as_text());
}

Value size_of_string(Context& context, Arguments a) {
    if (!charge_text(context, a[0])) return context.limit_error();
    return Value::integer(code_point_count(a[0].as_text()));
}
Value size_of_bytes(Context&, Arguments a) { return Value::integer(static_cast<std::int64_t>(a[0].as_text().size())); }
Value size_of_list(Context&, Arguments a) { return Value::integer(static_cast<std::int64_t>(a[0].as_list().size())); }
Value size_of_map(Context&, Arguments a) { return Value::integer(static_cast<std::int64_t>(a[0].as_map().size())); }

Value beyond(Context& context, std::int64_t index) {
    return context.fail(ErrorKind::index_out_of_range, "index out of range: " + std::to_string(index));
}

Value char_at(Context& context, Arguments a) {
    if (!charge_text(context, a[0])) return context.limit_error();
    const std::string_view text = a[0].as_text();
    const auto at = byte_offset(text, a[1].as_int());
    if (!at) return beyond(context, a[1].as_int());
    if (*at == text.size()) return Value::string("");
    return Value::string(text.substr(*at, first_code_point_size(text.substr(*at))));
}

Value position_value(std::string_view text, std::size_t at) {
    return Value::integer(at == std::string_view::npos ? -1 : code_point_count(text.substr(0, at)));
}

Value index_of(Context& context, Arguments a) {
    if (!charge_text(context, a[0])) return context.limit_error();
    const std::string_view text = a[0].as_text();
    const std::int64_t from = a.size() == 3 ? a[2].as_int() : 0;
    const auto begin = byte_offset(text, from);
    if (!begin) return beyond(context, from);
    return position_value(text, find_text(text, a[1].as_text(), *begin));
}

// The last place at or before `end` where `part` begins. Counts the comparisons, which may be many.
Value last_before(Context& context, std::string_view text, std::string_view part, std::size_t end) {
    if (part.size() > text.size()) return Value::integer(-1);
    for (std::size_t at = std::min(end, text.size() - part.size()) + 1; at-- > 0;) {
        if (text.substr(at, part.size()) == part) return position_value(text, at);
        if (!context.charge(part.size() / 64 + (at % 16 == 0 ? 1U : 0U))) return context.limit_error();
    }
    return Value::integer(-1);
}

Value last_index_of(Context& context, Arguments a) {
    const std::string_view text = a[0].as_text();
    if (!charge_text(context, a[0])) return context.limit_error();
    if (a.size() == 2) return last_before(context, text, a[1].as_text(), text.size());
    const auto end = byte_offset(text, a[2].as_int());
    return end ? last_before(context, text, a[1].as_text(), *end) : beyond(context, a[2].as_int());
}

template <class Change>
Value mapped(Context& context, std::string_view text, Change change) {
    if (!context.charge_bytes(text.size())) return context.limit_error();
    const auto place = context.arena().array<char>(text.size());
    std::ranges::transform(text, place.begin(), change);
    return Value::string({place.data(), place.size()});
}
Value lower_ascii(Context& context, Arguments a) {
    return mapped(context, a[0].as_text(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}
Value upper_ascii(Context& context, Arguments a) {
    return mapped(context, a[0].as_text(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

// Where the `index`-th replacement begins: an empty `old` stands before every code point and at the end.
std::size_t next_replacement(std::string_view text, std::string_view old, std::size_t from, bool first) {
    if (!old.empty() || first) return find_text(text, old, from);
    return from >= text.size() ? std::string_view::npos : from + first_code_point_size(text.substr(from));
}

Value replace(Context& context, Arguments a) {
    const std::string_view text = a[0].as_text();
    const std::string_view old = a[1].as_text();
    const std::string_view replacement = a[2].as_text();
    std::int64_t left = a.size() == 4 ? a[3].as_int() : -1;
    std::string result;
    std::size_t from = 0;
    for (bool first = true; left != 0; --left, first = false) {
        const std::size_t at = next_replacement(text, old, from, first);
        if (at == std::string_view::npos) break;
        result.append(text.substr(from, at - from)).append(replacement);
        from = at + old.size();
        if (!context.charge(1 + replacement.size() / 16) || !context.arena().fits(result.size())) break;
    }
    result.append(text.substr(from));
    return context.string(result);
}

Value split(Context& context, Arguments a) {
    std::string_view rest = a[0].as_text();
    const std::string_view separator = a[1].as_text();
    const std::int64_t limit = a.size() == 3 ? a[2].as_int() : -1;
    if (limit == 0) return context.list({});
    if (!charge_text(context, a[0])) return context.limit_error();
    std::vector<Value> parts;
    while (limit < 0 || static_cast<std::int64_t>(parts.size()) + 1 < limit) {
        if (!context.charge(1)) return context.limit_error();
        const std::size_t at = separator.empty() ? (rest.empty() ? std::string_view::npos : first_code_point_size(rest))
                                                 : find_text(rest, separator);
        if (at == std::string_view::npos || (separator.empty() && at == rest.size())) break;
        parts.push_back(Value::string(rest.substr(0, at)));
        rest.remove_prefix(at + separator.size());
    }
    if (!separator.empty() || !rest.empty()) parts.push_back(Value::string(rest));
    return context.copied_list(parts);
}

Value substring(Context& context, Arguments a) {
    if (!charge_text(context, a[0])) return context.limit_error();
    const std::string_view text = a[0].as_text();
    const auto begin = byte_offset(text, a[1].as_int());
    if (!begin) return beyond(context, a[1].as_int());
    if (a.size() == 2) return Value::string(text.substr(*begin));
    const auto end = byte_offset(text, a[2].as_int());
    if (!end) return beyond(context, a[2].as_int());
    if (*begin <= *end) return Value::string(text.substr(*begin, *end - *begin));
    return context.fail(ErrorKind::index_out_of_range, "invalid substring range: " + std::to_string(a[1].as_int()) +
                                                           " to " + std::to_string(a[2].as_int()));
}

// Unicode's White_Space.
bool is_blank(char32_t c) noexcept {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

Value trim(Context& context, Arguments a) {
    if (!charge_text(context, a[0])) return context.limit_error();
    std::string_view text = a[0].as_text();
    while (!text.empty() && is_blank(code_point_at(text))) text.remove_prefix(first_code_point_size(text));
    while (!text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && continues_utf8(text[last])) --last;
        if (!is_blank(code_point_at(text.substr(last)))) break;
        text = text.substr(0, last);
    }
    return Value::string(text);
}

Value join(Context& context, Arguments a) {
    const std::string_view separator = a.size() == 2 ? a[1].as_text() : std::string_view();
    const auto items = a[0].as_list().items(context.arena());
    std::size_t total = 0;
    for (const Value& item : items) {
        if (item.is_error()) return item;
        if (!item.is(Kind::string)) return no_such_overload(context, "join", std::array{a[0], item});
        total += item.as_text().size() + separator.size();
    }
    if (!context.charge(items.size()) || !context.charge_bytes(total)) return context.limit_error();
    const auto place = context.arena().array<char>(total);
    std::size_t at = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) at += separator.copy(place.data() + at, separator.size());
        at += items[i].as_text().copy(place.data() + at, items[i].as_text().size());
    }
    return Value::string({place.data(), at});
}

Value reverse(Context& context, Arguments a) {
    std::string_view rest = a[0].as_text();
    if (!context.charge_bytes(rest.size())) return context.limit_error();
    const auto place = context.arena().array<char>(rest.size());
    std::size_t end = rest.size();
    while (!rest.empty()) {
        const std::size_t size = first_code_point_size(rest);
        end -= size;
        rest.copy(place.data() + end, size);
        rest.remove_prefix(size);
    }
    return Value::string({place.data(), place.size()});
}

Value quote(Context& context, Arguments a) {
    constexpr std::string_view kSpecial = "\a\b\f\n\r\t\v\\\"";
    constexpr std::string_view kLetters = "abfnrtv\\\"";
    if (!context.charge_bytes(2 * a[0].as_text().size())) return context.limit_error();
    std::string result = "\"";
    for (const char c : a[0].as_text()) {
        const std::size_t special = kSpecial.find(c);
        if (special != std::string_view::npos) result += '\\';
        result += special == std::string_view::npos ? c : kLetters[special];
    }
    return context.string(result + "\"");
}

constexpr std::string_view kSection = "Strings";

std::vector<Declaration> standard() {
    return {
        {kSection,
         "size",
         "Code points of a text, bytes of bytes, elements of a list, entries of a map.",
         {{"size(string) -> int", size_of_string},
          {"size(bytes) -> int", size_of_bytes},
          {"size(list(T)) -> int", size_of_list},
          {"size(map(K, V)) -> int", size_of_map},
          {"string.size() -> int", size_of_string},
          {"bytes.size() -> int", size_of_bytes},
          {"list(T).size() -> int", size_of_list},
          {"map(K, V).size() -> int", size_of_map}},
         {{"size('héllo')", "5"}, {"[1, 2].size()", "2"}, {"size({'a': 1})", "1"}}},
        {kSection,
         "contains",
         "Is the other text part of this?",
         {{"string.contains(string) -> bool", contains}},
         {{"'invoice'.contains('voice')", "true"}}},
        {kSection,
         "startsWith",
         "Does this text begin with the other?",
         {{"string.startsWith(string) -> bool", starts_with}},
         {{"'INV-7'.startsWith('INV-')", "true"}}},
        {kSection,
         "endsWith",
         "Does this text end with the other?",
         {{"string.endsWith(string) -> bool", ends_with}},
         {{"'a.csv'.endsWith('.csv')", "true"}}},
        {kSection,
         "matches",
         "Does a part of the text match the regular expression (RE2 syntax)? Anchor it with ^ and $.",
         {{"string.matches(string) -> bool", matches_text}, {"matches(string, string) -> bool", matches_text}},
         {{"'INV-0042'.matches('^INV-[0-9]{4}$')", "true"},
          {"matches('abc', 'b')", "true"},
          {"'a'.matches('(')", "error"}}},
    };
}

std::vector<Declaration> searching() {
    return {
        {kSection,
         "charAt",
         "The character at a position counted from 0; empty directly behind the last.",
         {{"string.charAt(int) -> string", char_at}},
         {{"'hello'.charAt(4)", "'o'"}, {"'hello'.charAt(5)", "''"}, {"'hello'.charAt(6)", "error"}}},
        {kSection,
         "indexOf",
         "Where the other text begins first, from a position on; -1 when it does not.",
         {{"string.indexOf(string) -> int", index_of}, {"string.indexOf(string, int) -> int", index_of}},
         {{"'hello mellow'.indexOf('ello')", "1"},
          {"'hello mellow'.indexOf('ello', 2)", "7"},
          {"'a'.indexOf('b')", "-1"}}},
        {kSection,
         "lastIndexOf",
         "Where the other text begins last, up to a position; -1 when it does not.",
         {{"string.lastIndexOf(string) -> int", last_index_of},
          {"string.lastIndexOf(string, int) -> int", last_index_of}},
         {{"'hello mellow'.lastIndexOf('ello')", "7"}, {"'hello mellow'.lastIndexOf('ello', 6)", "1"}}},
        {kSection,
         "substring",
         "The characters from a position on, up to a second one.",
         {{"string.substring(int) -> string", substring}, {"string.substring(int, int) -> string", substring}},
         {{"'tacocat'.substring(4)", "'cat'"}, {"'tacocat'.substring(0, 4)", "'taco'"}, {"'a'.substring(2)", "error"}}},
    };
}

std::vector<Declaration> changing() {
    return {
        {kSection,
         "lowerAscii",
         "A to Z as small letters, everything else as it is.",
         {{"string.lowerAscii() -> string", lower_ascii}},
         {{"'TacoCat'.lowerAscii()", "'tacocat'"}}},
        {kSection,
         "upperAscii",
         "a to z as capitals, everything else as it is.",
         {{"string.upperAscii() -> string", upper_ascii}},
         {{"'TacoCat'.upperAscii()", "'TACOCAT'"}}},
        {kSection,
         "replace",
         "Another text in the place of one, everywhere or at most so often.",
         {{"string.replace(string, string) -> string", replace},
          {"string.replace(string, string, int) -> string", replace}},
         {{"'a-b-c'.replace('-', '')", "'abc'"}, {"'a-b-c'.replace('-', '+', 1)", "'a+b-c'"}}},
        {kSection,
         "split",
         "The parts between separators, at most so many.",
         {{"string.split(string) -> list(string)", split}, {"string.split(string, int) -> list(string)", split}},
         {{"'a,b,c'.split(',')", "['a', 'b', 'c']"}, {"'a,b,c'.split(',', 2)", "['a', 'b,c']"}}},
        {kSection,
         "join",
         "The texts of a list as one, with a separator.",
         {{"list(string).join() -> string", join}, {"list(string).join(string) -> string", join}},
         {{"['a', 'b'].join('-')", "'a-b'"}, {"[].join()", "''"}}},
        {kSection,
         "trim",
         "Without blanks at both ends.",
         {{"string.trim() -> string", trim}},
         {{"'  a b '.trim()", "'a b'"}}},
        {kSection,
         "reverse",
         "The characters backwards.",
         {{"string.reverse() -> string", reverse}},
         {{"'gums'.reverse()", "'smug'"}}},
        {kSection,
         "strings.quote",
         "In quotes, with escapes, as a literal of this language.",
         {{"strings.quote(string) -> string", quote}},
         {{"strings.quote('a\\n')", "'\"a\\\\n\"'"}}},
    };
}

}  // namespace

std::vector<Declaration> string_declarations() {
    std::vector<Declaration> all = standard();
    for (auto* part : {&searching, &changing}) {
        for (Declaration& declaration : (*part)()) all.push_back(std::move(declaration));
    }
    return all;
}

}  // namespace weir::expr
