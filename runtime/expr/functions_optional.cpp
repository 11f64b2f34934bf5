// Optionals: values that may be missing.

#include "runtime/expr/functions.hpp"

namespace weir::expr {

namespace {

using Arguments = std::span<const Value>;

Value none(Context&, Arguments) { return Value::optional(nullptr); }
Value of(Context& context, Arguments a) { return context.optional(a[0]); }

bool is_zero(const Value& value) {
    switch (value.kind()) {
        case Kind::null:
            return true;
        case Kind::boolean:
            return !value.as_bool();
        case Kind::integer:
        case Kind::duration:
            return value.as_int() == 0;
        case Kind::uinteger:
            return value.as_uint() == 0;
        case Kind::real:
            return value.as_double() == 0;
        case Kind::decimal:
            return value.as_decimal().is_zero();
        case Kind::string:
        case Kind::bytes:
            return value.as_text().empty();
        case Kind::list:
            return value.as_list().size() == 0;
        case Kind::map:
            return value.as_map().size() == 0;
        case Kind::timestamp:
            return value.as_timestamp() == Timestamp{};
        case Kind::optional:
            return value.as_optional() == nullptr;
        default:
            return false;
    }
}

Value of_non_zero(Context& context, Arguments a) {
    return is_zero(a[0]) ? Value::optional(nullptr) : context.optional(a[0]);
}
Value has_value(Context&, Arguments a) { return Value::boolean(a[0].as_optional() != nullptr); }
Value value(Context& context, Arguments a) {
    if (a[0].as_optional() != nullptr) return *a[0].as_optional();
    return context.fail(ErrorKind::invalid_argument, "the optional is empty");
}
Value or_else(Context&, Arguments a) { return a[0].as_optional() != nullptr ? a[0] : a[1]; }
Value or_value(Context&, Arguments a) { return a[0].as_optional() != nullptr ? *a[0].as_optional() : a[1]; }

Value unwrap(Context& context, Arguments a) {
    std::vector<Value> present;
    for (const Value& item : a[0].as_list().items(context.arena())) {
        if (!context.charge(1)) return context.limit_error();
        if (!item.is(Kind::optional)) return no_such_overload(context, "optional.unwrap", a);
        if (item.as_optional() != nullptr) present.push_back(*item.as_optional());
    }
    return context.copied_list(present);
}

constexpr std::string_view kSection = "Optionals";

}  // namespace

std::vector<Declaration> optional_declarations() {
    return {
        {kSection,
         "optional.of",
         "An optional with the value.",
         {{"optional.of(T) -> optional(T)", of}},
         {{"optional.of(1).value()", "1"}}},
        {kSection,
         "optional.none",
         "An empty optional.",
         {{"optional.none() -> optional(T)", none}},
         {{"optional.none().hasValue()", "false"}}},
        {kSection,
         "optional.ofNonZeroValue",
         "Empty for null, false, 0 and what is empty.",
         {{"optional.ofNonZeroValue(T) -> optional(T)", of_non_zero}},
         {{"optional.ofNonZeroValue('').hasValue()", "false"}}},
        {kSection,
         "hasValue",
         "Is there a value?",
         {{"optional(T).hasValue() -> bool", has_value}},
         {{"optional.of(null).hasValue()", "true"}}},
        {kSection,
         "value",
         "The value; an error when there is none.",
         {{"optional(T).value() -> T", value}},
         {{"optional.none().value()", "error"}}},
        {kSection,
         "or",
         "This optional when it has a value, else the other. The other is computed only then.",
         {{"optional(T).or(optional(T)) -> optional(T)", or_else}},
         {{"optional.none().or(optional.of(2)).value()", "2"}}},
        {kSection,
         "orValue",
         "The value when there is one, else the other. The other is computed only then.",
         {{"optional(T).orValue(T) -> T", or_value}},
         {{"{'a': 1}.?b.orValue(0)", "0"}, {"optional.of(1).orValue(1 / 0)", "1"}}},
        {kSection,
         "optional.unwrap",
         "The values of the optionals that have one.",
         {{"optional.unwrap(list(optional(T))) -> list(T)", unwrap}},
         {{"optional.unwrap([optional.of(1), optional.none()])", "[1]"}}},
        {kSection,
         "unwrapOpt",
         "The values of the optionals that have one.",
         {{"list(optional(T)).unwrapOpt() -> list(T)", unwrap}},
         {{"[optional.none(), optional.of(2)].unwrapOpt()", "[2]"}}},
    };
}

}  // namespace weir::expr
