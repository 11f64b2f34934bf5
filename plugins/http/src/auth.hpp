// Who may send: bearer tokens (RFC 6750) and HMAC-SHA256 over the raw body (RFC 2104), compared in constant time.
#pragma once

#include <weir/host.hpp>
#include <weir/http.hpp>
#include <weir/services.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "source_config.hpp"

namespace http_plugin {

enum class AuthResult { granted, refused, unavailable };  // unavailable: a secret cannot be had

// [any thread]
class Authenticator {
  public:
    // Throws weir::ConfigError: a mode without secrets, secrets without a mode.
    Authenticator(const weir::Host& host, const AuthConfig& config);
    [[nodiscard]] AuthResult check(const weir::HttpIncoming& request) const;
    // The value of WWW-Authenticate (RFC 9110 section 11.6.1).
    [[nodiscard]] const std::string& challenge() const noexcept { return challenge_; }

  private:
    [[nodiscard]] bool matches(std::string_view secret, std::string_view credential, std::string_view body) const;

    weir::Host host_;
    const AuthConfig& config_;
    std::optional<weir::Secrets> secrets_;
    std::string header_;  // lower case
    std::string challenge_;
};

// RFC 2104; `digest` as OpenSSL calls it: "SHA256".
[[nodiscard]] std::string hmac(const char* digest, std::string_view key, std::string_view message);
// The 32 bytes of HMAC-SHA256.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace http_plugin
