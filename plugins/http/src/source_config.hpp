// The settings of component `source`; plugin.json describes them.
#pragma once

#include <weir/config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace http_plugin {

enum class AuthMode { none, bearer, hmac };
WEIR_CONFIG_ENUM(AuthMode, none, bearer, hmac)
enum class Encoding { hex, base64 };
WEIR_CONFIG_ENUM(Encoding, hex, base64)
enum class NdjsonMode { cloudevents, json };
WEIR_CONFIG_ENUM(NdjsonMode, cloudevents, json)
enum class IdempotencyMode { off, optional, required };
WEIR_CONFIG_ENUM(IdempotencyMode, off, optional, required)

struct AuthConfig {
    AuthMode mode = AuthMode::none;
    std::vector<weir::SecretRef> secrets;  // any of them is good: for rotation
    std::string header = "x-signature";
    Encoding encoding = Encoding::hex;
    std::string prefix;
};
WEIR_CONFIG(AuthConfig, mode, secrets, header, encoding, prefix)

struct WebhookConfig {
    std::string scheme;                    // "": the source takes no webhooks
    std::vector<weir::SecretRef> secrets;  // any of them is good: for rotation
    std::uint32_t tolerance_seconds = 300;
    // Of scheme hmac.
    std::string header;
    Encoding encoding = Encoding::hex;
    std::string prefix;
    std::string algorithm = "sha256";
    std::string signed_ = "{body}";
    std::string timestamp_header;
    bool iso_timestamp = false;
    std::string id_header;
};
WEIR_CONFIG(WebhookConfig, scheme, secrets, tolerance_seconds, header, encoding, prefix, algorithm, signed_,
            timestamp_header, iso_timestamp, id_header)

struct RateConfig {
    std::uint32_t per_second = 0;  // 0: no limit
    std::uint32_t burst = 100;
};
WEIR_CONFIG(RateConfig, per_second, burst)

struct SourceConfig {
    std::string path;
    AuthConfig auth;
    WebhookConfig webhook;
    RateConfig rate;
    std::uint64_t max_body_bytes = 8u << 20;
    std::uint64_t max_event_bytes = 1u << 20;
    std::uint32_t max_events = 10'000;
    std::uint32_t max_depth = 64;
    NdjsonMode ndjson = NdjsonMode::cloudevents;
    std::string type;
    std::string source;
    std::string id_header = "idempotency-key";
    std::string id_pointer;
    std::string type_pointer;
    std::string subject_pointer;
    IdempotencyMode idempotency_key = IdempotencyMode::off;
    std::uint32_t idempotency_keys_kept = 10'000;
    std::vector<std::string> webhook_origins;
    std::uint32_t retry_after_seconds = 1;
};
WEIR_CONFIG(SourceConfig, path, auth, webhook, type_pointer, subject_pointer, rate, max_body_bytes, max_event_bytes,
            max_events, max_depth, ndjson, type, source, id_header, id_pointer, idempotency_key, idempotency_keys_kept,
            webhook_origins, retry_after_seconds)

}  // namespace http_plugin
