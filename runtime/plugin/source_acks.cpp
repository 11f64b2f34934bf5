#include "runtime/plugin/source_acks.hpp"

#include <algorithm>
#include <utility>

namespace weir::plugin {

namespace {

void fill_refused(const Error& error, Ack& ack) {
    const bool for_good = error.errc == Errc::invalid || error.errc == Errc::rejected || error.errc == Errc::conflict;
    ack.kind = for_good ? WEIR_OUT_REJECTED : WEIR_OUT_RETRY;
    ack.code = error.code;
    ack.message = error.message;
}

void fill_stored(const SubmitResult& result, Ack& ack) {
    const auto is = [](std::uint32_t kind) { return [kind](const SubmitItem& item) { return item.kind == kind; }; };
    if (std::all_of(result.items.begin(), result.items.end(), is(WEIR_OUT_OK))) return;
    if (std::all_of(result.items.begin(), result.items.end(), is(WEIR_OUT_DUPLICATE))) ack.kind = WEIR_OUT_DUPLICATE;
    ack.items.reserve(result.items.size());
    for (const SubmitItem& item : result.items) ack.items.push_back({item.kind, std::string(item.code)});
}

}  // namespace

AckQueue::Pending* AckQueue::reserve(std::uint64_t token) {
    auto self = shared_from_this();
    outstanding_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    Pending& pending = pending_.emplace_back();
    pending.queue = std::move(self);
    pending.ack.token = token;
    return &pending;
}

void AckQueue::withdraw(Pending* pending) {
    std::vector<std::shared_ptr<AckQueue>> release;
    const std::lock_guard lock(mutex_);
    pending->done = true;
    pending->withdrawn = true;
    pop_done(release);  // the caller holds the queue too, so this cannot be the last reference
}

void AckQueue::complete(Pending* pending, const SubmitResult& result) {
    Ack told;
    told.token = pending->ack.token;
    if (result.status) {
        fill_stored(result, told);
    } else {
        fill_refused(result.status.error(), told);
    }
    std::vector<std::shared_ptr<AckQueue>> release;  // outlives the lock: it may end the queue
    AckQueue& queue = *pending->queue;
    const auto self = pending->queue;
    const std::lock_guard lock(queue.mutex_);
    pending->ack = std::move(told);
    pending->done = true;
    queue.pop_done(release);
    if (!queue.due_.empty()) queue.changed_.notify_all();
}

// An ack waits for those before it: a source told out of order could confirm more upstream than is durable.
void AckQueue::pop_done(std::vector<std::shared_ptr<AckQueue>>& release) {
    while (!pending_.empty() && pending_.front().done) {
        Pending& front = pending_.front();
        if (front.withdrawn || closed_) {
            outstanding_.fetch_sub(1, std::memory_order_release);
        } else {
            due_.push_back(std::move(front.ack));
        }
        release.push_back(std::move(front.queue));
        pending_.pop_front();
    }
}

std::vector<Ack> AckQueue::take_due() {
    const std::lock_guard lock(mutex_);
    return std::exchange(due_, {});
}

bool AckQueue::wait_due(std::chrono::nanoseconds limit) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return closed_ || !due_.empty() || std::exchange(poked_, false); };
    if (limit.count() < 0) {
        changed_.wait(lock, ready);
    } else {
        (void)changed_.wait_for(lock, limit, ready);
    }
    return !closed_;
}

void AckQueue::poke() {
    const std::lock_guard lock(mutex_);
    poked_ = true;
    changed_.notify_all();
}

void AckQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

}  // namespace weir::plugin
