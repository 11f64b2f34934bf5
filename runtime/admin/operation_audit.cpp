// audit, audit_verify: who did what, and whether the record of it is whole.

#include "runtime/admin/handlers.hpp"
#include "runtime/admin/listing.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

Json describe_entry(const journal::ListedAudit& listed) {
    const journal::AuditEntry& entry = listed.entry;
    Json out{{"sequence", listed.sequence}, {"time", format_time(entry.wall_ns)},
             {"actor", entry.actor},        {"role", entry.role},
             {"action", entry.action},      {"subject", entry.subject},
             {"reason", entry.reason},      {"hash", listed.hash}};
    auto detail = parse_json(entry.detail);
    if (detail) out["detail"] = std::move(*detail);
    return out;
}

}  // namespace

Result<Json> op_audit(OperationContext& context, const Json& parameters) {
    journal::AuditFilter filter;
    const auto text = [&](const char* name, std::optional<std::string>& to) {
        if (parameters.contains(name)) to = parameters[name].get<std::string>();
    };
    text("actor", filter.actor);
    text("action", filter.action);
    text("subject", filter.subject);
    if (parameters.contains("since")) filter.since_wall_ns = parameters["since"].get<std::int64_t>();
    if (parameters.contains("until")) filter.until_wall_ns = parameters["until"].get<std::int64_t>();
    WEIR_TRY(filter.after, number_cursor(parameters));
    const auto limit = parameters.value("limit", std::size_t{100});
    filter.limit = limit + 1;  // one more tells whether there is a next page
    WEIR_TRY(auto entries, context.plant.inspector->audit(filter));
    const bool more = entries.size() > limit;
    if (more) entries.pop_back();
    Json listed = Json::array();
    for (const journal::ListedAudit& entry : entries) listed.push_back(describe_entry(entry));
    Json out{{"entries", listed}};
    if (more) out["next"] = cursor_of(entries.back().sequence);
    return out;
}

Result<Json> op_audit_verify(OperationContext& context, const Json&) {
    auto verified = context.plant.inspector->verify_audit();
    if (verified) return Json{{"intact", true}, {"entries", *verified}};
    if (verified.error().errc != Errc::corrupt) return std::move(verified).error();
    return Json{{"intact", false}, {"problem", verified.error().message}};
}

}  // namespace weir::admin
