// JSON on the record path: a parser that keeps numbers as written, and a writer.
//
// Reading goes into a flat tape that the parser reuses: after the first records nothing is allocated. Numbers stay text
// (no double ever; <weir/decimal.hpp> reads them exactly, however long), keys that stand twice in one object are an
// error (RFC 8259, section 4: receivers disagree about them, and here they may be amounts), UTF-8 and escapes are
// checked.
//
// long: one header for a plugin's author to include, and reader and views share the layout of the tape.
#pragma once

#include <weir/result.hpp>

#include <simdjson.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
inline namespace sdk_1 {

enum class JsonType : std::uint8_t { absent, null, boolean, number, string, array, object };

[[nodiscard]] constexpr std::string_view to_string(JsonType type) noexcept {
    constexpr std::string_view kNames[] = {"absent", "null", "boolean", "number", "string", "array", "object"};
    return kNames[static_cast<std::size_t>(type)];
}

namespace detail {
struct JsonNode {
    const char* text;    // of a string: unescaped, without quotes; of everything else: as written
    std::uint32_t size;  // of text
    std::uint32_t raw_begin;
    std::uint32_t raw_end;
    std::uint32_t next;   // index behind this value and all inside it
    std::uint32_t count;  // of elements or members
    JsonType type;
};
// Most keys differ in length or in the first byte: a call of memcmp costs more than to see that.
[[nodiscard]] inline bool same_key(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    return a.empty() || (a.front() == b.front() && std::memcmp(a.data(), b.data(), a.size()) == 0);
}
}  // namespace detail

// A value in a parsed document: a view, valid until its parser parses again and while the parsed text lives. Asking for
// what is not there gives the absent value, so that doc["a"]["b"] needs no checks in between.
class JsonValue {
  public:
    JsonValue() noexcept = default;  // absent
    JsonValue(const detail::JsonNode* node, const char* document) noexcept : node_(node), document_(document) {}

    [[nodiscard]] JsonType type() const noexcept { return node_ == nullptr ? JsonType::absent : node_->type; }
    [[nodiscard]] bool exists() const noexcept { return node_ != nullptr; }
    [[nodiscard]] bool is_null() const noexcept { return type() == JsonType::null; }
    [[nodiscard]] bool is_string() const noexcept { return type() == JsonType::string; }
    [[nodiscard]] bool is_number() const noexcept { return type() == JsonType::number; }
    [[nodiscard]] bool is_boolean() const noexcept { return type() == JsonType::boolean; }
    [[nodiscard]] bool is_array() const noexcept { return type() == JsonType::array; }
    [[nodiscard]] bool is_object() const noexcept { return type() == JsonType::object; }

    // nullopt when it is something else.
    [[nodiscard]] std::optional<std::string_view> string() const noexcept {
        if (!is_string()) return std::nullopt;
        return std::string_view(node_->text, node_->size);
    }
    // As written: "9980", "1.50e3".
    [[nodiscard]] std::optional<std::string_view> number_text() const noexcept {
        if (!is_number()) return std::nullopt;
        return std::string_view(node_->text, node_->size);
    }
    // nullopt also for a number that is not written as a whole number, or does not fit.
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept {
        if (!is_number()) return std::nullopt;
        std::int64_t value = 0;
        const char* const end = node_->text + node_->size;
        const auto [stop, error] = std::from_chars(node_->text, end, value);
        if (error != std::errc{} || stop != end) return std::nullopt;
        return value;
    }
    [[nodiscard]] std::optional<bool> boolean() const noexcept {
        if (!is_boolean()) return std::nullopt;
        return node_->text[0] == 't';
    }
    // The bytes of this value in the document, as written.
    [[nodiscard]] std::string_view raw() const noexcept {
        if (node_ == nullptr) return {};
        return {document_ + node_->raw_begin, node_->raw_end - node_->raw_begin};
    }

    // Elements or members; 0 for anything else.
    [[nodiscard]] std::size_t size() const noexcept { return is_array() || is_object() ? node_->count : 0; }

    // Member `key`; absent when there is none or this is no object. Looks at the members in order.
    [[nodiscard]] JsonValue operator[](std::string_view key) const noexcept {
        if (!is_object()) return {};
        const detail::JsonNode* member = node_ + 1;
        for (std::uint32_t i = 0; i < node_->count; ++i) {
            const detail::JsonNode* value = member + 1;
            if (detail::same_key({member->text, member->size}, key)) return {value, document_};
            member = after(value);
        }
        return {};
    }
    [[nodiscard]] JsonValue operator[](const char* key) const noexcept { return (*this)[std::string_view(key)]; }
    // Element `index`; absent when there is none. Steps over the ones before it.
    [[nodiscard]] JsonValue at(std::size_t index) const noexcept {
        if (!is_array() || index >= node_->count) return {};
        const detail::JsonNode* element = node_ + 1;
        while (index-- > 0) element = after(element);
        return {element, document_};
    }
    // RFC 6901: "/lines/0/amount"; "" is this value. Absent when it leads nowhere.
    [[nodiscard]] JsonValue pointer(std::string_view path) const;

    // for (const auto& [key, value] : object.members()), for (const JsonValue element : array.elements())
    template <bool kMembers>
    class Range;
    [[nodiscard]] Range<true> members() const noexcept;
    [[nodiscard]] Range<false> elements() const noexcept;

  private:
    [[nodiscard]] const detail::JsonNode* after(const detail::JsonNode* node) const noexcept {
        return node + node->next;
    }
    const detail::JsonNode* node_ = nullptr;
    const char* document_ = nullptr;
};

struct JsonMember {
    std::string_view key;
    JsonValue value;
};

template <bool kMembers>
class JsonValue::Range {
  public:
    using Value = std::conditional_t<kMembers, JsonMember, JsonValue>;

    class Iterator {
      public:
        Iterator(const detail::JsonNode* node, std::uint32_t left, const char* document) noexcept
            : node_(node), left_(left), document_(document) {}
        [[nodiscard]] Value operator*() const noexcept {
            if constexpr (kMembers)
                return {std::string_view(node_->text, node_->size), {node_ + 1, document_}};
            else
                return {node_, document_};
        }
        Iterator& operator++() noexcept {
            if constexpr (kMembers) ++node_;
            node_ += node_->next;
            --left_;
            return *this;
        }
        [[nodiscard]] bool operator==(const Iterator& other) const noexcept { return left_ == other.left_; }

      private:
        const detail::JsonNode* node_;
        std::uint32_t left_;
        const char* document_;
    };

    Range(const detail::JsonNode* node, std::uint32_t count, const char* document) noexcept
        : begin_(node, count, document), end_(node, 0, document) {}
    [[nodiscard]] Iterator begin() const noexcept { return begin_; }
    [[nodiscard]] Iterator end() const noexcept { return end_; }

  private:
    Iterator begin_;
    Iterator end_;
};

inline JsonValue::Range<true> JsonValue::members() const noexcept {
    if (!is_object()) return {nullptr, 0, document_};
    return {node_ + 1, node_->count, document_};
}
inline JsonValue::Range<false> JsonValue::elements() const noexcept {
    if (!is_array()) return {nullptr, 0, document_};
    return {node_ + 1, node_->count, document_};
}

inline JsonValue JsonValue::pointer(std::string_view path) const {
    JsonValue value = *this;
    while (!path.empty()) {
        if (path.front() != '/') return {};
        path.remove_prefix(1);
        const std::string_view token = path.substr(0, path.find('/'));
        path.remove_prefix(token.size());
        if (value.is_array()) {
            std::size_t index = 0;
            const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), index);
            const bool leading_zero = token.size() > 1 && token.front() == '0';
            if (error != std::errc{} || stop != token.data() + token.size() || leading_zero) return {};
            value = value.at(index);
        } else if (token.find('~') == std::string_view::npos) {
            value = value[token];
        } else {
            std::string key;
            for (std::size_t i = 0; i < token.size(); ++i) {
                if (token[i] != '~')
                    key += token[i];
                else if (++i < token.size() && (token[i] == '0' || token[i] == '1'))
                    key += token[i] == '0' ? '~' : '/';
                else
                    return {};
            }
            value = value[key];
        }
    }
    return value;
}

