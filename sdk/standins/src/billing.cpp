#include "billing.hpp"

#include <algorithm>
#include <charconv>
#include <regex>

#include "time.hpp"

namespace weir::standin {

namespace {

constexpr std::int64_t kOldestSeconds = std::int64_t{35} * 24 * 3600;  // a meter event, as Stripe has it
constexpr std::int64_t kFutureSeconds = 300;

}  // namespace

Json billing_defaults() {
    return {{"tax_percent", "8.25"},
            {"currencies", {{"USD", 2}, {"EUR", 2}, {"GBP", 2}, {"JPY", 0}, {"KWD", 3}}},
            {"amounts", "text"},          // "number": 1393.56 instead of "1393.56"
            {"total_off", "0"},           // added to the total of an invoice that is finalized: a sum that is wrong
            {"thin_events", false},       // events name their object only
            {"newest_first", false},      // order of GET /v1/events
            {"check_timestamps", false},  // meter events older than 35 days or 5 minutes in the future are refused
            {"webhooks", Webhooks::defaults()}};
}

Reply no_such(const std::string& what, const std::string& id) {
    return problem(404, "NOT_FOUND", "no " + what + " \"" + id + "\"");
}

Reply Billing::answer(int status, const Json& object) const {
    Reply reply = json_reply(status, object);
    if (settings_.text("amounts") != "number") return reply;
    // On the text: no amount goes through a double here either.
    static const std::regex kAmount(
        R"re("(amount|amount_due|subtotal|tax|total|fee|net|unit_amount)":"(-?[0-9]+(\.[0-9]+)?)")re");
    reply.body = std::regex_replace(reply.body, kAmount, "\"$1\":$2");
    return reply;
}

std::string Billing::new_id(const char* prefix, const Json& body) {
    const std::string wanted = text_at(body, "id");
    return wanted.empty() ? store_.next_id(prefix, std::string(prefix) + "_") : wanted;
}

int Billing::exponent_of(const Json& object) const {
    const Json& known = settings_.at("currencies");
    const auto found = known.find(text_at(object, "currency"));
    return found == known.end() ? -1 : found->get<int>();
}

void Billing::save(const char* collection, const Json& object, const char* type) {
    const std::string id = text_at(object, "id");
    store_.put(collection, id, object);
    const std::string event_id = store_.next_id("evt", "evt_");
    const Json shown = settings_.flag("thin_events") ? Json{{"id", id}, {"object", object.at("object")}}
                                                     : *parse_json(json_reply(200, object).body);
    webhooks_.emit(event_id, type,
                   {{"id", event_id},
                    {"object", "event"},
                    {"type", type},
                    {"created", unix_seconds()},
                    {"data", {{"object", shown}}}});
}

std::vector<Endpoint> Billing::endpoints() {
    std::vector<Endpoint> all = invoice_endpoints();
    const auto add = [&all](const char* method, const char* path, const char* summary, Effect effect, auto handler) {
        all.push_back({method, path, summary, effect, handler});
    };
    add("POST", "/v1/customers", R"({"id", "name", "currency", "prefix"}: prefix of its invoices' numbers)",
        Effect::writes, [this](Call& call) { return create_customer(call); });
    add("POST", "/v1/meter_events", R"({"identifier", "event_name", "timestamp", "payload": {"customer", "value"}})",
        Effect::writes, [this](Call& call) { return meter_event(call); });
    add("GET", "/v1/meter_events/summary", "sum and count; ?customer=&event_name=&from=&to= (seconds, to excluded)",
        Effect::reads, [this](Call& call) { return meter_summary(call); });
    add("GET", "/v1/events", "events, oldest first; ?starting_after=&limit=&type=", Effect::reads,
        [this](Call& call) { return events(call); });
    for (const char* name : {"customers", "invoices", "invoiceitems", "payments", "payouts", "credit_notes"}) {
        all.push_back({"GET", std::string("/v1/") + name, "list; ?starting_after=&limit=&customer=&status=",
                       Effect::reads, [this, name](Call& call) { return list(name, call); }});
        all.push_back({"GET", std::string("/v1/") + name + "/{id}", "one", Effect::reads,
                       [this, name](Call& call) { return get(name, call); }});
    }
    for (Endpoint& endpoint : webhooks_.endpoints("/v1/webhook_endpoints")) all.push_back(std::move(endpoint));
    return all;
}

Reply Billing::create_customer(Call& call) {
    const std::string id = new_id("cus", call.body);
    const Json customer = {{"id", id},
                           {"object", "customer"},
                           {"name", text_at(call.body, "name", id)},
                           {"currency", text_at(call.body, "currency", "USD")},
                           {"prefix", text_at(call.body, "prefix", id)},
                           {"metadata", call.body.value("metadata", Json::object())}};
    if (const Json* known = store_.find("customers", id)) {
        if (*known == customer) return answer(200, customer);
        return problem(409, "CUSTOMER_EXISTS", "customer \"" + id + "\" exists with other content");
    }
    save("customers", customer, "customer.created");
    return answer(201, customer);
}

Reply Billing::meter_event(Call& call) {
    const Json payload = call.body.value("payload", Json::object());
    const auto value = Decimal::parse(text_at(payload, "value"));
    std::int64_t timestamp = unix_seconds();
    const std::string when = text_at(call.body, "timestamp", std::to_string(timestamp));
    const char* end = when.data() + when.size();
    if (std::from_chars(when.data(), end, timestamp).ptr != end) {
        return problem(400, "INVALID_METER_EVENT", "timestamp: expected seconds since 1970");
    }
    const std::string identifier = text_at(call.body, "identifier"), customer = text_at(payload, "customer");
    if (identifier.empty()) return problem(400, "INVALID_METER_EVENT", "identifier: expected a text");
    if (!value.ok()) return problem(400, "INVALID_METER_EVENT", "payload.value: " + value.error().message);
    if (value->is_negative()) return problem(400, "INVALID_METER_EVENT", "payload.value: expected 0 or more");
    const std::int64_t now = unix_seconds();
    if (settings_.flag("check_timestamps") && (timestamp < now - kOldestSeconds || timestamp > now + kFutureSeconds)) {
        return problem(400, "TIMESTAMP_OUT_OF_RANGE", "timestamp: expected the last 35 days, at most 5 minutes ahead");
    }
    const Json event = {
        {"object", "billing.meter_event"}, {"identifier", identifier}, {"event_name", text_at(call.body, "event_name")},
        {"timestamp", timestamp},          {"customer", customer},     {"value", value->to_string()}};
    if (const Json* known = store_.find("meter_events", identifier)) {
        if (*known != event) {
            return problem(409, "DUPLICATE_IDENTIFIER", "the identifier was used for an event with other content");
        }
        Json again = event;
        again["duplicate"] = true;
        return answer(200, again);
    }
    if (store_.find("customers", customer) == nullptr) {
        return problem(400, "UNKNOWN_CUSTOMER", "payload.customer: no customer \"" + customer + "\"");
    }
    store_.put("meter_events", identifier, event);
    return answer(201, event);
}

Reply Billing::meter_summary(Call& call) const {
    const Request& request = call.request;
    const auto bound = [&request](const char* name, std::int64_t otherwise) {
        const std::string text = request.query_value(name);
        std::from_chars(text.data(), text.data() + text.size(), otherwise);
        return otherwise;
    };
    const std::int64_t from = bound("from", INT64_MIN), to = bound("to", INT64_MAX);
    const std::string customer = request.query_value("customer"), name = request.query_value("event_name");
    Decimal sum;
    std::int64_t count = 0;
    for (const auto& [id, event] : store_.collection("meter_events")) {
        const std::int64_t at = event.at("timestamp").get<std::int64_t>();
        if (at < from || at >= to || (!customer.empty() && text_at(event, "customer") != customer) ||
            (!name.empty() && text_at(event, "event_name") != name)) {
            continue;
        }
        const auto next = Decimal::checked_add(sum, *Decimal::parse(text_at(event, "value")));
        if (!next.ok()) return problem(422, next.error());
        sum = *next;
        ++count;
    }
    return json_reply(200, {{"aggregated_value", sum.to_string()}, {"count", count}});
}

namespace {

std::size_t limit_of(const Request& request) {
    constexpr std::size_t kMost = 100;
    std::size_t limit = 10;
    const std::string text = request.query_value("limit", "10");
    std::from_chars(text.data(), text.data() + text.size(), limit);
    return std::clamp<std::size_t>(limit, 1, kMost);
}

// A page of what `keep` lets through of a collection: behind `starting_after`, in either direction.
template <class Keep>
Json page(const Store::Collection& all, const Request& request, bool backwards, Keep&& keep) {
    const std::string after = request.query_value("starting_after");
    const std::size_t limit = limit_of(request);
    Json data = Json::array();
    bool more = false;
    const auto take = [&](const auto& entry) {
        const bool behind = after.empty() || (backwards ? entry.first < after : entry.first > after);
        if (!behind || more || !keep(entry.second)) return;
        if (data.size() < limit) {
            data.push_back(entry.second);
        } else {
            more = true;
        }
    };
    if (backwards) {
        std::for_each(all.rbegin(), all.rend(), take);
    } else {
        std::for_each(all.begin(), all.end(), take);
    }
    return {{"object", "list"}, {"data", std::move(data)}, {"has_more", more}};
}

}  // namespace

Reply Billing::events(Call& call) const {
    const std::string type = call.request.query_value("type");
    Json list = page(store_.collection("events"), call.request, settings_.flag("newest_first"),
                     [&type](const Json& event) { return type.empty() || text_at(event, "type") == type; });
    for (Json& entry : list["data"]) entry = Json(entry.at("event"));
    return answer(200, list);
}

Reply Billing::list(const char* collection, Call& call) const {
    const Request& request = call.request;
    return answer(200, page(store_.collection(collection), request, false, [&request](const Json& object) {
                      for (const char* key : {"customer", "status", "invoice"}) {
                          const std::string wanted = request.query_value(key);
                          if (!wanted.empty() && text_at(object, key) != wanted) return false;
                      }
                      return true;
                  }));
}

Reply Billing::get(const char* collection, Call& call) const {
    const Json* found = store_.find(collection, call.parameters[0]);
    return found == nullptr ? no_such(collection, call.parameters[0]) : answer(200, *found);
}

}  // namespace weir::standin
