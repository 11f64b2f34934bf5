#include "source.hpp"

#include <algorithm>
#include <utility>

#include "json_scan.hpp"

namespace http_plugin {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::string_view kAllow = "POST, OPTIONS";
constexpr std::string_view kAccepted = R"({"status":"accepted"})";
constexpr std::string_view kDuplicate = R"({"status":"duplicate"})";

Limits limits_of(const SourceConfig& config) {
    if (config.max_depth > JsonScanner::kDepthMax / 2) {
        throw weir::ConfigError("/max_depth", "found " + std::to_string(config.max_depth) + ", expected at most 512");
    }
    return {config.max_depth, config.max_events, config.max_event_bytes};
}

// `webhook`: what its scheme calls things, or null.
PlainJson plain_of(const SourceConfig& config, const WebhookNames* webhook) {
    if (!config.id_pointer.empty() && !config.id_pointer.starts_with('/')) {
        throw weir::ConfigError("/id_pointer",
                                "found \"" + config.id_pointer + "\", expected a JSON Pointer like \"/id\"");
    }
    if (config.ndjson == NdjsonMode::json && config.type.empty()) {
        throw weir::ConfigError("/type", "records of plain JSON need a type");
    }
    PlainJson plain;
    plain.type = config.type;
    plain.source = config.source.empty() ? config.path : config.source;
    plain.id_header = to_lower(config.id_header);
    plain.id_pointer = config.id_pointer;
    plain.ndjson_is_events = config.ndjson == NdjsonMode::cloudevents;
    plain.type_pointer = config.type_pointer;
    plain.subject_pointer = config.subject_pointer;
    if (webhook == nullptr) return plain;
    // What the configuration leaves open is as the scheme has it.
    if (plain.type.empty()) plain.type = "webhook." + config.webhook.scheme;
    if (plain.type_pointer.empty()) plain.type_pointer = webhook->type_pointer;
    if (plain.id_pointer.empty() && !webhook->id_header.empty()) plain.id_header = webhook->id_header;
    if (plain.id_pointer.empty()) plain.id_pointer = webhook->id_pointer;
    plain.digest_id = webhook->digest_id || config.webhook.scheme == "hmac";
    return plain;
}

std::optional<WebhookGuard> guard_of(const weir::Host& host, const SourceConfig& config) {
    if (config.webhook.scheme.empty()) {
        if (!config.webhook.secrets.empty()) throw weir::ConfigError("/webhook/scheme", "secrets are given, no scheme");
        return std::nullopt;
    }
    return std::optional<WebhookGuard>(std::in_place, host, config.webhook);
}

}  // namespace

// What one request needs while it is read; kept per thread with its memory.
struct HttpSource::Workspace {
    TextArena arena;
    Item item;

    static Workspace& of_this_thread() {
        thread_local Workspace workspace;
        return workspace;
    }
};

HttpSource::HttpSource(weir::Host host, SourceConfig config)
    : ListeningSource(host, std::move(config)),
      limits_(limits_of(cfg())),
      webhook_(guard_of(host, cfg())),
      plain_(plain_of(cfg(), webhook_ ? &webhook_->names() : nullptr)),
      auth_(host, cfg().auth),
      rate_(cfg().rate.per_second, cfg().rate.burst),
      keys_(std::max(1u, cfg().idempotency_keys_kept)),
      retry_after_(std::to_string(std::max(1u, cfg().retry_after_seconds))),
      listener_(host, [this](const weir::HttpIncoming& request) { handle(request); }) {
    if (!cfg().path.starts_with('/')) {
        throw weir::ConfigError("/path", "found \"" + cfg().path + "\", expected a path like \"/v1/usage\"");
    }
}

HttpSource::~HttpSource() { listener_.stop_listening(); }

void HttpSource::start(weir::Call&) { listener_.listen(cfg().path, cfg().max_body_bytes); }

void HttpSource::refuse(std::uint64_t exchange, int status, std::string_view code, std::string_view detail,
                        weir::HttpHeader more) const {
    const std::string body = problem_json(status, code, detail);
    if (more.name.empty()) {
        listener_.respond(exchange, status, body, {kProblemType});
    } else {
        listener_.respond(exchange, status, body, {kProblemType, more});
    }
}

void HttpSource::ask_to_come_again(std::uint64_t exchange, std::string_view code, std::string_view detail) const {
    refuse(exchange, 503, code, detail, {"retry-after", retry_after_});
}

