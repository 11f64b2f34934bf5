// Calls plugin code that may never come back.
#pragma once

#include <chrono>
#include <functional>

namespace weir::plugin {

// Runs `work` on a thread of its own and waits at most `limit` (real time). False: it is still running; its thread is
// left behind, so everything it touches must be owned by `work` itself or live as long as the process.
[[nodiscard]] bool run_bounded(std::function<void()> work, std::chrono::milliseconds limit);

}  // namespace weir::plugin
