#include "runtime/config/node.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/base/text.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool all_of(std::string_view text, bool (*test)(char)) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

std::string_view without_sign(std::string_view text) noexcept {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    return text;
}

bool is_core_integer(std::string_view text) noexcept {
    if (text.starts_with("0o")) return all_of(text.substr(2), [](char c) { return c >= '0' && c <= '7'; });
    if (text.starts_with("0x")) {
        return all_of(text.substr(2),
                      [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
    }
    return all_of(without_sign(text), is_digit);
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_core_float(std::string_view text) noexcept {
    text = without_sign(text);
    if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" || text == ".NAN") {
        return true;
    }
    if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
        if (!all_of(without_sign(text.substr(e + 1)), is_digit)) return false;
        text = text.substr(0, e);
    }
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return all_of(text, is_digit);
    const std::string_view whole = text.substr(0, dot);
    const std::string_view fraction = text.substr(dot + 1);
    if (whole.empty()) return all_of(fraction, is_digit);
    return all_of(whole, is_digit) && (fraction.empty() || all_of(fraction, is_digit));
}

// JSON (RFC 8259, 6) knows neither "+1", "007", ".5", "5." nor 0x1F; the digits themselves are never touched.
std::string json_number(std::string_view text) {
    if (text.starts_with("0o") || text.starts_with("0x")) {
        std::uint64_t value = 0;
        const int base = text[1] == 'o' ? 8 : 16;
        const auto end = std::from_chars(text.data() + 2, text.data() + text.size(), value, base);
        if (end.ec == std::errc{}) return std::to_string(value);
        std::string quoted;
        append_json_string(quoted, text);
        return quoted;  // above 2^64: the schema refuses a string where it wants a number
    }
    std::string out = text.starts_with('-') ? "-" : "";
    text = without_sign(text);
    const std::size_t digits = std::min(text.find_first_of(".eE"), text.size());
    std::string_view whole = text.substr(0, digits);
    while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
    out += whole.empty() ? "0" : whole;
    std::string_view rest = text.substr(digits);
    if (rest == "." || rest.starts_with(".e") || rest.starts_with(".E")) rest.remove_prefix(1);
    return out.append(rest);
}

void append_json(std::string& out, const Node& node);

void append_members(std::string& out, const Node& node) {
    out += '{';
    for (const Member& member : node.members) {
        if (out.back() != '{') out += ',';
        append_json_string(out, member.key);
        out += ':';
        append_json(out, member.value);
    }
    out += '}';
}

void append_items(std::string& out, const Node& node) {
    out += '[';
    for (const Node& item : node.items) {
        if (out.back() != '[') out += ',';
        append_json(out, item);
    }
    out += ']';
}

void append_json(std::string& out, const Node& node) {
    if (!node.secret.empty()) {
        out += R"({"$secret":)";
        append_json_string(out, node.secret);
        out += '}';
        return;
    }
    switch (node.kind) {
        case Node::Kind::null:
            out += "null";
            return;
        case Node::Kind::boolean:
            out += node.text.front() == 't' || node.text.front() == 'T' ? "true" : "false";
            return;
        case Node::Kind::integer:
        case Node::Kind::number:
            out += json_number(node.text);
            return;
        case Node::Kind::string:
            append_json_string(out, node.text);
            return;
        case Node::Kind::sequence:
            append_items(out, node);
            return;
        case Node::Kind::map:
            append_members(out, node);
            return;
    }
}

}  // namespace

const Member* Node::find(std::string_view key) const noexcept {
    const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
    return found == members.end() ? nullptr : &*found;
}

Member* Node::find(std::string_view key) noexcept {
    return const_cast<Member*>(static_cast<const Node&>(*this).find(key));  // NOLINT: the object is not const
}

bool Node::reads_as(Kind wanted) const {
    if (!secret.empty()) return false;
    return kind == wanted || (retypable && core_kind(text) == wanted);
}

Node::Kind core_kind(std::string_view plain) noexcept {
    const auto is_one_of = [&](auto... words) { return ((plain == words) || ...); };
    if (is_one_of("", "~", "null", "Null", "NULL")) return Node::Kind::null;
    if (is_one_of("true", "True", "TRUE", "false", "False", "FALSE")) return Node::Kind::boolean;
    if (is_core_integer(plain)) return Node::Kind::integer;
    if (is_core_float(plain)) return Node::Kind::number;
    return Node::Kind::string;
}

std::string describe(const Node& node) {
    if (!node.secret.empty()) return "a secret";
    if (!node.reference.empty()) return "the value of " + quote(node.reference);
    switch (node.kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::boolean:
        case Node::Kind::integer:
        case Node::Kind::number:
            return node.text;
        case Node::Kind::string:
            return quote(node.text);
        case Node::Kind::sequence:
            return "a list";
        case Node::Kind::map:
            return "a map";
    }
    return "?";
}

std::string to_json(const Node& node) {
    std::string out;
    append_json(out, node);
    return out;
}

}  // namespace weir::config
