#include "template.hpp"

#include <algorithm>
#include <iterator>

namespace weir::enrich {

namespace {

struct Variable {
    std::string_view name;
    std::string_view (Record::*value)() const noexcept;
};
constexpr Variable kVariables[] = {
    {"subject", &Record::subject}, {"id", &Record::id},     {"key", &Record::key},
    {"source", &Record::source},   {"type", &Record::type}, {"correlation_id", &Record::correlation_id},
};

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void append_percent_encoded(std::string& out, std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    for (const char c : text) {
        if (unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
    }
}

}  // namespace

Template::Template(std::string_view text, Encoding encoding, std::string_view pointer) : encoding_(encoding) {
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
        const auto close = std::min(text.find('}', open), text.size());
        const std::string_view name = text.substr(open + 1, close - open - 1);
        const auto* found = std::find_if(std::begin(kVariables), std::end(kVariables),
                                         [&](const Variable& v) { return v.name == name; });
        const bool in_payload = name.starts_with('/');
        if ((found == std::end(kVariables) && !in_payload) || close == text.size()) {
            throw ConfigError(pointer,
                              "found {" + std::string(name) +
                                  "}, expected {subject}, {id}, {key}, {source}, {type}, {correlation_id} or a "
                                  "pointer into the payload like {/customer/id}");
        }
        parts_.push_back({std::string(text.substr(0, open)), std::string(name), in_payload ? nullptr : found->value});
        reads_payload_ = reads_payload_ || in_payload;
        text = text.substr(close + 1);
    }
    rest_ = text;
}

void Template::append(std::string& out, std::string_view value, const Part& part) const {
    const bool is_url = encoding_ == Encoding::percent;
    if (value.empty() || (is_url && (value == "." || value == ".."))) {
        throw Reject("LOOKUP_KEY_INVALID",
                     "{" + part.name + "} is \"" + std::string(value) +
                         (is_url ? "\", which makes no URL to look up at" : "\", which makes no key to look up"));
    }
    out += part.text;
    is_url ? append_percent_encoded(out, value) : static_cast<void>(out.append(value));
}

std::string Template::fill(const Record& record, JsonParser& parser) const {
    std::string filled;
    JsonValue payload;
    if (reads_payload_) payload = parse_payload(parser, record.payload());
    for (const Part& part : parts_) {
        if (part.value != nullptr) {
            append(filled, (record.*part.value)(), part);
            continue;
        }
        const JsonValue value = payload.pointer(part.name);
        if (value.is_string()) {
            append(filled, *value.string(), part);
        } else if (value.is_number() || value.is_boolean()) {
            append(filled, value.raw(), part);
        } else {
            throw Reject("LOOKUP_KEY_INVALID", "the payload has " + std::string(to_string(value.type())) + " at {" +
                                                   part.name + "}, expected a text, number or boolean");
        }
    }
    return filled += rest_;
}

JsonValue parse_payload(JsonParser& parser, std::string_view payload) {
    const auto document = parser.parse(payload);
    if (!document.ok()) {
        const bool twice = document.error().code == "json_duplicate_key";
        throw Reject(twice ? "DUPLICATE_KEY" : "NOT_JSON", document.error().message);
    }
    return *document;
}

}  // namespace weir::enrich
