#include "runtime/expr/context.hpp"

#include <algorithm>

#include "runtime/expr/time.hpp"

namespace weir::expr {

Value Context::decimal(const Result<Decimal>& result) {
    if (result.ok()) return decimal(*result);
    const Error& error = result.error();
    const ErrorKind kind = error.code == "divide_by_zero"     ? ErrorKind::divide_by_zero
                           : error.code == "decimal_overflow" ? ErrorKind::overflow
                                                              : ErrorKind::invalid_argument;
    return fail(kind, error.message);
}

Value Context::copied_list(std::span<const Value> items) {
    if (!charge_bytes(items.size_bytes())) return limit_error();
    const auto copy = arena_.array<Value>(items.size());
    std::ranges::copy(items, copy.begin());
    return list(copy);
}

Value no_such_overload(Context& context, std::string_view function, std::span<const Value> arguments) {
    std::string message = "no such overload: " + std::string(function) + "(";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0) message += ", ";
        message += plain_name(arguments[i].kind());
    }
    return context.fail(ErrorKind::no_such_overload, message + ")");
}

std::string shown(const Value& value) {
    constexpr std::size_t kShownMax = 60;
    switch (value.kind()) {
        case Kind::boolean:
            return value.as_bool() ? "true" : "false";
        case Kind::integer:
            return std::to_string(value.as_int());
        case Kind::uinteger:
            return std::to_string(value.as_uint());
        case Kind::real:
            return format_double(value.as_double());
        case Kind::decimal:
            return value.as_decimal().to_string();
        case Kind::string: {
            std::string_view text = value.as_text();
            if (text.size() <= kShownMax) return "\"" + std::string(text) + "\"";
            std::size_t end = kShownMax;
            while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
            return "\"" + std::string(text.substr(0, end)) + "...\"";
        }
        case Kind::timestamp:
            return format_timestamp(value.as_timestamp());
        case Kind::duration:
            return format_duration(value.as_duration());
        default:
            return "a " + std::string(plain_name(value.kind()));
    }
}

}  // namespace weir::expr
