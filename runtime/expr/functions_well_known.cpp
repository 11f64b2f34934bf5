// Functions that the literals of well-known messages are read as.

#include <algorithm>
#include <array>
#include <limits>

#include "runtime/expr/functions.hpp"
#include "runtime/expr/operators.hpp"
#include "runtime/expr/problem.hpp"
#include "runtime/expr/time.hpp"
#include "runtime/expr/well_known.hpp"

namespace weir::expr {

std::optional<std::vector<std::optional<std::size_t>>> well_known_arguments(std::string_view type,
                                                                            std::span<const std::string_view> fields) {
    constexpr std::string_view kPackage = "google.protobuf.";
    constexpr std::array<std::string_view, 9> kWrappers = {"BoolValue",   "BytesValue",  "DoubleValue",
                                                           "FloatValue",  "Int32Value",  "Int64Value",
                                                           "StringValue", "UInt32Value", "UInt64Value"};
    constexpr std::array<std::string_view, 5> kValueFields = {"number_value", "string_value", "bool_value",
                                                              "struct_value", "list_value"};
    if (type.starts_with('.')) type.remove_prefix(1);
    if (!type.starts_with(kPackage)) return std::nullopt;
    type.remove_prefix(kPackage.size());
    using Arguments = std::vector<std::optional<std::size_t>>;
    const auto at_most_one = [&](auto fits) -> std::optional<Arguments> {
        if (fields.empty()) return Arguments{};
        return fields.size() == 1 && fits(fields[0]) ? std::optional(Arguments{0}) : std::nullopt;
    };
    if (std::ranges::find(kWrappers, type) != kWrappers.end()) return at_most_one([](auto f) { return f == "value"; });
    if (type == "ListValue") return at_most_one([](auto f) { return f == "values"; });
    if (type == "Struct") return at_most_one([](auto f) { return f == "fields"; });
    if (type == "Value") {
        // Told from the other fields by a second argument: its value is an enum's number, and means null.
        if (fields.size() == 1 && fields[0] == "null_value") return Arguments{0, std::nullopt};
        return at_most_one([&](auto f) { return std::ranges::find(kValueFields, f) != kValueFields.end(); });
    }
    if (type != "Duration" && type != "Timestamp") return std::nullopt;
    Arguments arguments(2);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i] != "seconds" && fields[i] != "nanos") return std::nullopt;
        auto& argument = arguments[fields[i] == "seconds" ? 0 : 1];
        if (argument) return std::nullopt;
        argument = i;
    }
    return arguments;
}

std::string no_message(std::string_view type, std::span<const std::string_view> fields) {
    constexpr std::array<std::string_view, 10> kFields = {"value",        "values",     "fields",       "seconds",
                                                          "nanos",        "null_value", "number_value", "string_value",
                                                          "struct_value", "list_value"};
    const std::string name = "\"" + std::string(type) + "\"";
    if (!well_known_arguments(type, {})) return "unknown type " + name;
    std::vector<std::string_view> known;
    for (const std::string_view field : kFields) {
        if (well_known_arguments(type, std::array{field})) known.push_back(field);
    }
    for (const std::string_view field : fields) {
        if (std::ranges::find(known, field) != known.end()) continue;
        return name + " has no field \"" + std::string(field) + "\"" + suggestion(field, known);
    }
    return name + ": a field is here twice, or beside one that excludes it";
}

namespace {

using Arguments = std::span<const Value>;

Value same(Context&, Arguments a) { return a[0]; }
Value null(Context&, Arguments) { return Value::null(); }
Value no_bool(Context&, Arguments) { return Value::boolean(false); }
Value no_int(Context&, Arguments) { return Value::integer(0); }
Value no_uint(Context&, Arguments) { return Value::uinteger(0); }
Value no_double(Context&, Arguments) { return Value::real(0); }
Value no_string(Context&, Arguments) { return Value::string(""); }
Value no_bytes(Context&, Arguments) { return Value::bytes(""); }
Value no_list(Context& context, Arguments) { return context.list({}); }
Value no_map(Context& context, Arguments) { return Value::map(build_map({}, context.arena()).map); }

Value to_int32(Context& context, Arguments a) {
    if (std::in_range<std::int32_t>(a[0].as_int())) return a[0];
    return context.fail(ErrorKind::out_of_range, shown(a[0]) + " does not fit 32 bits");
}
Value to_uint32(Context& context, Arguments a) {
    if (std::in_range<std::uint32_t>(a[0].as_uint())) return a[0];
    return context.fail(ErrorKind::out_of_range, shown(a[0]) + " does not fit 32 bits");
}
Value to_float(Context&, Arguments a) { return Value::real(static_cast<double>(static_cast<float>(a[0].as_double()))); }

Value seconds_and_nanoseconds(Context& context, Arguments a) {
    std::int64_t total = 0;
    const bool over = __builtin_mul_overflow(a[0].as_int(), kNanosecondsPerSecond, &total) ||
                      __builtin_add_overflow(total, a[1].as_int(), &total);
    return over ? context.fail(ErrorKind::out_of_range, "the duration is out of range, about 292 years")
                : Value::duration(total);
}
Value timestamp(Context& context, Arguments a) {
    if (!in_range(a[0].as_int()))
        return context.fail(ErrorKind::out_of_range, "the timestamp is out of range: years 1 to 9999");
    return add_to_timestamp(context, {a[0].as_int(), 0}, a[1].as_int());
}

constexpr std::string_view kSection = "Well-known messages";
constexpr std::string_view kHelp = "Written as a message literal. It is the value inside.";

}  // namespace

