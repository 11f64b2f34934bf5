#include "runtime/plugin/timer_queue.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace weir::plugin {

TimerQueue::TimerQueue(const Clock& clock, std::function<void()> armed) : clock_(clock), armed_(std::move(armed)) {
    service_.owner = this;
    service_.table = {sizeof(weir_svc_timer), 0,
                      [](const void* self, const weir_host*, std::int64_t after_ns, std::int64_t every_ns, Callback fn,
                         void* arg) noexcept -> std::uint64_t {
                          if (self == nullptr || fn == nullptr || after_ns < 0 || every_ns < 0) return 0;
                          return of(self).arm(after_ns, {0, every_ns, fn, arg});
                      },
                      [](const void* self, std::uint64_t timer) noexcept {
                          if (self != nullptr) of(self).disarm(timer);
                      }};
}

TimerQueue& TimerQueue::of(const void* self) noexcept { return *static_cast<const Service*>(self)->owner; }

std::optional<std::int64_t> TimerQueue::next_mono_ns() const noexcept {
    const std::int64_t next = next_ns_.load(std::memory_order_relaxed);
    return next == kNever ? std::nullopt : std::optional(next);
}

void TimerQueue::update_next() {
    std::int64_t next = kNever;
    for (const auto& [id, timer] : timers_) next = std::min(next, timer.due_ns);
    next_ns_.store(next, std::memory_order_relaxed);
}

std::uint64_t TimerQueue::arm(std::int64_t after_ns, Timer timer) {
    std::uint64_t id = 0;
    bool earliest = false;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return 0;  // the clock may be gone
        const std::int64_t now = clock_.mono_ns();
        timer.due_ns = after_ns > kNever - 1 - now ? kNever - 1 : now + after_ns;
        id = ++last_id_;
        earliest = timer.due_ns < next_ns_.load(std::memory_order_relaxed);
        timers_.emplace(id, timer);
        update_next();
    }
    if (earliest && armed_) armed_();
    return id;
}

void TimerQueue::disarm(std::uint64_t id) {
    std::unique_lock lock(mutex_);
    timers_.erase(id);
    update_next();
    // From inside its own fn there is nothing to wait for: fn ends by itself and is not armed again.
    if (running_on_ == std::this_thread::get_id()) return;
    ran_.wait(lock, [&] { return running_ != id; });
}

void TimerQueue::run_due(const weir_call* call) {
    if (next_ns_.load(std::memory_order_relaxed) == kNever) return;
    const std::int64_t now = clock_.mono_ns();
    std::unique_lock lock(mutex_);
    std::vector<std::pair<std::int64_t, std::uint64_t>> due;
    for (const auto& [id, timer] : timers_) {
        if (timer.due_ns <= now) due.emplace_back(timer.due_ns, id);
    }
    std::sort(due.begin(), due.end());
    for (const auto& [when, id] : due) {
        const auto it = timers_.find(id);  // an earlier one may have disarmed it
        if (it == timers_.end()) continue;
        const Timer timer = it->second;
        if (timer.every_ns == 0) {
            timers_.erase(it);
        } else {
            // From now, not from when it was due: a host that was away does not fire a burst.
            it->second.due_ns = timer.every_ns > kNever - now ? kNever - 1 : now + timer.every_ns;
        }
        update_next();
        running_ = id;
        running_on_ = std::this_thread::get_id();
        lock.unlock();
        timer.fn(timer.arg, call);
        lock.lock();
        running_ = 0;
        running_on_ = {};
        ran_.notify_all();
    }
}

void TimerQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    timers_.clear();
    update_next();
}

}  // namespace weir::plugin
