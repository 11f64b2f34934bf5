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
// Keys are short: a call of memcmp costs more than what it would look at.
[[nodiscard]] inline bool same_key(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    const auto differ = [&]<class Word>(std::size_t at, Word) {
        Word left = 0;
        Word right = 0;
        std::memcpy(&left, a.data() + at, sizeof left);
        std::memcpy(&right, b.data() + at, sizeof right);
        return left != right;
    };
    const std::size_t size = a.size();
    if (size < 4) {
        if (size == 0) return true;
        return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
    }
    if (size <= 8) return !differ(0, std::uint32_t{}) && !differ(size - 4, std::uint32_t{});
    if (size <= 16) return !differ(0, std::uint64_t{}) && !differ(size - 8, std::uint64_t{});
    return !differ(0, std::uint64_t{}) && std::memcmp(a.data() + 8, b.data() + 8, size - 8) == 0;
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
        begin_ = text.data();
        end_ = begin_ + text.size();
        depth_ = 0;
        used_ = 0;
        // Unescaping only shortens, so views into `unescaped_` stay valid while it is filled.
        unescaped_.clear();
        if (unescaped_.capacity() < text.size()) unescaped_.reserve(text.size());
        if (text.size() > std::numeric_limits<std::uint32_t>::max() || !simdjson::validate_utf8(text)) {
            return Error{Errc::invalid, "not UTF-8", "json_utf8", {}};
        }
        const char* at = value(skip_space(begin_));
        if (at != nullptr) {
            at = skip_space(at);
            if (at == end_) return JsonValue(nodes_.data(), begin_);
            fail(at, "nothing more");
        }
        return error();
    }

  private:
    using Node = detail::JsonNode;

    // What follows reads from `at` and returns where it stopped, or null after fail(): the position stays in a register
    // while nodes are written, which as a member it could not.
    const char* fail(const char* at, const char* expected, const char* code = "json_syntax") noexcept {
        failed_at_ = at;
        expected_ = expected;
        code_ = code;
        return nullptr;
    }
    [[nodiscard]] Error error() const {
        return {Errc::invalid,
                "at byte " + std::to_string(failed_at_ - begin_) + (failed_at_ == end_ ? " (the end)" : "") +
                    ": expected " + expected_,
                code_,
                {}};
    }
    [[nodiscard]] const char* skip_space(const char* at) const noexcept {
        while (at != end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
        return at;
    }
    [[nodiscard]] std::uint32_t offset(const char* at) const noexcept {
        return static_cast<std::uint32_t>(at - begin_);
    }

    const char* value(const char* at) {
        if (at == end_) return fail(at, "a value");
        switch (*at) {
            case '{':
                return object(at);
            case '[':
                return array(at);
            case '"':
                return string(at);
            case 't':
                return word(at, "true", JsonType::boolean);
            case 'f':
                return word(at, "false", JsonType::boolean);
            case 'n':
                return word(at, "null", JsonType::null);
            default:
                return number(at);
        }
    }
    // Nodes of earlier documents are written over: growing happens once, and this is all there is to each value.
    [[nodiscard]] Node& add() {
        constexpr std::size_t kFirst = 64;
        if (used_ == nodes_.size()) nodes_.resize(std::max(kFirst, 2 * used_));
        return nodes_[used_++];
    }
    const char* leaf(const char* begin, const char* end, JsonType type) {
        add() = {begin, static_cast<std::uint32_t>(end - begin), offset(begin), offset(end), 1, 0, type};
        return end;
    }
    const char* word(const char* at, std::string_view expected, JsonType type) {
        if (static_cast<std::size_t>(end_ - at) < expected.size() ||
            std::memcmp(at, expected.data(), expected.size()) != 0) {
            return fail(at, "true, false, null or another value");
        }
        return leaf(at, at + expected.size(), type);
    }
    [[nodiscard]] const char* skip_digits(const char* at) const noexcept {
        while (at != end_ && *at >= '0' && *at <= '9') ++at;
        return at;
    }
    const char* digits(const char* at) noexcept {
        const char* const end = skip_digits(at);
        return end == at ? fail(at, "a digit") : end;
    }
    const char* number(const char* const begin) {
        const char* at = begin;
        if (at != end_ && *at == '-') ++at;
        const char* const whole = at;
        at = at != end_ && *at == '0' ? at + 1 : skip_digits(at);
        if (at == whole) return fail(at, at == begin ? "a value" : "a digit");
        if (at != end_ && *at == '.' && (at = digits(at + 1)) == nullptr) return nullptr;
        if (at != end_ && (*at == 'e' || *at == 'E')) {
            ++at;
            if (at != end_ && (*at == '+' || *at == '-')) ++at;
            if ((at = digits(at)) == nullptr) return nullptr;
        }
        return leaf(begin, at, JsonType::number);
    }

    // The next byte that ends or interrupts a string; sixteen or eight bytes at a time.
    [[nodiscard]] const char* skip_plain(const char* at) const noexcept {
#if defined(__SSE2__)
        const __m128i quotes = _mm_set1_epi8('"');
        const __m128i slashes = _mm_set1_epi8('\\');
        const __m128i controls = _mm_set1_epi8(0x1f);
        while (end_ - at >= 16) {
            const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
            const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(block, controls), controls);
            const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(block, quotes), _mm_cmpeq_epi8(block, slashes));
            const int found = _mm_movemask_epi8(_mm_or_si128(special, control));
            if (found != 0) return at + __builtin_ctz(static_cast<unsigned>(found));
            at += 16;
        }
