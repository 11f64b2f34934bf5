#include "runtime/expr/typed.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "runtime/base/text.hpp"
#include "runtime/expr/base64.hpp"
#include "runtime/expr/network.hpp"
#include "runtime/expr/time.hpp"

namespace weir::expr {

namespace {

struct Named {
    std::string_view name;
    Kind kind;
};
constexpr std::array<Named, 14> kNames = {{{"int", Kind::integer},
                                           {"uint", Kind::uinteger},
                                           {"double", Kind::real},
                                           {"decimal", Kind::decimal},
                                           {"string", Kind::string},
                                           {"bytes", Kind::bytes},
                                           {"bool", Kind::boolean},
                                           {"null", Kind::null},
                                           {"list", Kind::list},
                                           {"map", Kind::map},
                                           {"timestamp", Kind::timestamp},
                                           {"duration", Kind::duration},
                                           {"type", Kind::type},
                                           {"optional", Kind::optional}}};

Error wrong(std::string_view type, std::string_view expected, const Value& found) {
    return {Errc::invalid,
            "expected " + std::string(expected) + " as the value of type \"" + std::string(type) + "\", found " +
                shown(found),
            "typed_value",
            {}};
}

template <class Integer>
std::optional<Integer> whole(const Value& value) {
    if (value.is(Kind::integer) && std::in_range<Integer>(value.as_int())) return static_cast<Integer>(value.as_int());
    if (!value.is(Kind::string)) return std::nullopt;
    const std::string_view text = value.as_text();
    Integer result = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), result);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return result;
}

std::optional<double> real(const Value& value) {
    if (value.is(Kind::real)) return value.as_double();
    if (value.is(Kind::integer)) return static_cast<double>(value.as_int());
    if (!value.is(Kind::string)) return std::nullopt;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (value.as_text() == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (value.as_text() == "Infinity") return kInfinity;
    if (value.as_text() == "-Infinity") return -kInfinity;
    return std::nullopt;
}

class TypedReader {
  public:
    explicit TypedReader(Context& context) : context_(context) {}

    [[nodiscard]] Result<Value> read(const Value& json) {
        const auto type = member(json, "type");
        if (!type || !type->is(Kind::string)) {
            return Error{Errc::invalid,
                         "expected an object with \"type\" and \"value\", found " + shown(json),
                         "typed_value",
                         {}};
        }
        const auto value = member(json, "value");
        for (const Named& named : kNames) {
            if (named.name == type->as_text()) return read_value(named, value.value_or(Value::null()));
        }
        std::vector<std::string_view> known;
        for (const Named& named : kNames) known.push_back(named.name);
        return Error{
            Errc::invalid, "unknown type " + shown(*type) + suggestion_text(type->as_text(), known), "typed_value", {}};
    }

  private:
    [[nodiscard]] static std::string suggestion_text(std::string_view name, std::span<const std::string_view> known) {
        const std::string_view nearest = nearest_name(name, known);
        return nearest.empty() ? "" : "; did you mean \"" + std::string(nearest) + "\"?";
    }
    [[nodiscard]] std::optional<Value> member(const Value& json, std::string_view name) {
        if (!json.is(Kind::map)) return std::nullopt;
        return json.as_map().find(Value::string(name), context_.arena());
    }

    [[nodiscard]] Result<Value> read_value(const Named& type, const Value& value) {
        switch (type.kind) {
            case Kind::null:
                return Value::null();
            case Kind::boolean:
                if (!value.is(Kind::boolean)) return wrong(type.name, "true or false", value);
                return value;
            case Kind::integer: {
                const auto number = whole<std::int64_t>(value);
                if (!number) return wrong(type.name, "a whole number in a string", value);
                return Value::integer(*number);
            }
            case Kind::uinteger: {
                const auto number = whole<std::uint64_t>(value);
                if (!number) return wrong(type.name, "a whole number in a string", value);
                return Value::uinteger(*number);
            }
            case Kind::real: {
                const auto number = real(value);
                if (!number) return wrong(type.name, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"", value);
                return Value::real(*number);
            }
            case Kind::list:
                return read_list(type, value);
            case Kind::map:
                return read_map(type, value);
            case Kind::optional: {
                if (value.is(Kind::null)) return Value::optional(nullptr);
                WEIR_TRY(const Value inner, read(value));
                return context_.optional(inner);
            }
            default:
                return read_text(type, value);
        }
    }

    [[nodiscard]] Result<Value> read_text(const Named& type, const Value& value) {
        if (!value.is(Kind::string)) return wrong(type.name, "a string", value);
        const std::string_view text = value.as_text();
        switch (type.kind) {
            case Kind::decimal: {
                WEIR_TRY(const Decimal number, Decimal::parse_exponent(text));
                return context_.decimal(number);
            }
            case Kind::bytes: {
                const auto bytes = decode_base64(text);
                if (!bytes) return wrong(type.name, "base64", value);
                return context_.bytes(*bytes);
            }
            case Kind::timestamp: {
                const auto time = parse_timestamp(text);
                if (!time) return wrong(type.name, "RFC 3339 text", value);
                return Value::timestamp(*time);
            }
            case Kind::duration: {
                const auto duration = parse_duration(text);
                if (!duration) return wrong(type.name, "seconds like \"1.5s\"", value);
                return Value::duration(*duration);
            }
            case Kind::type:
                return Value::type(text);
            default:
                return value;
        }
    }

    [[nodiscard]] Result<Value> read_list(const Named& type, const Value& value) {
        if (!value.is(Kind::list)) return wrong(type.name, "an array", value);
        const auto items = context_.arena().array<Value>(value.as_list().size());
        for (std::size_t i = 0; i < items.size(); ++i) {
            WEIR_TRY(items[i], read(value.as_list().at(i, context_.arena())));
        }
        return context_.list(items);
    }

    [[nodiscard]] Result<Value> read_map(const Named& type, const Value& value) {
        if (!value.is(Kind::list)) return wrong(type.name, "an array of pairs", value);
        const auto entries = context_.arena().array<Entry>(value.as_list().size());
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const Value pair = value.as_list().at(i, context_.arena());
            if (!pair.is(Kind::list) || pair.as_list().size() != 2) return wrong(type.name, "pairs", pair);
            WEIR_TRY(entries[i].key, read(pair.as_list().at(0, context_.arena())));
            WEIR_TRY(entries[i].value, read(pair.as_list().at(1, context_.arena())));
            if (!is_map_key(entries[i].key))
                return wrong(type.name, "keys of type int, uint, bool or string", entries[i].key);
        }
        const BuiltMap built = build_map(entries, context_.arena());
        if (built.map == nullptr) return wrong(type.name, "every key once", entries[*built.duplicate].key);
        return Value::map(built.map);
    }

    Context& context_;
};

