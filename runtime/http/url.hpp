// The parts of an absolute http or https URL that a client needs (RFC 3986, RFC 9110 section 4.2).
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::http {

struct Url {
    bool tls = false;
    std::string host;  // without brackets, lower case
    std::uint16_t port = 0;
    std::string target;     // path and query, at least "/"
    std::string authority;  // for the Host field: brackets kept, port only when it is not the scheme's

    [[nodiscard]] std::string origin() const;  // "https://host:port", names a pool
};

// `invalid` (code HTTP_BAD_URL): another scheme, no host, a port out of range, user information, or characters that
// cannot stand in a request line. The message does not show the query: it may hold a key.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

// Whether `url` is one of `patterns`: "api.example.com", "api.example.com:8443", "*.example.com" (below it, not
// itself). An empty list allows all.
template <class Patterns>
[[nodiscard]] bool host_allowed(const Url& url, const Patterns& patterns);

[[nodiscard]] bool host_matches(const Url& url, std::string_view pattern);

template <class Patterns>
bool host_allowed(const Url& url, const Patterns& patterns) {
    if (patterns.empty()) return true;
    for (const std::string_view pattern : patterns) {
        if (host_matches(url, pattern)) return true;
    }
    return false;
}

}  // namespace weir::http
