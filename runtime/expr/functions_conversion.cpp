// Conversions between types (langdef.md, "Standard Definitions").

#include <array>
#include <charconv>
#include <cmath>

#include "runtime/base/text.hpp"
#include "runtime/expr/functions.hpp"
#include "runtime/expr/network.hpp"
#include "runtime/expr/operators.hpp"
#include "runtime/expr/time.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

Value same(Context&, Arguments a) { return a[0]; }

Value not_convertible(Context& context, const Value& value, std::string_view target) {
    return context.fail(ErrorKind::invalid_argument, shown(value) + " is not " + std::string(target));
}
Value beyond_range(Context& context, const Value& value, std::string_view target) {
    return context.fail(ErrorKind::out_of_range, shown(value) + " is out of the range of " + std::string(target));
}

Value bool_from_string(Context& context, Arguments a) {
    constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
    constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "false", "FALSE", "False"};
    if (std::ranges::find(kTrue, a[0].as_text()) != kTrue.end()) return Value::boolean(true);
    if (std::ranges::find(kFalse, a[0].as_text()) != kFalse.end()) return Value::boolean(false);
    return not_convertible(context, a[0], "a bool");
}

Value bytes_from_string(Context&, Arguments a) { return Value::bytes(a[0].as_text()); }

Value double_from_int(Context&, Arguments a) { return Value::real(static_cast<double>(a[0].as_int())); }
Value double_from_uint(Context&, Arguments a) { return Value::real(static_cast<double>(a[0].as_uint())); }
Value double_from_string(Context& context, Arguments a) {
    std::string_view text = a[0].as_text();
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code == std::errc::result_out_of_range) return beyond_range(context, a[0], "a double");
    if (code != std::errc() || end != text.data() + text.size() || text.ends_with(')') ||
        a[0].as_text().starts_with("+-")) {
        return not_convertible(context, a[0], "a double");
    }
    return Value::real(value);
}
Value double_from_decimal(Context& context, Arguments a) {
    const std::string text = a[0].as_decimal().to_string();
    const Value argument = Value::string(text);
    return double_from_string(context, std::array{argument});
}

