#include "json_scan.hpp"

#include <array>
#include <bitset>
#include <charconv>
#include <cstring>

namespace http_plugin {

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101u;
constexpr std::uint64_t kHighs = 0x8080808080808080u;

// Non-zero when one of eight bytes is zero (Hacker's Delight, section 6-1); exact up to the first such byte.
constexpr std::uint64_t has_zero(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

// Which of eight bytes ends a run of plain string characters: a quote, a backslash or a control character.
std::uint64_t special_bytes(std::uint64_t word) {
    const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
    return control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::uint32_t hex4(const char* at) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value * 16 + static_cast<std::uint32_t>(hex_value(at[i]));
    return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        tail(6), tail(0);
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        tail(12), tail(6), tail(0);
    }
}

}  // namespace

void JsonScanner::skip_space() noexcept {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

char JsonScanner::peek() noexcept {
    skip_space();
    return at_ < end_ ? *at_ : '\0';
}

bool JsonScanner::take(char c) noexcept {
    if (peek() != c || at_ == end_) return false;
    ++at_;
    return true;
}

bool JsonScanner::key(JsonValue& out) noexcept {
    if (peek() != '"') return false;
    const char* start = at_;
    out.escaped = false;
    if (!string(out.escaped)) return false;
    out.kind = JsonKind::string;
    out.depth = 0;
    out.raw = {start, static_cast<std::size_t>(at_ - start)};
    return take(':');
}

bool JsonScanner::value(JsonValue& out) noexcept {
    skip_space();
    const char* start = at_;
    out.escaped = false;
    out.depth = 0;
    const bool valid = at_ < end_ && (*at_ == '{' || *at_ == '[') ? nested(out) : scalar(out);
    out.raw = {start, static_cast<std::size_t>(at_ - start)};
    return valid;
}

// On the opening quote; afterwards behind the closing one.
bool JsonScanner::string(bool& escaped) noexcept {
    ++at_;
    for (;;) {
        while (end_ - at_ >= 8) {
            std::uint64_t word;
            std::memcpy(&word, at_, sizeof word);
            const std::uint64_t found = special_bytes(word);
            if (found != 0) {
                at_ += __builtin_ctzll(found) / 8;  // little endian, as the ABI's LP64 targets are
                break;
            }
            at_ += 8;
        }
        while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
        if (at_ == end_) return false;
        if (*at_ == '"') {
            ++at_;
            return true;
        }
        if (*at_ != '\\' || !escape()) return false;
        escaped = true;
    }
}

bool JsonScanner::escape() noexcept {
    ++at_;
    if (at_ == end_) return false;
    if (*at_ != 'u') {
        if (std::string_view("\"\\/bfnrt").find(*at_) == std::string_view::npos) return false;
        ++at_;
        return true;
    }
    if (end_ - at_ < 5) return false;
    for (int i = 1; i <= 4; ++i) {
        if (hex_value(at_[i]) < 0) return false;
    }
    at_ += 5;
    return true;
}

bool JsonScanner::digits() noexcept {
    const char* start = at_;
    while (at_ < end_ && is_digit(*at_)) ++at_;
    return at_ != start;
}

bool JsonScanner::number() noexcept {
    if (at_ < end_ && *at_ == '-') ++at_;
    if (at_ < end_ && *at_ == '0') {
        ++at_;  // no leading zeros
    } else if (!digits()) {
        return false;
    }
    if (at_ < end_ && *at_ == '.') {
        ++at_;
        if (!digits()) return false;
    }
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
        ++at_;
        if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
        if (!digits()) return false;
    }
    return true;
}

bool JsonScanner::literal(std::string_view word) noexcept {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word) return false;
    at_ += word.size();
    return true;
}

bool JsonScanner::scalar(JsonValue& out) noexcept {
    if (at_ == end_) return false;
    switch (*at_) {
        case '"':
            out.kind = JsonKind::string;
            return string(out.escaped);
        case 't':
            out.kind = JsonKind::boolean;
            return literal("true");
        case 'f':
            out.kind = JsonKind::boolean;
            return literal("false");
        case 'n':
            out.kind = JsonKind::null;
            return literal("null");
        default:
            out.kind = JsonKind::number;
            return number();
    }
}

