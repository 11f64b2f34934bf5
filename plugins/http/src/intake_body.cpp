#include "intake_body.hpp"

#include <openssl/evp.h>
#include <simdjson.h>

#include "cloud_event.hpp"
#include "codec.hpp"
#include "json_scan.hpp"

namespace http_plugin {

namespace {

std::string_view header(std::span<const weir_attr> headers, std::string_view lower_name) {
    for (const weir_attr& entry : headers) {
        if (to_view(entry.key) == lower_name) return to_view(entry.value);
    }
    return {};
}

BodyError not_json(const JsonScanner& scanner) {
    return {"NOT_JSON", "not JSON at byte " + std::to_string(scanner.position())};
}

std::string digest_of(std::string_view text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), bytes, &size, EVP_sha256(), nullptr);
    std::string hex;
    append_hex_encoded(hex, {reinterpret_cast<const char*>(bytes), size});
    return hex;
}

BodyError too_many(std::uint32_t max) {
    return {"TOO_MANY_EVENTS", "more than " + std::to_string(max) + " events in one request"};
}

}  // namespace

BodyFormat format_of(std::span<const weir_attr> headers, const PlainJson& plain) noexcept {
    const std::string_view type = header(headers, "content-type");
    if (media_type_is(type, "application/cloudevents+json")) return BodyFormat::structured;
    if (media_type_is(type, "application/cloudevents-batch+json")) return BodyFormat::batch;
    if (media_type_is(type, "application/x-ndjson") || media_type_is(type, "application/jsonl")) {
        if (plain.ndjson_is_events) return BodyFormat::ndjson_events;
        return plain.type.empty() ? BodyFormat::unsupported : BodyFormat::ndjson_json;
    }
    // HTTP binding, section 3: any other content type is the data's own, when there are ce- fields.
    if (!header(headers, "ce-specversion").empty()) return BodyFormat::binary;
    if (is_json_media_type(type) && !type.empty() && !plain.type.empty()) return BodyFormat::json;
    return BodyFormat::unsupported;
}

std::string_view accepted_types(const PlainJson& plain) noexcept {
    if (plain.type.empty()) {
        return "application/cloudevents+json, application/cloudevents-batch+json, application/x-ndjson";
    }
    return "application/cloudevents+json, application/cloudevents-batch+json, application/x-ndjson, application/json";
}

BodyError BodyReader::read(const BodyInput& input, const Take& take) {
    // Binary mode's data may be anything; its attributes are checked like every header.
    if (input.format != BodyFormat::binary && !simdjson::validate_utf8(input.body.data(), input.body.size())) {
        return {"INVALID_UTF8", "the body is not UTF-8"};
    }
    switch (input.format) {
        case BodyFormat::structured:
            return structured(input.body, take);
        case BodyFormat::batch:
            return batch(input.body, take);
        case BodyFormat::ndjson_events:
        case BodyFormat::ndjson_json:
            return lines(input, take);
        case BodyFormat::json:
            return json(input, take);
        case BodyFormat::binary: {
            begin_item();
            CloudEventReader(arena_, limits_).binary(input.headers, input.body, item_);
            take(item_);
            return {};
        }
        case BodyFormat::unsupported:
            break;
    }
    return {"UNSUPPORTED_MEDIA_TYPE", "this content type is not taken here"};
}

void BodyReader::begin_item() {
    item_.clear();
    arena_.reset();  // the item before was taken: the host has its own copy
}

BodyError BodyReader::structured(std::string_view body, const Take& take) {
    JsonScanner scanner(body);
    begin_item();
    if (!CloudEventReader(arena_, limits_).structured(scanner, item_) || !scanner.at_end()) return not_json(scanner);
    take(item_);
    return {};
}

