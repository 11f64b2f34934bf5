// Who sent a webhook: the signature schemes of those who send them, over the body as it was received.
//
// Sources: Standard Webhooks 1.0.0 (standardwebhooks.com); docs.stripe.com/webhooks/signature; developer.zendesk.com,
// "Verifying webhook requests"; developer.atlassian.com, "Webhooks" (X-Hub-Signature, WebSub 1.0 section 8);
// developer.xero.com, developer.intuit.com and docs.getlago.com, "Webhooks"; developer.paddle.com, "Verify webhook
// signatures". Each has vectors in test/webhook_vectors.json.
#pragma once

#include <weir/host.hpp>
#include <weir/http.hpp>
#include <weir/services.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source_config.hpp"

namespace http_plugin {

enum class WebhookVerdict : std::uint8_t { good, missing, malformed, mismatch, too_old, in_future, unavailable };
// "WEBHOOK_SIGNATURE_MISMATCH".
[[nodiscard]] std::string_view code_of(WebhookVerdict verdict) noexcept;

// What the records of a scheme are called unless the configuration says something else.
struct WebhookNames {
    std::string_view id_header;   // lower case; "" with an id_pointer or a digest
    std::string_view id_pointer;  // into the body
    std::string_view type_pointer;
    bool digest_id = false;     // a body has no id of its own: its SHA-256 is
    int accepted_status = 202;  // what the sender takes for success
};

// Immutable. [any thread]
class Webhook {
  public:
    using Header = std::function<std::string_view(std::string_view lower_name)>;

    // Throws weir::ConfigError: an unknown scheme, no secrets, a template of "hmac" without {body}.
    explicit Webhook(const WebhookConfig& config);

    // Of one request. All secrets are tried in any case, so that time tells nothing; the signature is judged before its
    // age. A timestamp as old as the tolerance is good.
    [[nodiscard]] WebhookVerdict verify(const Header& header, std::string_view body, std::int64_t now_unix_s,
                                        std::span<const std::string_view> secrets) const;
    [[nodiscard]] const WebhookNames& names() const noexcept { return names_; }

  private:
    enum class Layout : std::uint8_t {
        plain,  // one signature, perhaps behind a prefix
        pairs,  // t=...,v1=...: timestamp and signatures in one header
        list,   // v1,<base64> v1,<base64>
    };
    struct Presented {
        std::string signed_text;  // what the signature is of
        std::string_view timestamp;
        std::vector<std::string> signatures;  // decoded
        std::vector<std::string> ed25519;
    };

    void preset(const WebhookConfig& config);
    void preset_hmac(const WebhookConfig& config);
    [[nodiscard]] WebhookVerdict read(const Header& header, std::string_view body, Presented& into) const;
    [[nodiscard]] bool read_plain(std::string_view text, Presented& into) const;
    [[nodiscard]] bool read_pairs(std::string_view text, Presented& into) const;
    [[nodiscard]] bool read_list(std::string_view text, Presented& into) const;
    [[nodiscard]] bool decode(std::string_view text, std::vector<std::string>& into) const;
    [[nodiscard]] std::optional<std::int64_t> seconds(std::string_view timestamp) const;
    [[nodiscard]] bool matches(const Presented& presented, std::string_view secret) const;

    WebhookNames names_;
    Layout layout_ = Layout::plain;
    Encoding encoding_ = Encoding::hex;
    std::string header_;  // lower case
    std::string prefix_;
    char separator_ = ',';
    std::string timestamp_key_;  // of pairs
    std::string signature_key_;
    std::string timestamp_header_;
    std::string id_header_;
    std::string algorithm_header_;  // must say "hmac" when it is there
    std::string template_ = "{body}";
    const char* digest_ = "SHA256";
    bool encoded_secret_ = false;  // "whsec_" and base64
    bool iso_time_ = false;
    std::int64_t tolerance_s_ = 300;
};

// Asks the host for the secrets, judges and tells the log why.
class WebhookGuard {
  public:
    WebhookGuard(const weir::Host& host, const WebhookConfig& config);
    [[nodiscard]] WebhookVerdict check(const weir::HttpIncoming& request) const;
    [[nodiscard]] const WebhookNames& names() const noexcept { return webhook_.names(); }

  private:
    weir::Host host_;
    const WebhookConfig& config_;
    Webhook webhook_;
    weir::Secrets secrets_;
};

}  // namespace http_plugin
