// The math extension.

#include <array>
#include <cmath>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/operators.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

// The first of equals; NaN never wins against a number before it.
Value extremum(Context& context, Arguments values, bool greatest) {
    std::optional<Value> best;
    for (const Value& value : values) {
        if (value.is_error()) return value;
        if (!value.is_number() || !context.charge(1)) {
            return no_such_overload(context, greatest ? "math.greatest" : "math.least", std::array{value});
        }
        if (!best) {
            best = value;
            continue;
        }
        const bool mixed =
            value.is(Kind::decimal) != best->is(Kind::decimal) && (value.is(Kind::real) || best->is(Kind::real));
        if (mixed)
            return no_such_overload(context, greatest ? "math.greatest" : "math.least", std::array{*best, value});
        const auto order = compare_numbers(value, *best);
        if (order && (greatest ? *order > 0 : *order < 0)) best = value;
    }
    if (best) return *best;
    return context.fail(ErrorKind::invalid_argument, "an empty list has no greatest or least element");
}
Value greatest(Context& context, Arguments a) { return extremum(context, a, true); }
Value least(Context& context, Arguments a) { return extremum(context, a, false); }
Value greatest_of_list(Context& context, Arguments a) {
    return extremum(context, a[0].as_list().items(context.arena()), true);
}
Value least_of_list(Context& context, Arguments a) {
    return extremum(context, a[0].as_list().items(context.arena()), false);
}

template <double (*kFunction)(double)>
Value on_double(Context&, Arguments a) {
    return Value::real(kFunction(a[0].as_double()));
}
double ceiling(double x) { return std::ceil(x); }
double floored(double x) { return std::floor(x); }
double rounded(double x) { return std::round(x); }
double truncated(double x) { return std::trunc(x); }
double signed_one(double x) { return std::isnan(x) ? x : (x > 0 ? 1.0 : (x < 0 ? -1.0 : 0.0)); }

template <Rounding kMode>
Value on_decimal(Context& context, Arguments a) {
    return context.decimal(a[0].as_decimal().checked_round(0, kMode));
}

Value absolute_int(Context& context, Arguments a) {
    return a[0].as_int() < 0 ? apply_unary(context, Operator::negate, a[0]) : a[0];
}
Value same(Context&, Arguments a) { return a[0]; }
Value absolute_double(Context&, Arguments a) { return Value::real(std::fabs(a[0].as_double())); }
Value absolute_decimal(Context& context, Arguments a) { return context.decimal(a[0].as_decimal().abs()); }
Value sign_int(Context&, Arguments a) {
    return Value::integer((a[0].as_int() > 0 ? 1 : 0) - (a[0].as_int() < 0 ? 1 : 0));
}
Value sign_uint(Context&, Arguments a) { return Value::uinteger(a[0].as_uint() > 0 ? 1 : 0); }
Value sign_decimal(Context&, Arguments a) {
    const Decimal& x = a[0].as_decimal();
    return Value::integer(x.is_zero() ? 0 : (x.is_negative() ? -1 : 1));
}

Value is_nan(Context&, Arguments a) { return Value::boolean(std::isnan(a[0].as_double())); }
Value is_inf(Context&, Arguments a) { return Value::boolean(std::isinf(a[0].as_double())); }
Value is_finite(Context&, Arguments a) { return Value::boolean(std::isfinite(a[0].as_double())); }

Value square_root(Context&, Arguments a) {
    const double x = a[0].is(Kind::real)      ? a[0].as_double()
                     : a[0].is(Kind::integer) ? static_cast<double>(a[0].as_int())
                                              : static_cast<double>(a[0].as_uint());
    return Value::real(std::sqrt(x));
}

// Bits are the same for int and uint; the result has the type of the first argument.
Value with_bits(const Value& like, std::uint64_t bits) {
    return like.is(Kind::uinteger) ? Value::uinteger(bits) : Value::integer(static_cast<std::int64_t>(bits));
}
Value bit_or(Context&, Arguments a) { return with_bits(a[0], a[0].as_uint() | a[1].as_uint()); }
Value bit_and(Context&, Arguments a) { return with_bits(a[0], a[0].as_uint() & a[1].as_uint()); }
Value bit_xor(Context&, Arguments a) { return with_bits(a[0], a[0].as_uint() ^ a[1].as_uint()); }
Value bit_not(Context&, Arguments a) { return with_bits(a[0], ~a[0].as_uint()); }

