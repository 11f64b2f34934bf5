#include "webhook.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "auth.hpp"
#include "codec.hpp"

namespace http_plugin {

namespace {

constexpr std::string_view kSchemes = "standard-webhooks, stripe, zendesk, jira, xero, intuit, lago, paddle or hmac";

// RFC 8032; a key of 32 bytes.
bool ed25519_is_good(std::string_view key, std::string_view message, std::string_view signature) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(key.data()),
                                    key.size()),
        &EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!pkey || !context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1) {
        return false;
    }
    return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// Calls `take(part)` for what stands between separators, until it says false.
template <class Take>
bool split(std::string_view text, char separator, Take&& take) {
    while (!text.empty()) {
        const std::size_t end = text.find(separator);
        if (!take(trimmed(text.substr(0, end)))) return false;
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return true;
}

}  // namespace

std::string_view code_of(WebhookVerdict verdict) noexcept {
    switch (verdict) {
        case WebhookVerdict::good:
            return "OK";
        case WebhookVerdict::missing:
            return "WEBHOOK_SIGNATURE_MISSING";
        case WebhookVerdict::malformed:
            return "WEBHOOK_SIGNATURE_MALFORMED";
        case WebhookVerdict::mismatch:
            return "WEBHOOK_SIGNATURE_MISMATCH";
        case WebhookVerdict::too_old:
            return "WEBHOOK_SIGNATURE_TOO_OLD";
        case WebhookVerdict::in_future:
            return "WEBHOOK_SIGNATURE_IN_FUTURE";
        case WebhookVerdict::unavailable:
            return "SECRET_UNAVAILABLE";
    }
    return "WEBHOOK_SIGNATURE_MISMATCH";
}

// ---------------------------------------------------------------------------------------------- schemes

Webhook::Webhook(const WebhookConfig& config) {
    tolerance_s_ = config.tolerance_seconds;
    preset(config);
    if (config.secrets.empty()) throw weir::ConfigError("/webhook/secrets", "expected at least one secret");
}

void Webhook::preset(const WebhookConfig& config) {
    const std::string& scheme = config.scheme;
    const auto body_hmac = [&](const char* header, Encoding encoding) {
        header_ = header;
        encoding_ = encoding;
    };
    if (scheme == "standard-webhooks") {
        layout_ = Layout::list;
        body_hmac("webhook-signature", Encoding::base64);
        separator_ = ' ';
        timestamp_header_ = "webhook-timestamp";
        id_header_ = "webhook-id";
        template_ = "{id}.{timestamp}.{body}";
        encoded_secret_ = true;
        names_ = {.id_header = "webhook-id", .id_pointer = {}, .type_pointer = "/type"};
    } else if (scheme == "stripe") {
        layout_ = Layout::pairs;
        body_hmac("stripe-signature", Encoding::hex);
        timestamp_key_ = "t";
        signature_key_ = "v1";
        template_ = "{timestamp}.{body}";
        names_ = {.id_header = {}, .id_pointer = "/id", .type_pointer = "/type"};
    } else if (scheme == "paddle") {
        layout_ = Layout::pairs;
        body_hmac("paddle-signature", Encoding::hex);
        separator_ = ';';
        timestamp_key_ = "ts";
        signature_key_ = "h1";
        template_ = "{timestamp}:{body}";
        names_ = {.id_header = {}, .id_pointer = "/event_id", .type_pointer = "/event_type"};
        names_.accepted_status = 200;  // what its documentation asks for
    } else if (scheme == "zendesk") {
        body_hmac("x-zendesk-webhook-signature", Encoding::base64);
        timestamp_header_ = "x-zendesk-webhook-signature-timestamp";
        iso_time_ = true;
        template_ = "{timestamp}{body}";
        names_ = {.id_header = "x-zendesk-webhook-invocation-id", .id_pointer = {}, .type_pointer = "/type"};
    } else if (scheme == "jira") {
        body_hmac("x-hub-signature", Encoding::hex);
        prefix_ = "sha256=";
        names_ = {.id_header = "x-atlassian-webhook-identifier", .id_pointer = {}, .type_pointer = "/webhookEvent"};
    } else if (scheme == "lago") {
        body_hmac("x-lago-signature", Encoding::base64);
        algorithm_header_ = "x-lago-signature-algorithm";
        names_ = {.id_header = "x-lago-unique-key", .id_pointer = {}, .type_pointer = "/webhook_type"};
    } else if (scheme == "xero" || scheme == "intuit") {
        body_hmac(scheme == "xero" ? "x-xero-signature" : "intuit-signature", Encoding::base64);
        names_.digest_id = true;
        names_.accepted_status = 200;  // anything else is a failure to them
    } else if (scheme == "hmac") {
        preset_hmac(config);
    } else {
        throw weir::ConfigError("/webhook/scheme", "found \"" + scheme + "\", expected " + std::string(kSchemes));
    }
}

