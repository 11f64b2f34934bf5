#include "posting_lock.hpp"

#include <chrono>
#include <map>

namespace tryton {

PostingQueue& posting_queue(const std::string& database_url) {
    // The one global of this plugin: instances know nothing of each other, and what they share is the other side.
    // Entries stay: there are as many as configured databases, and a map's nodes do not move.
    static std::mutex mutex;
    static std::map<std::string, PostingQueue> queues;
    const std::lock_guard lock(mutex);
    return queues[database_url];
}

PostingLock::PostingLock(PostingQueue& queue, const weir::Call& call, const std::atomic<bool>& stopping)
    : queue_(queue) {
    // A cancelled call cannot notify, and the deadline is on the host's clock: both are looked at now and then.
    constexpr std::chrono::milliseconds kLook{20};
    std::unique_lock lock(queue_.mutex);
    while (queue_.taken) {
        if (call.cancelled() || stopping || call.remaining().count() == 0) return;
        queue_.freed.wait_for(lock, kLook);
    }
    queue_.taken = held_ = true;
}

PostingLock::~PostingLock() {
    if (!held_) return;
    {
        const std::lock_guard lock(queue_.mutex);
        queue_.taken = false;
    }
    queue_.freed.notify_all();
}

}  // namespace tryton
