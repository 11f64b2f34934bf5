#include "runtime/expr/operators.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "runtime/expr/problem.hpp"
#include "runtime/expr/time.hpp"

namespace weir::expr {

namespace {

Value overflow(Context& context, Operator op, const Value& a, const Value& b) {
    return context.fail(ErrorKind::overflow, shown(a) + " " + std::string(symbol(op)) + " " + shown(b) +
                                                 " does not fit " + (a.is(Kind::duration) ? "a duration" : "64 bits"));
}

Value mismatch(Context& context, Operator op, const Value& a, const Value& b) {
    const bool mixed = (a.is(Kind::decimal) && b.is(Kind::real)) || (a.is(Kind::real) && b.is(Kind::decimal));
    if (mixed) {
        return context.fail(ErrorKind::no_such_overload,
                            "no such overload: " + std::string(function_name(op)) +
                                ": a decimal and a double are not mixed; convert one with decimal() or double()");
    }
    return no_such_overload(context, function_name(op), std::array{a, b});
}

template <class Integer, class Wrap>
Value integer_arithmetic(Context& context, Operator op, const Value& a, const Value& b, Integer x, Integer y,
                         Wrap wrap) {
    Integer result = 0;
    switch (op) {
        case Operator::add:
            return __builtin_add_overflow(x, y, &result) ? overflow(context, op, a, b) : wrap(result);
        case Operator::subtract:
            return __builtin_sub_overflow(x, y, &result) ? overflow(context, op, a, b) : wrap(result);
        case Operator::multiply:
            return __builtin_mul_overflow(x, y, &result) ? overflow(context, op, a, b) : wrap(result);
        default:
            break;
    }
    if (y == 0) {
        return context.fail(ErrorKind::divide_by_zero, op == Operator::divide ? "divide by zero" : "modulus by zero");
    }
    if constexpr (std::is_signed_v<Integer>) {
        if (x == std::numeric_limits<Integer>::min() && y == -1) return overflow(context, op, a, b);
    }
    return wrap(static_cast<Integer>(op == Operator::divide ? x / y : x % y));
}

Value double_arithmetic(Context& context, Operator op, const Value& a, const Value& b) {
    const double x = a.as_double();
    const double y = b.as_double();
    switch (op) {
        case Operator::add:
            return Value::real(x + y);
        case Operator::subtract:
            return Value::real(x - y);
        case Operator::multiply:
            return Value::real(x * y);
        case Operator::divide:
            return Value::real(x / y);
        default:
            return mismatch(context, op, a, b);
    }
}

Value decimal_arithmetic(Context& context, Operator op, const Value& a, const Value& b) {
    const Decimal x = to_decimal(a);
    const Decimal y = to_decimal(b);
    switch (op) {
        case Operator::add:
            return context.decimal(Decimal::checked_add(x, y));
        case Operator::subtract:
            return context.decimal(Decimal::checked_sub(x, y));
        case Operator::multiply:
            return context.decimal(Decimal::checked_mul(x, y));
        case Operator::divide:
            return context.decimal(divide_decimals(x, y));
        default:
            return context.decimal(Decimal::checked_rem(x, y));
    }
}

bool is_exact_number(const Value& value) noexcept {
    return value.is(Kind::integer) || value.is(Kind::uinteger) || value.is(Kind::decimal);
}

Value concatenate_text(Context& context, const Value& a, const Value& b) {
    const std::string_view x = a.as_text();
    const std::string_view y = b.as_text();
    if (!context.charge_bytes(x.size() + y.size())) return context.limit_error();
    const auto place = context.arena().array<char>(x.size() + y.size());
    std::ranges::copy(x, place.begin());
    std::ranges::copy(y, place.begin() + static_cast<std::ptrdiff_t>(x.size()));
    const std::string_view text(place.data(), place.size());
    return a.is(Kind::string) ? Value::string(text) : Value::bytes(text);
}

Value concatenate_lists(Context& context, const List& a, const List& b) {
    if (!context.charge_bytes((a.size() + b.size()) * sizeof(Value))) return context.limit_error();
    const auto items = context.arena().array<Value>(a.size() + b.size());
    std::ranges::copy(a.items(context.arena()), items.begin());
    std::ranges::copy(b.items(context.arena()), items.begin() + static_cast<std::ptrdiff_t>(a.size()));
    return context.list(items);
}

Value time_arithmetic(Context& context, Operator op, const Value& a, const Value& b) {
    const bool adding = op == Operator::add;
    if (!adding && op != Operator::subtract) return mismatch(context, op, a, b);
    std::int64_t result = 0;
    if (a.is(Kind::duration) && b.is(Kind::duration)) {
        const bool over = adding ? __builtin_add_overflow(a.as_duration(), b.as_duration(), &result)
                                 : __builtin_sub_overflow(a.as_duration(), b.as_duration(), &result);
        return over ? overflow(context, op, a, b) : Value::duration(result);
    }
    if (adding && a.is(Kind::timestamp) && b.is(Kind::duration)) {
        return add_to_timestamp(context, a.as_timestamp(), b.as_duration());
    }
    if (adding && a.is(Kind::duration) && b.is(Kind::timestamp)) {
        return add_to_timestamp(context, b.as_timestamp(), a.as_duration());
    }
    if (!adding && a.is(Kind::timestamp) && b.is(Kind::duration)) {
        if (__builtin_sub_overflow(std::int64_t{0}, b.as_duration(), &result)) return overflow(context, op, a, b);
        return add_to_timestamp(context, a.as_timestamp(), result);
    }
    if (!adding && a.is(Kind::timestamp) && b.is(Kind::timestamp)) {
        const auto difference = nanoseconds_between(b.as_timestamp(), a.as_timestamp());
        return difference ? Value::duration(*difference)
                          : context.fail(ErrorKind::out_of_range,
                                         "the time between the two timestamps is out of the range "
                                         "of a duration, about 292 years");
    }
    return mismatch(context, op, a, b);
}

bool is_time(const Value& value) noexcept { return value.is(Kind::timestamp) || value.is(Kind::duration); }

Value arithmetic(Context& context, Operator op, const Value& a, const Value& b) {
    if (a.is(Kind::integer) && b.is(Kind::integer)) {
        return integer_arithmetic(context, op, a, b, a.as_int(), b.as_int(), Value::integer);
    }
    if (a.is(Kind::real) && b.is(Kind::real)) return double_arithmetic(context, op, a, b);
    if (a.is(Kind::uinteger) && b.is(Kind::uinteger)) {
        return integer_arithmetic(context, op, a, b, a.as_uint(), b.as_uint(), Value::uinteger);
    }
    if (is_exact_number(a) && is_exact_number(b) && (a.is(Kind::decimal) || b.is(Kind::decimal))) {
        return decimal_arithmetic(context, op, a, b);
    }
    if (is_time(a) && is_time(b)) return time_arithmetic(context, op, a, b);
    if (op == Operator::add && a.kind() == b.kind()) {
        if (a.is(Kind::string) || a.is(Kind::bytes)) return concatenate_text(context, a, b);
        if (a.is(Kind::list)) return concatenate_lists(context, a.as_list(), b.as_list());
    }
    return mismatch(context, op, a, b);
}

bool holds(Operator op, std::strong_ordering order) noexcept {
    switch (op) {
        case Operator::less:
            return order < 0;
        case Operator::less_equal:
            return order <= 0;
        case Operator::greater:
            return order > 0;
        default:
            return order >= 0;
    }
}

Value compare(Context& context, Operator op, const Value& a, const Value& b) {
    if (a.is_number() && b.is_number()) {
        if (a.is(Kind::decimal) != b.is(Kind::decimal) && (a.is(Kind::real) || b.is(Kind::real))) {
            return mismatch(context, op, a, b);
        }
        const auto order = compare_numbers(a, b);
        return Value::boolean(order && holds(op, *order));
    }
    if (a.kind() != b.kind()) return mismatch(context, op, a, b);
    switch (a.kind()) {
        case Kind::boolean:
            return Value::boolean(holds(op, a.as_bool() <=> b.as_bool()));
        case Kind::string:
        case Kind::bytes:
            return Value::boolean(holds(op, a.as_text().compare(b.as_text()) <=> 0));
        case Kind::timestamp:
            return Value::boolean(holds(op, a.as_timestamp() <=> b.as_timestamp()));
        case Kind::duration:
            return Value::boolean(holds(op, a.as_duration() <=> b.as_duration()));
        default:
            return mismatch(context, op, a, b);
    }
}

Value contains(Context& context, const Value& element, const Value& container) {
    if (container.is(Kind::map)) {
        return Value::boolean(container.as_map().find(element, context.arena()).has_value());
    }
    if (!container.is(Kind::list)) return mismatch(context, Operator::in, element, container);
    const List& list = container.as_list();
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto same = equal(element, list.at(i, context.arena()), context);
        if (!same) return context.limit_error();
        if (*same) return Value::boolean(true);
    }
    return Value::boolean(false);
}

Value equality(Context& context, Operator op, const Value& a, const Value& b) {
    const bool mixed = (a.is(Kind::decimal) && b.is(Kind::real)) || (a.is(Kind::real) && b.is(Kind::decimal));
    if (mixed) return mismatch(context, op, a, b);
    const auto same = equal(a, b, context);
    if (!same) return context.limit_error();
    return Value::boolean(*same == (op == Operator::equal));
}

}  // namespace