template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) {
    if (text.starts_with('+')) text = text.substr(text.starts_with("+-") ? 0 : 1);
    Integer value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Value int_from_uint(Context& context, Arguments a) {
    if (a[0].as_uint() > static_cast<std::uint64_t>(INT64_MAX)) return beyond_range(context, a[0], "an int");
    return Value::integer(static_cast<std::int64_t>(a[0].as_uint()));
}
Value int_from_double(Context& context, Arguments a) {
    // The limits themselves are refused, too: the doubles there stand for numbers that do not fit.
    constexpr double kEnd = 9223372036854775808.0;
    const double value = a[0].as_double();
    if (!(value > -kEnd && value < kEnd)) return beyond_range(context, a[0], "an int");
    return Value::integer(static_cast<std::int64_t>(value));
}
Value int_from_string(Context& context, Arguments a) {
    const auto value = parse_integer<std::int64_t>(a[0].as_text());
    return value ? Value::integer(*value) : not_convertible(context, a[0], "an int");
}
Value int_from_timestamp(Context&, Arguments a) { return Value::integer(a[0].as_timestamp().seconds); }
Value int_from_duration(Context&, Arguments a) { return Value::integer(a[0].as_duration()); }
Value int_from_decimal(Context& context, Arguments a) {
    const auto whole = a[0].as_decimal().checked_round(0, Rounding::down);
    const auto value = whole.ok() ? parse_integer<std::int64_t>(whole->to_string()) : std::nullopt;
    return value ? Value::integer(*value) : beyond_range(context, a[0], "an int");
}

Value uint_from_int(Context& context, Arguments a) {
    if (a[0].as_int() < 0) return beyond_range(context, a[0], "a uint");
    return Value::uinteger(static_cast<std::uint64_t>(a[0].as_int()));
}
Value uint_from_double(Context& context, Arguments a) {
    const double value = a[0].as_double();
    if (!(value >= 0 && value < 18446744073709551616.0)) return beyond_range(context, a[0], "a uint");
    return Value::uinteger(static_cast<std::uint64_t>(value));
}
Value uint_from_string(Context& context, Arguments a) {
    const auto value = parse_integer<std::uint64_t>(a[0].as_text());
    return value ? Value::uinteger(*value) : not_convertible(context, a[0], "a uint");
}
Value uint_from_decimal(Context& context, Arguments a) {
    const auto whole = a[0].as_decimal().checked_round(0, Rounding::down);
    const auto value = whole.ok() ? parse_integer<std::uint64_t>(whole->to_string()) : std::nullopt;
    return value ? Value::uinteger(*value) : beyond_range(context, a[0], "a uint");
}

Value string_from_int(Context& context, Arguments a) { return context.string(std::to_string(a[0].as_int())); }
Value string_from_uint(Context& context, Arguments a) { return context.string(std::to_string(a[0].as_uint())); }
Value string_from_double(Context& context, Arguments a) {
    // "+Inf" and the like are how the language's reference implementation writes infinities here.
    const double value = a[0].as_double();
    if (std::isinf(value)) return Value::string(value > 0 ? "+Inf" : "-Inf");
    return context.string(format_double(value));
}
Value string_from_decimal(Context& context, Arguments a) { return context.string(a[0].as_decimal().to_string()); }
Value string_from_bool(Context&, Arguments a) { return Value::string(a[0].as_bool() ? "true" : "false"); }
Value string_from_bytes(Context& context, Arguments a) {
    if (!context.charge_bytes(a[0].as_text().size())) return context.limit_error();
    if (is_utf8(a[0].as_text())) return Value::string(a[0].as_text());
    return context.fail(ErrorKind::invalid_argument, "the bytes are not valid UTF-8");
}
Value string_from_timestamp(Context& context, Arguments a) {
    return context.string(format_timestamp(a[0].as_timestamp()));
}
Value string_from_duration(Context& context, Arguments a) {
    return context.string(format_duration(a[0].as_duration()));
}
Value string_from_ip(Context& context, Arguments a) { return context.string(format_ip(a[0].as_ip())); }
Value string_from_cidr(Context& context, Arguments a) { return context.string(format_cidr(a[0].as_ip())); }

Value timestamp_from_string(Context& context, Arguments a) {
    const auto time = parse_timestamp(a[0].as_text());
    if (time) return Value::timestamp(*time);
    return context.fail(ErrorKind::out_of_range,
                        shown(a[0]) + " is not a timestamp like \"2026-06-01T16:00:00Z\" of the years 1 to 9999");
}
Value timestamp_from_int(Context& context, Arguments a) {
    if (!in_range(a[0].as_int())) return beyond_range(context, a[0], "a timestamp");
    return Value::timestamp({a[0].as_int(), 0});
}

Value duration_from_string(Context& context, Arguments a) {
    const auto duration = parse_duration(a[0].as_text());
    if (duration) return Value::duration(*duration);
    return context.fail(ErrorKind::out_of_range,
                        shown(a[0]) + " is not a duration like \"1h30m\" of at most 292 years");
}

Value decimal_from_exact(Context& context, Arguments a) { return context.decimal(to_decimal(a[0])); }
Value decimal_from_string(Context& context, Arguments a) {
    return context.decimal(Decimal::parse_exponent(a[0].as_text()));
}
Value decimal_from_double(Context& context, Arguments a) {
    if (!std::isfinite(a[0].as_double())) return not_convertible(context, a[0], "a decimal");
    return context.decimal(Decimal::parse_exponent(format_double(a[0].as_double())));
}

Value type_of_value(Context&, Arguments a) { return Value::type(type_name(a[0].kind())); }

constexpr std::string_view kSection = "Conversions";

std::vector<Declaration> number_conversions() {
    return {
        {kSection,
         "int",
         "A whole number of 64 bits. Fractions are cut off; of a timestamp, its seconds since 1970; of a duration, its "
         "nanoseconds.",
         {{"int(int) -> int", same},
          {"int(uint) -> int", int_from_uint},
          {"int(double) -> int", int_from_double},
          {"int(string) -> int", int_from_string},
          {"int(timestamp) -> int", int_from_timestamp},
          {"int(duration) -> int", int_from_duration}},
         {{"int('42')", "42"}, {"int(2u)", "2"}, {"int('4.2')", "error"}}},
        {kSection,
         "int",
         "A decimal's fraction is cut off.",
         {{"int(decimal) -> int", int_from_decimal}},
         {{"int(-7.9)", "-7"}},
         Availability::weir_only},
        {kSection,
         "uint",
         "An unsigned whole number of 64 bits.",
         {{"uint(uint) -> uint", same},
          {"uint(int) -> uint", uint_from_int},
          {"uint(double) -> uint", uint_from_double},
          {"uint(string) -> uint", uint_from_string}},
         {{"uint(42)", "42u"}, {"uint(-1)", "error"}}},
        {kSection,
         "uint",
         "A decimal's fraction is cut off.",
         {{"uint(decimal) -> uint", uint_from_decimal}},
         {{"uint(7.9)", "7u"}},
         Availability::weir_only},
        {kSection,
         "double",
         "A binary floating-point number. Never for money.",
         {{"double(double) -> double", same},
          {"double(int) -> double", double_from_int},
          {"double(uint) -> double", double_from_uint},
          {"double(string) -> double", double_from_string}},
         {{"double('1e3') == double(1000)", "true"}, {"double('x')", "error"}}},
        {kSection,
         "double",
         "The nearest double of a decimal.",
         {{"double(decimal) -> double", double_from_decimal}},
         {{"double(0.5) == double('0.5')", "true"}},
         Availability::weir_only},
        {kSection,
         "decimal",
         "An exact decimal number of up to 38 digits. A double is taken by its shortest text.",
         {{"decimal(decimal) -> decimal", decimal_from_exact},
          {"decimal(int) -> decimal", decimal_from_exact},
          {"decimal(uint) -> decimal", decimal_from_exact},
          {"decimal(string) -> decimal", decimal_from_string},
          {"decimal(double) -> decimal", decimal_from_double}},
         {{"decimal('12.50')", "12.50"},
          {"decimal(3)", "3"},
          {"decimal(double('0.1'))", "0.1"},
          {"decimal('1,5')", "error"}},
         Availability::weir_only},
    };
}

std::vector<Declaration> other_conversions() {
    return {
        {kSection,
         "bool",
         "From \"true\", \"t\", \"1\", \"false\", \"f\", \"0\" and their capitals.",
         {{"bool(bool) -> bool", same}, {"bool(string) -> bool", bool_from_string}},
         {{"bool('true')", "true"}, {"bool('yes')", "error"}}},
        {kSection,
         "bytes",
         "The UTF-8 bytes of a text.",
         {{"bytes(bytes) -> bytes", same}, {"bytes(string) -> bytes", bytes_from_string}},
         {{"bytes('é') == b'\\xc3\\xa9'", "true"}}},
        {kSection,
         "string",
         "The text of a value.",
         {{"string(string) -> string", same},
          {"string(int) -> string", string_from_int},
          {"string(uint) -> string", string_from_uint},
          {"string(double) -> string", string_from_double},
          {"string(bool) -> string", string_from_bool},
          {"string(bytes) -> string", string_from_bytes},
          {"string(timestamp) -> string", string_from_timestamp},
          {"string(duration) -> string", string_from_duration},
          {"string(net.IP) -> string", string_from_ip},
          {"string(net.CIDR) -> string", string_from_cidr}},
         {{"string(42)", "'42'"}, {"string(duration('90m'))", "'5400s'"}, {"string(b'\\xff')", "error"}}},
        {kSection,
         "string",
         "A decimal keeps its digits.",
         {{"string(decimal) -> string", string_from_decimal}},
         {{"string(12.50)", "'12.50'"}},
         Availability::weir_only},
        {kSection,
         "timestamp",
         "From RFC 3339 text, or seconds since 1970. Years 1 to 9999.",
         {{"timestamp(timestamp) -> timestamp", same},
          {"timestamp(string) -> timestamp", timestamp_from_string},
          {"timestamp(int) -> timestamp", timestamp_from_int}},
         {{"timestamp('2026-06-01T18:00:00+02:00') == timestamp('2026-06-01T16:00:00Z')", "true"},
          {"timestamp(0) == timestamp('1970-01-01T00:00:00Z')", "true"},
          {"timestamp('2026-02-30T00:00:00Z')", "error"}}},
        {kSection,
         "duration",
         "From text with the units h, m, s, ms, us and ns.",
         {{"duration(duration) -> duration", same}, {"duration(string) -> duration", duration_from_string}},
         {{"duration('1h30m') == duration('5400s')", "true"}, {"duration('1 hour')", "error"}}},
        {kSection,
         "dyn",
         "The same value, its type forgotten: leaves the check of types to the evaluation.",
         {{"dyn(T) -> dyn", same}},
         {{"dyn(1) == 1u", "true"}}},
        {kSection,
         "type",
         "The type of a value.",
         {{"type(T) -> type", type_of_value}},
         {{"type(1) == int", "true"}, {"type('a') == type('b')", "true"}}},
    };
}

}  // namespace

std::vector<Declaration> conversion_declarations() {
    std::vector<Declaration> all = number_conversions();
    for (Declaration& declaration : other_conversions()) all.push_back(std::move(declaration));
    return all;
}

}  // namespace weir::expr
