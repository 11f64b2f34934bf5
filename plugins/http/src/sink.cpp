#include "sink.hpp"

#include <algorithm>

#include "auth.hpp"
#include "cloud_event.hpp"
#include "codec.hpp"
#include "json_scan.hpp"

namespace http_plugin {

namespace {

// Bounds what one delivery holds back when the target is slow.
constexpr std::uint32_t kRecordsPerConnectionMax = 50;
constexpr std::string_view kProbeVariables[] = {"idempotency_key", "external_ref", "id"};

bool same_host(std::string_view url, std::string_view scheme) {
    return to_lower(url.substr(0, scheme.size())) == scheme;
}

void check_url(const char* pointer, std::string_view url) {
    if (!same_host(url, "http://") && !same_host(url, "https://")) {
        throw weir::ConfigError(pointer, "found \"" + std::string(url.substr(0, url.find('?'))) +
                                             "\", expected an absolute http or https URL");
    }
}

// The text between braces; throws for a variable nobody knows.
void check_template(std::string_view text) {
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        const auto close = text.find('}', open);
        const std::string_view name = text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1);
        if (std::find(std::begin(kProbeVariables), std::end(kProbeVariables), name) == std::end(kProbeVariables)) {
            throw weir::ConfigError(
                "/probe_url", "found {" + std::string(name) + "}, expected {idempotency_key}, {external_ref} or {id}");
        }
    }
}

}  // namespace

struct HttpSink::Message {
    weir::HttpRequest request;
    std::deque<std::string> text;  // a deque: strings that views point to do not move
};

HttpSink::HttpSink(weir::Host host, SinkConfig config)
    : Sink(host, std::move(config)), rules_(cfg().statuses, cfg().conflict_is_delivered), client_(host) {
    check_url("/url", cfg().url);
    if (!cfg().probe_url.empty()) check_url("/probe_url", cfg().probe_url);
    check_template(cfg().probe_url);
    if (cfg().concurrency == 0) throw weir::ConfigError("/concurrency", "found 0, expected at least 1");
    if (cfg().bearer || !cfg().secret_headers.empty()) secrets_.emplace(host);
    const std::string& remote_id = cfg().remote_id;
    if (remote_id.starts_with("header:")) {
        remote_header_ = to_lower(std::string_view(remote_id).substr(7));
    } else if (remote_id.starts_with("json:/")) {
        remote_pointer_ = remote_id.substr(5);
    } else if (!remote_id.empty()) {
        throw weir::ConfigError("/remote_id",
                                "found \"" + remote_id + "\", expected \"header:Name\" or \"json:/pointer\"");
    }
}

void HttpSink::limits(weir_sink_limits& limits) {
    if (cfg().concurrency > 1) limits.order = WEIR_ORDER_NONE;
    const std::uint64_t records_max = std::uint64_t{cfg().concurrency} * kRecordsPerConnectionMax;
    if (limits.max_batch_records > records_max) limits.max_batch_records = static_cast<std::uint32_t>(records_max);
    limits.settle_ns = cfg().settle.count();
}

// Secrets are asked for each time, so that a rotated one is used at once.
std::vector<weir::HttpHeader> HttpSink::fixed_headers(std::deque<std::string>& text) const {
    std::vector<weir::HttpHeader> headers;
    for (const auto& [name, value] : cfg().headers) headers.push_back({name, value});
    const auto secret = [&](const weir::SecretRef& ref) {
        auto value = secrets_->get(ref);
        if (!value) throw weir::Retry("SECRET_UNAVAILABLE", value.error().message);
        return std::string(value->reveal());
    };
    for (const auto& [name, ref] : cfg().secret_headers) headers.push_back({name, text.emplace_back(secret(ref))});
    if (cfg().bearer) headers.push_back({"Authorization", text.emplace_back("Bearer " + secret(*cfg().bearer))});
    return headers;
}

namespace {

void append_cloudevents(std::vector<weir::HttpHeader>& headers, std::deque<std::string>& text,
                        const weir::Record& record) {
    const auto add = [&](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        std::string& encoded = text.emplace_back();
        append_header_encoded(encoded, value);
        headers.push_back({text.emplace_back("ce-" + std::string(name)), encoded});
    };
    headers.push_back({"ce-specversion", "1.0"});
    add("id", record.id());
    add("source", record.source());
    add("type", record.type());
    add("subject", record.subject());
    add("dataschema", record.schema());
    add("partitionkey", record.key());
    add("correlationid", record.correlation_id());
    add("causationid", record.causation_id());
    if (const auto time = record.time_unix_ns()) add("time", format_rfc3339(*time));
    for (std::uint32_t i = 0; i < record.attr_count(); ++i) {
        const auto [name, value] = record.attr(i);
        add(name, value);
    }
}

}  // namespace

