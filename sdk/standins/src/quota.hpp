// How many requests a stand-in takes, and what it saw: the figures a test asserts "never more than" with.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "message.hpp"

namespace weir::standin {

// One thread. Limits are the setting `quota`: {"requests": N, "per_seconds": S, "concurrency": M}; 0 is no limit.
class Quota {
  public:
    // A request has arrived. A reply: it is over a limit and is answered 429 with Retry-After and X-RateLimit-*.
    [[nodiscard]] std::optional<Reply> arrived(const Json& limits, std::int64_t now_ms, std::int64_t grace_ms);
    // Its answer has been sent, or its connection cut.
    void left() { --in_flight_; }
    // `reply` went out: a Retry-After in it makes earlier calls violations; with a rate limit it gets X-RateLimit-*.
    void answered(const Json& limits, Reply& reply, std::int64_t now_ms);

    // {"requests", "in_flight", "max_in_flight", "max_per_second", "violations": [{"kind", "at_ms", ...}]}
    [[nodiscard]] Json stats() const;
    void reset();

  private:
    void violation(const char* kind, std::int64_t now_ms, Json more);
    void see(std::int64_t now_ms, std::int64_t grace_ms);
    void add_headers(const Json& limits, Reply& reply, std::int64_t now_ms) const;

    std::int64_t in_flight_ = 0;
    std::int64_t max_in_flight_ = 0;
    std::int64_t requests_ = 0;
    std::size_t max_per_second_ = 0;
    std::deque<std::int64_t> last_second_;  // arrivals, refused ones too
    std::deque<std::int64_t> taken_;        // arrivals that count against `requests`
    std::int64_t told_at_ms_ = 0;           // when the last Retry-After was sent
    std::int64_t not_before_ms_ = 0;        // what it said
    Json violations_ = Json::array();
};

}  // namespace weir::standin
