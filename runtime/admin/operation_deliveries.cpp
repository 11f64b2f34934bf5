// dead_letters, exceptions and their items; trace: what became of single records.

#include "runtime/admin/describe.hpp"
#include "runtime/admin/handlers.hpp"
#include "runtime/admin/item.hpp"
#include "runtime/admin/listing.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

Payloads wanted_payloads(const Json& parameters) {
    return parameters.value("payload", false) ? Payloads::included : Payloads::left_out;
}

Result<Json> list(OperationContext& context, const Json& parameters, const char* name,
                  const std::vector<journal::DeliveryState>& states) {
    const journal::DeliveryFilter filter = selection(parameters);
    WEIR_TRY(const Page page, read_page(*context.plant.inspector, filter, states,
                                        parameters.value("limit", std::size_t{100}), parameters.value("cursor", "")));
    Json items = Json::array();
    for (const journal::ListedDelivery& one : page.deliveries) {
        items.push_back(describe_delivery(one, context.plant, wanted_payloads(parameters)));
    }
    Json out{{name, items}};
    if (page.next) out["next"] = *page.next;
    return out;
}

// The attempts of this delivery's lane at its record. Those of a first attempt cover whole ranges of records.
Result<Json> attempts_of(journal::Inspector& inspector, const journal::ListedDelivery& listed) {
    Json attempts = Json::array();
    if (!listed.record.batch || listed.record.batch->size() == 0) return attempts;
    // By its reference, because a step may have given the record another id.
    const std::string& reference = listed.row.external_ref;
    const std::string id(view((*listed.record.batch)[0].id));
    WEIR_TRY(const auto traces, inspector.trace(reference.empty() ? id : reference));
    for (const journal::RecordTrace& trace : traces) {
        if (trace.stream != listed.stream || trace.offset != listed.row.item.offset) continue;
        for (const journal::LaneTrace& lane : trace.lanes) {
            if (lane.route != listed.route || lane.destination != listed.destination) continue;
            for (const auto& attempt : lane.attempts) attempts.push_back(describe_attempt(attempt));
        }
    }
    return attempts;
}

// Of which kind the item is, does not decide whether it may be looked at: it may have been taken up meanwhile.
Result<Json> show(OperationContext& context, const Json& parameters) {
    journal::Inspector& inspector = *context.plant.inspector;
    WEIR_TRY(const auto listed, find_item(inspector, parameters["item"].get<std::string>()));
    Json out = describe_delivery(listed, context.plant, Payloads::included);
    WEIR_TRY(out["tries"], attempts_of(inspector, listed));
    WEIR_TRY(const auto notes, inspector.notes(listed.row.lane, listed.row.item));
    Json told = Json::array();
    for (const journal::DeliveryNote& note : notes) {
        Json described = describe_note(note);
        if (!note.frame.empty()) {
            auto bytes = std::make_shared<const std::string>(note.frame);
            if (auto before = decode_records(*bytes, 1, bytes)) {
                described["before"] = describe_record(*before, Payloads::included);
            }
        }
        told.push_back(std::move(described));
    }
    out["notes"] = std::move(told);
    return out;
}

Json describe_lane(const journal::LaneTrace& lane) {
    Json attempts = Json::array();
    for (const auto& attempt : lane.attempts) attempts.push_back(describe_attempt(attempt));
    Json rows = Json::array();
    for (const auto& row : lane.rows) {
        Json described = describe_row(row);
        described["item"] = item_name(lane.route, lane.destination, row.item);
        rows.push_back(std::move(described));
    }
    return {{"route", lane.route}, {"destination", lane.destination}, {"attempts", attempts},
            {"deliveries", rows},  {"settled", lane.settled},         {"filtered", lane.filtered}};
}

Result<Json> notes_of(journal::Inspector& inspector, const journal::LaneTrace& lane) {
    Json notes = Json::array();
    for (const auto& row : lane.rows) {
        WEIR_TRY(const auto written, inspector.notes(row.lane, row.item));
        for (const journal::DeliveryNote& note : written) notes.push_back(describe_note(note));
    }
    return notes;
}

}  // namespace

Result<Json> op_dead_letters(OperationContext& context, const Json& parameters) {
    return list(context, parameters, "dead_letters", states_named(parameters.value("state", "dead")));
}

Result<Json> op_exceptions(OperationContext& context, const Json& parameters) {
    return list(context, parameters, "exceptions", states_named("held"));
}

Result<Json> op_dead_letter(OperationContext& context, const Json& parameters) { return show(context, parameters); }

Result<Json> op_exception(OperationContext& context, const Json& parameters) { return show(context, parameters); }

Result<Json> op_trace(OperationContext& context, const Json& parameters) {
    const auto& id = parameters["id"].get_ref<const std::string&>();
    WEIR_TRY(const auto traces, context.plant.inspector->trace(id));
    if (traces.empty()) {
        return Error{Errc::not_found,
                     "nothing is known of \"" + id +
                         "\": no record id, external reference or target id in the journal is equal to it",
                     "NOT_FOUND",
                     {}};
    }
    Json all = Json::array();
    for (const journal::RecordTrace& trace : traces) {
        Json lanes = Json::array();
        for (const auto& lane : trace.lanes) {
            lanes.push_back(describe_lane(lane));
            WEIR_TRY(lanes.back()["notes"], notes_of(*context.plant.inspector, lane));
        }
        all.push_back({{"stream", trace.stream},
                       {"offset", trace.offset},
                       {"accepted", format_time(trace.accepted_wall_ns)},
                       {"segment", trace.segment},
                       {"record", describe_record(trace.record, Payloads::included)},
                       {"lanes", lanes}});
    }
    return Json{{"traces", all}};
}

}  // namespace weir::admin
