// Identifiers: time-ordered UUIDs, and the keys a delivery carries to its target.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// RFC 9562 UUIDv7 from a wall-clock time; random from the operating system. Any thread.
[[nodiscard]] std::string uuid7(std::int64_t wall_ns);

// What a target sees of a delivery: the same over retries, restarts and replays.
struct DeliveryKeys {
    char external_ref[19];     // "WR-" and RFC 4648 base32 of 10 bytes of a SHA-256
    char idempotency_key[32];  // hex; a function of external_ref, so that only that one needs to be stored
    [[nodiscard]] std::string_view reference() const noexcept { return {external_ref, sizeof external_ref}; }
    [[nodiscard]] std::string_view key() const noexcept { return {idempotency_key, sizeof idempotency_key}; }
};
// From the identity of the accepted record and which of the records it became (`part`); each field length-prefixed.
[[nodiscard]] DeliveryKeys delivery_keys(std::string_view route, std::string_view destination, std::string_view source,
                                         std::string_view id, std::uint32_t part);
// The keys of a delivery whose external reference was stored. Shorter or longer text is cut or padded with 'A'.
[[nodiscard]] DeliveryKeys delivery_keys(std::string_view external_ref);

}  // namespace weir
