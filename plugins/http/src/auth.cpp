#include "auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "codec.hpp"

namespace http_plugin {

namespace {

// "Bearer abc": the scheme in any case, one or more spaces (RFC 9110 section 11.4).
std::string_view bearer_token(std::string_view authorization) {
    constexpr std::string_view kScheme = "bearer ";
    if (to_lower(authorization.substr(0, kScheme.size())) != kScheme) return {};
    const auto token = authorization.find_first_not_of(' ', kScheme.size());
    return token == std::string_view::npos ? std::string_view{} : authorization.substr(token);
}

}  // namespace

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

std::string hmac(const char* digest, std::string_view key, std::string_view message) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_get_digestbyname(digest), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytes, &size);
    return {reinterpret_cast<const char*>(bytes), size};
}

std::string hmac_sha256(std::string_view key, std::string_view message) { return hmac("SHA256", key, message); }

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Authenticator::Authenticator(const weir::Host& host, const AuthConfig& config)
    : host_(host), config_(config), header_(to_lower(config.header)) {
    if (config.mode == AuthMode::none) {
        if (!config.secrets.empty())
            throw weir::ConfigError("/auth/mode", "secrets are given: expected bearer or hmac");
        return;
    }
    if (config.secrets.empty()) throw weir::ConfigError("/auth/secrets", "expected at least one secret");
    secrets_.emplace(host);
    challenge_ = config.mode == AuthMode::bearer ? "Bearer" : "HMAC-SHA256 header=\"" + config.header + "\"";
}

AuthResult Authenticator::check(const weir::HttpIncoming& request) const {
    if (config_.mode == AuthMode::none) return AuthResult::granted;
    std::string decoded;
    std::string_view credential;
    if (config_.mode == AuthMode::bearer) {
        credential = bearer_token(request.header("authorization"));
    } else {
        std::string_view text = request.header(header_);
        if (!text.starts_with(config_.prefix)) return AuthResult::refused;
        text.remove_prefix(config_.prefix.size());
        const bool sound = config_.encoding == Encoding::hex ? append_hex_decoded(decoded, text)
                                                             : append_base64_decoded(decoded, text);
        if (!sound) return AuthResult::refused;
        credential = decoded;
    }
    if (credential.empty()) return AuthResult::refused;

    bool granted = false;
    bool had_all = true;
    // All of them, always: which one fits must not show in the time it takes.
    for (const weir::SecretRef& ref : config_.secrets) {
        const auto secret = secrets_->get(ref);
        if (!secret) {
            host_.error("secret not available", {{"secret", ref.name}, {"reason", secret.error().message}});
            had_all = false;
            continue;
        }
        // An empty secret grants nobody anything.
        granted |= !secret->reveal().empty() && matches(secret->reveal(), credential, request.body());
    }
    if (granted) return AuthResult::granted;
    return had_all ? AuthResult::refused : AuthResult::unavailable;
}

bool Authenticator::matches(std::string_view secret, std::string_view credential, std::string_view body) const {
    if (config_.mode == AuthMode::bearer) return equal_in_constant_time(credential, secret);
    return equal_in_constant_time(credential, hmac_sha256(secret, body));
}

}  // namespace http_plugin