void HttpSource::handle(const weir::HttpIncoming& request) {
    if (!admit(request)) return;
    // A webhook's body is what its signature is of, whatever its content type says.
    const BodyFormat format = webhook_ ? BodyFormat::json : format_of(request.headers(), plain_);
    if (format == BodyFormat::unsupported) {
        return refuse(request.id(), 415, "UNSUPPORTED_MEDIA_TYPE",
                      "content type \"" + std::string(request.header("content-type")) + "\" is not taken here",
                      {"accept", accepted_types(plain_)});
    }
    std::string key;
    std::uint64_t use = 0;
    if (cfg().idempotency_key != IdempotencyMode::off && !claim_key(request, key, use)) return;
    take(request, format, key, use);
}

void HttpSource::resume(std::string_view partition, std::string_view cursor) { keys_.load(partition, cursor); }

bool HttpSource::claim_key(const weir::HttpIncoming& request, std::string& text, std::uint64_t& use) {
    const std::string_view field = request.header("idempotency-key");
    if (field.empty()) {
        if (cfg().idempotency_key == IdempotencyMode::optional) return true;
        return refuse(request.id(), 400, "IDEMPOTENCY_KEY_MISSING", "expected an Idempotency-Key field"), false;
    }
    auto key = parse_idempotency_key(field);
    if (!key) {
        return refuse(request.id(), 400, "IDEMPOTENCY_KEY_INVALID",
                      "expected a string in quotes, or a token, of at most 255 characters"),
               false;
    }
    text = std::move(*key);
    const auto claim = keys_.claim(text, request_fingerprint(request.headers(), request.body()));
    switch (claim.use) {
        case KeyUse::fresh:
            use = claim.sequence;
            return true;
        case KeyUse::in_progress:
            refuse(request.id(), 409, "IDEMPOTENCY_KEY_IN_USE", "a request with this key is being worked on");
            return false;
        case KeyUse::reused:
            refuse(request.id(), 422, "IDEMPOTENCY_KEY_REUSED", "this key was used with another request");
            return false;
        case KeyUse::answered:
            listener_.respond(request.id(), 202, claim.answer, {kJsonType});
            return false;
    }
    return false;
}

bool HttpSource::admit(const weir::HttpIncoming& request) {
    if (request.method() == "OPTIONS") return handshake(request), false;
    if (request.method() != "POST") {
        return refuse(request.id(), 405, "METHOD_NOT_ALLOWED", "expected POST", {"allow", kAllow}), false;
    }
    if (!admit_sender(request) || (webhook_ && !admit_webhook(request))) return false;
    if (const std::int64_t wait_ns = rate_.take(host().mono().count()); wait_ns > 0) {
        const std::string seconds = std::to_string((wait_ns + kSecondNs - 1) / kSecondNs);
        return refuse(request.id(), 429, "RATE_LIMITED", "more requests than this source takes",
                      {"retry-after", seconds}),
               false;
    }
    if (request.body().empty() && request.header("content-length").empty() &&
        request.header("transfer-encoding").empty()) {
        return refuse(request.id(), 411, "LENGTH_REQUIRED", "expected Content-Length or chunked"), false;
    }
    const std::string_view coding = request.header("content-encoding");
    if (!coding.empty() && to_lower(coding) != "identity") {
        return refuse(request.id(), 415, "UNSUPPORTED_CONTENT_ENCODING", "expected a body that is not compressed",
                      {"accept-encoding", "identity"}),
               false;
    }
    return true;
}

bool HttpSource::admit_sender(const weir::HttpIncoming& request) {
    const AuthResult auth = auth_.check(request);
    if (auth == AuthResult::refused) {
        const std::string_view challenge = auth_.challenge();
        return refuse(request.id(), 401, "UNAUTHORIZED", "no valid credentials", {"www-authenticate", challenge}),
               false;
    }
    if (auth == AuthResult::unavailable) {
        return ask_to_come_again(request.id(), "SECRET_UNAVAILABLE", "credentials cannot be checked now"), false;
    }
    return true;
}

// Why a signature is no good is for the log: the sender of a forged one learns nothing from the answer.
bool HttpSource::admit_webhook(const weir::HttpIncoming& request) {
    switch (webhook_->check(request)) {
        case WebhookVerdict::good:
            return true;
        case WebhookVerdict::unavailable:
            return ask_to_come_again(request.id(), "SECRET_UNAVAILABLE", "the signature cannot be checked now"), false;
        case WebhookVerdict::malformed:
            return refuse(request.id(), 400, "WEBHOOK_SIGNATURE_MALFORMED", "the signature header cannot be read"),
                   false;
        default:
            return refuse(request.id(), 401, "UNAUTHORIZED", "no valid signature"), false;
    }
}

