// The host's HTTP client (weir.http/1): one pool of connections per host and port, shared by all instances.
#pragma once

#include <weir/http.h>
#include <weir/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"

namespace weir::http {

struct ClientOptions {
    const Clock* clock = nullptr;  // required
    std::uint32_t threads = 1;
    std::uint32_t connections_per_host_max = 16;
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds idle_timeout{30'000};  // a pooled connection older than this is not used again
    std::string ca_file;                             // PEM; "": the system's trust store
    std::vector<std::string> allowed_hosts;          // empty: all
};

class Client {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Client>> start(const ClientOptions& options);
    virtual ~Client() = default;  // cancels what runs, joins
    [[nodiscard]] virtual const weir_svc_http* service() const noexcept = 0;
};

}  // namespace weir::http
