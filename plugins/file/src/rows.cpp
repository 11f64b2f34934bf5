#include "rows.hpp"

#include "base64.hpp"
#include "time_text.hpp"

#include <algorithm>

namespace weir::file {
namespace {

constexpr std::size_t kPayloadMax = 8u << 20;  // the host's default limit

Error bad(std::string message) { return {Errc::invalid, std::move(message), "BAD_ROW", {}}; }

std::string in_quotes(std::string_view text) { return "\"" + std::string(text.substr(0, 80)) + "\""; }

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

// The host refuses a whole batch for one string beyond its limit: such a row is bad by itself.
Status check_limits(const Meta& meta) {
    constexpr std::size_t kTextMax = 65'535;
    constexpr std::uint32_t kAttrsMax = 64;
    for (const std::string_view text :
         {meta.id, meta.key, meta.type, meta.schema, meta.source, meta.subject, meta.content_type, meta.correlation_id,
          meta.causation_id, meta.traceparent, meta.tracestate}) {
        if (text.size() > kTextMax) return bad("attribute " + in_quotes(text) + "...: expected at most 65535 bytes");
    }
    for (std::uint32_t i = 0; i < meta.attr_count; ++i) {
        if (meta.attrs[i].key.size > kTextMax || meta.attrs[i].value.size > kTextMax) {
            return bad("an extension attribute is longer than 65535 bytes");
        }
    }
    if (meta.attr_count > kAttrsMax) return bad("more than 64 extension attributes");
    return ok();
}

bool is_json(std::string_view content_type) noexcept {
    const std::string_view media = trimmed(content_type.substr(0, content_type.find(';')));
    return media.empty() || media == "application/json" || media == "text/json" || media.ends_with("+json");
}

}  // namespace

Result<ParsedRow> RowParser::parse(std::string_view row, const CsvHeader* header, Outlet& out) {
    if (row.ends_with('\r')) row.remove_suffix(1);
    auto parsed = config_.format == Format::csv               ? parse_csv(row, *header, out)
                  : config_.envelope == Envelope::cloudevents ? parse_event(row)
                                                              : parse_json(row);
    if (parsed.ok()) WEIR_CHECK_OK(check_limits(parsed->meta));
    return parsed;
}

// ---------------------------------------------------------------- NDJSON

Result<ParsedRow> RowParser::parse_json(std::string_view row) {
    ParsedRow parsed{row, {}};
    const bool selects =
        !config_.id.empty() || !config_.key.empty() || !config_.subject.empty() || !config_.time.empty();
    // simdjson refuses numbers it cannot hold (beyond 64 bits), which JSON allows: what it refuses is looked at again.
    if (!selects && checker_.parse(row.data(), row.size(), false).error() == simdjson::SUCCESS) return parsed;
    const auto document = parser_.parse(row);
    if (!document.ok()) return bad("not JSON: " + document.error().message);
    if (selects) WEIR_CHECK_OK(select_json(*document, parsed.meta));
    return parsed;
}

Status RowParser::select_json(const JsonValue& document, Meta& meta) const {
    const auto select = [&](const std::string& pointer, std::string_view& out) -> Status {
        if (pointer.empty()) return ok();
        const JsonValue found = document.pointer(pointer);
        if (!found.exists() || found.is_null()) return ok();
        if (found.is_string()) {
            out = *found.string();
        } else if (found.is_number() && found.raw().find_first_of(".eE") == std::string_view::npos) {
            out = found.raw();  // a whole number has one text; 1.0, 1.00 and 1e0 would be three identities
        } else {
            return bad(pointer + ": expected a string or a whole number");
        }
        return ok();
    };
    std::string_view time;
    WEIR_CHECK_OK(select(config_.id, meta.id));
    WEIR_CHECK_OK(select(config_.key, meta.key));
    WEIR_CHECK_OK(select(config_.subject, meta.subject));
    WEIR_CHECK_OK(select(config_.time, time));
    if (!config_.id.empty() && meta.id.empty()) return bad(config_.id + ": expected the row's id, found nothing");
    return set_time(time, meta);
}

Status RowParser::set_time(std::string_view text, Meta& meta) const {
    if (text.empty()) return ok();
    const auto time = parse_rfc3339(text);
    if (!time) return bad("time " + in_quotes(text) + ": expected RFC 3339, \"2026-06-01T16:00:00Z\"");
    meta.time_unix_ns = *time;
    return ok();
}

// ---------------------------------------------------------------- CSV

Result<ParsedRow> RowParser::parse_csv(std::string_view row, const CsvHeader& header, Outlet& out) {
    if (!simdjson::validate_utf8(row.data(), row.size())) return bad("not UTF-8");
    if (Status split = fields_.split(row, config_.delimiter[0]); !split.ok()) return std::move(split).error();
    if (fields_.size() != header.size()) {
        return bad("found " + std::to_string(fields_.size()) + " columns, expected " + std::to_string(header.size()));
    }
    ParsedRow parsed;
    WEIR_CHECK_OK(select_csv(header, parsed.meta));
    char* const begin = out.buffer(header.json_bound(row.size()));
    if (begin == nullptr) return Error{Errc::unavailable, "the batch is full", "BATCH_FULL", {}};
    parsed.payload = {begin, static_cast<std::size_t>(header.to_json(fields_, begin) - begin)};
    if (parsed.payload.size() > kPayloadMax) return bad("as JSON the row exceeds 8 MiB");
    return parsed;
}

Status RowParser::select_csv(const CsvHeader& header, Meta& meta) const {
    const auto select = [&](const std::string& column, std::string_view& out) -> Status {
        if (column.empty()) return ok();
        const auto index = header.find(column);
        if (!index) return bad("column " + in_quotes(column) + ": not in the header");
        out = fields_[*index];
        return ok();
    };
    std::string_view time;
    WEIR_CHECK_OK(select(config_.id, meta.id));
    WEIR_CHECK_OK(select(config_.key, meta.key));
    WEIR_CHECK_OK(select(config_.subject, meta.subject));
    WEIR_CHECK_OK(select(config_.time, time));
    if (!config_.id.empty() && meta.id.empty()) {
        return bad("column " + in_quotes(config_.id) + ": expected the row's id, found nothing");
    }
    return set_time(time, meta);
}

// ---------------------------------------------------------------- CloudEvents, JSON format 1.0.2

Result<ParsedRow> RowParser::parse_event(std::string_view row) {
    const auto event = parser_.parse(row);
    if (!event.ok()) return bad("not JSON: " + event.error().message);
    if (!event->is_object() || (*event)["specversion"].string() != "1.0") {
        return bad("expected a CloudEvent with specversion \"1.0\"");
    }
    ParsedRow parsed;
    attrs_.clear();
    for (const auto& [name, value] : event->members()) {
        if (name == "specversion" || name == "data" || name == "data_base64") continue;
        WEIR_CHECK_OK(take_attribute(name, value, parsed.meta));
    }
    if (parsed.meta.id.empty() || parsed.meta.source.empty() || parsed.meta.type.empty()) {
        return bad("expected a CloudEvent with id, source and type");
    }
    WEIR_CHECK_OK(take_data(*event, parsed));
    parsed.meta.attrs = attrs_.data();
    parsed.meta.attr_count = static_cast<std::uint32_t>(attrs_.size());
    return parsed;
}

Status RowParser::take_attribute(std::string_view name, const JsonValue& value, Meta& meta) {
    if (value.is_null()) return ok();  // as if absent (section 2.2)
    if (value.is_object() || value.is_array()) {
        return bad("attribute " + in_quotes(name) + ": expected a string, a number or a boolean");
    }
    const std::string_view text = value.string().value_or(value.raw());
    if (name == "time") return set_time(text, meta);

    const std::pair<std::string_view, std::string_view*> known[] = {
        {"id", &meta.id},
        {"source", &meta.source},
        {"type", &meta.type},
        {"subject", &meta.subject},
        {"datacontenttype", &meta.content_type},
        {"dataschema", &meta.schema},
        {"partitionkey", &meta.key},
        {"correlationid", &meta.correlation_id},
        {"causationid", &meta.causation_id},
        {"traceparent", &meta.traceparent},
        {"tracestate", &meta.tracestate},
    };
    const auto found = std::find_if(std::begin(known), std::end(known), [&](const auto& k) { return k.first == name; });
    if (found != std::end(known)) {
        *found->second = text;
    } else {
        attrs_.push_back({str(name), str(text)});
    }
    return ok();
}

Status RowParser::take_data(const JsonValue& event, ParsedRow& row) {
    const JsonValue data = event["data"];
    const JsonValue base64 = event["data_base64"];
    if (data.exists() && base64.exists()) return bad("expected data or data_base64, found both");
    if (base64.exists()) {
        if (!base64.is_string() || !decode_base64(*base64.string(), decoded_)) {
            return bad("data_base64: expected base64 (RFC 4648)");
        }
        row.payload = decoded_;
    } else if (data.is_string() && !is_json(row.meta.content_type)) {
        row.payload = *data.string();  // a text payload travels as a JSON string (section 3.1)
    } else {
        row.payload = data.raw();  // byte for byte what was sent
    }
    return ok();
}

}  // namespace weir::file
