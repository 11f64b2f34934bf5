// Base64, hexadecimal and hashes.

#include <openssl/evp.h>

#include <array>

#include "runtime/expr/base64.hpp"
#include "runtime/expr/functions.hpp"
#include "runtime/expr/hash.hpp"

namespace weir::expr {

namespace {
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string encode_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8U | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j) text += j <= count ? kAlphabet[group >> (18 - 6 * j) & 63U] : '=';
    }
    return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 == 0) {
        for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    }
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const std::size_t digit = kAlphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        group = group << 6U | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<char>(group >> bits & 0xFFU));
    }
    return bytes;
}

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
    return {digest.begin(), digest.end()};
}

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        text += kDigits[static_cast<unsigned char>(c) >> 4U];
        text += kDigits[static_cast<unsigned char>(c) & 0xFU];
    }
    return text;
}

namespace {

using Arguments = std::span<const Value>;

Value base64_encode(Context& context, Arguments a) {
    if (!context.charge_bytes(2 * a[0].as_text().size())) return context.limit_error();
    return context.string(encode_base64(a[0].as_text()));
}
Value base64_decode(Context& context, Arguments a) {
    if (!context.charge_bytes(a[0].as_text().size())) return context.limit_error();
    const auto bytes = decode_base64(a[0].as_text());
    return bytes ? context.bytes(*bytes) : context.fail(ErrorKind::invalid_argument, shown(a[0]) + " is not base64");
}

Value hash_sha256(Context& context, Arguments a) {
    if (!context.charge(20 + a[0].as_text().size() / 16)) return context.limit_error();
    const std::string digest = sha256(a[0].as_text());
    if (digest.empty()) return context.fail(ErrorKind::invalid_argument, "SHA-256 is not available");
    return context.bytes(digest);
}
Value to_hex(Context& context, Arguments a) {
    if (!context.charge_bytes(2 * a[0].as_text().size())) return context.limit_error();
    return context.string(hexadecimal(a[0].as_text()));
}

}  // namespace

std::vector<Declaration> encoder_declarations() {
    return {
        {"Encodings and hashes",
         "base64.encode",
         "Bytes as base64 text.",
         {{"base64.encode(bytes) -> string", base64_encode}},
         {{"base64.encode(b'hello')", "'aGVsbG8='"}}},
        {"Encodings and hashes",
         "base64.decode",
         "The bytes of base64 text, with or without padding.",
         {{"base64.decode(string) -> bytes", base64_decode}},
         {{"base64.decode('aGVsbG8')", "b'hello'"}, {"base64.decode('?')", "error"}}},
        {"Encodings and hashes",
         "hash.sha256",
         "The SHA-256 digest of bytes or of a text's UTF-8.",
         {{"hash.sha256(bytes) -> bytes", hash_sha256}, {"hash.sha256(string) -> bytes", hash_sha256}},
         {{"size(hash.sha256('weir'))", "32"},
          {"hex(hash.sha256(''))", "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"}},
         Availability::weir_only},
        {"Encodings and hashes",
         "hex",
         "Bytes as hexadecimal text.",
         {{"hex(bytes) -> string", to_hex}},
         {{"hex(b'\\x01\\xff')", "'01ff'"}},
         Availability::weir_only},
    };
}

}  // namespace weir::expr