void Webhook::preset_hmac(const WebhookConfig& config) {
    if (config.header.empty()) throw weir::ConfigError("/webhook/header", "expected the name of a header");
    if (config.signed_.find("{body}") == std::string::npos) {
        throw weir::ConfigError("/webhook/signed", "found \"" + config.signed_ + "\", expected {body} in it");
    }
    header_ = to_lower(config.header);
    encoding_ = config.encoding;
    prefix_ = config.prefix;
    template_ = config.signed_;
    timestamp_header_ = to_lower(config.timestamp_header);
    iso_time_ = config.iso_timestamp;
    id_header_ = to_lower(config.id_header);
    if (config.algorithm == "sha1") digest_ = "SHA1";
    if (config.algorithm == "sha512") digest_ = "SHA512";
    if (template_.find("{timestamp}") != std::string::npos && timestamp_header_.empty()) {
        throw weir::ConfigError("/webhook/timestamp_header", "expected a header, {timestamp} is signed");
    }
    if (template_.find("{id}") != std::string::npos && id_header_.empty()) {
        throw weir::ConfigError("/webhook/id_header", "expected a header, {id} is signed");
    }
}

// ---------------------------------------------------------------------------------------------- one request

WebhookVerdict Webhook::verify(const Header& header, std::string_view body, std::int64_t now_unix_s,
                               std::span<const std::string_view> secrets) const {
    Presented presented;
    if (const auto verdict = read(header, body, presented); verdict != WebhookVerdict::good) return verdict;
    const bool timed = !timestamp_header_.empty() || !timestamp_key_.empty();
    const auto when = timed ? seconds(presented.timestamp) : std::optional<std::int64_t>(now_unix_s);
    if (!when) return WebhookVerdict::malformed;
    bool good = false;
    for (const std::string_view secret : secrets) good |= !secret.empty() && matches(presented, secret);
    if (!good) return WebhookVerdict::mismatch;
    // Neither side can overflow: a timestamp is a moment of the years 1678 to 2261, or of at most 12 digits.
    if (now_unix_s - *when > tolerance_s_) return WebhookVerdict::too_old;
    return *when - now_unix_s > tolerance_s_ ? WebhookVerdict::in_future : WebhookVerdict::good;
}

WebhookVerdict Webhook::read(const Header& header, std::string_view body, Presented& into) const {
    const std::string_view text = trimmed(header(header_));
    if (text.empty()) return WebhookVerdict::missing;
    if (!algorithm_header_.empty()) {
        const std::string_view algorithm = header(algorithm_header_);
        if (!algorithm.empty() && to_lower(algorithm) != "hmac") return WebhookVerdict::malformed;
    }
    std::string_view id;
    if (!timestamp_header_.empty()) {
        into.timestamp = trimmed(header(timestamp_header_));
        if (into.timestamp.empty()) return WebhookVerdict::missing;
    }
    if (!id_header_.empty()) {
        id = header(id_header_);
        if (id.empty()) return WebhookVerdict::missing;
    }
    bool sound = false;
    switch (layout_) {
        case Layout::plain:
            sound = read_plain(text, into);
            break;
        case Layout::pairs:
            sound = read_pairs(text, into);
            break;
        case Layout::list:
            sound = read_list(text, into);
            break;
    }
    if (!sound) return WebhookVerdict::malformed;
    for (std::string_view rest = template_; !rest.empty();) {
        const auto take = [&](std::string_view name, std::string_view value) {
            if (!rest.starts_with(name)) return false;
            into.signed_text += value;
            rest.remove_prefix(name.size());
            return true;
        };
        if (take("{body}", body) || take("{timestamp}", into.timestamp) || take("{id}", id)) continue;
        into.signed_text += rest.front();
        rest.remove_prefix(1);
    }
    return WebhookVerdict::good;
}

