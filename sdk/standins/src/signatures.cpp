#include "signatures.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace weir::standin {

namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

using Digest = std::array<unsigned char, 32>;

std::string text_of_digest(const Digest& digest) { return {digest.begin(), digest.end()}; }

}  // namespace

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 15U];
    }
    return hex;
}

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(text), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    // EVP_DecodeBlock counts the padding as zero bytes.
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string sha256(std::string_view data) {
    Digest digest{};
    EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return text_of_digest(digest);
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
    Digest digest{};
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(), digest.data(), nullptr);
    return text_of_digest(digest);
}

std::string stripe_signature(std::string_view secret, std::int64_t seconds, std::string_view body) {
    const std::string time = std::to_string(seconds);
    return "t=" + time + ",v1=" + to_hex(hmac_sha256(secret, time + "." + std::string(body)));
}

std::optional<std::string> standard_webhooks_signature(std::string_view secret, std::string_view id,
                                                       std::int64_t seconds, std::string_view body) {
    constexpr std::string_view kPrefix = "whsec_";
    if (!secret.starts_with(kPrefix)) return std::nullopt;
    const auto key = from_base64(secret.substr(kPrefix.size()));
    if (!key) return std::nullopt;
    const std::string signed_text = std::string(id) + "." + std::to_string(seconds) + "." + std::string(body);
    return "v1," + to_base64(hmac_sha256(*key, signed_text));
}

std::string zendesk_signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
    return to_base64(hmac_sha256(secret, std::string(timestamp) + std::string(body)));
}

}  // namespace weir::standin
