// JSON Schema 2020-12, compiled once and checked per record without building a document.
#pragma once

#include "number.hpp"

#include <weir/json.hpp>
#include <weir/result.hpp>

#include <boost/regex.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weir::validate {

// One thing that is wrong with a document.
struct Problem {
    std::string pointer;  // JSON Pointer into the document
    std::string message;  // "expected a string, found 12"
};

// Immutable once compiled: any number of threads may check with it.
class Schema {
  public:
    // `invalid`: says at which pointer of the schema, what was found and what was expected. Keywords this validator
    // does not know are an error, not ignored: a rule nobody checks is worse than none. Annotations and "x-..." pass.
    [[nodiscard]] static Result<Schema> compile(std::string_view text);

    // Fast and without detail.
    [[nodiscard]] bool accepts(const JsonValue& document) const;
    // What is wrong, at most kProblemsMax of it; empty when accepts().
    [[nodiscard]] std::vector<Problem> problems(const JsonValue& document) const;

    static constexpr std::size_t kProblemsMax = 8;

  private:
    friend class Compiler;
    friend class Checker;

    using Index = std::uint32_t;
    static constexpr Index kNone = std::numeric_limits<Index>::max();
    static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

    struct Pattern {
        std::string text;
        boost::regex regex;
    };
    enum class Format : std::uint8_t { none, date, date_time, uuid };

    struct Values {
        std::unordered_set<std::string> canonical;
        std::vector<std::string> strings;  // those that are strings, as they are
        std::string text;                  // for messages: "one of [...]"
        [[nodiscard]] bool hold(const JsonValue& value) const;
    };

    // What only strings, numbers, arrays or objects are asked; apart, so that a plain node stays small.
    struct StringRules {
        std::uint64_t min = 0;
        std::uint64_t max = kUnlimited;
        std::optional<Pattern> pattern;
        Format format = Format::none;
    };
    struct NumberRules {
        std::optional<std::pair<Number, std::string>> minimum, maximum, above, below, multiple_of;  // with their text
    };
    struct ArrayRules {
        std::vector<Index> prefix;
        Index items = kNone;
        Index contains = kNone;
        std::uint64_t min_contains = 1;
        std::uint64_t max_contains = kUnlimited;
        std::uint64_t min = 0;
        std::uint64_t max = kUnlimited;
        bool unique = false;
    };
    struct Property {
        std::string name;
        Index index;
        std::uint64_t required = 0;  // its bit in ObjectRules::required_bits
    };
    struct ObjectRules {
        std::vector<Property> properties;
        std::vector<std::pair<Pattern, Index>> patterns;
        Index additional = kNone;
        Index names = kNone;
        std::vector<std::string> required;
        // The fast way looks at the members once: those of `required` that are properties have a bit, the others (and
        // what 64 bits cannot hold) stand here.
        std::uint64_t required_bits = 0;
        std::vector<std::string> required_besides;
        std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
        std::vector<std::pair<std::string, Index>> dependent;
        std::uint64_t min = 0;
        std::uint64_t max = kUnlimited;
    };
    struct Node {
        bool never = false;       // the schema `false`
        std::uint32_t types = 0;  // bits of Compiler; 0: any
        std::string types_text;
        std::vector<Values> values;  // of enum and const: both count
        std::unique_ptr<StringRules> string;
        std::unique_ptr<NumberRules> number;
        std::unique_ptr<ArrayRules> array;
        std::unique_ptr<ObjectRules> object;
        bool combines = false;                      // any of what follows is there
        std::vector<Index> all_of, any_of, one_of;  // all_of holds $ref, too
        Index not_ = kNone;
        Index if_ = kNone, then_ = kNone, else_ = kNone;
    };

    std::vector<Node> nodes_;  // the first is the root
};

// Types as bits; "integer" is a number without a fraction.
enum TypeBit : std::uint32_t {
    kNull = 1u << 0,
    kBoolean = 1u << 1,
    kInteger = 1u << 2,
    kNumber = 1u << 3,
    kString = 1u << 4,
    kArray = 1u << 5,
    kObject = 1u << 6,
};

// Appends one text for one value: keys sorted, numbers by value, so that equal values have equal texts.
void append_canonical(const JsonValue& value, std::string& out);

// True when `text` is -?[0-9]+(\.[0-9]+)?
[[nodiscard]] bool is_decimal(std::string_view text) noexcept;

}  // namespace weir::validate