bool Webhook::decode(std::string_view text, std::vector<std::string>& into) const {
    std::string bytes;
    const bool sound =
        encoding_ == Encoding::hex ? append_hex_decoded(bytes, text) : append_base64_decoded(bytes, text);
    if (!sound || bytes.empty()) return false;
    into.push_back(std::move(bytes));
    return true;
}

bool Webhook::read_plain(std::string_view text, Presented& into) const {
    return text.starts_with(prefix_) && decode(text.substr(prefix_.size()), into.signatures);
}

// Keys that nobody knows are of schemes to come, or of older ones: v0.
bool Webhook::read_pairs(std::string_view text, Presented& into) const {
    const bool sound = split(text, separator_, [&](std::string_view pair) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) return false;
        const std::string_view key = trimmed(pair.substr(0, equals));
        const std::string_view value = trimmed(pair.substr(equals + 1));
        if (key == timestamp_key_) into.timestamp = value;
        if (key == signature_key_) (void)decode(value, into.signatures);  // one that is none cannot be good
        return true;
    });
    return sound && !into.timestamp.empty() && !into.signatures.empty();
}

bool Webhook::read_list(std::string_view text, Presented& into) const {
    const bool sound = split(text, separator_, [&](std::string_view one) {
        if (one.starts_with("v1,")) (void)decode(one.substr(3), into.signatures);
        if (one.starts_with("v1a,")) (void)decode(one.substr(4), into.ed25519);
        return true;
    });
    return sound && !(into.signatures.empty() && into.ed25519.empty());
}

std::optional<std::int64_t> Webhook::seconds(std::string_view timestamp) const {
    constexpr std::int64_t kSecondNs = 1'000'000'000;
    constexpr std::size_t kDigitsMax = 12;
    if (iso_time_) {
        const auto ns = parse_rfc3339(timestamp);
        return ns ? std::optional(*ns / kSecondNs) : std::nullopt;
    }
    std::int64_t value = 0;
    const char* const end = timestamp.data() + timestamp.size();
    const auto [stop, error] = std::from_chars(timestamp.data(), end, value);
    if (error != std::errc{} || stop != end || timestamp.size() > kDigitsMax || value < 0) return std::nullopt;
    return value;
}

bool Webhook::matches(const Presented& presented, std::string_view secret) const {
    constexpr std::string_view kSecret = "whsec_";
    constexpr std::string_view kPublic = "whpk_";
    std::string key(secret);
    if (encoded_secret_) {
        const bool is_public = secret.starts_with(kPublic);
        if (is_public) secret.remove_prefix(kPublic.size());
        if (secret.starts_with(kSecret)) secret.remove_prefix(kSecret.size());
        key.clear();
        if (!append_base64_decoded(key, secret) || key.empty()) return false;
        if (is_public) {
            bool good = false;
            for (const auto& one : presented.ed25519) good |= ed25519_is_good(key, presented.signed_text, one);
            return good;
        }
    }
    const std::string expected = hmac(digest_, key, presented.signed_text);
    bool good = false;
    for (const std::string& one : presented.signatures) good |= equal_in_constant_time(one, expected);
    return good;
}

// ---------------------------------------------------------------------------------------------- guard

WebhookGuard::WebhookGuard(const weir::Host& host, const WebhookConfig& config)
    : host_(host), config_(config), webhook_(config), secrets_(host) {}

WebhookVerdict WebhookGuard::check(const weir::HttpIncoming& request) const {
    constexpr std::int64_t kSecondNs = 1'000'000'000;
    std::vector<weir::Secret> held;
    std::vector<std::string_view> texts;
    held.reserve(config_.secrets.size());
    bool had_all = true;
    for (const weir::SecretRef& ref : config_.secrets) {
        auto secret = secrets_.get(ref);
        if (!secret) {
            host_.error("secret not available", {{"secret", ref.name}, {"reason", secret.error().message}});
            had_all = false;
            continue;
        }
        held.push_back(std::move(*secret));
        texts.push_back(held.back().reveal());
    }
    const auto header = [&request](std::string_view name) { return request.header(name); };
    const WebhookVerdict verdict = webhook_.verify(header, request.body(), host_.wall_unix_ns() / kSecondNs, texts);
    if (verdict == WebhookVerdict::good) return verdict;
    if (!had_all && verdict == WebhookVerdict::mismatch) return WebhookVerdict::unavailable;
    host_.warn("webhook refused", {{"scheme", config_.scheme}, {"code", code_of(verdict)}});
    return verdict;
}

}  // namespace http_plugin