class TypedWriter {
  public:
    TypedWriter(std::string& out, Context& context) : out_(out), context_(context) {}

    [[nodiscard]] Status write(const Value& value) {
        if (!context_.charge(1) || !context_.arena().fits(out_.size())) {
            return Error{Errc::invalid, "the result is too large", "limit", {}};
        }
        // An address is its text: as in the language's conformance tests, which have no other value for it.
        const bool is_address = value.is(Kind::ip) || value.is(Kind::cidr);
        const Kind kind = is_address ? Kind::string : value.kind();
        for (const Named& named : kNames) {
            if (named.kind != kind) continue;
            out_ += R"({"type":")";
            out_ += named.name;
            out_ += R"(","value":)";
        }
        WEIR_CHECK_OK(write_value(value));
        out_ += '}';
        return ok();
    }

  private:
    [[nodiscard]] Status write_value(const Value& value) {
        switch (value.kind()) {
            case Kind::list:
                return write_list(value.as_list());
            case Kind::map:
                return write_map(value.as_map());
            case Kind::optional:
                if (value.as_optional() != nullptr) return write(*value.as_optional());
                out_ += "null";
                return ok();
            case Kind::null:
                out_ += "null";
                return ok();
            case Kind::boolean:
                out_ += value.as_bool() ? "true" : "false";
                return ok();
            case Kind::real:
                if (std::isfinite(value.as_double())) {
                    const std::string text = format_double(value.as_double());
                    // A point also behind whole numbers: readers tell 1.0 from 1, and -0.0 keeps its sign.
                    out_ += text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
                    return ok();
                }
                break;
            default:
                break;
        }
        append_json_string(out_, text(value));
        return ok();
    }
    [[nodiscard]] static std::string text(const Value& value) {
        switch (value.kind()) {
            case Kind::string:
            case Kind::type:
                return std::string(value.as_text());
            case Kind::bytes:
                return encode_base64(value.as_text());
            case Kind::timestamp:
                return format_timestamp(value.as_timestamp());
            case Kind::duration:
                return format_duration(value.as_duration());
            case Kind::ip:
                return format_ip(value.as_ip());
            case Kind::cidr:
                return format_cidr(value.as_ip());
            default:
                return shown(value);
        }
    }
    [[nodiscard]] Status write_list(const List& list) {
        out_ += '[';
        bool first = true;
        for (const Value& item : list.items(context_.arena())) {
            if (!first) out_ += ',';
            first = false;
            WEIR_CHECK_OK(write(item));
        }
        out_ += ']';
        return ok();
    }
    [[nodiscard]] Status write_map(const Map& map) {
        out_ += '[';
        bool first = true;
        for (const Entry& entry : map.entries(context_.arena())) {
            out_ += first ? "[" : ",[";
            first = false;
            WEIR_CHECK_OK(write(entry.key));
            out_ += ',';
            WEIR_CHECK_OK(write(entry.value));
            out_ += ']';
        }
        out_ += ']';
        return ok();
    }

    std::string& out_;
    Context& context_;
};

}  // namespace

Result<Value> read_typed(const Value& json, Context& context) { return TypedReader(context).read(json); }

Status write_typed(std::string& out, const Value& value, Context& context) {
    return TypedWriter(out, context).write(value);
}

}  // namespace weir::expr