Value apply_binary(Context& context, Operator op, const Value& a, const Value& b) {
    switch (op) {
        case Operator::equal:
        case Operator::not_equal:
            return equality(context, op, a, b);
        case Operator::less:
        case Operator::less_equal:
        case Operator::greater:
        case Operator::greater_equal:
            return compare(context, op, a, b);
        case Operator::in:
            return contains(context, a, b);
        default:
            return arithmetic(context, op, a, b);
    }
}

Value apply_unary(Context& context, Operator op, const Value& a) {
    if (op == Operator::logical_not && a.is(Kind::boolean)) return Value::boolean(!a.as_bool());
    if (op == Operator::negate && a.is(Kind::real)) return Value::real(-a.as_double());
    if (op == Operator::negate && a.is(Kind::decimal)) return context.decimal(a.as_decimal().negated());
    if (op == Operator::negate && (a.is(Kind::integer) || a.is(Kind::duration))) {
        std::int64_t result = 0;
        if (__builtin_sub_overflow(std::int64_t{0}, a.as_int(), &result)) {
            return context.fail(ErrorKind::overflow, "-(" + std::to_string(a.as_int()) + ") does not fit 64 bits");
        }
        return a.is(Kind::integer) ? Value::integer(result) : Value::duration(result);
    }
    return no_such_overload(context, function_name(op), std::array{a});
}

