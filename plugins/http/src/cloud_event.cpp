#include "cloud_event.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "codec.hpp"

namespace http_plugin {

namespace {

constexpr std::size_t kAttributeBytesMax = 64 * 1024 - 1;  // what the host takes of one string
constexpr std::size_t kExtensionsMax = 64;
constexpr std::size_t kShownMax = 60;

std::string shown(std::string_view text) {
    std::string out = "\"";
    out += text.substr(0, kShownMax);
    out += text.size() > kShownMax ? "...\"" : "\"";
    return out;
}

bool is_attribute_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(),
                                        [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

std::string_view bare_type(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    return type;
}

bool ends_with_lower(std::string_view text, std::string_view lower_end) {
    return text.size() >= lower_end.size() &&
           std::equal(lower_end.begin(), lower_end.end(), text.end() - static_cast<std::ptrdiff_t>(lower_end.size()),
                      [](char want, char have) { return want == lower(have); });
}

// Where an attribute goes. Those the record has a field for; specversion and time are looked at, not copied.
enum class Target : std::uint8_t {
    id,
    source,
    type,
    subject,
    schema,
    content_type,
    key,
    correlation_id,
    causation_id,
    traceparent,
    tracestate,
    specversion,
    time,
    data,
    data_base64,
    extension
};

Target target_of(std::string_view name) {
    struct Entry {
        std::string_view name;
        Target target;
    };
    static constexpr Entry kEntries[] = {
        {"id", Target::id},
        {"type", Target::type},
        {"time", Target::time},
        {"data", Target::data},
        {"source", Target::source},
        {"subject", Target::subject},
        {"dataschema", Target::schema},
        {"specversion", Target::specversion},
        {"data_base64", Target::data_base64},
        {"traceparent", Target::traceparent},
        {"tracestate", Target::tracestate},
        {"causationid", Target::causation_id},
        {"partitionkey", Target::key},
        {"correlationid", Target::correlation_id},
        {"datacontenttype", Target::content_type},
    };
    for (const Entry& entry : kEntries) {
        if (entry.name == name) return entry.target;
    }
    return Target::extension;
}

weir_str* field_of(weir_record& record, Target target) {
    switch (target) {
        case Target::id:
            return &record.id;
        case Target::source:
            return &record.source;
        case Target::type:
            return &record.type;
        case Target::subject:
            return &record.subject;
        case Target::schema:
            return &record.schema;
        case Target::content_type:
            return &record.content_type;
        case Target::key:
            return &record.key;
        case Target::correlation_id:
            return &record.correlation_id;
        case Target::causation_id:
            return &record.causation_id;
        case Target::traceparent:
            return &record.traceparent;
        case Target::tracestate:
            return &record.tracestate;
        default:
            return nullptr;
    }
}

}  // namespace

struct CloudEventReader::Seen {
    std::uint32_t targets = 0;  // a bit per Target
    std::optional<JsonValue> data;
    std::optional<JsonValue> data_base64;
    std::string_view specversion;