HttpSink::Message HttpSink::make_message(const weir::Item& item, const std::vector<weir::HttpHeader>& fixed) const {
    const weir::Record record = item.record();
    Message message;
    message.request.method = cfg().method;
    message.request.url = cfg().url;
    message.request.headers = fixed;
    message.request.body = record.payload();
    message.request.timeout = cfg().timeout;
    message.request.response_max = cfg().max_response_bytes;
    auto& headers = message.request.headers;
    headers.push_back({"Content-Type", record.content_type()});
    if (!cfg().key_header.empty()) headers.push_back({cfg().key_header, item.idempotency_key()});
    if (!cfg().external_ref_header.empty()) headers.push_back({cfg().external_ref_header, item.external_ref()});
    if (cfg().mode == SinkMode::cloudevents) append_cloudevents(headers, message.text, record);
    return message;
}

void HttpSink::deliver(weir::Call& call, weir::Delivery& delivery) {
    if (call.dry_run()) {
        for (const weir::Item item : delivery) item.delivered();
        return;
    }
    std::deque<std::string> text;
    const std::vector<weir::HttpHeader> fixed = fixed_headers(text);
    if (cfg().concurrency == 1) {
        deliver_in_order(call, delivery, fixed);
    } else {
        deliver_at_once(call, delivery, fixed);
    }
}

// One at a time. After a record that is not settled the later ones of its key are left for another delivery.
void HttpSink::deliver_in_order(weir::Call& call, weir::Delivery& delivery,
                                const std::vector<weir::HttpHeader>& fixed) {
    std::unordered_set<std::string_view> blocked;
    for (const weir::Item item : delivery) {
        const std::string_view key = to_view(weir_batch_at(delivery.batch().raw(), item.index())->key);
        if (!key.empty() && blocked.contains(key)) {
            item.throttled(std::chrono::nanoseconds{0}, "BEHIND_EARLIER", "an earlier record of the same key waits");
            continue;
        }
        if (call.cancelled()) throw weir::Retry("CANCELLED", "the call was cancelled before this record was sent");
        const Message message = make_message(item, fixed);
        const auto exchange = client_.exchange(call, message.request);
        if (!exchange) throw weir::Retry(exchange.error().code, exchange.error().message);
        if (!judge(item, (*exchange)[0]) && !key.empty()) blocked.insert(key);
    }
}

void HttpSink::deliver_at_once(weir::Call& call, weir::Delivery& delivery, const std::vector<weir::HttpHeader>& fixed) {
    std::deque<Message> messages;
    std::vector<weir::HttpRequest> requests;
    requests.reserve(delivery.size());
    for (const weir::Item item : delivery) {
        messages.push_back(make_message(item, fixed));
        requests.push_back(messages.back().request);
    }
    const auto exchange = client_.exchange(call, requests, cfg().concurrency);
    if (!exchange) throw weir::Retry(exchange.error().code, exchange.error().message);
    for (const weir::Item item : delivery) judge(item, (*exchange)[item.index()]);
}

namespace {

bool is_code(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), fits);
}

std::string json_string(std::string_view body, std::string_view pointer) {
    const auto found = find_json(body, pointer);
    return found ? json_text(*found).value_or("") : "";
}

struct Reason {
    std::string code;
    std::string message;
};

// Why, in the target's words where it has some: `code` and `detail` (or `title`, `message`) of a JSON answer, as in
// application/problem+json (RFC 9457). A code that is none of ours to use (spaces, lower case) is left out.
Reason reason_of(const weir::HttpResponse& response, std::string_view code) {
    Reason reason{std::string(code), "the target answered " + std::to_string(response.status())};
    if (response.header("content-type").find("json") == std::string_view::npos) return reason;
    if (std::string own = json_string(response.body(), "/code"); is_code(own)) reason.code = std::move(own);
    for (const std::string_view pointer : {"/detail", "/title", "/message"}) {
        const std::string detail = json_string(response.body(), pointer);
        if (detail.empty()) continue;
        constexpr std::size_t kDetailMax = 500;
        reason.message += ": " + detail.substr(0, kDetailMax);
        break;
    }
    return reason;
}

bool in_progress(const weir::HttpResponse& response) {
    return !response.header("retry-after").empty() ||
           json_string(response.body(), "/code").find("IN_PROGRESS") != std::string::npos;
}

}  // namespace

