// What the threads and connections of one server share.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "runtime/base/clock.hpp"
#include "runtime/http/endpoints.hpp"
#include "runtime/http/server.hpp"

namespace weir::http {

struct ServerCore {
    explicit ServerCore(const ServerOptions& o) : options(o) {}

    const ServerOptions options;
    Endpoints endpoints;
    SystemClock clock;
    std::unique_ptr<boost::asio::ssl::context> tls;  // nullptr: plain HTTP
    std::atomic<std::uint32_t> connections{0};
    std::atomic<bool> draining{false};  // no new requests on connections that are idle

    // Woken when the last connection has gone.
    std::mutex gone_mutex;
    std::condition_variable gone;
};

}  // namespace weir::http
