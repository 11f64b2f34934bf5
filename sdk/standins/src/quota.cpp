#include "quota.hpp"

#include <algorithm>
#include <charconv>

namespace weir::standin {

namespace {

constexpr std::size_t kViolationsMax = 10'000;

std::int64_t limit(const Json& limits, const char* key, std::int64_t otherwise = 0) {
    return limits.value(key, otherwise);
}

void forget_before(std::deque<std::int64_t>& times, std::int64_t from_ms) {
    while (!times.empty() && times.front() <= from_ms) times.pop_front();
}

Reply too_many(const std::string& detail, std::int64_t wait_ms) {
    Reply reply = problem(429, "QUOTA_EXHAUSTED", detail);
    reply.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(1, (wait_ms + 999) / 1000)));
    return reply;
}

}  // namespace

void Quota::violation(const char* kind, std::int64_t now_ms, Json more) {
    if (violations_.size() >= kViolationsMax) return;
    more["kind"] = kind;
    more["at_ms"] = now_ms;
    violations_.push_back(std::move(more));
}

void Quota::see(std::int64_t now_ms, std::int64_t grace_ms) {
    ++requests_;
    max_in_flight_ = std::max(max_in_flight_, ++in_flight_);
    last_second_.push_back(now_ms);
    forget_before(last_second_, now_ms - 1000);
    max_per_second_ = std::max(max_per_second_, last_second_.size());
    // What was under way when the Retry-After went out did not ignore it.
    if (now_ms < not_before_ms_ && now_ms > told_at_ms_ + grace_ms) {
        violation("before_retry_after", now_ms, {{"early_ms", not_before_ms_ - now_ms}});
    }
}

std::optional<Reply> Quota::arrived(const Json& limits, std::int64_t now_ms, std::int64_t grace_ms) {
    see(now_ms, grace_ms);
    const std::int64_t concurrency = limit(limits, "concurrency");
    if (concurrency > 0 && in_flight_ > concurrency) {
        violation("concurrency", now_ms, {{"in_flight", in_flight_}, {"limit", concurrency}});
        return too_many(std::to_string(in_flight_) + " requests at a time, at most " + std::to_string(concurrency),
                        1000);
    }
    const std::int64_t requests = limit(limits, "requests");
    if (requests <= 0) return std::nullopt;
    const std::int64_t window_ms = limit(limits, "per_seconds", 1) * 1000;
    forget_before(taken_, now_ms - window_ms);
    if (taken_.size() >= static_cast<std::size_t>(requests)) {
        violation("rate", now_ms, {{"limit", requests}, {"per_seconds", window_ms / 1000}});
        Reply reply =
            too_many("at most " + std::to_string(requests) + " requests in " + std::to_string(window_ms / 1000) + " s",
                     taken_.front() + window_ms - now_ms);
        return reply;
    }
    taken_.push_back(now_ms);
    return std::nullopt;
}

void Quota::add_headers(const Json& limits, Reply& reply, std::int64_t now_ms) const {
    const std::int64_t requests = limit(limits, "requests");
    if (requests <= 0) return;
    const std::int64_t window_ms = limit(limits, "per_seconds", 1) * 1000;
    const std::int64_t reset_ms = taken_.empty() ? 0 : std::max<std::int64_t>(0, taken_.front() + window_ms - now_ms);
    const std::int64_t left = std::max<std::int64_t>(0, requests - static_cast<std::int64_t>(taken_.size()));
    reply.headers.emplace_back("X-RateLimit-Limit", std::to_string(requests));
    reply.headers.emplace_back("X-RateLimit-Remaining", std::to_string(left));
    reply.headers.emplace_back("X-RateLimit-Reset", std::to_string((reset_ms + 999) / 1000));
}

void Quota::answered(const Json& limits, Reply& reply, std::int64_t now_ms) {
    add_headers(limits, reply, now_ms);
    if (reply.status != 429 && reply.status != 503) return;
    for (const auto& [name, value] : reply.headers) {
        std::int64_t seconds = 0;
        if (name != "Retry-After" ||
            std::from_chars(value.data(), value.data() + value.size(), seconds).ptr != value.data() + value.size()) {
            continue;
        }
        told_at_ms_ = now_ms;
        not_before_ms_ = std::max(not_before_ms_, now_ms + seconds * 1000);
    }
}

Json Quota::stats() const {
    return {{"requests", requests_},
            {"in_flight", in_flight_},
            {"max_in_flight", max_in_flight_},
            {"max_per_second", max_per_second_},
            {"violations", violations_}};
}

void Quota::reset() {
    const std::int64_t in_flight = in_flight_;
    *this = Quota{};
    in_flight_ = in_flight;
}

}  // namespace weir::standin
