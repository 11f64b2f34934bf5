#include "webhooks.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>

#include "post.hpp"
#include "signatures.hpp"
#include "time.hpp"

namespace weir::standin {

namespace {

constexpr const char* kEndpoints = "webhook_endpoints";
constexpr const char* kEvents = "events";
constexpr std::size_t kDeliveriesMax = 100'000;

bool subscribed(const Json& endpoint, const std::string& type) {
    const Json& types = endpoint.at("events");
    return std::any_of(types.begin(), types.end(),
                       [&type](const Json& wanted) { return text_of(wanted) == "*" || text_of(wanted) == type; });
}

std::int64_t number_of(const std::string& text, std::int64_t otherwise) {
    std::int64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool is_scheme(const std::string& name) { return name == "stripe" || name == "standard" || name == "zendesk"; }

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> sign_webhook(const std::string& scheme,
                                                                      const std::string& secret,
                                                                      const std::string& event_id, std::int64_t seconds,
                                                                      const std::string& body) {
    std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json"},
                                                             {"User-Agent", "weir-standin"}};
    if (scheme == "stripe") {
        headers.emplace_back("Stripe-Signature", stripe_signature(secret, seconds, body));
    } else if (scheme == "zendesk") {
        const std::string timestamp = rfc3339(seconds);
        headers.emplace_back("X-Zendesk-Webhook-Signature", zendesk_signature(secret, timestamp, body));
        headers.emplace_back("X-Zendesk-Webhook-Signature-Timestamp", timestamp);
        headers.emplace_back("X-Zendesk-Webhook-Invocation-Id", event_id);
    } else {
        const auto signature = standard_webhooks_signature(secret, event_id, seconds, body);
        if (!signature) {
            return Error{Errc::invalid, "secret: expected \"whsec_\" and base64", "INVALID_ENDPOINT", {}};
        }
        headers.emplace_back("webhook-id", event_id);
        headers.emplace_back("webhook-timestamp", std::to_string(seconds));
        headers.emplace_back("webhook-signature", *signature);
    }
    return headers;
}

Json Webhooks::defaults() {
    return {{"copies", 1},      // of each event, all at once
            {"delay_ms", 0},    // before the first try
            {"lose_every", 0},  // every nth event is never sent
            {"hold", false},    // keep events back until they are released, in order or reversed
            {"retries", 3},     // after no answer or one that is not 2xx
            {"retry_ms", 500},  // before the first retry, then twice as long each time
            {"timeout_ms", 10000}};
}

void Webhooks::emit(const std::string& id, const std::string& type, Json event) {
    store_.put(kEvents, id, {{"type", type}, {"event", std::move(event)}});
    const Json& behaviour = settings_.at("webhooks");
    const std::int64_t lose_every = behaviour.at("lose_every").get<std::int64_t>();
    ++emitted_;
    if (lose_every > 0 && emitted_ % lose_every == 0) {
        note({id, "", "", "", {}, 0}, 0, "lost");
    } else if (behaviour.at("hold").get<bool>()) {
        held_.push_back(id);
    } else {
        send_event(id, behaviour.at("copies").get<std::int64_t>(), behaviour.at("delay_ms").get<std::int64_t>());
    }
}

void Webhooks::send_event(const std::string& event_id, std::int64_t copies, std::int64_t delay_ms) {
    const Json* event = store_.find(kEvents, event_id);
    if (event == nullptr) return;
    const std::string type = text_at(*event, "type");
    for (const auto& [id, endpoint] : store_.collection(kEndpoints)) {
        if (!endpoint.at("enabled").get<bool>() || !subscribed(endpoint, type)) continue;
        Delivery delivery{event_id, id, text_at(endpoint, "url"), event->at("event").dump(), {}, 1};
        for (std::int64_t copy = 0; copy < copies; ++copy) send_after(delivery, delay_ms);
    }
}

// A timer even for no delay: nothing is sent before the request that made the event is durable.
void Webhooks::send_after(const Delivery& delivery, std::int64_t delay_ms) {
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, std::chrono::milliseconds(delay_ms));
    timer->async_wait([this, timer, delivery](const boost::system::error_code& error) {
        if (!error) deliver(delivery);
    });
}

void Webhooks::deliver(const Delivery& delivery) {
    const Json* endpoint = store_.find(kEndpoints, delivery.endpoint_id);
    if (endpoint == nullptr) return note(delivery, 0, "no endpoint");
    // Signed anew at each try, as the vendors do: a retry an hour later has to be within the tolerance.
    auto headers = sign_webhook(text_at(*endpoint, "scheme"), text_at(*endpoint, "secret"), delivery.event_id,
                                unix_seconds(), delivery.body);
    if (!headers.ok()) return note(delivery, 0, "cannot be signed");
    const std::chrono::milliseconds timeout{settings_.at("webhooks").at("timeout_ms").get<std::int64_t>()};
    post(io_, delivery.url, *headers, delivery.body, timeout,
         [this, delivery](int status) { delivered(delivery, status); });
}

void Webhooks::delivered(const Delivery& delivery, int status) {
    if (status >= 200 && status < 300) return note(delivery, status, "delivered");
    if (status == 410) {
        // Standard Webhooks 1.0.0: the receiver wants no more.
        if (const Json* endpoint = store_.find(kEndpoints, delivery.endpoint_id)) {
            Json disabled = *endpoint;
            disabled["enabled"] = false;
            store_.put(kEndpoints, delivery.endpoint_id, disabled);
        }
        return note(delivery, status, "disabled");
    }
    const Json& behaviour = settings_.at("webhooks");
    if (delivery.attempt > behaviour.at("retries").get<std::int64_t>()) return note(delivery, status, "given up");
    note(delivery, status, "failed");
    Delivery again = delivery;
    ++again.attempt;
    constexpr int kDoublingsMax = 10;
    const std::int64_t first_ms = behaviour.at("retry_ms").get<std::int64_t>();
    send_after(again, first_ms << std::min(delivery.attempt - 1, kDoublingsMax));
}

void Webhooks::note(const Delivery& delivery, int status, const char* outcome) {
    if (deliveries_.size() >= kDeliveriesMax) return;
    deliveries_.push_back({{"event", delivery.event_id},
                           {"endpoint", delivery.endpoint_id},
                           {"attempt", delivery.attempt},
                           {"at_ms", mono_ms()},
                           {"status", status},
                           {"outcome", outcome}});
}

Reply Webhooks::add_endpoint(Call& call) {
    const std::string url = text_at(call.body, "url"), scheme = text_at(call.body, "scheme", scheme_);
    const std::string secret = text_at(call.body, "secret", "whsec_d2Vpci1zdGFuZGFyZC13ZWJob29rcy10ZXN0LWtleSE=");
    if (!is_postable(url)) {
        return problem(422, "INVALID_ENDPOINT", "url: found \"" + url + "\", expected http://127.0.0.1:PORT/PATH");
    }
    if (!is_scheme(scheme)) {
        return problem(422, "INVALID_ENDPOINT", R"(scheme: expected "stripe", "standard" or "zendesk")");
    }
    if (const auto trial = sign_webhook(scheme, secret, "x", 0, ""); !trial.ok()) return problem(422, trial.error());
    const Json events = call.body.value("events", Json::array({"*"}));
    if (!events.is_array()) return problem(422, "INVALID_ENDPOINT", "events: expected an array of types");
    const std::string id = "we_" + std::to_string(store_.next_number("webhook_endpoint"));
    const Json endpoint = {{"id", id},         {"url", url},       {"scheme", scheme},
                           {"secret", secret}, {"events", events}, {"enabled", true}};
    store_.put(kEndpoints, id, endpoint);
    return json_reply(201, endpoint);
}

Reply Webhooks::remove_endpoint(Call& call) {
    if (store_.find(kEndpoints, call.parameters[0]) == nullptr) {
        return problem(404, "NOT_FOUND", "no endpoint \"" + call.parameters[0] + "\"");
    }
    store_.erase(kEndpoints, call.parameters[0]);
    return {204, {}, {}, {}};
}

Reply Webhooks::resend(Call& call) {
    if (store_.find(kEvents, call.parameters[0]) == nullptr) {
        return problem(404, "NOT_FOUND", "no event \"" + call.parameters[0] + "\"");
    }
    send_event(call.parameters[0], number_of(call.request.query_value("copies"), 1), 0);
    return {202, {}, {}, {}};
}

Reply Webhooks::release(Call& call) {
    std::vector<std::string> order = std::exchange(held_, {});
    if (call.request.query_value("order") == "reverse") std::reverse(order.begin(), order.end());
    const std::int64_t copies = settings_.at("webhooks").at("copies").get<std::int64_t>();
    // Apart in time, so that the order is seen at the other end: deliveries are independent connections.
    const std::int64_t apart_ms = number_of(call.request.query_value("apart_ms"), 100);
    std::int64_t delay_ms = 0;
    for (const std::string& id : order) send_event(id, copies, std::exchange(delay_ms, delay_ms + apart_ms));
    return json_reply(202, {{"released", order}});
}

std::vector<Endpoint> Webhooks::endpoints(const std::string& base_path) {
    std::vector<Endpoint> all;
    all.push_back({"POST", base_path, R"(register: {"url", "secret", "scheme": "stripe|standard|zendesk", "events"})",
                   Effect::writes, [this](Call& call) { return add_endpoint(call); }});
    all.push_back({"GET", base_path, "list the endpoints that webhooks are sent to", Effect::reads, [this](Call&) {
                       Json data = Json::array();
                       for (const auto& [id, endpoint] : store_.collection(kEndpoints)) data.push_back(endpoint);
                       return json_reply(200, {{"data", std::move(data)}});
                   }});
    all.push_back({"DELETE", base_path + "/{id}", "send nothing there any more", Effect::reads,
                   [this](Call& call) { return remove_endpoint(call); }});
    all.push_back({"GET", "/_/webhooks", "every delivery and its outcome; what is held back", Effect::reads,
                   [this](Call&) {
                       return json_reply(200, {{"deliveries", deliveries_}, {"held", held_}});
                   },
                   Access::anyone});
    all.push_back({"POST", "/_/webhooks/release", "send what is held back; ?order=reverse&apart_ms=100", Effect::reads,
                   [this](Call& call) { return release(call); }, Access::anyone});
    all.push_back({"POST", "/_/webhooks/resend/{event}", "send an event again; ?copies=5: so often, at once",
                   Effect::reads, [this](Call& call) { return resend(call); }, Access::anyone});
    return all;
}

void Webhooks::reset() {
    emitted_ = 0;
    held_.clear();
    deliveries_ = Json::array();
}

}  // namespace weir::standin
