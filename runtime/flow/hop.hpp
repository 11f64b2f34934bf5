// One hop between two threads: ZeroMQ PUSH -> PULL over inproc://, carrying objects by pointer.
//
// The message owns its object (zero-copy with a free function), so whatever a closing socket drops is freed; the
// journal still has it. Bounded on both ends. The receiver binds, the sender connects; one outlet per receiver: a
// PUSH to two receivers strands messages at the one that is stuck. The only file that touches zmq::socket_t.
#pragma once

#include <algorithm>
#include <cassert>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <zmq.hpp>

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#endif

namespace weir::flow {

namespace detail {
// libzmq is not instrumented: tell TSan that sending happens before receiving.
inline void publish([[maybe_unused]] void* object) {
#if defined(__SANITIZE_THREAD__)
    __tsan_release(object);
#endif
}
inline void observe([[maybe_unused]] void* object) {
#if defined(__SANITIZE_THREAD__)
    __tsan_acquire(object);
#endif
}
}  // namespace detail

// What travels: a T on the heap, owned by the message until it is taken out.
template <class T>
struct Parcel {
    static void release(void* data, void* /*hint*/) { std::unique_ptr<T>(static_cast<T*>(data)); }
};

template <class T>
class Inlet {
  public:
    // `address` is "inproc://...", unique in `context`. Capacity counts parcels under way, at least 2: libzmq adds
    // the sender's and the receiver's high-water marks, and takes 0 as unlimited.
    Inlet(zmq::context_t& context, const std::string& address, int capacity)
        : socket_(context, zmq::socket_type::pull) {
        socket_.set(zmq::sockopt::linger, 0);
        socket_.set(zmq::sockopt::rcvhwm, std::max(1, capacity / 2));
        socket_.bind(address);
    }

    // The next object; null when `timeout` passed. Negative: wait for ever. One thread at a time.
    [[nodiscard]] std::unique_ptr<T> receive(std::chrono::milliseconds timeout) {
        const auto wait = static_cast<int>(std::min<std::int64_t>(timeout.count(), 1'000'000));
        if (wait != timeout_) socket_.set(zmq::sockopt::rcvtimeo, timeout_ = wait);
        zmq::message_t message;
        if (!socket_.recv(message)) return nullptr;
        auto* object = static_cast<T*>(message.data());
        detail::observe(object);
        // The message frees its object when it goes: move the content out of it.
        return std::make_unique<T>(std::move(*object));
    }

  private:
    zmq::socket_t socket_;
    int timeout_ = -1;
};

template <class T>
class Outlet {
  public:
    Outlet(zmq::context_t& context, const std::string& address, int capacity)
        : socket_(context, zmq::socket_type::push) {
        socket_.set(zmq::sockopt::linger, 0);
        socket_.set(zmq::sockopt::sndhwm, std::max(1, capacity - capacity / 2));
        socket_.connect(address);
    }

    // Takes the object. True: handed over. False: no room came up within `timeout`; the parcel stays here until flush()
    // succeeds. A send timeout, not a loop of non-blocking sends: those keep failing for a while after room appears.
    [[nodiscard]] bool send(std::unique_ptr<T> object, std::chrono::milliseconds timeout) {
        assert(!pending());
        detail::publish(object.get());
        message_.emplace(object.get(), sizeof(T), &Parcel<T>::release, nullptr);
        (void)object.release();  // the message's now
        return flush(timeout);
    }
    [[nodiscard]] bool flush(std::chrono::milliseconds timeout) {
        if (const auto wait = static_cast<int>(timeout.count()); wait != timeout_) {
            socket_.set(zmq::sockopt::sndtimeo, timeout_ = wait);
        }
        if (socket_.send(*message_, zmq::send_flags::none)) message_.reset();
        return !pending();
    }
    [[nodiscard]] bool pending() const noexcept { return message_.has_value(); }

  private:
    zmq::socket_t socket_;
    std::optional<zmq::message_t> message_;
    int timeout_ = -1;
};

}  // namespace weir::flow