// ---------------------------------------------------------------------------------------------------- elements

namespace {

// The position a number asks for: 1, 1u and 1.0 are the same. Below 0 when it is not a whole number that fits.
std::optional<std::int64_t> position(const Value& key) noexcept {
    if (key.is(Kind::integer)) return key.as_int();
    if (key.is(Kind::uinteger)) {
        return key.as_uint() > static_cast<std::uint64_t>(INT64_MAX) ? -1 : static_cast<std::int64_t>(key.as_uint());
    }
    if (key.is(Kind::decimal)) return key.as_decimal().to<std::int64_t>().value_or(-1);
    if (!key.is(Kind::real)) return std::nullopt;
    const double value = key.as_double();
    return std::trunc(value) == value && std::fabs(value) < 9.0e15 ? static_cast<std::int64_t>(value) : -1;
}

// nullopt when there is no such element; an error value when such a container has no elements at all.
std::optional<Value> element(Context& context, const Value& container, const Value& key) {
    if (container.is(Kind::map)) {
        if (!is_map_key(key) && !key.is_number()) return mismatch(context, Operator::index, container, key);
        return container.as_map().find(key, context.arena());
    }
    if (!container.is(Kind::list)) return mismatch(context, Operator::index, container, key);
    const auto at = position(key);
    if (!at) return mismatch(context, Operator::index, container, key);
    if (*at < 0 || static_cast<std::uint64_t>(*at) >= container.as_list().size()) return std::nullopt;
    return container.as_list().at(static_cast<std::size_t>(*at), context.arena());
}

Value inside_optional(Context& context, const Value& container, const Value& key) {
    const Value* inner = container.as_optional();
    return inner == nullptr ? container : optional_index(context, *inner, key);
}

// With the nearest name, when the map is small enough for errors to stay cheap.
Value no_such_field(Context& context, const Map& map, const Value& field) {
    constexpr std::size_t kSearchedMax = 64;
    std::vector<std::string_view> names;
    if (map.size() <= kSearchedMax) {
        for (const Entry& entry : map.entries(context.arena())) {
            if (entry.key.is(Kind::string)) names.push_back(entry.key.as_text());
        }
    }
    return context.fail(ErrorKind::no_such_key, "no such key: " + shown(field) + suggestion(field.as_text(), names));
}

Value no_selection(Context& context, const Value& container, const Value& field) {
    return context.fail(ErrorKind::no_such_overload, "no such overload: a value of type " +
                                                         std::string(plain_name(container.kind())) + " has no field " +
                                                         shown(field));
}

}  // namespace

