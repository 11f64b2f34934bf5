// weir.timer/1 of one instance: timers that fire on whichever thread pumps the instance.
#pragma once

#include <weir/timer.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "runtime/base/clock.hpp"

namespace weir::plugin {

class TimerQueue {
  public:
    // `armed` is called, on the arming thread, when a new timer is the earliest; may be empty.
    TimerQueue(const Clock& clock, std::function<void()> armed);

    [[nodiscard]] const weir_svc_timer* table() const noexcept { return &service_.table; }
    [[nodiscard]] std::optional<std::int64_t> next_mono_ns() const noexcept;  // [any]
    // Runs every timer due now, earliest first, each at most once. One thread at a time.
    void run_due(const weir_call* call);
    // [any] Nothing fires any more, arm() refuses.
    void close();

  private:
    using Callback = void (*)(void* arg, const weir_call*) WEIR_NX;
    struct Timer {
        std::int64_t due_ns = 0;
        std::int64_t every_ns = 0;
        Callback fn = nullptr;
        void* arg = nullptr;
    };
    struct Service {  // what a plugin's `self` leads back from
        weir_svc_timer table;
        TimerQueue* owner;
    };
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    static TimerQueue& of(const void* self) noexcept;
    std::uint64_t arm(std::int64_t after_ns, Timer timer);
    void disarm(std::uint64_t id);
    void update_next();  // with mutex_

    const Clock& clock_;
    const std::function<void()> armed_;
    Service service_;
    std::atomic<std::int64_t> next_ns_{kNever};
    std::mutex mutex_;
    std::condition_variable ran_;
    std::map<std::uint64_t, Timer> timers_;  // a handful per instance
    std::uint64_t last_id_ = 0;
    std::uint64_t running_ = 0;
    std::thread::id running_on_;
    bool closed_ = false;
};

}  // namespace weir::plugin
