// Small encodings of HTTP and CloudEvents: times, base64, hexadecimal, percent-encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http_plugin {

// RFC 3339 date-time with any offset, nanoseconds since 1970. nullopt: it is none, or outside 1678 to 2261. A leap
// second counts as the second after it; digits beyond nanoseconds are cut.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

// RFC 9110 section 5.6.7, the preferred form only: "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept;

// "2026-06-01T16:00:00Z", with a fraction only when there is one.
[[nodiscard]] std::string format_rfc3339(std::int64_t unix_ns);

// RFC 4648 section 4, padding required. False: it is not base64; `out` is then of no use.
[[nodiscard]] bool append_base64_decoded(std::string& out, std::string_view text);
[[nodiscard]] bool append_hex_decoded(std::string& out, std::string_view text);
// Lower case.
void append_hex_encoded(std::string& out, std::string_view bytes);

// %41 becomes A (CloudEvents HTTP binding, section 3.1.3.2). False: a % without two hexadecimal digits.
[[nodiscard]] bool append_percent_decoded(std::string& out, std::string_view text);
// Keeps RFC 3986's unreserved characters; for a path segment or query value.
void append_percent_encoded(std::string& out, std::string_view text);
// For a CloudEvents header value: what is not printable ASCII, space, '"' and '%'.
void append_header_encoded(std::string& out, std::string_view text);

}  // namespace http_plugin
