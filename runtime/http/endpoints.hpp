// The paths that sources listen on, and the gate that lets a source leave while requests come in.
#pragma once

#include <weir/http_listener.h>
#include <weir/result.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace weir::http {

// One registration. Lives as long as its Endpoints, so that a request may hold it while its body is read.
class Endpoint {
  public:
    using Handle = void (*)(void* arg, const weir_http_incoming*) WEIR_NX;
    Endpoint(std::uint64_t body_max, Handle function, void* arg) : body_max_(body_max), handle_(function), arg_(arg) {}

    [[nodiscard]] std::uint64_t body_max() const noexcept { return body_max_; }
    [[nodiscard]] bool open() const noexcept { return (gate_.load() & kClosed) == 0; }
    // False: closed, handle was not called.
    [[nodiscard]] bool handle(const weir_http_incoming& request);
    // Returns when handle is not running and will not run again. Idempotent.
    void close();

  private:
    static constexpr std::uint32_t kClosed = 1u << 31;  // the other bits count the calls inside

    std::uint64_t body_max_;
    Handle handle_;
    void* arg_;
    std::atomic<std::uint32_t> gate_{0};
};

// Any thread.
class Endpoints {
  public:
    // `invalid`: the path is malformed; `conflict`: it is taken. Returns the number for close().
    [[nodiscard]] Result<std::uint64_t> add(const weir_http_endpoint& endpoint, std::uint64_t host_body_max);
    // For every path that no other endpoint has; `endpoint.path` is not looked at. `conflict`: there is one.
    [[nodiscard]] Result<std::uint64_t> add_rest(const weir_http_endpoint& endpoint, std::uint64_t host_body_max);
    void close(std::uint64_t number);
    // nullptr: never listened on. A closed one is returned: its path is known, its source is away.
    [[nodiscard]] Endpoint* find(std::string_view path) const;

  private:
    [[nodiscard]] Endpoint* open_endpoint(const weir_http_endpoint& endpoint, std::uint64_t host_body_max);

    mutable std::shared_mutex mutex_;
    std::deque<Endpoint> all_;
    std::map<std::string, Endpoint*, std::less<>> by_path_;
    Endpoint* rest_ = nullptr;
};

}  // namespace weir::http
