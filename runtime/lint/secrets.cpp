#include "runtime/lint/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <string>

namespace weir::lint {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

struct Prefix {
    std::string_view text;
    std::size_t rest_min;  // word characters behind it
    std::string_view what;
};

// As the vendors document them, for scanners like this one: docs.github.com "token formats", stripe.com/docs/keys,
// api.slack.com/authentication/token-types, docs.aws.amazon.com/IAM "unique identifiers".
constexpr Prefix kPrefixes[] = {
    {"sk_live_", 8, "a Stripe key"},       {"sk_test_", 8, "a Stripe key"},
    {"rk_live_", 8, "a Stripe key"},       {"whsec_", 8, "a Stripe webhook secret"},
    {"xoxb-", 8, "a Slack token"},         {"xoxp-", 8, "a Slack token"},
    {"xapp-", 8, "a Slack token"},         {"ghp_", 20, "a GitHub token"},
    {"gho_", 20, "a GitHub token"},        {"ghs_", 20, "a GitHub token"},
    {"github_pat_", 20, "a GitHub token"}, {"glpat-", 16, "a GitLab token"},
    {"AKIA", 16, "an AWS access key"},     {"ASIA", 16, "an AWS access key"},
    {"AIza", 30, "a Google API key"},      {"shpat_", 20, "a Shopify token"},
    {"SG.", 16, "a SendGrid key"},
};

std::size_t word_length(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_word) - text.begin());
}

std::string_view prefixed(std::string_view value) {
    for (const Prefix& prefix : kPrefixes) {
        for (std::size_t at = value.find(prefix.text); at != std::string_view::npos;
             at = value.find(prefix.text, at + 1)) {
            const bool starts = at == 0 || !is_word(value[at - 1]);
            if (starts && word_length(value.substr(at + prefix.text.size())) >= prefix.rest_min) return prefix.what;
        }
    }
    return {};
}

// RFC 7235: a scheme and what proves who is asking.
std::string_view authorization(std::string_view value) {
    constexpr std::size_t kProofMin = 12;
    for (const std::string_view scheme : {"Bearer ", "bearer ", "Basic ", "basic "}) {
        const std::size_t at = value.find(scheme);
        if (at == std::string_view::npos) continue;
        const std::string_view rest = value.substr(at + scheme.size());
        if (rest.find(' ') == std::string_view::npos && rest.size() >= kProofMin && !rest.starts_with('{')) {
            return scheme.front() == 'B' || scheme.front() == 'b' ? "an Authorization header" : "";
        }
    }
    return {};
}

// RFC 3986, 3.2.1: scheme://user:password@host
std::string_view url_password(std::string_view value) {
    const std::size_t scheme = value.find("://");
    if (scheme == std::string_view::npos) return {};
    const std::string_view authority = value.substr(scheme + 3, value.find_first_of("/?#", scheme + 3) - scheme - 3);
    const std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos) return {};
    const std::size_t colon = authority.find(':');
    return colon < at && colon + 1 < at ? "a password in a URL" : "";
}

// RFC 7519: three parts of base64url, the first an object.
bool is_web_token(std::string_view value) {
    return value.starts_with("eyJ") && value.size() > 40 && std::ranges::count(value, '.') == 2 &&
           value.find(' ') == std::string_view::npos;
}

bool names_secret(std::string_view field) {
    std::string lower;
    for (const char c : field) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    static constexpr std::array<std::string_view, 10> kWords{"token",   "secret",    "password",   "passwd",
                                                             "api_key", "apikey",    "credential", "private_key",
                                                             "api-key", "client_key"};
    return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// Shannon, in bits for each character.
double entropy(std::string_view value) {
    std::array<std::size_t, 256> counts{};
    for (const char c : value) ++counts[static_cast<unsigned char>(c)];
    double bits = 0;
    for (const std::size_t count : counts) {
        if (count == 0) continue;
        const double share = static_cast<double>(count) / static_cast<double>(value.size());
        bits -= share * std::log2(share);
    }
    return bits;
}

// A name, a path or an expression is not: they have words, slashes or brackets.
bool looks_random(std::string_view value) {
    constexpr std::size_t kLengthMin = 16;
    constexpr double kEntropyMin = 3.0;
    const auto is = [&](auto kind) {
        return std::ranges::any_of(value, [&](char c) { return kind(static_cast<unsigned char>(c)) != 0; });
    };
    const bool allowed = std::ranges::all_of(
        value, [](char c) { return is_word(c) || c == '+' || c == '/' || c == '=' || c == '.' || c == '~'; });
    return value.size() >= kLengthMin && allowed && !value.starts_with('/') && !value.starts_with('.') &&
           is([](int c) { return std::isdigit(c); }) && is([](int c) { return std::isalpha(c); }) &&
           entropy(value) >= kEntropyMin;
}

}  // namespace

std::string_view secret_in(std::string_view field, std::string_view value) {
    if (value.find("-----BEGIN ") != std::string_view::npos && value.find("PRIVATE KEY") != std::string_view::npos) {
        return "a private key";
    }
    if (const std::string_view what = prefixed(value); !what.empty()) return what;
    if (const std::string_view what = url_password(value); !what.empty()) return what;
    if (is_web_token(value)) return "a JSON web token";
    if (const std::string_view what = authorization(value); !what.empty()) return what;
    if (names_secret(field) && looks_random(value)) return "a random looking value";
    return {};
}

}  // namespace weir::lint
