#include "runtime/plugin/delivery.hpp"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "runtime/base/log.hpp"
#include "runtime/plugin/outcomes.hpp"

namespace weir::plugin {

namespace {
// How often a wait looks at the deadline and the cancellation. The deadline is on the host's clock, which in a test
// is not the one a condition variable knows.
constexpr std::chrono::milliseconds kLook{20};
}  // namespace

Delivery::Delivery(const InstanceHost& host, Normalise normalise, const CallContext& call, const BatchPtr& batch,
                   std::span<const Item> items)
    : host_(host),
      normalise_(normalise),
      batch_(batch),
      slots_(batch->size()),
      outcomes_(batch->size()),
      cancelled_(call.cancelled) {
    std::size_t size = call.traceparent.size();
    for (const Item& item : items) size += item.idempotency_key.size() + item.external_ref.size();
    strings_.reserve(size);  // views into it are handed out while it fills
    fill_items(items);
    strings_ += call.traceparent;
    const std::string_view traceparent = std::string_view(strings_).substr(strings_.size() - call.traceparent.size());

    delivery_.owner = this;
    delivery_.abi = {sizeof(weir_delivery),
                     sizeof(weir_item),
                     call.id,
                     &batch_->abi(),
                     items_.data(),
                     [](weir_delivery* d, std::uint32_t index, const weir_outcome* outcome) noexcept {
                         return of(d).set_outcome(index, outcome);
                     },
                     [](weir_delivery* d) noexcept { of(d).finish(); }};
    call_.owner = this;
    call_.abi = {sizeof(weir_call),
                 call.flags,
                 call.id,
                 call.deadline_mono_ns,
                 call.traceparent.empty() ? weir_str{nullptr, 0} : str(traceparent),
                 [](const weir_call* c) noexcept -> std::uint32_t {
                     return reinterpret_cast<const AbiCallShell*>(c)->owner->cancelled() ? 1 : 0;
                 }};
}

Delivery& Delivery::of(weir_delivery* delivery) noexcept {
    return *reinterpret_cast<AbiDelivery*>(delivery)->owner;  // standard layout, begins with the weir_delivery
}

void Delivery::fill_items(std::span<const Item> items) {
    const auto keep = [&](std::string_view text) {
        const std::size_t at = strings_.size();
        strings_ += text;
        return str(std::string_view(strings_).substr(at));
    };
    items_.reserve(items.size());
    for (const Item& item : items) {
        const weir_str key = keep(item.idempotency_key);
        items_.push_back({key, keep(item.external_ref), item.attempt, 0});
    }
}

weir_status Delivery::set_outcome(std::uint32_t index, const weir_outcome* from) {
    auto outcome = read_outcome(from);
    if (index >= slots_.size() || !outcome) {
        log::warn("outcome refused", {{"instance", host_.instance()}, {"index", index}, {"of", slots_.size()}});
        return WEIR_E_PROTOCOL;
    }
    std::uint8_t expected = kUnset;
    if (!slots_[index].compare_exchange_strong(expected, kWriting, std::memory_order_acquire)) {
        log::warn("second or late outcome of one record ignored",
                  {{"instance", host_.instance()}, {"index", index}, {"outcome", outcome->kind}});
        return WEIR_E_PROTOCOL;
    }
    if (!outcome->message.empty()) outcome->message = host_.redact(outcome->message);
    outcomes_[index] = normalise_(std::move(*outcome));
    slots_[index].store(kSet, std::memory_order_release);
    return WEIR_OK;
}

void Delivery::finish() {
    const auto self = shared_from_this();  // the waiter may let go of it before this returns
    const std::lock_guard lock(mutex_);
    if (finished_ || collected_) {
        log::warn("second or late finish of a delivery ignored", {{"instance", host_.instance()}});
        return;
    }
    finished_ = true;
    finished_changed_.notify_all();
}

bool Delivery::cancelled() const {
    const std::lock_guard lock(mutex_);
    if (collected_) return true;
    return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed);
}

std::int64_t Delivery::give_up_at() const {
    constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
    if (call_.abi.deadline_mono_ns == 0) return kNever;
    const std::int64_t grace = std::chrono::nanoseconds(host_.context().finish_grace).count();
    return call_.abi.deadline_mono_ns > kNever - grace ? kNever : call_.abi.deadline_mono_ns + grace;
}

bool Delivery::wait(const std::function<void()>& ask_to_stop) {
    const Clock& clock = *host_.context().clock;
    std::int64_t give_up = give_up_at();
    bool asked = false;
    std::unique_lock lock(mutex_);
    while (!finished_changed_.wait_for(lock, kLook, [&] { return finished_; })) {
        const std::int64_t now = clock.mono_ns();
        if (!asked && cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) {
            asked = true;
            give_up = std::min(give_up, now + std::chrono::nanoseconds(host_.context().finish_grace).count());
            lock.unlock();  // stop() may finish() from inside
            ask_to_stop();
            lock.lock();
        }
        if (!finished_ && now >= give_up) return false;
    }
    return true;
}

void Delivery::collect(std::vector<Outcome>& outcomes, const Outcome& unset) {
    {
        const std::lock_guard lock(mutex_);
        collected_ = true;
        cancelled_ = nullptr;
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        std::uint8_t found = kUnset;
        // Only who is just writing is waited for: a few instructions, and then its outcome counts.
        while (!slots_[i].compare_exchange_weak(found, kClosed, std::memory_order_acq_rel) && found != kSet) {
            if (found == kWriting) std::this_thread::yield();
            found = kUnset;
        }
        if (found == kUnset) outcomes_[i] = unset;
    }
    outcomes = std::move(outcomes_);
}

void Delivery::release_batch() {
    delivery_.abi.batch = nullptr;
    batch_ = {};
}

}  // namespace weir::plugin
