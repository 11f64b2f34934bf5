#include "runtime/expr/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace weir::expr {

std::string_view type_name(Kind kind) noexcept {
    switch (kind) {
        case Kind::unset:
            return "unset";
        case Kind::error:
            return "error";
        case Kind::null:
            return "null_type";
        case Kind::boolean:
            return "bool";
        case Kind::integer:
            return "int";
        case Kind::uinteger:
            return "uint";
        case Kind::real:
            return "double";
        case Kind::decimal:
            return "decimal";
        case Kind::string:
            return "string";
        case Kind::bytes:
            return "bytes";
        case Kind::list:
            return "list";
        case Kind::map:
            return "map";
        case Kind::timestamp:
            return "google.protobuf.Timestamp";
        case Kind::duration:
            return "google.protobuf.Duration";
        case Kind::type:
            return "type";
        case Kind::optional:
            return "optional_type";
        case Kind::ip:
            return "net.IP";
        case Kind::cidr:
            return "net.CIDR";
    }
    return "";
}

std::string_view plain_name(Kind kind) noexcept {
    switch (kind) {
        case Kind::null:
            return "null";
        case Kind::timestamp:
            return "timestamp";
        case Kind::duration:
            return "duration";
        case Kind::optional:
            return "optional";
        default:
            return type_name(kind);
    }
}

std::string_view to_string(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::no_such_overload:
            return "no_such_overload";
        case ErrorKind::no_such_key:
            return "no_such_key";
        case ErrorKind::no_such_field:
            return "no_such_field";
        case ErrorKind::index_out_of_range:
            return "index_out_of_range";
        case ErrorKind::divide_by_zero:
            return "divide_by_zero";
        case ErrorKind::overflow:
            return "overflow";
        case ErrorKind::out_of_range:
            return "out_of_range";
        case ErrorKind::invalid_argument:
            return "invalid_argument";
        case ErrorKind::undeclared:
            return "undeclared";
        case ErrorKind::limit:
            return "limit";
    }
    return "";
}

// ---------------------------------------------------------------------------------------------------- numbers

namespace {

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

std::optional<std::strong_ordering> compare_doubles(double a, double b) noexcept {
    const auto order = a <=> b;
    if (order == std::partial_ordering::unordered) return std::nullopt;
    if (order == 0) return std::strong_ordering::equal;
    return order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
}

// Out of the integer's range the sign decides; within it the integer becomes a double, which rounds beyond 2^53. The
// language's reference implementations and its conformance tests have it so.
std::optional<std::strong_ordering> compare_to_double(const Value& a, double b) noexcept {
    if (a.is(Kind::real)) return compare_doubles(a.as_double(), b);
    if (a.is(Kind::decimal) || std::isnan(b)) return std::nullopt;
    const bool is_signed = a.is(Kind::integer);
    if (b > (is_signed ? kTwo63 : kTwo64)) return std::strong_ordering::less;
    if (b < (is_signed ? -kTwo63 : 0.0)) return std::strong_ordering::greater;
    return compare_doubles(is_signed ? static_cast<double>(a.as_int()) : static_cast<double>(a.as_uint()), b);
}

std::strong_ordering compare_integers(const Value& a, const Value& b) noexcept {
    if (a.is(Kind::integer) && b.is(Kind::integer)) return a.as_int() <=> b.as_int();
    if (a.is(Kind::uinteger) && b.is(Kind::uinteger)) return a.as_uint() <=> b.as_uint();
    if (a.is(Kind::uinteger)) return 0 <=> compare_integers(b, a);
    if (a.as_int() < 0) return std::strong_ordering::less;
    return static_cast<std::uint64_t>(a.as_int()) <=> b.as_uint();
}

Decimal as_exact_decimal(const Value& value) noexcept {
    if (value.is(Kind::decimal)) return value.as_decimal();
    return value.is(Kind::integer) ? Decimal(value.as_int()) : Decimal(value.as_uint());
}

}  // namespace

std::optional<std::strong_ordering> compare_numbers(const Value& a, const Value& b) noexcept {
    if (!a.is_number() || !b.is_number()) return std::nullopt;
    if (b.is(Kind::real)) return compare_to_double(a, b.as_double());
    if (a.is(Kind::real)) {
        const auto reversed = compare_to_double(b, a.as_double());
        if (!reversed) return std::nullopt;
        return 0 <=> *reversed;
    }
    if (a.is(Kind::decimal) || b.is(Kind::decimal)) return as_exact_decimal(a) <=> as_exact_decimal(b);
    return compare_integers(a, b);
}

std::string format_double(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    // Fixed notation between 1e-4 and 1e21, as Go's %g with the shortest precision, which the language's other
    // implementations print.
    const double magnitude = std::fabs(value);
    const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e21);
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   fixed ? std::chars_format::fixed : std::chars_format::scientific);
    return {buffer.data(), end.ptr};
}

// ---------------------------------------------------------------------------------------------------- maps

