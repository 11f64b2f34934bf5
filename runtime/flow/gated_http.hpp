// weir.http/1 for one sink: the host's client behind the connection's gate, so that every request a connector sends
// counts, and what the target says about its limits is heard for all routes.
#pragma once

#include <weir/http.h>

#include <cstdint>

#include "runtime/base/clock.hpp"
#include "runtime/flow/connection_gate.hpp"

namespace weir::flow {

// The table; give it to the sink in place of the client's own. Requests wait here for room, up to a few seconds and
// never beyond the call's deadline; those that found none end with HTTP_QUOTA, nothing sent. [any]
class GatedHttp : public weir_svc_http {
  public:
    // All outlive it. `caller` is the gate's member whose calls these requests belong to.
    GatedHttp(const weir_svc_http& inner, ConnectionGate& gate, ConnectionGate::Caller caller, const Clock& clock);

  private:
    struct Exchange;
    static weir_status exchange_entry(const void* self, const weir_host* host, const weir_call* call,
                                      const weir_http_request* requests, std::uint32_t stride, std::uint32_t count,
                                      std::uint32_t max_parallel, weir_http_exchange** out, weir_error* error) noexcept;
    static const weir_http_result* result_entry(const weir_http_exchange* exchange, std::uint32_t index) noexcept;
    static void release_entry(weir_http_exchange* exchange) noexcept;

    weir_status run(const weir_host* host, const weir_call* call, const weir_http_request* requests,
                    std::uint32_t stride, std::uint32_t count, std::uint32_t max_parallel, Exchange& into,
                    weir_error* error) const;
    [[nodiscard]] std::uint32_t wait_for_room(const weir_call* call, std::uint32_t wanted) const;
    void hear(const weir_http_result& answer) const;

    const weir_svc_http& inner_;
    ConnectionGate& gate_;
    ConnectionGate::Caller caller_;
    const Clock& clock_;
};

// How long a target wants to be left alone, from its answer: `Retry-After` of a 429 or 503 (RFC 9110, seconds), or
// that nothing remains until a reset (X-RateLimit-Remaining/-Reset, RateLimit-Remaining/-Reset, and RateLimit of
// draft-ietf-httpapi-ratelimit-headers). 0: no wish.
[[nodiscard]] std::chrono::nanoseconds wish_of(const weir_http_result& result, std::int64_t now_wall_ns);

}  // namespace weir::flow
