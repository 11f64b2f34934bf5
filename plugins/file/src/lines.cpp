#include "lines.hpp"

#include "base64.hpp"
#include "csv.hpp"
#include "time_text.hpp"

#include <simdjson.h>

#include <algorithm>

namespace weir::file {
namespace {

bool is_json(std::string_view content_type) noexcept {
    std::string_view media = content_type.substr(0, content_type.find(';'));
    while (media.ends_with(' ')) media.remove_suffix(1);
    return media.empty() || media == "application/json" || media == "text/json" || media.ends_with("+json");
}

void append_on_one_line(std::string_view json, std::string& out) {
    const std::size_t from = out.size();
    out.append(json);
    // Twice memchr, not find_first_of: that one calls memchr once per character of the text.
    if (json.find('\n') == std::string_view::npos && json.find('\r') == std::string_view::npos) return;
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

void append_string(std::string_view text, std::string& out) {
    out.push_back('"');
    const std::size_t from = out.size();
    out.resize(from + text.size() * 6);
    out.resize(static_cast<std::size_t>(write_json_escaped(text, out.data() + from) - out.data()));
    out.push_back('"');
}

void append_member(std::string_view name, std::string_view value, std::string& out) {
    if (value.data() == nullptr) return;
    out.push_back(',');
    append_string(name, out);
    out.push_back(':');
    append_string(value, out);
}

void append_data(const Record& record, std::string& out) {
    const std::string_view payload = record.payload();
    if (payload.data() == nullptr || (payload.empty() && is_json(record.content_type()))) return;
    if (is_json(record.content_type())) {
        out.append(",\"data\":");
        append_on_one_line(payload, out);
    } else if (simdjson::validate_utf8(payload.data(), payload.size())) {
        append_member("data", payload, out);
    } else {
        out.append(",\"data_base64\":\"");
        append_base64(payload, out);
        out.push_back('"');
    }
}

// CloudEvents requires the three; a record without one was not made by a CloudEvents sender.
std::string_view or_default(std::string_view value, std::string_view fallback) noexcept {
    return value.empty() ? fallback : value;
}

}  // namespace

Status append_plain(const Record& record, std::string& out) {
    const std::string_view payload = record.payload();
    if (payload.empty()) return Error{Errc::rejected, "the record has no payload", "NO_PAYLOAD", {}};
    if (is_json(record.content_type())) {
        append_on_one_line(payload, out);
    } else if (payload.find('\n') == std::string_view::npos) {
        out.append(payload);
    } else {
        return Error{Errc::rejected,
                     "a payload of type \"" + std::string(record.content_type()) +
                         "\" has several lines; envelope: cloudevents keeps them",
                     "MULTILINE_PAYLOAD",
                     {}};
    }
    out.push_back('\n');
    return ok();
}

void append_event(const Record& record, std::string_view external_ref, std::string& out) {
    out.append("{\"specversion\":\"1.0\"");
    append_member("id", or_default(record.id(), "unknown"), out);
    append_member("source", or_default(record.source(), "weir"), out);
    append_member("type", or_default(record.type(), "io.weir.record"), out);
    append_member("subject", record.subject(), out);
    if (const auto time = record.time_unix_ns()) append_member("time", format_rfc3339(*time), out);
    append_member("datacontenttype", record.content_type(), out);
    append_member("dataschema", record.schema(), out);
    append_member("partitionkey", record.key(), out);
    append_member("correlationid", record.correlation_id(), out);
    append_member("causationid", record.causation_id(), out);
    append_member("traceparent", record.traceparent(), out);
    append_member("tracestate", record.tracestate(), out);
    if (!external_ref.empty()) append_member("externalref", external_ref, out);
    for (std::uint32_t i = 0; i < record.attr_count(); ++i) {
        const auto [name, value] = record.attr(i);
        append_member(name, value, out);
    }
    append_data(record, out);
    out.append("}\n");
}

}  // namespace weir::file
