// The host's HTTP server: sockets, limits and TLS for every listening source (weir.http_listener/1).
#pragma once

#include <weir/http_listener.h>
#include <weir/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace weir::http {

struct ServerOptions {
    std::string listen = "127.0.0.1:8080";  // "host:port" or "[::1]:port"; port 0 picks a free one
    std::uint32_t threads = 2;
    std::uint64_t body_max = 8ull << 20;
    std::uint32_t header_bytes_max = 16 * 1024;
    std::uint32_t connections_max = 1024;  // beyond it: 503 and close
    std::chrono::milliseconds idle_timeout{60'000};
    std::chrono::milliseconds body_timeout{30'000};
    std::string tls_certificate;  // PEM files; empty: plain HTTP
    std::string tls_key;
};

// One io_context per thread; a connection stays on its thread. All functions: any thread.
class Server {
  public:
    // Binds and starts its threads; answers 404 until endpoints are there. `unavailable`: the address is in use.
    [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options);
    virtual ~Server() = default;
    [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
    // The table for weir_host.service("weir.http_listener/1"); lives as long as the server.
    [[nodiscard]] virtual const weir_svc_http_listener* service() const noexcept = 0;
    // As the service's listen, for every path that nothing else listens on: for who routes by itself. `conflict`: there
    // is one already. The value is for the service's unlisten.
    [[nodiscard]] virtual Result<std::uint64_t> listen_to_rest(const weir_http_endpoint& endpoint) = 0;
    // Stops accepting, answers what is open until `deadline` passes, then closes everything and joins.
    virtual void stop(std::chrono::milliseconds deadline) = 0;
};

}  // namespace weir::http
