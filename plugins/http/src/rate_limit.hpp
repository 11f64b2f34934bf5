// A token bucket without a lock: the generic cell rate algorithm (ITU-T I.371), which keeps one number, the time at
// which the bucket would be full again.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace http_plugin {

// Any thread. Integers only.
class RateLimit {
  public:
    // `per_second` 0: no limit. A burst of 0 counts as 1.
    RateLimit(std::uint32_t per_second, std::uint32_t burst)
        : interval_ns_(per_second == 0 ? 0 : kSecond / per_second),
          tolerance_ns_(interval_ns_ * (std::max(burst, 1u) - 1)) {}

    // 0: go on; otherwise how many nanoseconds to wait.
    [[nodiscard]] std::int64_t take(std::int64_t now_ns) noexcept {
        if (interval_ns_ == 0) return 0;
        std::int64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
        for (;;) {
            const std::int64_t begin = std::max(full_at, now_ns);
            if (begin - now_ns > tolerance_ns_) return begin - now_ns - tolerance_ns_;
            if (full_at_ns_.compare_exchange_weak(full_at, begin + interval_ns_, std::memory_order_relaxed)) return 0;
        }
    }

  private:
    static constexpr std::int64_t kSecond = 1'000'000'000;
    std::int64_t interval_ns_;
    std::int64_t tolerance_ns_;
    std::atomic<std::int64_t> full_at_ns_{0};
};

}  // namespace http_plugin
