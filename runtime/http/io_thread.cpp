#include "runtime/http/io_thread.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

#include "runtime/base/log.hpp"

namespace weir::http {

namespace {

// Connections beyond the limit that are being told so; beyond these they are closed without a word.
constexpr std::uint32_t kRefusedMax = 64;

thread_local IoThread* current = nullptr;

}  // namespace

IoThread* current_io_thread() noexcept { return current; }

ExchangeId ExchangeId::unpack(std::uint64_t id) noexcept {
    return {static_cast<std::uint8_t>(id >> 56), static_cast<std::uint32_t>(id >> 32) & 0xFFFFFFu,
            static_cast<std::uint32_t>(id)};
}

std::uint64_t ExchangeId::pack() const noexcept {
    return (std::uint64_t{thread} << 56) | (std::uint64_t{slot} << 32) | generation;
}

IoThread::IoThread(ServerCore& core, std::uint8_t index)
    : core_(core), index_(index), slots_(core.options.connections_max + kRefusedMax) {
    free_slots_.reserve(slots_.size());
    for (std::size_t slot = slots_.size(); slot > 0; --slot)
        free_slots_.push_back(static_cast<std::uint32_t>(slot - 1));
    thread_ = std::thread([this] { run(); });
}

IoThread::~IoThread() { join(); }

void IoThread::run() {
    current = this;
    for (;;) {
        try {
            context_.run();
            return;
        } catch (const std::exception& e) {  // out of memory in one handler must not take the others with it
            log::error("http thread caught an exception", {{"what", e.what()}});
        }
    }
}

void IoThread::join() {
    if (!thread_.joinable()) return;
    // Behind what was posted before: close_all() has its turn.
    asio::post(context_, [this] { context_.stop(); });
    thread_.join();
}

void IoThread::adopt(Socket socket) {
    count_.fetch_add(1, std::memory_order_relaxed);
    asio::post(context_, [this, s = std::move(socket)]() mutable { add(std::move(s)); });
}

void IoThread::add(Socket socket) {
    if (free_slots_.empty() || core_.draining.load()) {
        count_.fetch_sub(1, std::memory_order_relaxed);
        return;  // closes the socket
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    const bool refuse = core_.connections.fetch_add(1) >= core_.options.connections_max;
    slots_[slot].connection = std::make_unique<Connection>(*this, slot, std::move(socket));
    slots_[slot].connection->start(refuse);
    if (!sweeping_) arm_sweep();
}

void IoThread::remove(std::uint32_t slot) {
    // Not now: the connection's own function is on the stack.
    asio::post(context_, [this, slot] {
        slots_[slot].connection.reset();
        free_slots_.push_back(slot);
        count_.fetch_sub(1, std::memory_order_relaxed);
        if (core_.connections.fetch_sub(1) == 1) {
            const std::lock_guard lock(core_.gone_mutex);
            core_.gone.notify_all();
        }
    });
}

std::uint64_t IoThread::open_exchange(std::uint32_t slot) {
    Slot& entry = slots_[slot];
    if (++entry.generation == 0) entry.generation = 1;  // 0 means "none"
    entry.open.store(entry.generation, std::memory_order_release);
    return ExchangeId{index_, slot, entry.generation}.pack();
}

void IoThread::abandon_exchange(std::uint32_t slot) { slots_[slot].open.store(0); }

weir_status IoThread::respond(ExchangeId id, const weir_http_reply& reply) {
    if (id.generation == 0 || id.slot >= slots_.size()) return WEIR_E_NOT_FOUND;
    std::uint32_t expected = id.generation;
    if (!slots_[id.slot].open.compare_exchange_strong(expected, 0, std::memory_order_acq_rel)) return WEIR_E_NOT_FOUND;

    weir_status status = WEIR_OK;
    bool wake = false;
    {
        const std::lock_guard lock(replies_mutex_);
        wake = replies_.replies.empty();
        const std::size_t begin = replies_.bytes.size();
        Reply entry{id.slot, id.generation, 0, 0};
        if (append_head(replies_.bytes, reply)) {
            entry.head_size = replies_.bytes.size() - begin;
            if (may_have_body(reply.status)) replies_.bytes.append(reply.body.data, reply.body.size);
        } else {
            status = WEIR_E_PROTOCOL;
            entry.head_size =
                append_problem(replies_.bytes, {500, "INTERNAL", "the source of this path made a malformed reply"});
        }
        entry.body_size = replies_.bytes.size() - begin - entry.head_size;
        replies_.replies.push_back(entry);
    }
    // One wake-up for all replies until it is served; none when handle itself replies: with_local_replies flushes.
    const bool flushed_by_caller = current == this && (in_handle_ || in_flush_);
    if (wake && !flushed_by_caller) asio::post(context_, [this] { flush_replies(); });
    return status;
}

void IoThread::flush_replies() {
    if (in_flush_) return;  // a reply began the next request, whose handle replied: the loop below takes it
    in_flush_ = true;
    for (;;) {
        flushing_.replies.clear();
        flushing_.bytes.clear();
        {
            const std::lock_guard lock(replies_mutex_);
            std::swap(replies_, flushing_);
        }
        if (flushing_.replies.empty()) break;
        std::string_view bytes = flushing_.bytes;
        for (const Reply& reply : flushing_.replies) {
            const std::string_view head = bytes.substr(0, reply.head_size);
            const std::string_view body = bytes.substr(reply.head_size, reply.body_size);
            bytes.remove_prefix(reply.head_size + reply.body_size);
            Slot& slot = slots_[reply.slot];
            if (slot.connection != nullptr && slot.generation == reply.generation) slot.connection->reply(head, body);
        }
    }
    in_flush_ = false;
}

template <class Action>
void IoThread::for_each_connection(Action&& action) {
    for (Slot& slot : slots_) {
        if (slot.connection != nullptr) action(*slot.connection);
    }
}

void IoThread::drain() {
    asio::post(context_, [this] { for_each_connection([](Connection& connection) { connection.drain(); }); });
}

void IoThread::close_all() {
    asio::post(context_, [this] { for_each_connection([](Connection& connection) { connection.close(); }); });
}

// One timer for all connections: a deadline each would cost a timer operation per request.
void IoThread::arm_sweep() {
    using std::chrono::milliseconds;
    const milliseconds shortest = std::min(core_.options.idle_timeout, core_.options.body_timeout);
    sweeping_ = true;
    sweep_timer_.expires_after(std::clamp(shortest / 8, milliseconds{5}, milliseconds{1000}));
    sweep_timer_.async_wait([this](error_code error) {
        if (!error) sweep();
    });
}

void IoThread::sweep() {
    const std::int64_t now_ns = core_.clock.mono_ns();
    for_each_connection([now_ns](Connection& connection) { connection.sweep(now_ns); });
    // An idle server does not wake up.
    sweeping_ = false;
    if (count_.load(std::memory_order_relaxed) != 0) arm_sweep();
}

}  // namespace weir::http