// CloudEvents HTTP webhook 1.0.2, section 4: a sender asks before it sends, so that nobody can be made to flood us.
void HttpSource::handshake(const weir::HttpIncoming& request) {
    const std::string origin(request.header("webhook-request-origin"));  // the views go with the answer
    if (origin.empty()) {
        listener_.respond(request.id(), 204, {}, {{"allow", kAllow}});
        return;
    }
    const auto& allowed = cfg().webhook_origins;
    const bool granted = std::any_of(allowed.begin(), allowed.end(),
                                     [&](const std::string& entry) { return entry == "*" || entry == origin; });
    if (!granted) return refuse(request.id(), 403, "ORIGIN_NOT_ALLOWED", "this origin may not send here");
    const std::string rate =
        cfg().rate.per_second == 0 ? "*" : std::to_string(std::uint64_t{cfg().rate.per_second} * 60);  // per minute
    listener_.respond(request.id(), 200, {},
                      {{"allow", kAllow}, {"webhook-allowed-origin", origin}, {"webhook-allowed-rate", rate}});
}

void HttpSource::take(const weir::HttpIncoming& request, BodyFormat format, std::string_view key, std::uint64_t use) {
    const PendingTable::Lease lease = pending_.acquire();
    Pending& pending = *lease.pending;
    pending.key = use;
    auto out = begin();
    if (!out) {
        drop(lease);
        return ask_to_come_again(request.id(), "BUSY", "no room now");
    }
    pending.exchange = request.id();
    pending.single = is_single(format);

    Workspace& workspace = Workspace::of_this_thread();
    std::uint32_t index = 0;
    bool refused = false;  // by the host: it takes nothing more into this batch
    const auto take_item = [&](Item& item) {
        if (item.good() && !refused) {
            const weir_status status = out->raw()->emit(out->raw(), &item.record, sizeof item.record);
            if (status >= 0) {
                if (!pending.rejected.empty()) pending.positions.push_back(index);
                ++pending.emitted;
            } else if (status == WEIR_E_TOO_LARGE) {
                item.reject("TOO_LARGE", "larger than the host takes");
            } else {
                refused = true;
            }
        }
        if (!item.good()) {
            // Up to here positions were the indexes.
            if (pending.rejected.empty()) {
                for (std::uint32_t i = 0; i < pending.emitted; ++i) pending.positions.push_back(i);
            }
            pending.rejected.push_back({index, "rejected", item.code, item.detail});
        }
        ++index;
    };
    BodyReader reader(workspace.arena, workspace.item, limits_, plain_);
    const BodyError error = reader.read({format, request.headers(), request.body(), key}, take_item);
    if (error.code == nullptr && !refused && pending.emitted > 0) return submit(request, *out, lease);
    // The key is free before the sender hears of it and comes again.
    if (pending.key != 0) keys_.forget(pending.key);
    if (error.code != nullptr) {
        const bool too_large = std::string_view(error.code) == "TOO_MANY_EVENTS";
        refuse(request.id(), too_large ? 413 : 400, error.code, error.detail);
    } else if (refused) {
        ask_to_come_again(request.id(), "BUSY", "no room now");
    } else {
        answer_nothing_emitted(request, pending);
    }
    pending_.release(lease.token);
}

void HttpSource::drop(PendingTable::Lease lease) {
    if (lease.pending->key != 0) keys_.forget(lease.pending->key);
    pending_.release(lease.token);
}

// From the submit on the ack may come, on another thread, and the request's views may be gone.
void HttpSource::submit(const weir::HttpIncoming& request, weir::InletOutlet& out, PendingTable::Lease lease) {
    const std::uint64_t exchange = request.id();
    IdempotencyKeys::Place place;
    Pending& pending = *lease.pending;
    if (pending.key != 0) {
        // What nearly every request is told; another answer is stored when it is known.
        if (pending.rejected.empty()) {
            pending.predicted = pending.single ? kAccepted : tally_json({.accepted = pending.emitted}, {});
        }
        place = keys_.place(pending.key, pending.predicted);
    }
    const weir_str cursor = pending.key != 0 ? to_str(place.cursor) : weir_str{};
    const weir_status status = out.raw()->submit(out.raw(), to_str(place.partition), cursor, lease.token);
    if (status >= 0) return;
    drop(lease);
    if (status == WEIR_E_TOO_LARGE) {
        return refuse(exchange, 413, "TOO_LARGE", "the events together are larger than the host takes at once");
    }
    ask_to_come_again(exchange, "BUSY", "no room now");
}