bool HttpSink::judge(const weir::Item& item, const weir::HttpResponse& response) const {
    if (response.status() == 0) {
        if (response.error_code() == "HTTP_BAD_REQUEST") {
            item.rejected(response.error_code(), response.error_message(), weir::ErrorClass::technical);
            return true;
        }
        // The connection's quota: the host knows when there is room again.
        if (response.error_code() == "HTTP_QUOTA") {
            item.throttled(std::chrono::nanoseconds{0}, response.error_code(), response.error_message());
        } else if (response.not_sent()) {
            item.retry(response.error_code(), response.error_message());
        } else {
            item.unknown(response.error_code(), response.error_message());
        }
        return false;
    }
    Judgement judgement = rules_.judge(response.status(), !response.header("retry-after").empty());
    // A page for people, where a program was expected: something in between answered, and nobody knows what it did.
    if (judgement.verdict == Verdict::delivered && response.header("content-type").starts_with("text/html")) {
        judgement = {Verdict::unknown, "HTTP_HTML"};
    }
    // The first request with this key is still being worked on (draft-ietf-httpapi-idempotency-key-header): come back.
    if (response.status() == 409 && judgement.verdict == Verdict::rejected && in_progress(response)) {
        judgement = {Verdict::throttled, "HTTP_IN_PROGRESS"};
    }
    judge_status(item, response, judgement);
    return judgement.verdict != Verdict::retry && judgement.verdict != Verdict::throttled &&
           judgement.verdict != Verdict::unknown;
}

void HttpSink::judge_status(const weir::Item& item, const weir::HttpResponse& response, Judgement judgement) const {
    const Reason reason = reason_of(response, judgement.code);
    const std::string& message = reason.message;
    const std::int64_t after_ns = parse_retry_after(response.header("retry-after"), host().wall_unix_ns()).value_or(0);
    const weir::Remote remote{.status = response.status(), .retry_after = std::chrono::nanoseconds(after_ns)};
    switch (judgement.verdict) {
        case Verdict::delivered:
            return item.delivered(remote_id_of(response));
        case Verdict::duplicate:
            return item.duplicate(remote_id_of(response));
        case Verdict::retry:
            return item.retry(reason.code, message, remote);
        case Verdict::throttled:
            return item.throttled(remote.retry_after, judgement.code, message, response.status());
        case Verdict::unknown:
            return item.unknown(judgement.code, message, remote);
        case Verdict::rejected:
            return item.rejected(reason.code, message, remote);
        case Verdict::rejected_technical:
            return item.rejected(reason.code, message,
                                 weir::Remote{.status = response.status(), .error_class = weir::ErrorClass::technical});
    }
}

std::string HttpSink::remote_id_of(const weir::HttpResponse& response) const {
    if (!remote_header_.empty()) return std::string(response.header(remote_header_));
    if (remote_pointer_.empty()) return {};
    const auto found = find_json(response.body(), remote_pointer_);
    return found ? json_text(*found).value_or("") : "";
}

std::string HttpSink::probe_url_of(const weir::Item& item) const {
    const weir::Record record = item.record();
    const std::string_view values[] = {item.idempotency_key(), item.external_ref(), record.id()};
    std::string url;
    std::string_view rest = cfg().probe_url;
    for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
        url += rest.substr(0, open);
        const auto close = rest.find('}', open);
        const std::string_view name = rest.substr(open + 1, close - open - 1);
        for (std::size_t i = 0; i < std::size(kProbeVariables); ++i) {
            if (kProbeVariables[i] == name) append_percent_encoded(url, values[i]);
        }
        rest = rest.substr(close + 1);
    }
    return url += rest;
}

void HttpSink::resolve(weir::Call& call, weir::Delivery& delivery) {
    if (cfg().probe_url.empty()) {
        for (const weir::Item item : delivery) {
            if (cfg().idempotent) {
                item.retry("SAFE_TO_REPEAT", "the target recognises the key of a repeated request");
            } else {
                item.unknown("CANNOT_TELL", "there is no probe_url to ask by, and the target is not idempotent");
            }
        }
        return;
    }
    std::deque<std::string> text;
    const std::vector<weir::HttpHeader> fixed = fixed_headers(text);
    std::vector<weir::HttpRequest> requests;
    for (const weir::Item item : delivery) {
        requests.push_back({.method = "GET",
                            .url = text.emplace_back(probe_url_of(item)),
                            .headers = fixed,
                            .timeout = cfg().timeout,
                            .response_max = cfg().max_response_bytes});
    }
    const auto exchange = client_.exchange(call, requests, cfg().concurrency);
    if (!exchange) throw weir::Retry(exchange.error().code, exchange.error().message);
    for (const weir::Item item : delivery) judge_probe(item, (*exchange)[item.index()]);
}

void HttpSink::judge_probe(const weir::Item& item, const weir::HttpResponse& response) const {
    if (response.ok()) return item.delivered(remote_id_of(response));
    if (response.status() == 404 || response.status() == 410) {
        return item.retry("ABSENT", "the target does not have it", {.status = response.status()});
    }
    if (response.status() == 0) return item.unknown(response.error_code(), response.error_message());
    item.unknown("CANNOT_TELL", "the probe was answered " + std::to_string(response.status()),
                 {.status = response.status()});
}

}  // namespace http_plugin
