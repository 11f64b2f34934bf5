// A libFuzzer target: any request to any scheme of webhook. The first byte chooses the scheme, header lines follow, and
// behind an empty line stands the body. Nothing may crash; and what passes no longer does with another body or under
// another secret. Built and run like expr_fuzz.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/http/src/webhook.hpp"

namespace {

using http_plugin::Webhook;
using http_plugin::WebhookConfig;
using http_plugin::WebhookVerdict;

constexpr std::array<const char*, 9> kSchemes = {
    "stripe", "standard-webhooks", "zendesk", "jira", "xero", "intuit", "lago", "paddle", "hmac"};
constexpr std::int64_t kNow = 1'782'864'000;
// Of the vectors in plugins/http/test; the scheme with keys in base64 has its own.
constexpr std::array<std::string_view, 1> kSecret{"whsec_test_weir"};
constexpr std::array<std::string_view, 1> kKey{"whsec_d2Vpci1zdGFuZGFyZC13ZWJob29rcy10ZXN0LWtleSE="};
constexpr std::array<std::string_view, 1> kOther{"whsec_bm9ib2R5LXNpZ25lZC13aXRoLXRoaXMtb25lLWV2ZXI="};

const Webhook& webhook_of(std::uint8_t choice) {
    static const auto kAll = [] {
        std::vector<Webhook> all;
        for (const char* scheme : kSchemes) {
            WebhookConfig config;
            config.scheme = scheme;
            config.secrets.push_back({"s"});
            config.header = "X-Signature";
            config.timestamp_header = "X-Time";
            config.signed_ = "{timestamp}.{body}";
            all.emplace_back(config);
        }
        return all;
    }();
    return kAll[choice % kAll.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::map<std::string_view, std::string_view> headers;
    while (!rest.empty() && rest.front() != '\n') {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const std::size_t colon = std::min(line.find(':'), line.size());
        headers[line.substr(0, colon)] = line.substr(std::min(colon + 1, line.size()));
    }
    if (!rest.empty()) rest.remove_prefix(1);
    const auto header = [&](std::string_view name) {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view() : found->second;
    };
    const Webhook& webhook = webhook_of(data[0]);
    const auto& secrets = std::string_view(kSchemes[data[0] % kSchemes.size()]) == "standard-webhooks" ? kKey : kSecret;
    if (webhook.verify(header, rest, kNow, secrets) != WebhookVerdict::good) return 0;
    const bool forged = webhook.verify(header, std::string(rest) + "x", kNow, secrets) == WebhookVerdict::good ||
                        webhook.verify(header, rest, kNow, kOther) == WebhookVerdict::good;
    if (forged) std::abort();
    return 0;
}
