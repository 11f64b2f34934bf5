// What a source still has to be told: one acknowledgement per submit, in submit order.
#pragma once

#include <weir/plugin.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/plugin/handles.hpp"

namespace weir::plugin {

struct Ack {
    struct ItemOutcome {
        std::uint32_t kind = WEIR_OUT_OK;
        std::string code;
    };
    std::uint64_t token = 0;
    std::uint32_t kind = WEIR_OUT_OK;  // of the whole: OK, DUPLICATE, REJECTED, RETRY
    std::string code;
    std::string message;
    std::vector<ItemOutcome> items;  // empty: every record OK
};

// Results come from the journal's thread at any time, also after the source is gone; they are kept apart from the
// plugin, which is told on its own thread. The queue lives until the last result has come.
class AckQueue : public std::enable_shared_from_this<AckQueue> {
  public:
    struct Pending {
        std::shared_ptr<AckQueue> queue;  // keeps it until the result is here
        Ack ack;
        bool done = false;
        bool withdrawn = false;
    };

    // [any] Takes the next place in order.
    [[nodiscard]] Pending* reserve(std::uint64_t token);
    // [any] The submit was refused: nobody will be told.
    void withdraw(Pending* pending);
    // [any] The result of one submit; exactly once unless withdrawn. Never runs plugin code.
    static void complete(Pending* pending, const SubmitResult& result);

    // Submits reserved whose ack was not told() yet.
    [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_.load(std::memory_order_acquire); }
    // Those that are due, oldest first; tell the source and then told().
    [[nodiscard]] std::vector<Ack> take_due();
    void told(std::size_t count) noexcept { outstanding_.fetch_sub(count, std::memory_order_release); }
    // Blocks until something is due, poke() or close() was called, or `limit` has passed (negative: no limit).
    // False: closed.
    [[nodiscard]] bool wait_due(std::chrono::nanoseconds limit);
    void poke();
    // Nothing is waited for any more; results that still come are dropped.
    void close();

  private:
    void pop_done(std::vector<std::shared_ptr<AckQueue>>& release);  // with mutex_

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Pending> pending_;  // in submit order; addresses stay
    std::vector<Ack> due_;
    std::atomic<std::size_t> outstanding_{0};
    bool poked_ = false;
    bool closed_ = false;
};

}  // namespace weir::plugin
