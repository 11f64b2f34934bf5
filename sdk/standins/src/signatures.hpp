// Signatures of webhooks, as the vendors make them, and the digests they are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::standin {

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_base64(std::string_view bytes);
// Empty: not base64 (RFC 4648 section 4, with padding).
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
// 32 raw bytes each.
[[nodiscard]] std::string sha256(std::string_view data);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);

// Stripe-Signature: t=<seconds>,v1=<hex of HMAC("<t>.<body>")>, keyed with the secret's text as it is.
[[nodiscard]] std::string stripe_signature(std::string_view secret, std::int64_t seconds, std::string_view body);
// webhook-signature of Standard Webhooks 1.0.0: v1,<base64 of HMAC("<id>.<seconds>.<body>")>, keyed with what the
// secret's base64 after "whsec_" stands for. Empty: the secret is not of that form.
[[nodiscard]] std::optional<std::string> standard_webhooks_signature(std::string_view secret, std::string_view id,
                                                                     std::int64_t seconds, std::string_view body);
// X-Zendesk-Webhook-Signature: base64 of HMAC(<timestamp header's text><body>).
[[nodiscard]] std::string zendesk_signature(std::string_view secret, std::string_view timestamp, std::string_view body);

}  // namespace weir::standin
