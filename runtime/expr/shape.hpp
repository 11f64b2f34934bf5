// What is known of JSON data before there is any: which members there are, of what type, in what unit. Read from a JSON
// Schema; the checker follows paths through it, so that a path that does not exist or a type that does not fit is found
// before the first record.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <weir/result.hpp>

namespace weir::expr {

struct Compiled;
struct Shape;

struct Field {
    std::string_view name;
    const Shape* shape = nullptr;
    bool required = false;
};

// One place in the data. Types are those of JSON; several may be allowed at one place.
struct Shape {
    enum Type : std::uint8_t {
        kNull = 1U << 0U,
        kBoolean = 1U << 1U,
        kInteger = 1U << 2U,
        kNumber = 1U << 3U,  // with or without a fraction
        kString = 1U << 4U,
        kList = 1U << 5U,
        kObject = 1U << 6U,
        kAny = 0x7f,
    };
    std::uint8_t types = kAny;
    const Shape* items = nullptr;       // of a list; null: anything
    std::span<const Field> fields;      // of an object, sorted by name
    const Shape* additional = nullptr;  // of members that `fields` does not name
    bool closed = false;                // there are no others
    bool decimal_text = false;          // a string that holds a decimal: "x-weir-decimal"
    bool timestamp = false;             // not JSON but a timestamp, which is written as a string
    std::string_view unit;              // "calls", "seconds": "x-weir-unit"; "" is not known
    std::string_view currency;          // "USD" where only that is allowed, here or in the money object around it
    std::span<const std::string_view> values;  // the only strings there are; empty: any
    std::string_view name;                     // of the contract, for messages; at its root only
    [[nodiscard]] const Field* find(std::string_view name) const noexcept;
};

// `"a", "b" or "c"`; of many, the first ones.
[[nodiscard]] std::string listed(std::span<const std::string_view> values);

// The text of the schema that a $ref names, or nullopt: "canonical/money@1".
using SchemaResolver = std::function<std::optional<std::string>(std::string_view reference)>;

// Immutable; owns its shapes.
class Schema {
  public:
    virtual ~Schema() = default;
    [[nodiscard]] virtual const Shape& root() const noexcept = 0;
};

// `invalid`: it is no JSON Schema, or a $ref leads nowhere. What a shape cannot say (oneOf of different objects, if,
// patternProperties) makes the place wider, never narrower: the check never refuses what could be right.
[[nodiscard]] Result<std::shared_ptr<const Schema>> read_schema(std::string_view json_schema,
                                                                const SchemaResolver& resolver = {});

// The same, with one more member, of which nothing is known; it takes the place of one of that name.
[[nodiscard]] std::shared_ptr<const Schema> with_member(std::shared_ptr<const Schema> schema, std::string_view name);

// Why the value of a checked expression cannot stand where `target` is asked for; nullopt: it can, or nobody can tell
// before it is there. Of a map or list literal, each member by itself: "amount: expected a string, found int".
[[nodiscard]] std::optional<std::string> misfit(const Compiled& compiled, const Shape& target);

// The same of a text that is written down.
[[nodiscard]] std::optional<std::string> misfit(const std::string& text, const Shape& target);

// What stands in a document where the values of a checked expression were written, decimals as numbers or as text: its
// types, its unit, the texts it may be. Not what is inside of it. Texts live as long as what is known of the variables.
[[nodiscard]] Shape written_shape(const Compiled& compiled, bool decimals_as_numbers);

}  // namespace weir::expr
