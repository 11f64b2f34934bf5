#include "runtime/http/client_call.hpp"

namespace weir::http {

namespace {
// How late a cancellation may be noticed: weir_call.cancelled can only be asked.
constexpr std::chrono::milliseconds kMoment{20};
}  // namespace

void CallState::finished() {
    // Notified under the lock: once the waiting thread sees the end, this object may go.
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
}

void CallState::started() {
    const std::lock_guard lock(mutex_);
    ++running_;
}

bool CallState::wait_for_room(std::uint32_t limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kMoment, [&] { return running_ < limit; });
}

}  // namespace weir::http