// Their type in the check is dyn: a wrapper may be compared with null. long: a table.
std::vector<Declaration> well_known_declarations() {
    return {
        {kSection,
         "google.protobuf.BoolValue",
         kHelp,
         {{"google.protobuf.BoolValue() -> dyn", no_bool}, {"google.protobuf.BoolValue(bool) -> dyn", same}},
         {{"google.protobuf.BoolValue{value: true}", "true"}, {"google.protobuf.BoolValue{} == null", "false"}}},
        {kSection,
         "google.protobuf.BytesValue",
         kHelp,
         {{"google.protobuf.BytesValue() -> dyn", no_bytes}, {"google.protobuf.BytesValue(bytes) -> dyn", same}},
         {{"google.protobuf.BytesValue{value: b'a'}", "b'a'"}}},
        {kSection,
         "google.protobuf.DoubleValue",
         kHelp,
         {{"google.protobuf.DoubleValue() -> dyn", no_double}, {"google.protobuf.DoubleValue(double) -> dyn", same}},
         {{"google.protobuf.DoubleValue{value: double(2)}", "double(2)"}}},
        {kSection,
         "google.protobuf.FloatValue",
         kHelp,
         {{"google.protobuf.FloatValue() -> dyn", no_double}, {"google.protobuf.FloatValue(double) -> dyn", to_float}},
         {{"google.protobuf.FloatValue{value: double('-1.5')}", "double('-1.5')"}}},
        {kSection,
         "google.protobuf.Int32Value",
         kHelp,
         {{"google.protobuf.Int32Value() -> dyn", no_int}, {"google.protobuf.Int32Value(int) -> dyn", to_int32}},
         {{"google.protobuf.Int32Value{value: 5}", "5"}, {"google.protobuf.Int32Value{value: 5000000000}", "error"}}},
        {kSection,
         "google.protobuf.Int64Value",
         kHelp,
         {{"google.protobuf.Int64Value() -> dyn", no_int}, {"google.protobuf.Int64Value(int) -> dyn", same}},
         {{"google.protobuf.Int64Value{}", "0"}}},
        {kSection,
         "google.protobuf.UInt32Value",
         kHelp,
         {{"google.protobuf.UInt32Value() -> dyn", no_uint}, {"google.protobuf.UInt32Value(uint) -> dyn", to_uint32}},
         {{"google.protobuf.UInt32Value{value: 5u}", "5u"}}},
        {kSection,
         "google.protobuf.UInt64Value",
         kHelp,
         {{"google.protobuf.UInt64Value() -> dyn", no_uint}, {"google.protobuf.UInt64Value(uint) -> dyn", same}},
         {{"google.protobuf.UInt64Value{value: 5u}", "5u"}}},
        {kSection,
         "google.protobuf.StringValue",
         kHelp,
         {{"google.protobuf.StringValue() -> dyn", no_string}, {"google.protobuf.StringValue(string) -> dyn", same}},
         {{"google.protobuf.StringValue{value: 'a'}", "'a'"}}},
        {kSection,
         "google.protobuf.Value",
         kHelp,
         {{"google.protobuf.Value() -> dyn", null},
          {"google.protobuf.Value(dyn) -> dyn", same},
          {"google.protobuf.Value(dyn, int) -> dyn", null}},
         {{"google.protobuf.Value{}", "null"}, {"google.protobuf.Value{string_value: 'a'}", "'a'"}}},
        {kSection,
         "google.protobuf.ListValue",
         kHelp,
         {{"google.protobuf.ListValue() -> dyn", no_list}, {"google.protobuf.ListValue(list(dyn)) -> dyn", same}},
         {{"google.protobuf.ListValue{values: [1]}", "[1]"}}},
        {kSection,
         "google.protobuf.Struct",
         kHelp,
         {{"google.protobuf.Struct() -> dyn", no_map}, {"google.protobuf.Struct(map(string, dyn)) -> dyn", same}},
         {{"google.protobuf.Struct{fields: {'a': 1}}", "{'a': 1}"}}},
        {kSection,
         "google.protobuf.Duration",
         kHelp,
         {{"google.protobuf.Duration(int, int) -> duration", seconds_and_nanoseconds}},
         {{"google.protobuf.Duration{seconds: 90}", "duration('90s')"}}},
        {kSection,
         "google.protobuf.Timestamp",
         kHelp,
         {{"google.protobuf.Timestamp(int, int) -> timestamp", timestamp}},
         {{"google.protobuf.Timestamp{seconds: 1, nanos: 500000000}", "timestamp('1970-01-01T00:00:01.5Z')"}}},
    };
}

}  // namespace weir::expr