Value index(Context& context, const Value& container, const Value& key) {
    if (container.is(Kind::optional)) return inside_optional(context, container, key);
    const auto found = element(context, container, key);
    if (found) return *found;
    if (container.is(Kind::map)) return context.fail(ErrorKind::no_such_key, "no such key: " + shown(key));
    return context.fail(ErrorKind::index_out_of_range, "index out of range: " + shown(key) + " of a list of " +
                                                           std::to_string(container.as_list().size()));
}

Value optional_index(Context& context, const Value& container, const Value& key) {
    if (container.is(Kind::optional)) return inside_optional(context, container, key);
    const auto found = element(context, container, key);
    if (!found) return Value::optional(nullptr);
    return found->is_error() ? *found : context.optional(*found);
}

Value select(Context& context, const Value& container, const Value& field) {
    if (container.is(Kind::map)) {
        const auto found = container.as_map().find(field, context.arena());
        return found ? *found : no_such_field(context, container.as_map(), field);
    }
    if (container.is(Kind::optional)) {
        const Value* inner = container.as_optional();
        if (inner == nullptr) return container;
        if (!inner->is(Kind::map) && !inner->is(Kind::optional)) return no_selection(context, *inner, field);
        return optional_index(context, *inner, field);
    }
    return no_selection(context, container, field);
}

Value has_field(Context& context, const Value& container, const Value& field) {
    if (container.is(Kind::map)) {
        return Value::boolean(container.as_map().find(field, context.arena()).has_value());
    }
    if (container.is(Kind::optional)) {
        const Value* inner = container.as_optional();
        return inner == nullptr ? Value::boolean(false) : has_field(context, *inner, field);
    }
    return no_selection(context, container, field);
}

// ---------------------------------------------------------------------------------------------------- helpers

Value add_to_timestamp(Context& context, Timestamp time, std::int64_t nanoseconds) {
    const auto sum = add_nanoseconds(time, nanoseconds);
    if (sum) return Value::timestamp(*sum);
    return context.fail(ErrorKind::out_of_range, "the timestamp is out of range: years 1 to 9999");
}

Decimal to_decimal(const Value& value) noexcept {
    if (value.is(Kind::integer)) return Decimal(value.as_int());
    return value.is(Kind::uinteger) ? Decimal(value.as_uint()) : value.as_decimal();
}

Result<Decimal> divide_decimals(const Decimal& a, const Decimal& b) {
    constexpr int kDivisionScale = 20;
    // The shortest that is exact, but not shorter than a is.
    const int wanted = std::max(0, a.scale() - b.scale());
    int scale = std::max(kDivisionScale, wanted);
    auto divided = Decimal::checked_div(a, b, scale, Rounding::half_even);
    // A large quotient has room for fewer.
    while (!divided.ok() && divided.error().code == "decimal_overflow" && scale > 0) {
        divided = Decimal::checked_div(a, b, --scale, Rounding::half_even);
    }
    WEIR_TRY(Decimal quotient, std::move(divided));
    while (quotient.scale() > wanted) {
        WEIR_TRY(const Decimal shorter, quotient.checked_round(quotient.scale() - 1, Rounding::down));
        if (shorter != quotient) break;
        quotient = shorter;
    }
    return quotient;
}

}  // namespace weir::expr