Value shifted(Context& context, Arguments a, bool left) {
    const std::int64_t by = a[1].as_int();
    if (by < 0) return context.fail(ErrorKind::invalid_argument, "bits are not shifted by " + std::to_string(by));
    const std::uint64_t bits = a[0].as_uint();
    if (by >= 64) return with_bits(a[0], 0);
    return with_bits(a[0], left ? bits << static_cast<unsigned>(by) : bits >> static_cast<unsigned>(by));
}
Value shift_left(Context& context, Arguments a) { return shifted(context, a, true); }
Value shift_right(Context& context, Arguments a) { return shifted(context, a, false); }

constexpr std::string_view kSection = "Math";

std::vector<Declaration> extrema() {
    return {
        {kSection,
         "math.greatest",
         "The greatest number of any number of arguments or of a list.",
         {{"math.greatest(int) -> int", greatest},
          {"math.greatest(uint) -> uint", greatest},
          {"math.greatest(double) -> double", greatest},
          {"math.greatest(int, int) -> int", greatest},
          {"math.greatest(uint, uint) -> uint", greatest},
          {"math.greatest(double, double) -> double", greatest},
          {"math.greatest(int, uint) -> dyn", greatest},
          {"math.greatest(int, double) -> dyn", greatest},
          {"math.greatest(uint, int) -> dyn", greatest},
          {"math.greatest(uint, double) -> dyn", greatest},
          {"math.greatest(double, int) -> dyn", greatest},
          {"math.greatest(double, uint) -> dyn", greatest},
          {"math.greatest(list(int)) -> int", greatest_of_list},
          {"math.greatest(list(uint)) -> uint", greatest_of_list},
          {"math.greatest(list(double)) -> double", greatest_of_list},
          {"math.greatest(list(dyn)) -> dyn", greatest_of_list}},
         {{"math.greatest(1, 5, 3)", "5"}, {"math.greatest([1, 2])", "2"}, {"math.greatest([])", "error"}}},
        {kSection,
         "math.greatest",
         "Decimals, too.",
         {{"math.greatest(decimal) -> decimal", greatest},
          {"math.greatest(decimal, decimal) -> decimal", greatest},
          {"math.greatest(decimal, int) -> dyn", greatest},
          {"math.greatest(int, decimal) -> dyn", greatest}},
         {{"math.greatest(1.5, 1)", "1.5"}},
         Availability::weir_only},
        {kSection,
         "math.least",
         "The least number of any number of arguments or of a list.",
         {{"math.least(int) -> int", least},
          {"math.least(uint) -> uint", least},
          {"math.least(double) -> double", least},
          {"math.least(int, int) -> int", least},
          {"math.least(uint, uint) -> uint", least},
          {"math.least(double, double) -> double", least},
          {"math.least(int, uint) -> dyn", least},
          {"math.least(int, double) -> dyn", least},
          {"math.least(uint, int) -> dyn", least},
          {"math.least(uint, double) -> dyn", least},
          {"math.least(double, int) -> dyn", least},
          {"math.least(double, uint) -> dyn", least},
          {"math.least(list(int)) -> int", least_of_list},
          {"math.least(list(uint)) -> uint", least_of_list},
          {"math.least(list(double)) -> double", least_of_list},
          {"math.least(list(dyn)) -> dyn", least_of_list}},
         {{"math.least(1, -5, 3)", "-5"}, {"math.least('a')", "error"}}},
        {kSection,
         "math.least",
         "Decimals, too.",
         {{"math.least(decimal) -> decimal", least},
          {"math.least(decimal, decimal) -> decimal", least},
          {"math.least(decimal, int) -> dyn", least},
          {"math.least(int, decimal) -> dyn", least}},
         {{"math.least(1.5, 1)", "1"}},
         Availability::weir_only},
    };
}

