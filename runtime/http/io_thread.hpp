// One thread of the server: its io_context, its connections, and the replies that other threads hand to it.
#pragma once

#include <weir/http_listener.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/http/connection.hpp"
#include "runtime/http/server_core.hpp"
#include "runtime/http/stream.hpp"

namespace weir::http {

// An exchange is named by thread (8 bits), slot (24 bits) and the slot's generation (32 bits), so that a reply that
// comes late or twice finds nothing.
struct ExchangeId {
    std::uint8_t thread = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;

    [[nodiscard]] static ExchangeId unpack(std::uint64_t id) noexcept;
    [[nodiscard]] std::uint64_t pack() const noexcept;
};

class IoThread {
  public:
    IoThread(ServerCore& core, std::uint8_t index);
    ~IoThread();
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] ServerCore& core() noexcept { return core_; }
    // [any]
    [[nodiscard]] std::uint32_t connection_count() const noexcept { return count_.load(std::memory_order_relaxed); }
    // [any] Takes a socket accepted on this thread's context.
    void adopt(Socket socket);
    // [any] WEIR_E_NOT_FOUND: no such exchange is open. WEIR_E_PROTOCOL: the reply is malformed; 500 was sent instead.
    weir_status respond(ExchangeId id, const weir_http_reply& reply);
    // [any] See Server::stop.
    void drain();
    void close_all();
    // [any] Ends the thread after what it was told before; connections that are left are abandoned.
    void join();

    // Below: this thread.
    // Opens an exchange for the request of `slot`.
    [[nodiscard]] std::uint64_t open_exchange(std::uint32_t slot);
    // Closes the slot's exchange unless its reply is already on the way: true when it was open.
    void abandon_exchange(std::uint32_t slot);
    // Runs `call` (an endpoint's handle); replies it makes are sent without a trip through the io_context.
    template <class Call>
    bool with_local_replies(Call&& call);
    void flush_replies();
    // Destroys the connection after the current handler.
    void remove(std::uint32_t slot);

  private:
    struct Slot {
        std::atomic<std::uint32_t> open{0};  // generation of the open exchange; 0: none
        std::uint32_t generation = 0;
        std::unique_ptr<Connection> connection;
    };
    struct Reply {
        std::uint32_t slot = 0;
        std::uint32_t generation = 0;
        std::size_t head_size = 0;
        std::size_t body_size = 0;
    };
    // Replies wait as bytes in one string: no allocation per reply.
    struct ReplyQueue {
        std::vector<Reply> replies;
        std::string bytes;
    };

    void run();
    void add(Socket socket);
    void sweep();
    void arm_sweep();
    template <class Action>
    void for_each_connection(Action&& action);

    ServerCore& core_;
    std::uint8_t index_;
    asio::io_context context_{1};
    asio::executor_work_guard<Executor> work_{context_.get_executor()};
    asio::steady_timer sweep_timer_{context_};
    bool sweeping_ = false;
    std::atomic<std::uint32_t> count_{0};
    std::vector<Slot> slots_;  // never resized: respond() reads `open` from any thread
    std::vector<std::uint32_t> free_slots_;

    std::mutex replies_mutex_;
    ReplyQueue replies_;  // guarded by replies_mutex_
    ReplyQueue flushing_;
    bool in_flush_ = false;
    bool in_handle_ = false;
    std::thread thread_;
};

// The thread whose handlers run on this stack; nullptr elsewhere.
[[nodiscard]] IoThread* current_io_thread() noexcept;

template <class Call>
bool IoThread::with_local_replies(Call&& call) {
    in_handle_ = true;
    const bool result = call();
    in_handle_ = false;
    flush_replies();
    return result;
}

}  // namespace weir::http