    [[nodiscard]] bool first(Target target) {
        const std::uint32_t bit = 1u << static_cast<unsigned>(target);
        const bool is_first = (targets & bit) == 0;
        targets |= bit;
        return is_first;
    }
};

bool is_json_media_type(std::string_view content_type) noexcept {
    if (content_type.empty()) return true;
    const std::string_view type = bare_type(content_type);
    return ends_with_lower(type, "/json") || ends_with_lower(type, "+json");
}

bool media_type_is(std::string_view content_type, std::string_view lower_type) noexcept {
    const std::string_view type = bare_type(content_type);
    return type.size() == lower_type.size() && ends_with_lower(type, lower_type);
}

std::string_view CloudEventReader::text_of(const JsonValue& string, Item& item) {
    if (!string.escaped) return string.inner();
    std::string& text = arena_.scratch();
    if (!unescape_json(string.inner(), text)) item.reject("INVALID_STRING", "half of a surrogate pair in a string");
    return text;
}

bool CloudEventReader::structured(JsonScanner& scanner, Item& item) {
    Seen seen;
    if (scanner.peek() != '{') {
        JsonValue other;
        item.reject("NOT_AN_EVENT", "expected a CloudEvent, which is a JSON object");
        return scanner.value(other);
    }
    if (!scanner.take('{')) return false;
    if (!scanner.take('}')) {
        do {
            if (!member(scanner, item, seen)) return false;
        } while (scanner.take(','));
        if (!scanner.take('}')) return false;
    }
    finish(item, seen);
    return true;
}

bool CloudEventReader::member(JsonScanner& scanner, Item& item, Seen& seen) {
    JsonValue key;
    JsonValue value;
    if (!scanner.key(key) || !scanner.value(value)) return false;
    if (value.depth > limits_.depth_max) {
        item.reject("TOO_DEEP", "nested " + std::to_string(value.depth) + " levels deep, expected at most " +
                                    std::to_string(limits_.depth_max));
        return true;
    }
    const std::string_view name = text_of(key, item);
    const Target target = target_of(name);
    if (target == Target::data || target == Target::data_base64) {
        if (!seen.first(target)) item.reject("DUPLICATE_ATTRIBUTE", shown(name) + " stands twice");
        (target == Target::data ? seen.data : seen.data_base64) = value;
        return true;
    }
    if (value.kind == JsonKind::null) return true;  // JSON format, section 2.2: as if it were not there
    const bool simple =
        value.kind == JsonKind::string ||
        (target == Target::extension && (value.kind == JsonKind::boolean || value.kind == JsonKind::number));
    if (!simple) {
        item.reject("INVALID_ATTRIBUTE", "attribute " + shown(name) + ": expected a string");
        return true;
    }
    attribute(name, value.kind == JsonKind::string ? text_of(value, item) : value.raw, item, seen);
    return true;
}

void CloudEventReader::attribute(std::string_view name, std::string_view value, Item& item, Seen& seen) {
    if (!is_attribute_name(name)) {
        return item.reject("INVALID_ATTRIBUTE", "attribute name " + shown(name) + ": expected a to z and 0 to 9");
    }
    if (value.size() > kAttributeBytesMax) {
        return item.reject("INVALID_ATTRIBUTE", "attribute " + shown(name) + " is longer than 65535 bytes");
    }
    const Target target = target_of(name);
    if (target == Target::extension) {
        const bool again = std::any_of(item.attrs.begin(), item.attrs.end(),
                                       [&](const weir_attr& attr) { return to_view(attr.key) == name; });
        if (again) return item.reject("DUPLICATE_ATTRIBUTE", shown(name) + " stands twice");
        if (item.attrs.size() == kExtensionsMax) {
            return item.reject("INVALID_ATTRIBUTE", "more than 64 extension attributes");
        }
        item.attrs.push_back({to_str(name), to_str(value)});
        return;
    }
    if (!seen.first(target)) return item.reject("DUPLICATE_ATTRIBUTE", shown(name) + " stands twice");
    if (value.empty()) return item.reject("INVALID_ATTRIBUTE", "attribute " + shown(name) + " is empty");
    if (target == Target::specversion) {
        seen.specversion = value;
    } else if (target == Target::time) {
        const auto time = parse_rfc3339(value);
        if (!time) return item.reject("INVALID_TIME", "time " + shown(value) + ": expected RFC 3339, 1678 to 2261");
        item.record.time_unix_ns = *time;
    } else if (weir_str* field = field_of(item.record, target)) {
        *field = to_str(value);
    }
}

// JSON format, section 3.1: JSON data stands as it is; other text stands in a JSON string.
void CloudEventReader::data(const JsonValue& value, Item& item, Seen&) const {
    const bool text = value.kind == JsonKind::string && !is_json_media_type(to_view(item.record.content_type));
    if (!text) {
        item.record.payload = to_str(value.raw);
        return;
    }
    if (!value.escaped) {
        item.record.payload = to_str(value.inner());
        return;
    }
    std::string& plain = arena_.scratch();
    if (!unescape_json(value.inner(), plain)) item.reject("INVALID_STRING", "half of a surrogate pair in data");
    item.record.payload = to_str(plain);
}

void CloudEventReader::finish(Item& item, Seen& seen) {
    if (seen.specversion != "1.0") {
        const bool absent = seen.specversion.empty();
        item.reject(
            "UNSUPPORTED_SPECVERSION",
            (absent ? std::string("no specversion") : "specversion " + shown(seen.specversion)) + ", expected \"1.0\"");
    }
    for (const auto& [name, value] :
         {std::pair{"id", item.record.id}, {"source", item.record.source}, {"type", item.record.type}}) {
        if (value.size == 0) item.reject("MISSING_ATTRIBUTE", "no " + std::string(name));
    }
    if (seen.data && seen.data_base64) {
        item.reject("INVALID_ATTRIBUTE", "data and data_base64: expected one of them");
    } else if (seen.data) {
        data(*seen.data, item, seen);
    } else if (seen.data_base64) {
        std::string& bytes = arena_.scratch();
        const bool decoded = seen.data_base64->kind == JsonKind::string &&
                             append_base64_decoded(bytes, text_of(*seen.data_base64, item));
        if (!decoded) item.reject("INVALID_BASE64", "data_base64: expected base64 with its padding");
        item.record.payload = to_str(bytes);
    }
    if (item.record.payload.size > limits_.event_bytes_max) {
        item.reject("TOO_LARGE", "data of " + std::to_string(item.record.payload.size) + " bytes, expected at most " +
                                     std::to_string(limits_.event_bytes_max));
    }
    item.record.attrs = item.attrs.data();
    item.record.attr_count = static_cast<std::uint32_t>(item.attrs.size());
}

void CloudEventReader::binary(std::span<const weir_attr> headers, std::string_view body, Item& item) {
    Seen seen;
    for (const weir_attr& header : headers) {
        const std::string_view name = to_view(header.key);
        std::string_view value = to_view(header.value);
        if (name == "content-type") {
            if (!value.empty()) attribute("datacontenttype", value, item, seen);
            continue;
        }
        if (!name.starts_with("ce-")) continue;
        if (value.find('%') != std::string_view::npos) {
            std::string& decoded = arena_.scratch();
            if (!append_percent_decoded(decoded, value)) {
                item.reject("INVALID_ATTRIBUTE", "header " + shown(name) + ": a % without two hexadecimal digits");
            }
            value = decoded;
        }
        if (!simdjson::validate_utf8(value.data(), value.size())) {
            item.reject("INVALID_ATTRIBUTE", "header " + shown(name) + " is not UTF-8");
        }
        const Target target = target_of(name.substr(3));
        if (target == Target::data || target == Target::data_base64 || target == Target::content_type) {
            item.reject("INVALID_ATTRIBUTE", "header " + shown(name) + " is not an attribute");
            continue;
        }
        attribute(name.substr(3), value, item, seen);
    }
    if (!body.empty()) item.record.payload = to_str(body);
    finish(item, seen);
}

}  // namespace http_plugin