namespace {

constexpr std::size_t kSearchedInTurn = 8;  // up to here a linear search is faster than a sorted index

int key_class(const Value& key) noexcept {
    if (key.is(Kind::boolean)) return 0;
    return key.is(Kind::string) ? 2 : 1;
}

// A total order over keys.
std::strong_ordering compare_keys(const Value& a, const Value& b) noexcept {
    const auto by_class = key_class(a) <=> key_class(b);
    if (by_class != 0) return by_class;
    if (a.is(Kind::boolean)) return a.as_bool() <=> b.as_bool();
    if (a.is(Kind::string)) return a.as_text().compare(b.as_text()) <=> 0;
    return compare_integers(a, b);
}

// The integer that a double stands for exactly; nullopt when there is none, so that no key is found.
std::optional<Value> integer_key(double value) noexcept {
    if (std::trunc(value) != value || value < -kTwo63 || value >= kTwo64) return std::nullopt;
    if (value < kTwo63) return Value::integer(static_cast<std::int64_t>(value));
    return Value::uinteger(static_cast<std::uint64_t>(value));
}
std::optional<Value> integer_key(const Decimal& value) noexcept {
    if (const auto whole = value.to<std::int64_t>()) return Value::integer(*whole);
    if (const auto whole = value.to<std::uint64_t>()) return Value::uinteger(*whole);
    return std::nullopt;
}

}  // namespace

bool is_map_key(const Value& key) noexcept {
    return key.is(Kind::boolean) || key.is(Kind::integer) || key.is(Kind::uinteger) || key.is(Kind::string);
}

std::optional<Value> ArrayMap::find(const Value& key, Arena& arena) const {
    if (key.is(Kind::real) || key.is(Kind::decimal)) {
        const auto exact = key.is(Kind::real) ? integer_key(key.as_double()) : integer_key(key.as_decimal());
        return exact ? find(*exact, arena) : std::nullopt;
    }
    if (!is_map_key(key)) return std::nullopt;
    if (order_.empty()) {
        for (const Entry& entry : entries_) {
            if (compare_keys(key, entry.key) == 0) return entry.value;
        }
        return std::nullopt;
    }
    const auto found = std::ranges::lower_bound(
        order_, key, [](const Value& a, const Value& b) { return compare_keys(a, b) < 0; },
        [&](std::uint32_t index) { return entries_[index].key; });
    if (found == order_.end() || compare_keys(key, entries_[*found].key) != 0) return std::nullopt;
    return entries_[*found].value;
}

BuiltMap build_map(std::span<const Entry> entries, Arena& arena) {
    if (entries.size() <= kSearchedInTurn) {
        for (std::size_t i = 1; i < entries.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (compare_keys(entries[i].key, entries[j].key) == 0) return {nullptr, i};
            }
        }
        return {arena.make<ArrayMap>(entries, std::span<const std::uint32_t>()), std::nullopt};
    }
    const auto order = arena.array<std::uint32_t>(entries.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
        const auto by_key = compare_keys(entries[a].key, entries[b].key);
        return by_key != 0 ? by_key < 0 : a < b;
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (compare_keys(entries[order[i - 1]].key, entries[order[i]].key) == 0) return {nullptr, order[i]};
    }
    return {arena.make<ArrayMap>(entries, order), std::nullopt};
}

// ---------------------------------------------------------------------------------------------------- equality

namespace {

std::optional<bool> equal_lists(const List& a, const List& b, Meter& meter) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto same = equal(a.at(i, meter.arena()), b.at(i, meter.arena()), meter);
        if (!same || !*same) return same;
    }
    return true;
}

std::optional<bool> equal_maps(const Map& a, const Map& b, Meter& meter) {
    if (a.size() != b.size()) return false;
    for (const Entry& entry : a.entries(meter.arena())) {
        const auto other = b.find(entry.key, meter.arena());
        if (!other) return false;
        const auto same = equal(entry.value, *other, meter);
        if (!same || !*same) return same;
    }
    return true;
}

std::optional<bool> equal_optionals(const Value* a, const Value* b, Meter& meter) {
    if (a == nullptr || b == nullptr) return a == b;
    return equal(*a, *b, meter);
}

}  // namespace

std::optional<bool> equal(const Value& a, const Value& b, Meter& meter) {
    if (!meter.charge(1)) return std::nullopt;
    if (a.is_number() && b.is_number()) return compare_numbers(a, b) == std::strong_ordering::equal;
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
        case Kind::null:
            return true;
        case Kind::boolean:
            return a.as_bool() == b.as_bool();
        case Kind::string:
        case Kind::bytes:
        case Kind::type:
            return a.as_text() == b.as_text();
        case Kind::timestamp:
            return a.as_timestamp() == b.as_timestamp();
        case Kind::duration:
            return a.as_duration() == b.as_duration();
        case Kind::list:
            return equal_lists(a.as_list(), b.as_list(), meter);
        case Kind::map:
            return equal_maps(a.as_map(), b.as_map(), meter);
        case Kind::optional:
            return equal_optionals(a.as_optional(), b.as_optional(), meter);
        case Kind::ip:
        case Kind::cidr:
            return a.as_ip() == b.as_ip();
        default:
            return false;
    }
}

}  // namespace weir::expr
