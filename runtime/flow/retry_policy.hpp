// When to try a delivery again, and when to stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::flow {

// Limits of one destination's retries. Delays run from the end of one attempt to the start of the next.
struct RetryPolicy {
    std::chrono::milliseconds first_delay{500};
    std::chrono::milliseconds max_delay{std::chrono::minutes{10}};
    double multiplier = 2.0;                // >= 1
    double jitter = 1.0;                    // share of the delay drawn at random, in [0, 1]; 1 is full jitter
    std::uint32_t max_attempts = 12;        // counting the first; then the delivery is a dead letter
    std::uint32_t max_probes = 10;          // resolve() calls after an unknown outcome; then a person decides
    std::chrono::milliseconds deadline{0};  // since the first attempt; then a dead letter; 0: attempts alone decide
};

// One destination's policy, and others for some reasons: a password that is wrong is not repaired in 500 ms.
struct RetryRules {
    RetryPolicy common;
    struct Rule {
        std::vector<std::string> codes;  // of outcomes: "HTTP_401", or "HTTP_5*"
        RetryPolicy policy;
    };
    std::vector<Rule> rules;  // the first that fits
    [[nodiscard]] const RetryPolicy& of(std::string_view code) const noexcept;
};

// The delay after `attempt` (1 is the first) ended without success; nullopt when it was the last one allowed.
//
// `random` is in [0, 1) and spreads the delay, so that what failed together does not come back together. A target's
// own `retry_after` is never shortened, not even to max_delay: asking sooner than it allows is what gets an
// integration's key revoked.
[[nodiscard]] std::optional<std::chrono::nanoseconds> delay_after(const RetryPolicy& policy, std::uint32_t attempt,
                                                                  std::chrono::nanoseconds retry_after, double random);

// The back-off alone: for what does not use up attempts (probes, reconnects).
[[nodiscard]] std::chrono::nanoseconds backoff(const RetryPolicy& policy, std::uint32_t attempt, double random);

}  // namespace weir::flow
