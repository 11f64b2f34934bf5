// A validating JSON scanner that keeps slices of the text instead of values (RFC 8259).
//
// What a sender wrote as `data` is passed on byte for byte: no number is read and rendered again, so integers of any
// size and decimals of any length survive. A parser that builds values (simdjson's DOM) refuses numbers beyond 64 bits;
// one that skips (its On-Demand API) does not check what it skips.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http_plugin {

enum class JsonKind : std::uint8_t { object, array, string, number, boolean, null };

struct JsonValue {
    JsonKind kind = JsonKind::null;
    bool escaped = false;     // a string with a backslash in it
    std::uint32_t depth = 0;  // levels of objects and arrays: 0 for a scalar, 1 for []
    std::string_view raw;     // as written; a string with its quotes

    // Between a string's quotes.
    [[nodiscard]] std::string_view inner() const noexcept { return raw.substr(1, raw.size() - 2); }
};

// Reads forward through one text. Each function leaves the position after what it read; false: the text is not JSON
// there, and position() says where. UTF-8 is not looked at: check the whole text once before.
class JsonScanner {
  public:
    static constexpr std::uint32_t kDepthMax = 1024;  // deeper text is refused as not JSON

    explicit JsonScanner(std::string_view text) noexcept
        : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

    // The next value, whole and valid.
    [[nodiscard]] bool value(JsonValue& out) noexcept;
    // The next character that is not white space; '\0' at the end.
    [[nodiscard]] char peek() noexcept;
    // Takes `c` if it is next.
    [[nodiscard]] bool take(char c) noexcept;
    // An object's key and its colon.
    [[nodiscard]] bool key(JsonValue& out) noexcept;
    [[nodiscard]] bool at_end() noexcept { return peek() == '\0' && at_ == end_; }
    [[nodiscard]] std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

  private:
    void skip_space() noexcept;
    [[nodiscard]] bool string(bool& escaped) noexcept;
    [[nodiscard]] bool escape() noexcept;
    [[nodiscard]] bool number() noexcept;
    [[nodiscard]] bool digits() noexcept;
    [[nodiscard]] bool literal(std::string_view word) noexcept;
    [[nodiscard]] bool scalar(JsonValue& out) noexcept;
    [[nodiscard]] bool nested(JsonValue& out) noexcept;

    const char* begin_;
    const char* at_;
    const char* end_;
};

// Appends the characters a string stands for; `inner` is valid. False: a surrogate without its other half.
[[nodiscard]] bool unescape_json(std::string_view inner, std::string& out);

// The value at an RFC 6901 pointer in a valid text; nullopt: nothing is there. Of a key that stands twice, the first.
[[nodiscard]] std::optional<JsonValue> find_json(std::string_view text, std::string_view pointer);

// A string's characters, or a number or boolean as written; nullopt for anything else and for an empty string.
[[nodiscard]] std::optional<std::string> json_text(const JsonValue& value);

void append_json(std::string& out, std::string_view text);

}  // namespace http_plugin
