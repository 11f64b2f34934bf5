#include "runtime/admin/gate.hpp"

#include <algorithm>
#include <span>

#include "runtime/base/log.hpp"
#include "runtime/base/record_batch.hpp"

namespace weir::admin {

namespace {

constexpr std::size_t kSecretMax = 256;

// RFC 6750 section 2.1; the scheme is compared without case (RFC 9110 section 11.1).
std::string_view bearer(std::string_view value) {
    constexpr std::string_view kScheme = "bearer ";
    const bool is_bearer =
        value.size() > kScheme.size() && std::equal(kScheme.begin(), kScheme.end(), value.begin(), [](char a, char b) {
            return a == (b == ' ' ? ' ' : static_cast<char>(b | 0x20));
        });
    return is_bearer ? value.substr(kScheme.size()) : std::string_view{};
}

bool is_user_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

// A verb says who runs it; whoever has the local token could say anything there, and could as well be that user.
std::string local_actor(const weir_http_incoming& request) {
    const auto user = only_header(request, "weir-local-user");
    return user && is_user_name(*user) ? "local:" + std::string(*user) : "local";
}

}  // namespace

std::optional<std::string_view> only_header(const weir_http_incoming& request, std::string_view name) {
    std::optional<std::string_view> found;
    for (const weir_attr& header : std::span(request.headers, request.header_count)) {
        if (view(header.key) != name) continue;
        if (found) return std::nullopt;
        found = view(header.value);
    }
    return found;
}

Result<Actor> Gate::admit(const weir_http_incoming& request) {
    const std::string_view remote = view(request.remote);
    const auto wait = lockout_.wait_ns(remote, clock_.mono_ns());
    if (wait) {
        return Error{Errc::rejected, "too many wrong tokens from this address", "LOCKED_OUT",
                     std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(*wait))};
    }
    const std::string_view secret = bearer(only_header(request, "authorization").value_or(""));
    const auto holder =
        secret.empty() || secret.size() > kSecretMax ? std::nullopt : tokens_.find(secret, clock_.wall_ns());
    if (!holder) {
        lockout_.failed(remote, clock_.mono_ns());
        failures_.fetch_add(1, std::memory_order_relaxed);
        log::warn("administration refused a request", {{"remote", remote}, {"reason", "no valid token"}});
        return Error{Errc::rejected,
                     "expected the header Authorization: Bearer <token> with a valid token",
                     "UNAUTHENTICATED",
                     {}};
    }
    lockout_.succeeded(remote);
    return Actor{holder->local ? local_actor(request) : "token:" + holder->name, std::string(to_string(holder->role)),
                 ""};
}

}  // namespace weir::admin
