// edit, resolve, assign, note: what people do with one dead letter or exception.

#include <algorithm>

#include "runtime/admin/change.hpp"
#include "runtime/admin/describe.hpp"
#include "runtime/admin/handlers.hpp"
#include "runtime/admin/item.hpp"

namespace weir::admin {

namespace {

using journal::DeliveryState;

// A dead letter is not an exception, although both look alike: who may close or edit which differs.
Result<journal::ListedDelivery> open_item(OperationContext& context, const Json& parameters, DeliveryState state) {
    WEIR_TRY(auto listed, find_item(*context.plant.inspector, parameters["item"].get<std::string>()));
    if (listed.row.state == state) return listed;
    return Error{Errc::conflict,
                 "it is " + std::string(journal::to_string(listed.row.state)) + ", not " +
                     std::string(journal::to_string(state)),
                 "NOT_OPEN",
                 {}};
}

Result<Json> told(const journal::ListedDelivery& listed, const journal::DeliveryRow& row, const Plant& plant) {
    journal::ListedDelivery after = listed;
    after.row = row;
    return describe_delivery(after, plant, Payloads::left_out);
}

// ------------------------------------------------------------------------------------------------ edit

bool is_json(const weir_record& record) {
    const std::string_view type = view(record.content_type);
    const std::string_view media = type.substr(0, type.find(';'));
    return media.empty() || media == "application/json" || media.ends_with("+json");
}

Result<std::string> new_payload(const weir_record& record, const Json& parameters) {
    const auto given = std::ranges::count_if(std::array{"payload", "patch", "text"},
                                             [&](const char* name) { return parameters.contains(name); });
    if (given != 1) {
        return Error{Errc::invalid, "expected exactly one of payload, patch and text", "BAD_PARAMETER", {}};
    }
    if (parameters.contains("text")) {
        auto text = parameters["text"].get<std::string>();
        if (is_json(record)) {
            if (auto parsed = parse_json(text); !parsed) return std::move(parsed).error().in("text");
        }
        return text;
    }
    if (!is_json(record)) {
        return Error{Errc::invalid,
                     "the payload is \"" + std::string(view(record.content_type)) + "\", not JSON: give it as text",
                     "BAD_PARAMETER",
                     {}};
    }
    if (parameters.contains("payload")) return write_json(parameters["payload"]);
    if (!parameters["patch"].is_object()) {
        return Error{Errc::invalid, "patch: expected a JSON object", "BAD_PARAMETER", {}};
    }
    WEIR_TRY(Json payload, parse_json(view(record.payload)));
    merge_patch(payload, parameters["patch"]);
    return write_json(payload);
}

Result<std::string> encoded(const weir_record& record) {
    EncodedBatch out;
    WEIR_CHECK_OK(encode_record(record, nullptr, out));
    return std::move(out.frames);
}

Result<Json> edit(OperationContext& context, const Json& parameters, DeliveryState state) {
    WEIR_TRY(const auto listed, open_item(context, parameters, state));
    if (!listed.record.batch || listed.record.batch->size() == 0) {
        return Error{Errc::conflict, "its record cannot be read", "RECORD_GONE", {}};
    }
    weir_record record = (*listed.record.batch)[0];
    WEIR_TRY(const std::string payload, new_payload(record, parameters));
    WEIR_TRY(std::string before, encoded(record));
    const Json detail{{"before_sha256", fingerprint(view(record.payload))}, {"after_sha256", fingerprint(payload)}};
    record.payload = str(payload);
    journal::DeliveryRow row = listed.row;
    WEIR_TRY(row.frame, encoded(record));
    Change change(context);
    row.updated_wall_ns = change.wall_ns();
    change.add_note(row.lane, row.item, "edit", context.actor.reason, write_json(detail), std::move(before));
    change.add_audit("edit", item_name(listed), detail);
    change.add_row(row);
    WEIR_CHECK_OK(change.commit());
    return told(listed, row, context.plant);
}

// ------------------------------------------------------------------------------------------------ the others

Result<Json> resolve(OperationContext& context, const Json& parameters, DeliveryState state) {
    WEIR_TRY(const auto listed, open_item(context, parameters, state));
    Change change(context);
    journal::DeliveryRow row = listed.row;
    row.state = DeliveryState::resolved;
    row.redo = journal::Redo::none;
    row.updated_wall_ns = change.wall_ns();
    row.frame.clear();
    Json detail{{"code", row.code}, {"was", journal::to_string(state)}};
    if (parameters.contains("remote_id")) {
        row.remote_id = parameters["remote_id"].get<std::string>();
        detail["remote_id"] = row.remote_id;
    }
    change.add_note(row.lane, row.item, "resolve", context.actor.reason, write_json(detail));
    change.add_audit("resolve", item_name(listed), detail);
    change.add_row(row);
    WEIR_CHECK_OK(change.commit());
    return told(listed, row, context.plant);
}

}  // namespace

Result<Json> op_dead_letter_edit(OperationContext& context, const Json& parameters) {
    return edit(context, parameters, DeliveryState::dead);
}

Result<Json> op_exception_edit(OperationContext& context, const Json& parameters) {
    return edit(context, parameters, DeliveryState::held);
}

Result<Json> op_dead_letter_resolve(OperationContext& context, const Json& parameters) {
    return resolve(context, parameters, DeliveryState::dead);
}

Result<Json> op_exception_resolve(OperationContext& context, const Json& parameters) {
    return resolve(context, parameters, DeliveryState::held);
}

Result<Json> op_exception_assign(OperationContext& context, const Json& parameters) {
    WEIR_TRY(auto listed, open_item(context, parameters, DeliveryState::held));
    Change change(context);
    const auto to = parameters["to"].get<std::string>();
    const Json detail{{"from", listed.assignee}, {"to", to}};
    change.add_note(listed.row.lane, listed.row.item, "assign", to, write_json(detail));
    change.add_audit("assign", item_name(listed), detail);
    WEIR_CHECK_OK(change.commit());
    listed.assignee = to;
    return told(listed, listed.row, context.plant);
}

Result<Json> op_exception_note(OperationContext& context, const Json& parameters) {
    WEIR_TRY(const auto listed, open_item(context, parameters, DeliveryState::held));
    Change change(context);
    change.add_note(listed.row.lane, listed.row.item, "note", parameters["note"].get_ref<const std::string&>());
    change.add_audit("note", item_name(listed), Json::object());
    WEIR_CHECK_OK(change.commit());
    return told(listed, listed.row, context.plant);
}

}  // namespace weir::admin