// Reuse one per thread. Not for a component whose calls overlap, unless each call has its own (thread_local does).
class JsonParser {
  public:
    static constexpr int kDepthMax = 64;

    // `text` must outlive the value. `invalid`, with the byte offset in the message; code json_syntax, json_utf8,
    // json_duplicate_key or json_too_deep.
    [[nodiscard]] Result<JsonValue> parse(std::string_view text) {
        begin_ = at_ = text.data();
        end_ = begin_ + text.size();
        problem_ = nullptr;
        depth_ = 0;
        used_ = 0;
        // Unescaping only shortens, so views into `unescaped_` stay valid while it is filled.
        unescaped_.clear();
        if (unescaped_.capacity() < text.size()) unescaped_.reserve(text.size());
        if (text.size() > std::numeric_limits<std::uint32_t>::max() || !simdjson::validate_utf8(text)) {
            return Error{Errc::invalid, "not UTF-8", "json_utf8", {}};
        }
        skip_space();
        if (value()) {
            skip_space();
            if (at_ == end_) return JsonValue(nodes_.data(), begin_);
            fail("nothing more");
        }
        return error();
    }

  private:
    using Node = detail::JsonNode;

    bool fail(const char* expected, const char* code = "json_syntax") noexcept {
        problem_ = expected;
        code_ = code;
        return false;
    }
    [[nodiscard]] Error error() const {
        return {
            Errc::invalid,
            "at byte " + std::to_string(at_ - begin_) + (at_ == end_ ? " (the end)" : "") + ": expected " + problem_,
            code_,
            {}};
    }
    void skip_space() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    [[nodiscard]] std::uint32_t offset() const noexcept { return static_cast<std::uint32_t>(at_ - begin_); }

