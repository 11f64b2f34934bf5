// Identifiers: time-ordered UUIDs, and the keys a delivery carries to its target.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// RFC 9562 UUIDv7 from a wall-clock time; random from the operating system. Any thread.
[[nodiscard]] std::string uuid7(std::int64_t wall_ns);

// What a target sees of a delivery. Both come from one SHA-256 of (route, destination, source, id, part), each
// length-prefixed, so they are the same over retries, restarts and replays.
struct DeliveryKeys {
    char idempotency_key[32];  // hex of the first 16 bytes
    char external_ref[19];     // "WR-" and RFC 4648 base32 of the next 10 bytes
};
[[nodiscard]] DeliveryKeys delivery_keys(std::string_view route, std::string_view destination,
                                         std::string_view source, std::string_view id, std::uint32_t part);

}  // namespace weir
