#include "runtime/base/id.hpp"

#define XXH_INLINE_ALL
#include <openssl/evp.h>
#include <sys/random.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace weir {

namespace {

// 4 KiB of randomness at a time: a system call per id would dominate accepting one.
void random_bytes(unsigned char* out, std::size_t size) {
    thread_local std::array<unsigned char, 4096> pool;
    thread_local std::size_t left = 0;
    if (left < size) {
        std::size_t filled = 0;
        while (filled < pool.size()) {
            const ssize_t got = ::getrandom(pool.data() + filled, pool.size() - filled, 0);
            if (got > 0) filled += static_cast<std::size_t>(got);
        }
        left = pool.size();
    }
    std::memcpy(out, pool.data() + (pool.size() - left), size);
    left -= size;
}

struct Sha256 {
    std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free};
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};

    void begin() { EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr); }
    void field(std::string_view bytes) {
        const std::uint64_t size = bytes.size();  // prefixed: ("ab","c") must differ from ("a","bc")
        EVP_DigestUpdate(context.get(), &size, sizeof size);
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
    }
    std::array<unsigned char, 32> end() {
        std::array<unsigned char, 32> digest{};
        EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
        return digest;
    }
};

// 128 bits spread over the reference's 80: the reference is what makes it unique.
void fill_idempotency_key(DeliveryKeys& keys) {
    constexpr char kHex[] = "0123456789abcdef";
    const XXH128_hash_t hash = XXH3_128bits(keys.external_ref, sizeof keys.external_ref);
    for (std::size_t i = 0; i < 16; ++i) {
        keys.idempotency_key[i] = kHex[(hash.high64 >> (60 - 4 * i)) & 15];
        keys.idempotency_key[16 + i] = kHex[(hash.low64 >> (60 - 4 * i)) & 15];
    }
}

}  // namespace

std::string uuid7(std::int64_t wall_ns) {
    std::array<unsigned char, 16> b{};
    random_bytes(b.data() + 6, 10);
    const auto ms = static_cast<std::uint64_t>(wall_ns / 1'000'000);
    for (std::size_t i = 0; i < 6; ++i) b[i] = static_cast<unsigned char>(ms >> (40 - 8 * i));
    b[6] = static_cast<unsigned char>((b[6] & 0x0F) | 0x70);
    b[8] = static_cast<unsigned char>((b[8] & 0x3F) | 0x80);
    constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kHex[b[i] >> 4];
        text += kHex[b[i] & 15];
    }
    return text;
}

DeliveryKeys delivery_keys(std::string_view route, std::string_view destination, std::string_view source,
                           std::string_view id, std::uint32_t part) {
    thread_local Sha256 sha;
    sha.begin();
    sha.field(route);
    sha.field(destination);
    sha.field(source);
    sha.field(id);
    sha.field({reinterpret_cast<const char*>(&part), sizeof part});
    const auto digest = sha.end();

    constexpr char kBase32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    DeliveryKeys keys{};
    std::memcpy(keys.external_ref, "WR-", 3);
    for (std::size_t i = 0; i < 16; ++i) {  // 80 bits, 5 at a time
        const std::size_t bit = i * 5;
        const unsigned two = (unsigned{digest[bit / 8]} << 8) | digest[bit / 8 + 1];
        keys.external_ref[3 + i] = kBase32[(two >> (11 - bit % 8)) & 31];
    }
    fill_idempotency_key(keys);
    return keys;
}

DeliveryKeys delivery_keys(std::string_view external_ref) {
    DeliveryKeys keys{};
    std::memset(keys.external_ref, 'A', sizeof keys.external_ref);
    std::memcpy(keys.external_ref, external_ref.data(), std::min(external_ref.size(), sizeof keys.external_ref));
    fill_idempotency_key(keys);
    return keys;
}

}  // namespace weir