void HttpSource::answer_nothing_emitted(const weir::HttpIncoming& request, const Pending& pending) {
    if (pending.rejected.empty()) {  // an empty batch
        listener_.respond(request.id(), 202, tally_json({}, {}), {kJsonType});
        return;
    }
    if (pending.single) {
        const ItemNote& note = pending.rejected.front();
        return refuse(request.id(), 400, note.code, note.detail);
    }
    const std::string body = problem_json(400, "ALL_REJECTED", "no event of this request is valid", pending.rejected);
    listener_.respond(request.id(), 400, body, {kProblemType});
}

void HttpSource::ack(const weir::Ack& ack) noexcept {
    Pending* pending = pending_.find(ack.token());
    if (pending == nullptr) return;
    // Nothing here may throw but for memory; the request is then left to its sender's timeout.
    bool settled = true;
    weir::detail::Fault fault;
    const bool done = weir::detail::guard(fault, [&] { settled = settle(*pending, ack); });
    if (!done) host().error("answer failed", {{"code", fault.error.code}, {"error", fault.error.message}});
    if (!settled) return;
    if (pending->key != 0) keys_.done(pending->key, {});  // it failed: the next request finds the answer again
    pending_.release(ack.token());
}

bool HttpSource::settle(Pending& pending, const weir::Ack& ack) {
    const bool stored_before = !pending.answer.empty();  // this is the ack of the answer, not of the records
    if (!stored_before && (ack.rejected() || !ack.durable())) {
        if (pending.key != 0) keys_.forget(std::exchange(pending.key, 0));
        if (ack.rejected()) {
            refuse(pending.exchange, 422, ack.code(), ack.message());
        } else {
            ask_to_come_again(pending.exchange, "NOT_STORED", "the events could not be stored");
        }
        return true;
    }
    if (!stored_before) {
        pending.answer = answer_of(pending, ack);
        // Stored before it is said, so that a repetition hears the same after a crash. When there is no room, or the
        // answer is too long, a repetition after a restart hears what its records are then: duplicates.
        if (pending.key != 0 && pending.answer != pending.predicted && store_answer(pending, ack.token())) return false;
    }
    if (pending.key != 0) keys_.done(std::exchange(pending.key, 0), pending.answer);
    listener_.respond(pending.exchange, webhook_ ? webhook_->names().accepted_status : 202, pending.answer,
                      {kJsonType});
    return true;
}

bool HttpSource::store_answer(const Pending& pending, std::uint64_t token) {
    if (pending.answer.size() > IdempotencyKeys::kAnswerMax) return false;
    auto out = begin();
    if (!out) return false;
    const IdempotencyKeys::Place place = keys_.place(pending.key, pending.answer);
    return out->raw()->submit(out->raw(), to_str(place.partition), to_str(place.cursor), token) >= 0;
}

std::string HttpSource::answer_of(Pending& pending, const weir::Ack& ack) {
    return pending.single ? answer_of_single(ack) : answer_of_list(pending, ack);
}

std::string HttpSource::answer_of_single(const weir::Ack& ack) {
    const weir_outcome& outcome = ack.item_count() > 0 ? ack.item(0) : ack.whole();
    if (outcome.kind == WEIR_OUT_REJECTED) {
        std::string body = R"({"status":"held","code":)";
        append_json(body, to_view(outcome.code));
        return body += '}';
    }
    return std::string(outcome.kind == WEIR_OUT_DUPLICATE ? kDuplicate : kAccepted);
}

std::string HttpSource::answer_of_list(Pending& pending, const weir::Ack& ack) {
    Tally tally;
    tally.rejected = static_cast<std::uint32_t>(pending.rejected.size());
    std::vector<ItemNote>& notes = pending.rejected;
    for (std::uint32_t i = 0; i < pending.emitted; ++i) {
        const weir_outcome& outcome = i < ack.item_count() ? ack.item(i) : ack.whole();
        const std::uint32_t index = pending.positions.empty() ? i : pending.positions[i];
        if (outcome.kind == WEIR_OUT_DUPLICATE) {
            ++tally.duplicates;
            notes.push_back({index, "duplicate", {}, {}});
        } else if (outcome.kind == WEIR_OUT_REJECTED) {
            ++tally.held;
            notes.push_back({index, "held", std::string(to_view(outcome.code)), std::string(to_view(outcome.message))});
        } else {
            ++tally.accepted;
        }
    }
    std::sort(notes.begin(), notes.end(), [](const ItemNote& a, const ItemNote& b) { return a.index < b.index; });
    return tally_json(tally, notes);
}

}  // namespace http_plugin