// long: a table.
std::vector<Declaration> rounding() {
    return {
        {kSection,
         "math.ceil",
         "The next whole number upwards.",
         {{"math.ceil(double) -> double", on_double<ceiling>}},
         {{"math.ceil(double('1.2')) == double(2)", "true"}}},
        {kSection,
         "math.ceil",
         "Of a decimal.",
         {{"math.ceil(decimal) -> decimal", on_decimal<Rounding::ceiling>}},
         {{"math.ceil(1.2)", "2"}},
         Availability::weir_only},
        {kSection,
         "math.floor",
         "The next whole number downwards.",
         {{"math.floor(double) -> double", on_double<floored>}},
         {{"math.floor(double('-1.2')) == double(-2)", "true"}}},
        {kSection,
         "math.floor",
         "Of a decimal.",
         {{"math.floor(decimal) -> decimal", on_decimal<Rounding::floor>}},
         {{"math.floor(-1.2)", "-2"}},
         Availability::weir_only},
        {kSection,
         "math.round",
         "The nearest whole number, halves away from zero.",
         {{"math.round(double) -> double", on_double<rounded>}},
         {{"math.round(double('1.5')) == double(2)", "true"}}},
        {kSection,
         "math.round",
         "Of a decimal; round() has digits and modes.",
         {{"math.round(decimal) -> decimal", on_decimal<Rounding::half_up>}},
         {{"math.round(-1.5)", "-2"}},
         Availability::weir_only},
        {kSection,
         "math.trunc",
         "Without the fraction.",
         {{"math.trunc(double) -> double", on_double<truncated>}},
         {{"math.trunc(double('-1.7')) == double(-1)", "true"}}},
        {kSection,
         "math.trunc",
         "Of a decimal.",
         {{"math.trunc(decimal) -> decimal", on_decimal<Rounding::down>}},
         {{"math.trunc(1.7)", "1"}},
         Availability::weir_only},
        {kSection,
         "math.abs",
         "Without the sign.",
         {{"math.abs(int) -> int", absolute_int},
          {"math.abs(uint) -> uint", same},
          {"math.abs(double) -> double", absolute_double}},
         {{"math.abs(-7)", "7"}}},
        {kSection,
         "math.abs",
         "Of a decimal.",
         {{"math.abs(decimal) -> decimal", absolute_decimal}},
         {{"math.abs(-0.5)", "0.5"}},
         Availability::weir_only},
        {kSection,
         "math.sign",
         "-1, 0 or 1.",
         {{"math.sign(int) -> int", sign_int},
          {"math.sign(uint) -> uint", sign_uint},
          {"math.sign(double) -> double", on_double<signed_one>}},
         {{"math.sign(-7)", "-1"}}},
        {kSection,
         "math.sign",
         "Of a decimal.",
         {{"math.sign(decimal) -> int", sign_decimal}},
         {{"math.sign(0.00)", "0"}},
         Availability::weir_only},
        {kSection,
         "math.sqrt",
         "The square root.",
         {{"math.sqrt(double) -> double", square_root},
          {"math.sqrt(int) -> double", square_root},
          {"math.sqrt(uint) -> double", square_root}},
         {{"math.sqrt(81) == double(9)", "true"}}},
        {kSection,
         "math.isNaN",
         "Is it not a number?",
         {{"math.isNaN(double) -> bool", is_nan}},
         {{"math.isNaN(double('NaN'))", "true"}}},
        {kSection,
         "math.isInf",
         "Is it infinite?",
         {{"math.isInf(double) -> bool", is_inf}},
         {{"math.isInf(double('-Infinity'))", "true"}}},
        {kSection,
         "math.isFinite",
         "Is it a number and finite?",
         {{"math.isFinite(double) -> bool", is_finite}},
         {{"math.isFinite(double(1))", "true"}}},
    };
}

std::vector<Declaration> bits() {
    return {
        {kSection,
         "math.bitOr",
         "Bits of either.",
         {{"math.bitOr(int, int) -> int", bit_or}, {"math.bitOr(uint, uint) -> uint", bit_or}},
         {{"math.bitOr(5, 2)", "7"}}},
        {kSection,
         "math.bitAnd",
         "Bits of both.",
         {{"math.bitAnd(int, int) -> int", bit_and}, {"math.bitAnd(uint, uint) -> uint", bit_and}},
         {{"math.bitAnd(5, 4)", "4"}}},
        {kSection,
         "math.bitXor",
         "Bits of one only.",
         {{"math.bitXor(int, int) -> int", bit_xor}, {"math.bitXor(uint, uint) -> uint", bit_xor}},
         {{"math.bitXor(5, 1)", "4"}}},
        {kSection,
         "math.bitNot",
         "All bits turned.",
         {{"math.bitNot(int) -> int", bit_not}, {"math.bitNot(uint) -> uint", bit_not}},
         {{"math.bitNot(1)", "-2"}}},
        {kSection,
         "math.bitShiftLeft",
         "Bits moved up; 64 and more leave none.",
         {{"math.bitShiftLeft(int, int) -> int", shift_left}, {"math.bitShiftLeft(uint, int) -> uint", shift_left}},
         {{"math.bitShiftLeft(1, 3)", "8"}, {"math.bitShiftLeft(1, -1)", "error"}}},
        {kSection,
         "math.bitShiftRight",
         "Bits moved down; zeros come in from above, also for negative numbers.",
         {{"math.bitShiftRight(int, int) -> int", shift_right}, {"math.bitShiftRight(uint, int) -> uint", shift_right}},
         {{"math.bitShiftRight(8, 3)", "1"}}},
    };
}

}  // namespace

std::vector<Declaration> math_declarations() {
    std::vector<Declaration> all = extrema();
    for (auto* part : {&rounding, &bits}) {
        for (Declaration& declaration : (*part)()) all.push_back(std::move(declaration));
    }
    return all;
}

}  // namespace weir::expr
