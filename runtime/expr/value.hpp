// The values of the language. A Value is 16 bytes and copies freely: scalars are inside, everything else is a view of
// memory that the evaluation's arena, the program or the provider of the input owns. It lives as long as they do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <weir/decimal.hpp>

#include "runtime/expr/arena.hpp"

namespace weir::expr {

enum class Kind : std::uint8_t {
    unset,  // a lazy local that was not computed yet; never seen by a function
    error,
    null,
    boolean,
    integer,
    uinteger,
    real,
    decimal,
    string,
    bytes,
    list,
    map,
    timestamp,
    duration,
    type,
    optional,
    ip,
    cidr,
};

// The name that type(x) has: "int", "google.protobuf.Timestamp".
[[nodiscard]] std::string_view type_name(Kind kind) noexcept;
// The same for messages: "timestamp", "null".
[[nodiscard]] std::string_view plain_name(Kind kind) noexcept;

enum class ErrorKind : std::uint8_t {
    no_such_overload,
    no_such_key,
    no_such_field,
    index_out_of_range,
    divide_by_zero,
    overflow,
    out_of_range,
    invalid_argument,
    undeclared,
    limit,  // of Limits: never absorbed by || and &&
};
// Stable: "no_such_key".
[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;

struct EvalError {
    static constexpr std::uint32_t kNowhere = UINT32_MAX;
    ErrorKind kind = ErrorKind::invalid_argument;
    std::string_view message;
    mutable std::uint32_t offset = kNowhere;  // in the source; set by the step that saw the error first
};

// Seconds since 1970-01-01T00:00:00Z and nanoseconds, 0 to 999,999,999. Years 1 to 9999.
struct Timestamp {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    [[nodiscard]] auto operator<=>(const Timestamp&) const = default;
};

struct IpAddress {
    std::uint8_t bytes[16] = {};  // an IPv4 address in the first four
    bool v6 = false;
    std::uint8_t prefix = 0;  // of a CIDR block
    [[nodiscard]] bool operator==(const IpAddress&) const = default;
};

class List;
class Map;

class Value {
  public:
    constexpr Value() noexcept = default;  // unset

    [[nodiscard]] static Value null() noexcept { return Value(Kind::null); }
    [[nodiscard]] static Value boolean(bool value) noexcept {
        Value v(Kind::boolean);
        v.bits_.integer = value ? 1 : 0;
        return v;
    }
    [[nodiscard]] static Value integer(std::int64_t value) noexcept {
        Value v(Kind::integer);
        v.bits_.integer = value;
        return v;
    }
    [[nodiscard]] static Value uinteger(std::uint64_t value) noexcept {
        Value v(Kind::uinteger);
        v.bits_.uinteger = value;
        return v;
    }
    [[nodiscard]] static Value real(double value) noexcept {
        Value v(Kind::real);
        v.bits_.real = value;
        return v;
    }
    [[nodiscard]] static Value string(std::string_view text) noexcept { return text_value(Kind::string, text); }
    [[nodiscard]] static Value bytes(std::string_view text) noexcept { return text_value(Kind::bytes, text); }
    [[nodiscard]] static Value type(std::string_view name) noexcept { return text_value(Kind::type, name); }
    [[nodiscard]] static Value timestamp(Timestamp time) noexcept {
        Value v(Kind::timestamp);
        v.bits_.integer = time.seconds;
        v.extra_ = time.nanoseconds;
        return v;
    }
    [[nodiscard]] static Value duration(std::int64_t nanoseconds) noexcept {
        Value v(Kind::duration);
        v.bits_.integer = nanoseconds;
        return v;
    }
    [[nodiscard]] static Value decimal(const Decimal* value) noexcept { return pointer_value(Kind::decimal, value); }
    [[nodiscard]] static Value list(const List* value) noexcept { return pointer_value(Kind::list, value); }
    [[nodiscard]] static Value map(const Map* value) noexcept { return pointer_value(Kind::map, value); }
    [[nodiscard]] static Value optional(const Value* value) noexcept { return pointer_value(Kind::optional, value); }
    [[nodiscard]] static Value ip(const IpAddress* value) noexcept { return pointer_value(Kind::ip, value); }
    [[nodiscard]] static Value cidr(const IpAddress* value) noexcept { return pointer_value(Kind::cidr, value); }
    [[nodiscard]] static Value error(const EvalError* value) noexcept { return pointer_value(Kind::error, value); }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is(Kind kind) const noexcept { return kind_ == kind; }
    [[nodiscard]] bool is_error() const noexcept { return kind_ == Kind::error; }
    [[nodiscard]] bool is_true() const noexcept { return kind_ == Kind::boolean && bits_.integer != 0; }
    [[nodiscard]] bool is_false() const noexcept { return kind_ == Kind::boolean && bits_.integer == 0; }
    [[nodiscard]] bool is_number() const noexcept { return kind_ >= Kind::integer && kind_ <= Kind::decimal; }

    // Each only when the kind is its own.
    [[nodiscard]] bool as_bool() const noexcept { return bits_.integer != 0; }
    [[nodiscard]] std::int64_t as_int() const noexcept { return bits_.integer; }
    [[nodiscard]] std::uint64_t as_uint() const noexcept { return bits_.uinteger; }
    [[nodiscard]] double as_double() const noexcept { return bits_.real; }
    [[nodiscard]] std::string_view as_text() const noexcept {
        return {static_cast<const char*>(bits_.pointer), extra_};
    }
    [[nodiscard]] Timestamp as_timestamp() const noexcept { return {bits_.integer, extra_}; }
    [[nodiscard]] std::int64_t as_duration() const noexcept { return bits_.integer; }
    [[nodiscard]] const Decimal& as_decimal() const noexcept { return *static_cast<const Decimal*>(bits_.pointer); }
    [[nodiscard]] const List& as_list() const noexcept { return *static_cast<const List*>(bits_.pointer); }
    [[nodiscard]] const Map& as_map() const noexcept { return *static_cast<const Map*>(bits_.pointer); }
    // Null when the optional is empty.
    [[nodiscard]] const Value* as_optional() const noexcept { return static_cast<const Value*>(bits_.pointer); }
    [[nodiscard]] const IpAddress& as_ip() const noexcept { return *static_cast<const IpAddress*>(bits_.pointer); }
    [[nodiscard]] const EvalError& as_error() const noexcept { return *static_cast<const EvalError*>(bits_.pointer); }

  private:
    constexpr explicit Value(Kind kind) noexcept : kind_(kind) {}
    [[nodiscard]] static Value text_value(Kind kind, std::string_view text) noexcept {
        Value v(kind);
        v.bits_.pointer = text.data();
        v.extra_ = static_cast<std::uint32_t>(text.size());
        return v;
    }
    [[nodiscard]] static Value pointer_value(Kind kind, const void* pointer) noexcept {
        Value v(kind);
        v.bits_.pointer = pointer;
        return v;
    }

    Kind kind_ = Kind::unset;
    std::uint32_t extra_ = 0;  // length of a text, nanoseconds of a timestamp
    union {
        std::int64_t integer;
        std::uint64_t uinteger;
        double real;
        const void* pointer;
    } bits_ = {0};
};
static_assert(sizeof(Value) == 16);

// A list may compute its elements on request: the input of an evaluation need not be a tree of Values.
class List {
  public:
    [[nodiscard]] virtual std::size_t size() const = 0;
    // `index` is below size(). May be an error value.
    [[nodiscard]] virtual Value at(std::size_t index, Arena& arena) const = 0;
    // All elements at once; valid as long as the arena.
    [[nodiscard]] virtual std::span<const Value> items(Arena& arena) const = 0;

  protected:
    ~List() = default;
};

class ArrayList final : public List {
  public:
    explicit ArrayList(std::span<const Value> items) : items_(items) {}
    [[nodiscard]] std::size_t size() const override { return items_.size(); }
    [[nodiscard]] Value at(std::size_t index, Arena&) const override { return items_[index]; }
    [[nodiscard]] std::span<const Value> items(Arena&) const override { return items_; }

  private:
    std::span<const Value> items_;
};

struct Entry {
    Value key;
    Value value;
};

// Keys are booleans, integers, unsigned integers and strings; 1, 1u and 1.0 find the same entry.
class Map {
  public:
    [[nodiscard]] virtual std::size_t size() const = 0;
    // nullopt when there is no such key. May be an error value.
    [[nodiscard]] virtual std::optional<Value> find(const Value& key, Arena& arena) const = 0;
    // In the order they were written.
    [[nodiscard]] virtual std::span<const Entry> entries(Arena& arena) const = 0;

  protected:
    ~Map() = default;
};

class ArrayMap final : public Map {
  public:
    // `entries` without duplicates; `order` has the indexes of `entries` sorted by key, or is empty when they are few.
    ArrayMap(std::span<const Entry> entries, std::span<const std::uint32_t> order) : entries_(entries), order_(order) {}
    [[nodiscard]] std::size_t size() const override { return entries_.size(); }
    [[nodiscard]] std::optional<Value> find(const Value& key, Arena& arena) const override;
    [[nodiscard]] std::span<const Entry> entries(Arena&) const override { return entries_; }

  private:
    std::span<const Entry> entries_;
    std::span<const std::uint32_t> order_;
};

[[nodiscard]] bool is_map_key(const Value& key) noexcept;
// The index of an entry whose key stands earlier, too; nullopt when all differ. Sorting, not hashing: no choice of keys
// makes it slow. `out` receives the map.
struct BuiltMap {
    const Map* map = nullptr;
    std::optional<std::size_t> duplicate;
};
[[nodiscard]] BuiltMap build_map(std::span<const Entry> entries, Arena& arena);

// Numbers by value, whatever their types; nullopt when one is NaN or no number, or a decimal meets a double.
[[nodiscard]] std::optional<std::strong_ordering> compare_numbers(const Value& a, const Value& b) noexcept;

// How lists and maps are compared element by element: `charge` is asked once per element and ends the comparison by
// returning false.
class Meter {
  public:
    [[nodiscard]] virtual bool charge(std::uint64_t cost) = 0;
    [[nodiscard]] virtual Arena& arena() = 0;

  protected:
    ~Meter() = default;
};
// Heterogeneous equality: values of different types are unequal, numbers compare by value, NaN equals nothing.
// nullopt when the meter ended it.
[[nodiscard]] std::optional<bool> equal(const Value& a, const Value& b, Meter& meter);

// -0 and 0 alike; shortest text that reads back as the same number: "0.1", "1e+21", "NaN", "-Infinity".
[[nodiscard]] std::string format_double(double value);

}  // namespace weir::expr