    bool value() {
        if (at_ == end_) return fail("a value");
        switch (*at_) {
            case '{':
                return object();
            case '[':
                return array();
            case '"':
                return string();
            case 't':
                return word("true", JsonType::boolean);
            case 'f':
                return word("false", JsonType::boolean);
            case 'n':
                return word("null", JsonType::null);
            default:
                return number();
        }
    }
    // Nodes of earlier documents are written over: growing happens once, and this is all there is to each value.
    [[nodiscard]] Node& add() {
        constexpr std::size_t kFirst = 64;
        if (used_ == nodes_.size()) nodes_.resize(std::max(kFirst, 2 * used_));
        return nodes_[used_++];
    }
    void leaf(const char* begin, JsonType type) {
        add() = {
            begin, static_cast<std::uint32_t>(at_ - begin), static_cast<std::uint32_t>(begin - begin_), offset(), 1, 0,
            type};
    }
    bool word(std::string_view expected, JsonType type) {
        const char* const begin = at_;
        if (static_cast<std::size_t>(end_ - at_) < expected.size() ||
            std::memcmp(at_, expected.data(), expected.size()) != 0) {
            return fail("true, false, null or another value");
        }
        at_ += expected.size();
        leaf(begin, type);
        return true;
    }
    bool digits() noexcept {
        const char* const begin = at_;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
        return at_ != begin;
    }
    bool number() {
        const char* const begin = at_;
        if (at_ != end_ && *at_ == '-') ++at_;
        if (at_ != end_ && *at_ == '0')
            ++at_;
        else if (!digits())
            return fail(at_ == begin ? "a value" : "a digit");
        if (at_ != end_ && *at_ == '.' && (++at_, !digits())) return fail("a digit");
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!digits()) return fail("a digit");
        }
        leaf(begin, JsonType::number);
        return true;
    }

    // Moves to the next byte that ends or interrupts a string; eight bytes at a time.
    void skip_plain() noexcept {
#if defined(__SSE2__)
        const __m128i quotes = _mm_set1_epi8('"');
        const __m128i slashes = _mm_set1_epi8('\\');
        const __m128i controls = _mm_set1_epi8(0x1f);
        while (end_ - at_ >= 16) {
            const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_));
            const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(block, controls), controls);
            const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(block, quotes), _mm_cmpeq_epi8(block, slashes));
            const int found = _mm_movemask_epi8(_mm_or_si128(special, control));
            if (found != 0) {
                at_ += __builtin_ctz(static_cast<unsigned>(found));
                return;
            }
            at_ += 16;
        }
