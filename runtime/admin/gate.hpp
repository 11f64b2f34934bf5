// Who may pass: the token of a request, checked before anything else of it is looked at.
#pragma once

#include <weir/http_listener.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/admin/lockout.hpp"
#include "runtime/admin/tokens.hpp"
#include "runtime/base/clock.hpp"

namespace weir::admin {

// Any thread.
class Gate {
  public:
    // `local` is the secret for verbs on this machine. `clock` outlives the gate.
    Gate(std::filesystem::path tokens, std::string_view local, const Clock& clock)
        : tokens_(std::move(tokens), local), clock_(clock) {}

    // `rejected`, code "UNAUTHENTICATED": no token, or none that is valid; code "LOCKED_OUT", with retry_after: too
    // many of these.
    [[nodiscard]] Result<Actor> admit(const weir_http_incoming& request);
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

  private:
    TokenStore tokens_;
    Lockout lockout_;
    const Clock& clock_;
    std::atomic<std::uint64_t> failures_{0};
};

// The value of a header, by its lower-case name; nullopt: absent or more than one.
[[nodiscard]] std::optional<std::string_view> only_header(const weir_http_incoming& request, std::string_view name);

}  // namespace weir::admin
