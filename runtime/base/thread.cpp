#include "runtime/base/thread.hpp"

#include <pthread.h>

#include <cstdlib>
#include <exception>
#include <utility>

#include "runtime/base/log.hpp"

namespace weir {

std::jthread start_thread(std::string name, std::function<void(std::stop_token)> body) {
    return std::jthread([name = std::move(name), body = std::move(body)](std::stop_token stop) {
        ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
        try {
            body(std::move(stop));
        } catch (const std::exception& e) {
            log::error("thread failed", {{"thread", name}, {"error", e.what()}});
            log::flush();
            std::abort();
        }
    });
}

bool wait_for_stop(const std::stop_token& stop, std::chrono::nanoseconds duration) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, duration, [] { return false; });
    return stop.stop_requested();
}

}  // namespace weir