#endif
        constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
        constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
        while (end_ - at >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at, sizeof word);
            const std::uint64_t quote = word ^ (kOnes * '"');
            const std::uint64_t slash = word ^ (kOnes * '\\');
            // "Has a zero byte" and "has a byte below 0x20" (Bit Twiddling Hacks); bytes above 0x7f never match.
            const std::uint64_t found =
                (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((word - kOnes * 0x20) & ~word)) & kHighs;
            if (found != 0) return at + __builtin_ctzll(found) / 8;
            at += 8;
        }
        while (at != end_ && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
        return at;
    }
    const char* string(const char* const begin) {
        const char* text = begin + 1;
        const char* at = skip_plain(text);
        std::size_t size = static_cast<std::size_t>(at - text);
        if (at != end_ && *at == '\\') {
            const std::size_t start = unescaped_.size();
            unescaped_.append(text, size);
            if ((at = unescape(at)) == nullptr) return nullptr;
            text = unescaped_.data() + start;
            size = unescaped_.size() - start;
        }
        if (at == end_) return fail(at, "a closing quote");
        if (*at != '"') return fail(at, "no control character in a string");
        ++at;
        add() = {text, static_cast<std::uint32_t>(size), offset(begin), offset(at), 1, 0, JsonType::string};
        return at;
    }
    const char* unescape(const char* at) {
        while (at != end_ && *at == '\\') {
            if (++at == end_) return fail(at, "an escape");
            constexpr std::string_view kFrom = "\"\\/bfnrt";
            constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
            const char kind = *at++;
            if (const std::size_t simple = kFrom.find(kind); simple != std::string_view::npos)
                unescaped_ += kTo[simple];
            else if (kind != 'u')
                return fail(at, "an escape");
            else if ((at = code_point(at)) == nullptr)
                return nullptr;
            const char* const plain = at;
            at = skip_plain(at);
            unescaped_.append(plain, at);
        }
        return at;
    }
    const char* hex4(const char* at, std::uint32_t& out) noexcept {
        if (end_ - at < 4) return fail(at, "four hex digits");
        const auto [stop, error] = std::from_chars(at, at + 4, out, 16);
        if (error != std::errc{} || stop != at + 4) return fail(at, "four hex digits");
        return at + 4;
    }
    const char* code_point(const char* at) {
        std::uint32_t code = 0;
        if ((at = hex4(at, code)) == nullptr) return nullptr;
        if (code >= 0xD800 && code < 0xE000) {
            std::uint32_t low = 0;
            const bool pair = code < 0xDC00 && end_ - at >= 6 && at[0] == '\\' && at[1] == 'u';
            if (!pair) return fail(at, "a surrogate pair");
            if ((at = hex4(at + 2, low)) == nullptr) return nullptr;
            if (low < 0xDC00 || low >= 0xE000) return fail(at, "a surrogate pair");
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        }
        append_utf8(code);
        return at;
    }
    void append_utf8(std::uint32_t code) {
        const auto put = [&](std::uint32_t byte) { unescaped_ += static_cast<char>(byte); };
        const auto tail = [&](unsigned shift) { put(0x80U | ((code >> shift) & 0x3FU)); };
        if (code < 0x80) return put(code);
        if (code < 0x800) return put(0xC0U | (code >> 6U)), tail(0);
        if (code < 0x10000) return put(0xE0U | (code >> 12U)), tail(6), tail(0);
        put(0xF0U | (code >> 18U)), tail(12), tail(6), tail(0);
    }

    // The node of an array or object that begins at `at`.
    [[nodiscard]] std::size_t open(const char* at, JsonType type) {
        const std::size_t node = used_;
        add() = {at, 0, offset(at), 0, 0, 0, type};
        return node;
    }
    const char* close(const char* last, std::size_t node, std::uint32_t count) noexcept {
        --depth_;
        Node& opened = nodes_[node];
        opened.raw_end = offset(last + 1);
        opened.size = opened.raw_end - opened.raw_begin;
        opened.next = static_cast<std::uint32_t>(used_ - node);
        opened.count = count;
        return last + 1;
    }
    const char* array(const char* at) {
        if (++depth_ > kDepthMax) return fail(at, kTooDeep, "json_too_deep");
        const std::size_t node = open(at, JsonType::array);
        at = skip_space(at + 1);
        if (at != end_ && *at == ']') return close(at, node, 0);
        for (std::uint32_t count = 1;; ++count) {
            if ((at = value(skip_space(at))) == nullptr) return nullptr;
            at = skip_space(at);
            if (at == end_ || (*at != ',' && *at != ']')) return fail(at, "',' or ']'");
            if (*at == ']') return close(at, node, count);
            ++at;
        }
    }
    const char* object(const char* at) {
        if (++depth_ > kDepthMax) return fail(at, kTooDeep, "json_too_deep");
        const std::size_t node = open(at, JsonType::object);
        at = skip_space(at + 1);
        if (at != end_ && *at == '}') return close(at, node, 0);
        for (std::uint32_t count = 1;; ++count) {
            at = skip_space(at);
            if (at == end_ || *at != '"') return fail(at, "a key");
            if ((at = string(at)) == nullptr) return nullptr;
            at = skip_space(at);
            if (at == end_ || *at != ':') return fail(at, "':'");
            if ((at = value(skip_space(at + 1))) == nullptr) return nullptr;
            at = skip_space(at);
            if (at == end_ || (*at != ',' && *at != '}')) return fail(at, "',' or '}'");
            if (*at == '}') {
                if (has_duplicate(node, count)) return fail(at, "each key once in an object", "json_duplicate_key");
                return close(at, node, count);
            }
            ++at;
        }
    }
    // Few keys: only those whose sizes and ends fall on one bit are compared. Many: sort.
    bool has_duplicate(std::size_t node, std::uint32_t count) {
        constexpr std::uint32_t kFewMax = 24;
        if (count > kFewMax) return has_duplicate_of_many(node, count);
        std::uint64_t seen = 0;
        std::size_t key = node + 1;
        for (std::uint32_t i = 0; i < count; ++i, key = key_after(key)) {
            const std::string_view name = text_of(key);
            const unsigned first = name.empty() ? 0U : static_cast<unsigned char>(name.front());
            const unsigned last = name.empty() ? 0U : static_cast<unsigned char>(name.back());
            const std::uint64_t bit = std::uint64_t{1} << ((name.size() * 11 + first * 5 + last) % 64);
            if ((seen & bit) != 0 && stands_before(node, key, name)) return true;
            seen |= bit;
        }
        return false;
    }
    [[nodiscard]] bool stands_before(std::size_t node, std::size_t key, std::string_view name) const noexcept {
        for (std::size_t other = node + 1; other != key; other = key_after(other)) {
            if (detail::same_key(text_of(other), name)) return true;
        }
        return false;
    }
    bool has_duplicate_of_many(std::size_t node, std::uint32_t count) {
        keys_.clear();
        std::size_t key = node + 1;
        for (std::uint32_t i = 0; i < count; ++i, key = key_after(key)) keys_.push_back(text_of(key));
        std::sort(keys_.begin(), keys_.end());
        return std::adjacent_find(keys_.begin(), keys_.end()) != keys_.end();
    }
    [[nodiscard]] std::size_t key_after(std::size_t key) const noexcept { return key + 1 + nodes_[key + 1].next; }
    [[nodiscard]] std::string_view text_of(std::size_t key) const noexcept {
        return {nodes_[key].text, nodes_[key].size};
    }

    static constexpr const char* kTooDeep = "at most 64 levels";

    const char* begin_ = nullptr;
    const char* end_ = nullptr;
    const char* failed_at_ = nullptr;
    const char* expected_ = nullptr;
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
