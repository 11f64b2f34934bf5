#include "runtime/steps/envelope.hpp"

#include <algorithm>

#include "runtime/base/text.hpp"

namespace weir::steps {

namespace {

using expr::Kind;
using expr::Value;

constexpr std::pair<std::string_view, std::string_view Meta::*> kFields[] = {{"id", &Meta::id},
                                                                             {"type", &Meta::type},
                                                                             {"subject", &Meta::subject},
                                                                             {"key", &Meta::key},
                                                                             {"source", &Meta::source},
                                                                             {"schema", &Meta::schema},
                                                                             {"correlation_id", &Meta::correlation_id}};

// What stands inside optionals; unset when there is nothing.
Value inner(Value value) {
    while (value.is(Kind::optional) && value.as_optional() != nullptr) value = *value.as_optional();
    return value.is(Kind::null) || value.is(Kind::optional) ? Value() : value;
}

Result<Value> evaluated(Frame& frame, const Expression& expression) {
    const Value value = frame.evaluate(expression);
    if (value.is_error()) return frame.failed(expression, value);
    return inner(value);
}

Result<std::int64_t> time_of(Frame& frame, const Expression& expression, const Value& value) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    if (value.is(Kind::timestamp)) {
        const expr::Timestamp time = value.as_timestamp();
        std::int64_t unix_ns = 0;
        if (!__builtin_mul_overflow(time.seconds, kSecond, &unix_ns) &&
            !__builtin_add_overflow(unix_ns, std::int64_t{time.nanoseconds}, &unix_ns)) {
            return unix_ns;
        }
    }
    if (value.is(Kind::string)) {
        if (const auto parsed = parse_time(value.as_text())) return *parsed;
    }
    return frame.unexpected(expression, "a time between 1678 and 2261", value);
}

bool is_attribute_name(std::string_view name) {
    constexpr std::size_t kNameMax = 64;
    return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

std::vector<std::pair<std::string, Expression>> read_attributes(const JsonValue& members, const std::string& pointer,
                                                                Reading& reading) {
    std::vector<std::pair<std::string, Expression>> attributes;
    for (const auto& [name, text] : members.members()) {
        const std::string at = child(pointer, name);
        if (!is_attribute_name(name)) {
            reading.problem(at, "wrong_value",
                            "\"" + std::string(name) + "\" is no name of an attribute: lower-case letters and digits");
        }
        auto expression = reading.expression_of({"string", "int", "uint", "decimal", "double", "bool"}, text, at);
        if (expression) attributes.emplace_back(name, std::move(*expression));
    }
    return attributes;
}

Envelope read_envelope(const JsonValue& record, const std::string& pointer, Reading& reading) {
    Envelope envelope;
    for (const auto& [name, text] : record.members()) {
        const std::string at = child(pointer, name);
        if (name == "attributes") {
            envelope.attributes = read_attributes(text, at, reading);
            continue;
        }
        const auto field = std::ranges::find(kFields, name, [](const auto& known) { return known.first; });
        if (field == std::end(kFields) && name != "time") {
            reading.problem(at, "unknown_key", "unknown key \"" + std::string(name) + "\"");
            continue;
        }
        if (field == std::end(kFields)) {
            envelope.time = reading.expression_of({"timestamp", "string"}, text, at);
        } else if (auto expression = reading.expression_of({"string"}, text, at)) {
            envelope.fields.push_back({field->second, std::move(*expression)});
        }
    }
    return envelope;
}

void set_attribute(Frame& frame, Meta& meta, std::string_view name, std::optional<std::string_view> value) {
    auto& attributes = frame.workspace().attributes;
    if (meta.attrs == nullptr) {
        attributes.clear();
        for (std::uint32_t i = 0; i < frame.record().attr_count(); ++i) {
            const auto [key, old] = frame.record().attr(i);
            attributes.push_back({str(key), str(old)});
        }
    }
    const auto found = std::ranges::find_if(attributes, [&](const weir_attr& a) { return view(a.key) == name; });
    if (value && found != attributes.end()) {
        found->value = str(*value);
    } else if (value) {
        attributes.push_back({str(name), str(*value)});
    } else if (found != attributes.end()) {
        attributes.erase(found);
    }
    // Not null even when there is none left: null would mean "as before".
    static constexpr weir_attr kNone{};
    meta.attrs = attributes.empty() ? &kNone : attributes.data();
    meta.attr_count = static_cast<std::uint32_t>(attributes.size());
}

Status apply_attributes(const std::vector<std::pair<std::string, Expression>>& attributes, Frame& frame, Meta& meta) {
    for (const auto& [name, expression] : attributes) {
        WEIR_TRY(const Value value, evaluated(frame, expression));
        if (value.is(Kind::unset)) {
            set_attribute(frame, meta, name, std::nullopt);
        } else if (value.is(Kind::string)) {
            set_attribute(frame, meta, name, value.as_text());
        } else if (value.is(Kind::boolean) || value.is_number()) {
            set_attribute(frame, meta, name, frame.workspace().texts.emplace_back(expr::shown(value)));
        } else {
            return frame.unexpected(expression, "a string, a number or a boolean", value);
        }
    }
    return ok();
}

Status Envelope::apply(Frame& frame, Meta& meta) const {
    for (const Field& field : fields) {
        WEIR_TRY(const Value value, evaluated(frame, field.expression));
        if (value.is(Kind::unset)) continue;
        if (!value.is(Kind::string)) return frame.unexpected(field.expression, "a string", value);
        meta.*field.member = value.as_text();
    }
    if (time) {
        WEIR_TRY(const Value value, evaluated(frame, *time));
        if (!value.is(Kind::unset)) {
            WEIR_TRY(meta.time_unix_ns, time_of(frame, *time, value));
        }
    }
    return apply_attributes(attributes, frame, meta);
}

}  // namespace weir::steps