#endif
        constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
        constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
        while (end_ - at_ >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at_, sizeof word);
            const std::uint64_t quote = word ^ (kOnes * '"');
            const std::uint64_t slash = word ^ (kOnes * '\\');
            // "Has a zero byte" and "has a byte below 0x20" (Bit Twiddling Hacks); bytes above 0x7f never match.
            const std::uint64_t found =
                (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((word - kOnes * 0x20) & ~word)) & kHighs;
            if (found != 0) {
                at_ += __builtin_ctzll(found) / 8;
                return;
            }
            at_ += 8;
        }
        while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
    }
    bool string() {
        const std::uint32_t raw_begin = offset();
        const char* text = ++at_;
        skip_plain();
        std::size_t size = static_cast<std::size_t>(at_ - text);
        if (at_ != end_ && *at_ == '\\') {
            const std::size_t start = unescaped_.size();
            unescaped_.append(text, size);
            if (!unescape()) return false;
            text = unescaped_.data() + start;
            size = unescaped_.size() - start;
        }
        if (at_ == end_) return fail("a closing quote");
        if (*at_ != '"') return fail("no control character in a string");
        ++at_;
        add() = {text, static_cast<std::uint32_t>(size), raw_begin, offset(), 1, 0, JsonType::string};
        return true;
    }
    bool unescape() {
        while (at_ != end_ && *at_ == '\\') {
            if (++at_ == end_) return fail("an escape");
            constexpr std::string_view kFrom = "\"\\/bfnrt";
            constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
            const char kind = *at_++;
            if (const std::size_t simple = kFrom.find(kind); simple != std::string_view::npos)
                unescaped_ += kTo[simple];
            else if (kind != 'u')
                return fail("an escape");
            else if (!code_point())
                return false;
            const char* const plain = at_;
            skip_plain();
            unescaped_.append(plain, at_);
        }
        return true;
    }
    bool hex4(std::uint32_t& out) noexcept {
        if (end_ - at_ < 4) return fail("four hex digits");
        const auto [stop, error] = std::from_chars(at_, at_ + 4, out, 16);
        if (error != std::errc{} || stop != at_ + 4) return fail("four hex digits");
        at_ += 4;
        return true;
    }
    bool code_point() {
        std::uint32_t code = 0;
        if (!hex4(code)) return false;
        if (code >= 0xD800 && code < 0xE000) {
            std::uint32_t low = 0;
            const bool pair = code < 0xDC00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u';
            if (!pair) return fail("a surrogate pair");
            at_ += 2;
            if (!hex4(low)) return false;
            if (low < 0xDC00 || low >= 0xE000) return fail("a surrogate pair");
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        }
        append_utf8(code);
        return true;
    }
    void append_utf8(std::uint32_t code) {
        const auto put = [&](std::uint32_t byte) { unescaped_ += static_cast<char>(byte); };
        const auto tail = [&](unsigned shift) { put(0x80U | ((code >> shift) & 0x3FU)); };
        if (code < 0x80) return put(code);
        if (code < 0x800) return put(0xC0U | (code >> 6U)), tail(0);
        if (code < 0x10000) return put(0xE0U | (code >> 12U)), tail(6), tail(0);
        put(0xF0U | (code >> 18U)), tail(12), tail(6), tail(0);
    }

    bool enter(JsonType type, std::size_t& node) {
        if (++depth_ > kDepthMax) return fail("at most 64 levels", "json_too_deep");
        node = used_;
        add() = {at_, 0, offset(), 0, 0, 0, type};
        ++at_;
        skip_space();
        return true;
    }
    bool leave(std::size_t node, std::uint32_t count) noexcept {
        ++at_;
        --depth_;
        Node& opened = nodes_[node];
        opened.raw_end = offset();
        opened.size = opened.raw_end - opened.raw_begin;
        opened.next = static_cast<std::uint32_t>(used_ - node);
        opened.count = count;
        return true;
    }
    bool array() {
        std::size_t node = 0;
        if (!enter(JsonType::array, node)) return false;
        std::uint32_t count = 0;
        if (at_ != end_ && *at_ == ']') return leave(node, 0);
        for (;;) {
            skip_space();
            if (!value()) return false;
            ++count;
            skip_space();
            if (at_ == end_ || (*at_ != ',' && *at_ != ']')) return fail("',' or ']'");
            if (*at_ == ']') return leave(node, count);
            ++at_;
        }
    }
    bool object() {
        std::size_t node = 0;
        if (!enter(JsonType::object, node)) return false;
        std::uint32_t count = 0;
        if (at_ != end_ && *at_ == '}') return leave(node, 0);
        for (;;) {
            skip_space();
            if (at_ == end_ || *at_ != '"') return fail("a key");
            if (!string()) return false;
            skip_space();
            if (at_ == end_ || *at_ != ':') return fail("':'");
            ++at_;
            skip_space();
            if (!value()) return false;
            ++count;
            skip_space();
            if (at_ == end_ || (*at_ != ',' && *at_ != '}')) return fail("',' or '}'");
            if (*at_ == '}') break;
            ++at_;
        }
        if (has_duplicate(node, count)) return fail("each key once in an object", "json_duplicate_key");
        return leave(node, count);
    }
    // Few keys: compare all pairs, which costs no memory. Many: sort.
    bool has_duplicate(std::size_t node, std::uint32_t count) {
        constexpr std::uint32_t kPairsMax = 24;
        const auto key_after = [&](std::size_t key) { return key + 1 + nodes_[key + 1].next; };
        keys_.clear();
        std::size_t key = node + 1;
        for (std::uint32_t i = 0; i < count; ++i, key = key_after(key)) {
            const std::string_view name(nodes_[key].text, nodes_[key].size);
            if (count <= kPairsMax && std::any_of(keys_.begin(), keys_.end(), [&](std::string_view other) {
                    return detail::same_key(other, name);
                })) {
                return true;
            }
            keys_.push_back(name);
        }
        if (count <= kPairsMax) return false;
        std::sort(keys_.begin(), keys_.end());
        return std::adjacent_find(keys_.begin(), keys_.end()) != keys_.end();
    }

    const char* begin_ = nullptr;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    const char* problem_ = nullptr;
    const char* code_ = nullptr;
    int depth_ = 0;
    std::vector<Node> nodes_;
    std::size_t used_ = 0;  // of nodes_
    std::vector<std::string_view> keys_;
    std::string unescaped_;
};

