#include "runtime/plugin/bounded_call.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace weir::plugin {

namespace {
struct Completion {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
};
}  // namespace

bool run_bounded(std::function<void()> work, std::chrono::milliseconds limit) {
    auto completion = std::make_shared<Completion>();
    std::thread thread([completion, work = std::move(work)]() mutable {
        work();
        work = nullptr;  // what it owns is released before anybody is told
        const std::lock_guard lock(completion->mutex);
        completion->done = true;
        completion->changed.notify_all();
    });
    std::unique_lock lock(completion->mutex);
    const bool back = completion->changed.wait_for(lock, limit, [&] { return completion->done; });
    lock.unlock();
    if (back) {
        thread.join();
    } else {
        thread.detach();
    }
    return back;
}

}  // namespace weir::plugin
