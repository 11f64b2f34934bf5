// One call of the host into an instance: how long it may take and what it is for.
#pragma once

#include <weir/host.hpp>

#include <chrono>
#include <limits>

namespace weir {
inline namespace sdk_1 {

// Valid until the function that received it returns.
class Call {
  public:
    Call(const weir_call* raw, const weir_host* host) noexcept : raw_(raw), host_(host) {}

    // Compute everything, touch nothing outside.
    [[nodiscard]] bool dry_run() const noexcept { return (raw_->flags & WEIR_CALL_DRY_RUN) != 0; }
    // An operator delivers these records again.
    [[nodiscard]] bool replay() const noexcept { return (raw_->flags & WEIR_CALL_REPLAY) != 0; }
    [[nodiscard]] std::uint64_t id() const noexcept { return raw_->id; }
    [[nodiscard]] std::string_view traceparent() const noexcept { return view(raw_->traceparent); }
    // Stop early; ask in loops.
    [[nodiscard]] bool cancelled() const noexcept { return raw_->cancelled(raw_) != 0; }
    void throw_if_cancelled() const {
        if (cancelled()) throw Cancelled();
    }
    // Time left, never negative; nanoseconds::max() when there is no deadline.
    [[nodiscard]] std::chrono::nanoseconds remaining() const noexcept {
        if (raw_->deadline_mono_ns == 0) return std::chrono::nanoseconds::max();
        const std::int64_t now = host_->mono_ns(host_);
        return std::chrono::nanoseconds(raw_->deadline_mono_ns > now ? raw_->deadline_mono_ns - now : 0);
    }
    [[nodiscard]] const weir_call* raw() const noexcept { return raw_; }

  private:
    const weir_call* raw_;
    const weir_host* host_;
};

}  // namespace sdk_1
}  // namespace weir
