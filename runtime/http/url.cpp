#include "runtime/http/url.hpp"

#include <algorithm>
#include <charconv>

namespace weir::http {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

Error bad_url(std::string_view text, std::string_view expected) {
    const std::string shown(text.substr(0, text.find_first_of("?#")));
    return Error{Errc::invalid, "url \"" + shown + "\": expected " + std::string(expected), "HTTP_BAD_URL", {}};
}

bool is_host(std::string_view host, bool bracketed) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
        const bool name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        return name || (bracketed && c == ':');
    });
}

// Splits "host:port" or "[v6]:port"; false when it is neither.
bool set_authority(std::string_view authority, Url& url) {
    const bool bracketed = authority.starts_with('[');
    const auto host_end = bracketed ? authority.find(']') : authority.find(':');
    if (bracketed && host_end == std::string_view::npos) return false;
    url.host = lowered(bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end));
    if (!is_host(url.host, bracketed)) return false;
    std::string_view rest = host_end == std::string_view::npos ? "" : authority.substr(host_end + (bracketed ? 1 : 0));
    url.authority = bracketed ? "[" + url.host + "]" : url.host;
    if (rest.empty()) return true;
    rest.remove_prefix(1);  // ':'
    const std::uint16_t standard = url.port;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), url.port);
    if (error != std::errc{} || end != rest.data() + rest.size() || url.port == 0) return false;
    if (url.port != standard) url.authority += ":" + std::to_string(url.port);
    return true;
}

}  // namespace

std::string Url::origin() const { return (tls ? "https://" : "http://") + host + ":" + std::to_string(port); }

Result<Url> parse_url(std::string_view text) {
    Url url;
    const auto scheme_end = text.find("://");
    const std::string scheme = lowered(text.substr(0, scheme_end));
    if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
        return bad_url(text, "an absolute http or https URL");
    }
    url.tls = scheme == "https";
    url.port = url.tls ? 443 : 80;
    std::string_view rest = text.substr(scheme_end + 3);
    rest = rest.substr(0, rest.find('#'));
    const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    if (authority.find('@') != std::string_view::npos) {
        return bad_url(scheme + "://...", "no user information; credentials go into a header");
    }
    if (!set_authority(authority, url)) return bad_url(text, "a host name or address, and a port from 1 to 65535");
    url.target = rest.substr(authority_end);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    const bool sound = std::all_of(url.target.begin(), url.target.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (!sound) return bad_url(text, "spaces and characters beyond ASCII to be percent-encoded");
    return url;
}

bool host_matches(const Url& url, std::string_view pattern) {
    const std::string wanted = lowered(pattern);
    if (wanted.starts_with("*.")) return url.host.size() >= wanted.size() && url.host.ends_with(wanted.substr(1));
    return wanted == url.host || wanted == url.host + ":" + std::to_string(url.port);
}

}  // namespace weir::http
