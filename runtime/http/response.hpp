// Response bytes: the status line, header fields and the server's own RFC 9457 problem bodies.
#pragma once

#include <weir/http_listener.h>

#include <string>
#include <string_view>

namespace weir::http {

// "Not Found"; "Unknown" for a status without a registered phrase.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// Whether a response of this status carries a body and Content-Length (RFC 9110 section 6.4.1).
[[nodiscard]] bool may_have_body(int status) noexcept;

// Appends status line, the reply's fields, Content-Length and the empty line. Connection is not among them: only the
// connection knows whether it stays open. False: a name is no token, a value holds a control character, the status is
// outside 200 to 599, or a field is the server's own; nothing was appended.
[[nodiscard]] bool append_head(std::string& out, const weir_http_reply& reply);

struct Problem {
    int status;
    std::string_view code;    // stable, bounded: "PAYLOAD_TOO_LARGE"
    std::string_view detail;  // for people
};
// Appends head and body of an application/problem+json response; returns the size of the head.
std::size_t append_problem(std::string& out, const Problem& problem);

// RFC 9110 section 5.6.2 and 5.5.
[[nodiscard]] bool is_token(std::string_view name) noexcept;
[[nodiscard]] bool is_field_value(std::string_view value) noexcept;

}  // namespace weir::http
