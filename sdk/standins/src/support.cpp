#include "support.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "time.hpp"

namespace weir::standin {

namespace {

constexpr const char* kTickets = "tickets";
constexpr const char* kComments = "comments";
constexpr const char* kChanges = "changes";  // sequence -> ticket: the order of the incremental listing
constexpr std::array kStatuses{"new", "open", "pending", "hold", "solved", "closed"};

std::string etag(const Json& ticket) { return "\"v" + std::to_string(ticket.at("version").get<std::int64_t>()) + "\""; }

Reply ticket_reply(int status, const Json& ticket) {
    Reply reply = json_reply(status, {{"ticket", ticket}});
    reply.headers.emplace_back("ETag", etag(ticket));
    return reply;
}

Reply no_ticket(const std::string& id) { return problem(404, "NOT_FOUND", "no ticket \"" + id + "\""); }

Error refused(const char* code, const std::string& message) { return {Errc::invalid, message, code, {}}; }

std::size_t page_size(const Request& request) {
    constexpr std::size_t kMost = 1000;
    std::size_t size = 100;
    const std::string text = request.query_value("per_page", "100");
    std::from_chars(text.data(), text.data() + text.size(), size);
    return std::clamp<std::size_t>(size, 1, kMost);
}

}  // namespace

Json support_defaults() {
    // With refusals_as_200 a change that is refused is answered 200, with messages and the unchanged ticket.
    return {{"refusals_as_200", false}, {"webhooks", Webhooks::defaults()}};
}

std::vector<Endpoint> Support::endpoints() {
    std::vector<Endpoint> all;
    const auto add = [&all](const char* method, const char* path, const char* summary, Effect effect, auto handler) {
        all.push_back({method, path, summary, effect, handler});
    };
    add("POST", "/api/v2/tickets",
        R"({"ticket": {"subject", "organization_id", "custom_fields": [{"id", "value"}], "comment": {"body"}}})",
        Effect::writes, [this](Call& call) { return create(call); });
    add("PUT", "/api/v2/tickets/{id}", "change a ticket, add a comment; If-Match: its ETag", Effect::writes,
        [this](Call& call) { return update(call); });
    add("GET", "/api/v2/tickets/{id}", "one ticket, with its ETag", Effect::reads,
        [this](Call& call) { return get(call); });
    add("GET", "/api/v2/tickets", "list; ?external_id=&status=", Effect::reads,
        [this](Call& call) { return list(call); });
    add("GET", "/api/v2/tickets/{id}/comments", "its comments, oldest first", Effect::reads,
        [this](Call& call) { return comments(call); });
    add("GET", "/api/v2/incremental/tickets/cursor",
        "changed tickets in order; ?cursor=&start_time=&per_page=", Effect::reads,
        [this](Call& call) { return incremental(call); });
    add("POST", "/api/v2/organizations", R"({"organization": {"id", "name", "external_id"}})", Effect::writes,
        [this](Call& call) { return create_organization(call); });
    add("GET", "/api/v2/organizations/{id}", "one organization", Effect::reads,
        [this](Call& call) { return get_organization(call); });
    for (Endpoint& endpoint : webhooks_.endpoints("/api/v2/webhooks")) all.push_back(std::move(endpoint));
    return all;
}

std::optional<Error> Support::check(const Json& change, const Json& ticket) const {
    if (!change.is_object()) return refused("INVALID_TICKET", R"(expected {"ticket": {...}})");
    if (ticket.is_null() && text_at(change, "subject").empty()) {
        return refused("INVALID_TICKET", "subject: expected a text");
    }
    if (!ticket.is_null() && text_at(ticket, "status") == "closed") {
        return refused("TICKET_CLOSED", "a closed ticket takes no changes");
    }
    const std::string status = text_at(change, "status", "new");
    if (std::find(kStatuses.begin(), kStatuses.end(), status) == kStatuses.end()) {
        return refused("INVALID_STATUS",
                       "status: found \"" + status + "\", expected new, open, pending, hold, solved or closed");
    }
    if (change.contains("comment") && text_at(change["comment"], "body").empty()) {
        return refused("INVALID_COMMENT", "comment.body: expected a text");
    }
    for (const Json& field : change.value("custom_fields", Json::array())) {
        if (text_at(field, "id").empty()) return refused("INVALID_FIELD", "custom_fields: expected an id in each");
    }
    return std::nullopt;
}

void Support::apply(const Json& change, Json& ticket) {
    for (const char* key :
         {"subject", "status", "priority", "type", "organization_id", "requester_id", "external_id"}) {
        if (change.contains(key)) ticket[key] = change[key];
    }
    if (change.contains("tags")) ticket["tags"] = change["tags"];
    for (const Json& field : change.value("custom_fields", Json::array())) {
        Json& fields = ticket["custom_fields"];
        const auto known = std::find_if(fields.begin(), fields.end(), [&field](const Json& old) {
            return text_at(old, "id") == text_at(field, "id");
        });
        if (known == fields.end()) {
            fields.push_back(field);
        } else {
            *known = field;
        }
    }
}

void Support::add_comment(const Json& change, const std::string& id) {
    if (!change.contains("comment")) return;
    const Json& from = change["comment"];
    const std::string key = store_.next_id("comment", "");
    store_.put(kComments, id + "/" + key,
               {{"id", key},
                {"ticket_id", id},
                {"body", text_at(from, "body")},
                {"public", from.value("public", true)},
                {"created_at", rfc3339(unix_seconds())}});
}

void Support::save(Json& ticket, const char* type) {
    const std::string id = text_at(ticket, "id"), old = text_at(ticket, "sequence");
    const std::string sequence = store_.next_id("change", "");
    ticket["sequence"] = sequence;
    ticket["updated_at"] = rfc3339(unix_seconds());
    ticket["generated_timestamp"] = unix_seconds();
    ticket["version"] = ticket.value("version", std::int64_t{0}) + 1;
    store_.put(kTickets, id, ticket);
    // A ticket stands in the listing once, where it was changed last.
    if (!old.empty()) store_.erase(kChanges, old);
    store_.put(kChanges, sequence, id);
    const std::string event_id = store_.next_id("event", "01ZENDESK");
    webhooks_.emit(event_id, type,
                   {{"id", event_id},
                    {"type", std::string("zen:event-type:") + type},
                    {"zendesk_event_version", "2022-11-06"},
                    {"time", ticket["updated_at"]},
                    {"subject", "zen:ticket:" + id},
                    {"event", Json::object()},
                    {"detail", ticket}});
}

Reply Support::create(Call& call) {
    const Json change = call.body.is_object() ? call.body.value("ticket", Json()) : Json();
    if (const auto error = check(change, {})) return problem(422, *error);
    const std::string wanted = text_at(change, "id");
    if (!wanted.empty() && store_.find(kTickets, wanted) != nullptr) {
        return problem(409, "TICKET_EXISTS", "ticket \"" + wanted + "\" exists");
    }
    const std::string id = wanted.empty() ? std::to_string(store_.next_number("ticket")) : wanted;
    Json ticket = {{"id", id},
                   {"status", "new"},
                   {"custom_fields", Json::array()},
                   {"tags", Json::array()},
                   {"created_at", rfc3339(unix_seconds())}};
    apply(change, ticket);
    add_comment(change, id);
    save(ticket, "ticket.created");
    Reply reply = ticket_reply(201, ticket);
    reply.headers.emplace_back("Location", "/api/v2/tickets/" + id);
    return reply;
}

Reply Support::update(Call& call) {
    const Json* found = store_.find(kTickets, call.parameters[0]);
    if (found == nullptr) return no_ticket(call.parameters[0]);
    Json ticket = *found;
    const std::string expected = call.request.header("if-match");
    if (!expected.empty() && expected != "*" && expected != etag(ticket)) {
        Reply reply = problem(412, "PRECONDITION_FAILED", "the ticket is at " + etag(ticket));
        reply.headers.emplace_back("ETag", etag(ticket));
        return reply;
    }
    const Json change = call.body.is_object() ? call.body.value("ticket", Json()) : Json();
    if (const auto error = check(change, ticket)) {
        if (!settings_.flag("refusals_as_200")) return problem(422, *error);
        return json_reply(200,
                          {{"ticket", ticket},
                           {"messages", {{{"code", error->code}, {"level", "error"}, {"detail", error->message}}}}});
    }
    apply(change, ticket);
    add_comment(change, call.parameters[0]);
    save(ticket, change.contains("comment") ? "ticket.comment_added" : "ticket.updated");
    return ticket_reply(200, ticket);
}

Reply Support::get(Call& call) const {
    const Json* found = store_.find(kTickets, call.parameters[0]);
    return found == nullptr ? no_ticket(call.parameters[0]) : ticket_reply(200, *found);
}

Reply Support::list(Call& call) const {
    Json tickets = Json::array();
    for (const auto& [id, ticket] : store_.collection(kTickets)) {
        bool wanted = true;
        for (const char* key : {"external_id", "status"}) {
            const std::string value = call.request.query_value(key);
            wanted = wanted && (value.empty() || text_at(ticket, key) == value);
        }
        if (wanted) tickets.push_back(ticket);
    }
    return json_reply(200, {{"count", tickets.size()}, {"tickets", std::move(tickets)}});
}

Reply Support::comments(Call& call) const {
    const std::string& id = call.parameters[0];
    if (store_.find(kTickets, id) == nullptr) return no_ticket(id);
    Json found = Json::array();
    const Store::Collection& all = store_.collection(kComments);
    for (auto entry = all.lower_bound(id + "/"); entry != all.end() && entry->first.starts_with(id + "/"); ++entry) {
        found.push_back(entry->second);
    }
    return json_reply(200, {{"count", found.size()}, {"comments", std::move(found)}});
}

// A change while somebody pages moves its ticket behind the cursor: it is seen again, never missed.
Reply Support::incremental(Call& call) const {
    const std::string cursor = call.request.query_value("cursor");
    std::int64_t start = 0;
    const std::string text = call.request.query_value("start_time", "0");
    std::from_chars(text.data(), text.data() + text.size(), start);
    const std::size_t size = page_size(call.request);
    const Store::Collection& changes = store_.collection(kChanges);
    Json tickets = Json::array();
    std::string last = cursor;
    auto change = cursor.empty() ? changes.begin() : changes.upper_bound(cursor);
    for (; change != changes.end() && tickets.size() < size; ++change) {
        last = change->first;
        const Json* ticket = store_.find(kTickets, text_of(change->second));
        if (ticket == nullptr || ticket->at("generated_timestamp").get<std::int64_t>() < start) continue;
        tickets.push_back(*ticket);
    }
    return json_reply(200, {{"tickets", std::move(tickets)},
                            {"after_cursor", last.empty() ? Json() : Json(last)},
                            {"end_of_stream", change == changes.end()}});
}

Reply Support::create_organization(Call& call) {
    const Json from = call.body.is_object() ? call.body.value("organization", Json()) : Json();
    if (text_at(from, "name").empty()) return problem(422, "INVALID_ORGANIZATION", "name: expected a text");
    const std::string wanted = text_at(from, "id");
    const std::string id = wanted.empty() ? std::to_string(store_.next_number("organization")) : wanted;
    Json organization = from;
    organization["id"] = id;
    store_.put("organizations", id, organization);
    return json_reply(201, {{"organization", organization}});
}

Reply Support::get_organization(Call& call) const {
    const Json* found = store_.find("organizations", call.parameters[0]);
    if (found == nullptr) return problem(404, "NOT_FOUND", "no organization \"" + call.parameters[0] + "\"");
    return json_reply(200, {{"organization", *found}});
}

}  // namespace weir::standin
