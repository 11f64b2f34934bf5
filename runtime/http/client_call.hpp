// The waiting side of one weir.http/1 call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace weir::http {

class CallState {
  public:
    // [client thread] One exchange ended; nothing of its request is used any more.
    void finished();
    // [waiting thread]
    void started();
    // Waits until fewer than `limit` run, at most a moment: the caller looks whether it was cancelled. True: they do.
    [[nodiscard]] bool wait_for_room(std::uint32_t limit);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint32_t running_ = 0;
};

}  // namespace weir::http
