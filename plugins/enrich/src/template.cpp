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

UrlTemplate::UrlTemplate(std::string_view text, std::string_view pointer) {
    if (!text.starts_with("http://") && !text.starts_with("https://")) {
        throw ConfigError(pointer, "found \"" + std::string(text) + "\", expected an http or https URL");
    }
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
        const auto close = std::min(text.find('}', open), text.size());
        const std::string_view name = text.substr(open + 1, close - open - 1);
        const auto* found = std::find_if(std::begin(kVariables), std::end(kVariables),
                                         [&](const Variable& v) { return v.name == name; });
        if (found == std::end(kVariables) || close == text.size()) {
            throw ConfigError(pointer, "found {" + std::string(name) +
                                           "}, expected {subject}, {id}, {key}, {source}, {type} or {correlation_id}");
        }
        parts_.push_back({std::string(text.substr(0, open)), found->name, found->value});
        text = text.substr(close + 1);
    }
    rest_ = text;
}

std::string UrlTemplate::fill(const Record& record) const {
    std::string url;
    for (const Part& part : parts_) {
        const std::string_view value = (record.*part.value)();
        if (value.empty() || value == "." || value == "..") {
            throw Reject("LOOKUP_KEY_INVALID", "{" + std::string(part.name) + "} is \"" + std::string(value) +
                                                   "\", which makes no URL to look up at");
        }
        url += part.text;
        append_percent_encoded(url, value);
    }
    return url += rest_;
}

}  // namespace weir::enrich
