// Named threads with one guard at the top, and waiting that a stop request ends.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace weir {

// Runs `body` on a thread whose name a debugger shows (cut to 15 bytes). An exception that reaches the top ends the
// process: the journal makes a crash safe, going on without the thread would not be.
[[nodiscard]] std::jthread start_thread(std::string name, std::function<void(std::stop_token)> body);

// Waits for `duration` or until stop is requested. True: stop was requested.
bool wait_for_stop(const std::stop_token& stop, std::chrono::nanoseconds duration);

}  // namespace weir
