#include "idempotency.hpp"

#include "signatures.hpp"

namespace weir::standin {

namespace {

constexpr const char* kCollection = "idempotency";

std::string fingerprint(const Request& request) {
    return to_hex(sha256(request.method + "\n" + request.target + "\n" + request.body));
}

}  // namespace

std::optional<Reply> Idempotency::begin(const std::string& key, const Request& request) {
    if (in_progress_.contains(key)) {
        Reply reply = problem(409, "IDEMPOTENCY_IN_PROGRESS", "a request with this Idempotency-Key is in progress");
        reply.headers.emplace_back("Retry-After", "1");
        return reply;
    }
    const Json* stored = store_.find(kCollection, key);
    if (stored == nullptr) {
        in_progress_.insert(key);
        return std::nullopt;
    }
    if (text_at(*stored, "fingerprint") != fingerprint(request)) {
        return problem(422, "IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another request");
    }
    Reply reply;
    reply.status = stored->at("status").get<int>();
    reply.body = text_at(*stored, "body");
    reply.headers.emplace_back("Idempotent-Replayed", "true");
    return reply;
}

void Idempotency::end(const std::string& key, const Request& request, const Reply* reply) {
    in_progress_.erase(key);
    if (reply == nullptr || reply->status >= 300) return;
    store_.put(kCollection, key,
               {{"fingerprint", fingerprint(request)}, {"status", reply->status}, {"body", reply->body}});
}

}  // namespace weir::standin
