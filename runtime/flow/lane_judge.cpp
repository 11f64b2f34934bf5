// What an outcome means for a delivery.
#include <algorithm>

#include "runtime/base/counters.hpp"
#include "runtime/flow/lane.hpp"

namespace weir::flow {

namespace {

// Sending again is safe only where the target itself refuses to do it twice.
constexpr std::uint32_t kRepeatable = WEIR_TRAIT_IDEMPOTENT_KEY | WEIR_TRAIT_IDEMPOTENT_NATURAL;

bool is_done(const plugin::Outcome& outcome) {
    return outcome.kind == WEIR_OUT_OK || outcome.kind == WEIR_OUT_DUPLICATE || outcome.kind == WEIR_OUT_FILTERED;
}

}  // namespace

// A replay may have been applied long ago, so the target is asked first; where it cannot be asked, only one that
// recognises repetitions may be sent to.
bool Lane::asks_first(const journal::DeliveryRow& row) const noexcept {
    if (row.state == journal::DeliveryState::unknown) return true;
    return row.replay && (settings_.can_resolve || (settings_.traits & kRepeatable) == 0);
}

Lane::Judgement Lane::judge(journal::AttemptKind kind, const Delivery& delivery, const plugin::Outcome& outcome,
                            Now now) {
    const bool asked = kind == journal::AttemptKind::resolve;
    if (is_done(outcome)) {
        if (asked) count(Counter::unknown_found);
        return {After::delivered, 0, outcome.code, outcome.message};
    }
    if (outcome.kind == WEIR_OUT_REJECTED) {
        const bool technical = outcome.error_class == WEIR_CLASS_TECHNICAL;
        return {technical ? After::dead : After::held, 0, outcome.code, outcome.message};
    }
    if (outcome.kind == WEIR_OUT_RETRY_UNKNOWN) return judge_unknown(delivery, outcome);
    if (outcome.kind == WEIR_OUT_THROTTLED || !outcome.counts_attempt) {
        if (outcome.kind == WEIR_OUT_THROTTLED) count(Counter::throttled);
        const auto delay = std::max(backoff(settings_.retry.of(outcome.code), 1, random()), outcome.retry_after);
        // A question that was not answered stays a question.
        return {asked ? After::unknown : After::retry, delay.count(), outcome.code, outcome.message};
    }
    if (asked) {
        // Surely absent: the attempt is known to have failed, and the next may follow at once.
        count(Counter::unknown_absent);
        if (delivery.attempts < settings_.retry.of(outcome.code).max_attempts) {
            return {After::retry, 0, outcome.code, outcome.message};
        }
        return {After::dead, 0, outcome.code.empty() ? "ATTEMPTS_SPENT" : outcome.code, outcome.message};
    }
    return judge_retry(delivery, outcome, now);
}

Lane::Judgement Lane::judge_retry(const Delivery& delivery, const plugin::Outcome& outcome, Now now) {
    const RetryPolicy& policy = settings_.retry.of(outcome.code);
    const std::uint32_t attempt = std::max<std::uint32_t>(1, delivery.attempts);
    const auto delay = delay_after(policy, attempt, outcome.retry_after, random());
    if (!delay) return {After::dead, 0, outcome.code, outcome.message};
    const std::int64_t deadline = std::chrono::nanoseconds(policy.deadline).count();
    if (deadline > 0 && delivery.opened_wall_ns > 0 &&
        now.wall_ns + delay->count() - delivery.opened_wall_ns > deadline) {
        return {After::dead, 0, outcome.code, "not delivered before the retry deadline: " + outcome.message};
    }
    return {After::retry, delay->count(), outcome.code, outcome.message};
}

Lane::Judgement Lane::judge_unknown(const Delivery& delivery, const plugin::Outcome& outcome) {
    const RetryPolicy& policy = settings_.retry.of(outcome.code);
    const std::uint32_t probes = delivery.probes;
    if (settings_.can_resolve && probes < policy.max_probes) {
        const auto wait = probes == 0 ? settings_.limits.settle
                                      : std::max(settings_.limits.settle, backoff(policy, probes, random()));
        return {After::unknown, std::max(wait, outcome.retry_after).count(), outcome.code, outcome.message};
    }
    if ((settings_.traits & kRepeatable) != 0) {
        const auto delay =
            delay_after(policy, std::max<std::uint32_t>(1, delivery.attempts), outcome.retry_after, random());
        if (delay) {
            count(Counter::unknown_repeated);
            return {After::retry, delay->count(), outcome.code, outcome.message};
        }
    }
    count(Counter::unknown_parked);
    return {After::dead, 0, "OUTCOME_UNKNOWN",
            "nobody can tell whether it was applied; ask the target before redriving: " + outcome.message};
}

}  // namespace weir::flow
