#include "runtime/flow/retry_policy.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace weir::flow {

const RetryPolicy& RetryRules::of(std::string_view code) const noexcept {
    const auto fits = [code](std::string_view pattern) {
        if (!pattern.ends_with('*')) return pattern == code;
        pattern.remove_suffix(1);
        return code.starts_with(pattern);
    };
    for (const Rule& rule : rules) {
        if (std::ranges::any_of(rule.codes, fits)) return rule.policy;
    }
    return common;
}

std::chrono::nanoseconds backoff(const RetryPolicy& policy, std::uint32_t attempt, double random) {
    assert(attempt >= 1);
    assert(random >= 0.0 && random < 1.0);
    using Millis = std::chrono::duration<double, std::milli>;
    // Grown in floating point and clamped before the cast: multiplier^attempt leaves the range of int64 long before
    // max_attempts does.
    const double grown = Millis(policy.first_delay).count() * std::pow(policy.multiplier, attempt - 1);
    const double capped = std::min(grown, Millis(policy.max_delay).count());
    const double spread = capped * (1.0 - policy.jitter * random);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Millis(spread));
}

std::optional<std::chrono::nanoseconds> delay_after(const RetryPolicy& policy, std::uint32_t attempt,
                                                    std::chrono::nanoseconds retry_after, double random) {
    if (attempt >= policy.max_attempts) return std::nullopt;
    return std::max(backoff(policy, attempt, random), retry_after);
}

}  // namespace weir::flow
