#include "tests/unit/expr/describe.hpp"

#include "runtime/base/text.hpp"
#include "runtime/expr/base64.hpp"
#include "runtime/expr/network.hpp"
#include "runtime/expr/time.hpp"

namespace weir::expr::testing {

namespace {

std::string quoted(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

std::string describe_list(const List& list) {
    Arena arena;
    std::string text = "[";
    for (const Value& item : list.items(arena)) text += (text.size() > 1 ? ", " : "") + describe(item);
    return text + "]";
}

std::string describe_map(const Map& map) {
    Arena arena;
    std::string text = "{";
    for (const Entry& entry : map.entries(arena)) {
        text += (text.size() > 1 ? ", " : "") + describe(entry.key) + ": " + describe(entry.value);
    }
    return text + "}";
}

}  // namespace

std::string describe(const Value& value) {
    switch (value.kind()) {
        case Kind::error:
            return "error evaluate " + std::string(to_string(value.as_error().kind));
        case Kind::null:
            return "null";
        case Kind::boolean:
            return value.as_bool() ? "bool true" : "bool false";
        case Kind::integer:
            return "int " + std::to_string(value.as_int());
        case Kind::uinteger:
            return "uint " + std::to_string(value.as_uint());
        case Kind::real:
            return "double " + format_double(value.as_double());
        case Kind::decimal:
            return "decimal " + value.as_decimal().to_string();
        case Kind::string:
            return quoted(value.as_text());
        case Kind::bytes:
            return "bytes " + encode_base64(value.as_text());
        case Kind::type:
            return "type " + std::string(value.as_text());
        case Kind::timestamp:
            return "timestamp " + format_timestamp(value.as_timestamp());
        case Kind::duration:
            return "duration " + format_duration(value.as_duration());
        case Kind::list:
            return describe_list(value.as_list());
        case Kind::map:
            return describe_map(value.as_map());
        case Kind::optional:
            return "optional(" + (value.as_optional() == nullptr ? "" : describe(*value.as_optional())) + ")";
        case Kind::ip:
            return "ip " + format_ip(value.as_ip());
        case Kind::cidr:
            return "cidr " + format_cidr(value.as_ip());
        case Kind::unset:
            break;
    }
    return "unset";
}

std::string evaluated(std::string_view source, const Environment& environment, const Limits& limits,
                      const Tables* tables) {
    const auto compiled = compile(source, environment, limits);
    if (!compiled.program) return "error " + std::string(to_string(compiled.problems.at(0).phase));
    Arena arena(limits.memory_bytes);
    Context context(arena, limits, tables);
    return describe(compiled.program->evaluate(Variables(), context));
}

}  // namespace weir::expr::testing
