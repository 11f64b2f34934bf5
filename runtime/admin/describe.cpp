#include "runtime/admin/describe.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "runtime/admin/item.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Text that may hold any bytes.
Json describe_payload(std::string_view payload) {
    if (!is_utf8(payload)) return Json{{"bytes", payload.size()}};
    return std::string(payload);
}

std::string_view redo_name(journal::Redo redo) {
    switch (redo) {
        case journal::Redo::deliver:
            return "original";
        case journal::Redo::steps:
            return "current";
        case journal::Redo::none:
            break;
    }
    return "";
}

void add_exception(Json& out, const journal::ListedDelivery& listed, const Plant& plant) {
    const auto config = config_of(plant);
    const config::Route* route = find_route(config.get(), listed.route);
    out["owner"] = route != nullptr ? route->owner : "";
    if (route != nullptr && listed.assignee.empty()) out["assignee"] = route->exception_assignee;
    out["suggested_action"] = suggested_action(listed.row.code);
    if (route == nullptr || route->exception_service_level.count() == 0) return;
    const std::int64_t due =
        listed.row.opened_wall_ns + std::chrono::nanoseconds(route->exception_service_level).count();
    out["due"] = format_time(due);
    out["overdue"] = plant.clock->wall_ns() > due;
}

}  // namespace

Json describe_record(const DecodedBatch& decoded, Payloads payloads) {
    if (!decoded.batch || decoded.batch->size() == 0) return nullptr;
    const weir_record& record = (*decoded.batch)[0];
    Json out = Json::object();
    const std::pair<const char*, weir_str> fields[] = {{"id", record.id},
                                                       {"source", record.source},
                                                       {"type", record.type},
                                                       {"subject", record.subject},
                                                       {"key", record.key},
                                                       {"schema", record.schema},
                                                       {"content_type", record.content_type},
                                                       {"correlation_id", record.correlation_id},
                                                       {"causation_id", record.causation_id},
                                                       {"traceparent", record.traceparent}};
    for (const auto& [name, value] : fields) {
        if (value.size > 0) out[name] = view(value);
    }
    if (record.time_unix_ns != WEIR_TIME_UNKNOWN) out["time"] = format_time(record.time_unix_ns);
    if (payloads == Payloads::included) out["payload"] = describe_payload(view(record.payload));
    return out;
}

Json describe_row(const journal::DeliveryRow& row) {
    Json out{{"offset", row.item.offset},
             {"part", row.item.part},
             {"state", journal::to_string(row.state)},
             {"attempts", row.attempts},
             {"probes", row.probes},
             {"code", row.code},
             {"message", row.message},
             {"step", row.step},
             {"external_ref", row.external_ref},
             {"remote_id", row.remote_id},
             {"updated", format_time(row.updated_wall_ns)}};
    if (row.opened_wall_ns != 0) out["opened"] = format_time(row.opened_wall_ns);
    if (row.remote_status != 0) out["remote_status"] = row.remote_status;
    if (row.replay) out["replay"] = true;
    if (row.redo != journal::Redo::none) out["mapping"] = redo_name(row.redo);
    const bool due = row.state == journal::DeliveryState::retrying || row.state == journal::DeliveryState::unknown;
    if (due) out["next"] = format_time(row.next_wall_ns);
    return out;
}

Json describe_delivery(const journal::ListedDelivery& listed, const Plant& plant, Payloads payloads) {
    Json out{{"item", item_name(listed)},
             {"route", listed.route},
             {"destination", listed.destination},
             {"stream", listed.stream},
             {"assignee", listed.assignee}};
    out.update(describe_row(listed.row));
    const std::int64_t opened = listed.row.opened_wall_ns != 0 ? listed.row.opened_wall_ns : listed.row.updated_wall_ns;
    out["age_seconds"] = std::max<std::int64_t>(0, plant.clock->wall_ns() - opened) / kSecond;
    const bool for_a_person =
        listed.row.state == journal::DeliveryState::held || listed.row.state == journal::DeliveryState::dead;
    if (for_a_person) add_exception(out, listed, plant);
    out["record"] = describe_record(listed.record, payloads);
    return out;
}

Json describe_note(const journal::DeliveryNote& note) {
    Json out{{"time", format_time(note.wall_ns)}, {"actor", note.actor}, {"action", note.action}, {"text", note.text}};
    if (note.detail.empty()) return out;
    auto detail = parse_json(note.detail);
    out["detail"] = detail ? std::move(*detail) : Json(note.detail);
    return out;
}

Json describe_attempt(const journal::LaneTrace::Attempt& attempt) {
    Json out{{"attempt", attempt.attempt},
             {"kind", attempt.kind == journal::AttemptKind::deliver ? "deliver" : "resolve"},
             {"started", format_time(attempt.started_wall_ns)}};
    if (attempt.settled_wall_ns) out["settled"] = format_time(*attempt.settled_wall_ns);
    return out;
}

std::string fingerprint(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : hash) {
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

std::shared_ptr<const config::Config> config_of(const Plant& plant) {
    return plant.live != nullptr ? plant.live->config() : plant.stopped_config;
}

const config::Route* find_route(const config::Config* config, std::string_view name) {
    if (config == nullptr) return nullptr;
    const auto found = std::ranges::find(config->routes, name, &config::Route::name);
    return found == config->routes.end() ? nullptr : &*found;
}

std::string_view suggested_action(std::string_view code) noexcept {
    constexpr std::pair<std::string_view, std::string_view> kSuggestions[] = {
#define WEIR_SUGGESTION(reason, action) {reason, action},
#include "runtime/admin/suggestions.def"
#undef WEIR_SUGGESTION
    };
    for (const auto& [reason, action] : kSuggestions) {
        if (reason == code) return action;
    }
    return "look at the message; correct the cause and redrive, or resolve it with the reason";
}

}  // namespace weir::admin