// Not recursive: how deep a stranger's text is must not be how deep our stack is.
bool JsonScanner::nested(JsonValue& out) noexcept {
    const JsonKind outer = *at_ == '{' ? JsonKind::object : JsonKind::array;
    std::bitset<kDepthMax> objects;  // of each open level: is it an object
    std::uint32_t open = 0;
    std::uint32_t deepest = 0;
    JsonValue inner;
    for (;;) {
        // At a value, or at the end of a container that has just been opened.
        const char c = peek();
        if (c == '{' || c == '[') {
            if (open == kDepthMax) return false;
            ++at_;
            objects[open++] = c == '{';
            deepest = open > deepest ? open : deepest;
            if (peek() != (c == '{' ? '}' : ']')) {
                if (c == '{' && !key(inner)) return false;
                continue;
            }
        } else if (!scalar(inner)) {
            return false;
        }
        // Behind a value, or before the bracket of an empty container.
        for (;;) {
            const char next = peek();
            if (next == ',') break;
            if (next != (objects[open - 1] ? '}' : ']')) return false;
            ++at_;
            if (--open == 0) {
                out.kind = outer;
                out.escaped = false;
                out.depth = deepest;
                return true;
            }
        }
        ++at_;
        if (objects[open - 1] && !key(inner)) return false;
    }
}

bool unescape_json(std::string_view inner, std::string& out) {
    for (std::size_t i = 0; i < inner.size(); ++i) {
        if (inner[i] != '\\') {
            out += inner[i];
            continue;
        }
        const char c = inner[++i];
        if (c != 'u') {
            constexpr std::string_view kNames = "bfnrt";
            constexpr std::string_view kMeanings = "\b\f\n\r\t";
            const auto name = kNames.find(c);
            out += name == std::string_view::npos ? c : kMeanings[name];
            continue;
        }
        std::uint32_t code = hex4(inner.data() + i + 1);
        i += 4;
        if (code >= 0xD800 && code <= 0xDFFF) {
            if (code >= 0xDC00 || i + 6 >= inner.size() || inner[i + 1] != '\\' || inner[i + 2] != 'u') return false;
            const std::uint32_t low = hex4(inner.data() + i + 3);
            if (low < 0xDC00 || low > 0xDFFF) return false;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
        }
        append_utf8(out, code);
    }
    return true;
}

namespace {

bool key_is(const JsonValue& key, std::string_view wanted) {
    if (!key.escaped) return key.inner() == wanted;
    std::string plain;
    return unescape_json(key.inner(), plain) && plain == wanted;
}

std::string pointer_token(std::string_view raw) {
    std::string token;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const bool escape = raw[i] == '~' && i + 1 < raw.size();
        token += escape ? (raw[++i] == '1' ? '/' : '~') : raw[i];
    }
    return token;
}

std::optional<JsonValue> member(std::string_view text, const std::string& token) {
    JsonScanner scanner(text);
    JsonValue key;
    JsonValue value;
    if (!scanner.take('{') || scanner.peek() == '}') return std::nullopt;
    do {
        if (!scanner.key(key) || !scanner.value(value)) return std::nullopt;
        if (key_is(key, token)) return value;
    } while (scanner.take(','));
    return std::nullopt;
}

std::optional<JsonValue> element(std::string_view text, const std::string& token) {
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
    JsonScanner scanner(text);
    JsonValue value;
    if (!scanner.take('[') || scanner.peek() == ']') return std::nullopt;
    do {
        if (!scanner.value(value)) return std::nullopt;
        if (index-- == 0) return value;
    } while (scanner.take(','));
    return std::nullopt;
}

}  // namespace

std::optional<JsonValue> find_json(std::string_view text, std::string_view pointer) {
    JsonScanner scanner(text);
    JsonValue found;
    if (!scanner.value(found)) return std::nullopt;
    while (!pointer.empty()) {
        if (pointer.front() != '/') return std::nullopt;
        const auto end = pointer.find('/', 1);
        const std::string token = pointer_token(pointer.substr(1, end == std::string_view::npos ? end : end - 1));
        pointer = end == std::string_view::npos ? std::string_view{} : pointer.substr(end);
        std::optional<JsonValue> next;
        if (found.kind == JsonKind::object) next = member(found.raw, token);
        if (found.kind == JsonKind::array) next = element(found.raw, token);
        if (!next) return std::nullopt;
        found = *next;
    }
    return found;
}

std::optional<std::string> json_text(const JsonValue& value) {
    if (value.kind == JsonKind::number || value.kind == JsonKind::boolean) return std::string(value.raw);
    std::string text;
    if (value.kind != JsonKind::string || !unescape_json(value.inner(), text) || text.empty()) return std::nullopt;
    return text;
}

void append_json(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            constexpr std::string_view kHex = "0123456789abcdef";
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

}  // namespace http_plugin