// `text` as a JSON string, quotes included. Escapes what RFC 8259, section 7 demands and nothing else; `text` is UTF-8.
inline void append_json_string(std::string& out, std::string_view text) {
    constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        if (c == '"' || c == '\\')
            out.append({'\\', text[i]});
        else if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else
            out.append("\\u00").append({kHex[c >> 4U], kHex[c & 15U]});
    }
    out.append(text, plain, text.size() - plain);
    out += '"';
}

// Writes JSON without spaces into a string that the caller reuses. Places commas; nesting is the caller's business.
class JsonWriter {
  public:
    explicit JsonWriter(std::string& out) noexcept : out_(out) {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name) {
        comma();
        append_json_string(out_, name);
        out_ += ':';
        first_ = true;
        return *this;
    }
    JsonWriter& string(std::string_view value) {
        comma();
        append_json_string(out_, value);
        return *this;
    }
    // JSON that is ready: a number as text, JsonValue::raw(), "true".
    JsonWriter& raw(std::string_view text) {
        comma();
        out_ += text;
        return *this;
    }
    JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
    JsonWriter& null() { return raw("null"); }
    JsonWriter& integer(std::int64_t value) {
        char buffer[24];
        const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
        return raw({buffer, static_cast<std::size_t>(result.ptr - buffer)});
    }
    // key and string in one: member("currency", "USD")
    JsonWriter& member(std::string_view name, std::string_view value) { return key(name).string(value); }

  private:
    void comma() {
        if (!std::exchange(first_, false)) out_ += ',';
    }
    JsonWriter& open(char bracket) {
        comma();
        out_ += bracket;
        first_ = true;
        return *this;
    }
    JsonWriter& close(char bracket) {
        out_ += bracket;
        first_ = false;
        return *this;
    }
    std::string& out_;
    bool first_ = true;
};

}  // namespace sdk_1
}  // namespace weir
