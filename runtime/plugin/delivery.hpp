// One weir_delivery: what a sink sees of a batch, and the outcomes it gives, from whichever thread.
#pragma once

#include <weir/plugin.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "runtime/plugin/handles.hpp"
#include "runtime/plugin/host_services.hpp"

namespace weir::plugin {

// Lives until the outcomes are collected, and a while longer as a shell, so that a late or second call is refused
// instead of writing into another delivery.
class Delivery : public std::enable_shared_from_this<Delivery> {
  public:
    using Normalise = Outcome (*)(Outcome);  // as_delivered or as_resolved

    // Copies the items' strings: an abandoned delivery outlives the caller's.
    Delivery(const InstanceHost& host, Normalise normalise, const CallContext& call, const BatchPtr& batch,
             std::span<const Item> items);

    [[nodiscard]] weir_delivery* abi() noexcept { return &delivery_.abi; }
    [[nodiscard]] const weir_call* call() const noexcept { return &call_.abi; }

    // Waits for finish(). False: it did not come by the deadline, or `grace` after the call was cancelled if that is
    // earlier. `ask_to_stop` runs once, on this thread, when the call is cancelled.
    [[nodiscard]] bool wait(const std::function<void()>& ask_to_stop);
    // Ends the delivery: takes what was set, `unset` for the rest; later calls are refused.
    void collect(std::vector<Outcome>& outcomes, const Outcome& unset);
    // The plugin is done with the batch.
    void release_batch();

  private:
    enum Slot : std::uint8_t { kUnset, kWriting, kSet, kClosed };
    struct AbiDelivery {
        weir_delivery abi;
        Delivery* owner;
    };
    struct AbiCallShell {
        weir_call abi;
        Delivery* owner;
    };
    static Delivery& of(weir_delivery* delivery) noexcept;
    void fill_items(std::span<const Item> items);
    weir_status set_outcome(std::uint32_t index, const weir_outcome* from);
    void finish();
    [[nodiscard]] bool cancelled() const;
    [[nodiscard]] std::int64_t give_up_at() const;

    const InstanceHost& host_;
    const Normalise normalise_;
    BatchPtr batch_;
    std::string strings_;  // what items_ and the call point to
    std::vector<weir_item> items_;
    AbiDelivery delivery_{};
    AbiCallShell call_{};
    // One byte per item decides who writes it; no lock, so that a sink with many threads does not queue here.
    std::vector<std::atomic<std::uint8_t>> slots_;
    std::vector<Outcome> outcomes_;
    mutable std::mutex mutex_;
    std::condition_variable finished_changed_;
    const std::atomic<bool>* cancelled_;  // the caller's; null once collected
    bool finished_ = false;
    bool collected_ = false;
};

}  // namespace weir::plugin
