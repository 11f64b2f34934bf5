// The small languages of configuration values: durations, sizes, addresses, names.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::config {

// "500ms", "30s", "10m", "2h", "400d": a whole number and one unit. nullopt for anything else, or above 100 years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

// Bytes: "0", "512B", "64KiB", "64MiB", "1GiB", "2TiB". nullopt for anything else, or above 2^63.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

// A whole number as the core schema writes it: 12, +12, 0o14, 0xC. nullopt when it is not one or leaves int64.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

// Finite, with an optional fraction and exponent. For ratios such as jitter; never for money.
[[nodiscard]] std::optional<double> parse_ratio(std::string_view text) noexcept;

// A day of the calendar, "2026-10-01" (RFC 3339, full-date).
[[nodiscard]] bool is_date(std::string_view text) noexcept;

// "127.0.0.1:8080", "[::1]:8080", "localhost:0": what a server can bind to. Port 0 asks for a free one.
[[nodiscard]] bool is_listen_address(std::string_view text) noexcept;

// Of connections and routes: they become metric labels, file names and keys. a-z 0-9 . _ -, at most 64, the first a
// letter or digit.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

}  // namespace weir::config