BodyError BodyReader::batch(std::string_view body, const Take& take) {
    JsonScanner scanner(body);
    CloudEventReader reader(arena_, limits_);
    if (!scanner.take('[')) return {"NOT_A_BATCH", "expected a JSON array of CloudEvents"};
    if (!scanner.take(']')) {
        std::uint32_t count = 0;
        do {
            if (count++ == limits_.events_max) return too_many(limits_.events_max);
            begin_item();
            if (!reader.structured(scanner, item_)) return not_json(scanner);
            take(item_);
        } while (scanner.take(','));
        if (!scanner.take(']')) return not_json(scanner);
    }
    return scanner.at_end() ? BodyError{} : not_json(scanner);
}

// A line that is not JSON is that line's trouble only: where the next one begins is known.
BodyError BodyReader::lines(const BodyInput& input, const Take& take) {
    std::string_view rest = input.body;
    std::uint32_t count = 0;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        if (count == limits_.events_max) return too_many(limits_.events_max);
        begin_item();
        if (input.format == BodyFormat::ndjson_events) {
            event_line(line);
        } else {
            plain_record(line, request_id(input), count + 1);
        }
        ++count;
        take(item_);
    }
    return {};
}

BodyError BodyReader::json(const BodyInput& input, const Take& take) {
    begin_item();
    plain_record(input.body, request_id(input), 0);
    if (item_.code != nullptr) return {item_.code, item_.detail};
    take(item_);
    return {};
}

void BodyReader::event_line(std::string_view line) {
    JsonScanner scanner(line);
    if (!CloudEventReader(arena_, limits_).structured(scanner, item_) || !scanner.at_end()) {
        item_.code = nullptr;  // that it is no JSON goes before what is wrong with the part that was
        item_.reject("NOT_JSON", "not JSON at byte " + std::to_string(scanner.position()) + " of the line");
    }
}

// The key without the quotes of its field, when that is the header that names a request.
std::string_view BodyReader::request_id(const BodyInput& input) const {
    if (!input.key.empty() && plain_.id_header == "idempotency-key") return input.key;
    return header(input.headers, plain_.id_header);
}

// `line` 0: the body is the record. A header names a whole request, so that a line's id is made of it and its number.
void BodyReader::plain_record(std::string_view text, std::string_view request_id, std::uint32_t line) {
    JsonScanner scanner(text);
    JsonValue value;
    if (!scanner.value(value) || !scanner.at_end()) {
        return item_.reject("NOT_JSON", "not JSON at byte " + std::to_string(scanner.position()));
    }
    if (value.depth > limits_.depth_max) {
        return item_.reject("TOO_DEEP", "nested deeper than " + std::to_string(limits_.depth_max) + " levels");
    }
    if (text.size() > limits_.event_bytes_max) {
        return item_.reject("TOO_LARGE", "larger than " + std::to_string(limits_.event_bytes_max) + " bytes");
    }
    item_.record.payload = to_str(text);
    item_.record.type = to_str(plain_.type);
    item_.record.source = to_str(plain_.source);
    const auto text_at = [&](const std::string& pointer) {
        const auto found = pointer.empty() ? std::nullopt : find_json(value.raw, pointer);
        return found ? json_text(*found) : std::nullopt;
    };
    if (const auto kind = text_at(plain_.type_pointer)) {
        item_.record.type = to_str(arena_.scratch().assign(plain_.type).append(".").append(*kind));
    }
    if (const auto subject = text_at(plain_.subject_pointer)) {
        item_.record.subject = to_str(arena_.scratch().assign(*subject));
    }
    if (!plain_.id_pointer.empty()) {
        const auto found = find_json(value.raw, plain_.id_pointer);
        auto id = found ? json_text(*found) : std::nullopt;
        if (!id) return item_.reject("MISSING_ID", "no string or number at " + plain_.id_pointer);
        item_.record.id = to_str(arena_.scratch().assign(*id));
        return;
    }
    if (request_id.empty() && plain_.digest_id) {
        item_.record.id = to_str(arena_.scratch().assign(digest_of(text)));
        return;
    }
    if (request_id.empty()) return;  // the host gives it an id, and it cannot be told from its repetition
    std::string& id = arena_.scratch().assign(request_id);
    if (line != 0) id.append("/").append(std::to_string(line));
    item_.record.id = to_str(id);
}

}  // namespace http_plugin
