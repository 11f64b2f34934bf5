#include "runtime/plugin/outcomes.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/plugin/abi_call.hpp"

namespace weir::plugin {

namespace {

constexpr std::size_t kCodeMax = 64;  // a metric label
constexpr std::size_t kMessageMax = 4096;
constexpr std::size_t kRemoteIdMax = 1024;

std::uint32_t to_class(std::uint32_t given, std::uint32_t kind) {
    if (given == WEIR_CLASS_DEFAULT) return kind == WEIR_OUT_REJECTED ? WEIR_CLASS_BUSINESS : WEIR_CLASS_TECHNICAL;
    return given > WEIR_CLASS_POLICY ? std::uint32_t{WEIR_CLASS_TECHNICAL} : given;
}

Outcome out_of_place(Outcome outcome, std::uint32_t kind, std::string_view where) {
    outcome.kind = kind;
    outcome.error_class = WEIR_CLASS_TECHNICAL;
    if (outcome.code.empty()) outcome.code = "outcome_invalid";
    if (outcome.message.empty()) outcome.message = "an outcome that means nothing in " + std::string(where);
    return outcome;
}

}  // namespace

std::optional<Outcome> read_outcome(const weir_outcome* from) {
    if (from == nullptr || !WEIR_HAS(from, weir_outcome, kind)) return std::nullopt;
    weir_outcome raw{};
    std::memcpy(&raw, from, std::min<std::size_t>(from->struct_size, sizeof raw));
    Outcome outcome;
    outcome.kind =
        raw.kind == WEIR_OUT_UNSET || raw.kind > WEIR_OUT_REJECTED ? std::uint32_t{WEIR_OUT_RETRY_UNKNOWN} : raw.kind;
    outcome.counts_attempt = outcome.kind != WEIR_OUT_THROTTLED;
    outcome.error_class = to_class(raw.error_class, outcome.kind);
    outcome.remote_status = raw.remote_status;
    outcome.retry_after = std::chrono::nanoseconds(std::max<std::int64_t>(raw.retry_after_ns, 0));
    outcome.code = bounded_text(plugin_view(raw.code), kCodeMax);
    outcome.message = bounded_text(plugin_view(raw.message), kMessageMax);
    outcome.remote_id = bounded_text(plugin_view(raw.remote_id), kRemoteIdMax);
    return outcome;
}

Outcome as_delivered(Outcome outcome) {
    if (outcome.kind != WEIR_OUT_FILTERED) return outcome;
    return out_of_place(std::move(outcome), WEIR_OUT_RETRY_UNKNOWN, "a delivery");
}

Outcome as_resolved(Outcome outcome) {
    switch (outcome.kind) {
        case WEIR_OUT_OK:
        case WEIR_OUT_RETRY:
        case WEIR_OUT_RETRY_UNKNOWN:
        case WEIR_OUT_REJECTED:
            return outcome;
        case WEIR_OUT_DUPLICATE:  // it is there, with the same content: found
            outcome.kind = WEIR_OUT_OK;
            return outcome;
        case WEIR_OUT_THROTTLED:  // could not ask: cannot tell yet, and says when to ask again
            outcome.kind = WEIR_OUT_RETRY_UNKNOWN;
            return outcome;
        default:
            return out_of_place(std::move(outcome), WEIR_OUT_RETRY_UNKNOWN, "a resolve");
    }
}

Outcome as_transformed(Outcome outcome) {
    switch (outcome.kind) {
        case WEIR_OUT_OK:
        case WEIR_OUT_FILTERED:
        case WEIR_OUT_REJECTED:
        case WEIR_OUT_RETRY:
        case WEIR_OUT_THROTTLED:  // what it needs is not there: the record waits
            return outcome;
        case WEIR_OUT_RETRY_UNKNOWN:  // a transform applies nothing: a plain retry
            outcome.kind = WEIR_OUT_RETRY;
            return outcome;
        default:
            return out_of_place(std::move(outcome), WEIR_OUT_RETRY, "a transform");
    }
}

Outcome host_outcome(std::uint32_t kind, std::string code, std::string message) {
    Outcome outcome;
    outcome.kind = kind;
    outcome.error_class = WEIR_CLASS_TECHNICAL;
    outcome.code = std::move(code);
    outcome.message = std::move(message);
    return outcome;
}

}  // namespace weir::plugin
