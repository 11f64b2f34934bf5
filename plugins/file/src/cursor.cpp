#include "cursor.hpp"

#include <charconv>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::file {
namespace {

constexpr std::string_view kVersion = "weir-file/1 ";

// Takes `key=` and the number behind it, then `end`, off the front of `text`.
bool take(std::string_view& text, std::string_view key, int base, char end, std::uint64_t& out) {
    if (!text.starts_with(key)) return false;
    text.remove_prefix(key.size());
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    const auto used = static_cast<std::size_t>(stop - text.data());
    if (error != std::errc{} || used >= text.size() || text[used] != end) return false;
    text.remove_prefix(used + 1);
    return true;
}

bool take_chain(std::string_view& text, Chain& chain) {
    constexpr std::string_view kKey = "chain=";
    if (!text.starts_with(kKey) || text.size() < kKey.size() + 33) return false;
    const char* digits = text.data() + kKey.size();
    const auto high = std::from_chars(digits, digits + 16, chain.high, 16);
    const auto low = std::from_chars(digits + 16, digits + 32, chain.low, 16);
    if (high.ptr != digits + 16 || low.ptr != digits + 32 || digits[32] != ' ') return false;
    text.remove_prefix(kKey.size() + 33);
    return true;
}

void write_hex16(std::uint64_t value, char* out) noexcept {
    constexpr char kDigits[] = "0123456789abcdef";
    for (int i = 15; i >= 0; --i, value >>= 4) out[i] = kDigits[value & 15];
}

}  // namespace

void Chain::add(std::string_view row) noexcept {
    // Seeding the row's hash with the chain's low half, then mixing in the high half, makes each row depend on all
    // rows before it; 128 bits make two files that differ end alike by chance once in 2^64 pairs.
    const XXH128_hash_t hash = XXH3_128bits_withSeed(row.data(), row.size(), low ^ (high << 1 | high >> 63));
    high = hash.high64;
    low = hash.low64;
}

void Chain::write_hex(char (&out)[32]) const noexcept {
    write_hex16(high, out);
    write_hex16(low, out + 16);
}

Fingerprint Fingerprint::of(std::string_view first_bytes) noexcept {
    const std::string_view bytes = first_bytes.substr(0, kBytesMax);
    return {static_cast<std::uint32_t>(bytes.size()), bytes.empty() ? 0 : XXH3_64bits(bytes.data(), bytes.size())};
}

std::string Cursor::encode() const {
    char hex[32];
    chain.write_hex(hex);
    char text[320];
    const int size =
        std::snprintf(text, sizeof text,
                      "%sgen=%u dev=%llu ino=%llu off=%llu row=%llu chain=%.32s fp=%u:%016llx name=", kVersion.data(),
                      generation, static_cast<unsigned long long>(device), static_cast<unsigned long long>(inode),
                      static_cast<unsigned long long>(offset), static_cast<unsigned long long>(row), hex,
                      fingerprint.size, static_cast<unsigned long long>(fingerprint.hash));
    return std::string(text, static_cast<std::size_t>(size)) + name;
}

Result<Cursor> Cursor::decode(std::string_view text) {
    const std::string_view whole = text;
    Cursor cursor;
    std::uint64_t generation = 0;
    std::uint64_t size = 0;
    const bool versioned = text.starts_with(kVersion);
    if (versioned) text.remove_prefix(kVersion.size());
    const bool good = versioned && take(text, "gen=", 10, ' ', generation) &&
                      take(text, "dev=", 10, ' ', cursor.device) && take(text, "ino=", 10, ' ', cursor.inode) &&
                      take(text, "off=", 10, ' ', cursor.offset) && take(text, "row=", 10, ' ', cursor.row) &&
                      take_chain(text, cursor.chain) && take(text, "fp=", 10, ':', size) &&
                      take(text, "", 16, ' ', cursor.fingerprint.hash) && generation >= 1 && generation <= UINT32_MAX &&
                      size <= Fingerprint::kBytesMax && text.starts_with("name=");
    if (!good) {
        return Error{Errc::invalid,
                     "cursor \"" + std::string(whole.substr(0, 80)) + "\": expected \"weir-file/1 gen=...\"",
                     "BAD_CURSOR",
                     {}};
    }
    cursor.generation = static_cast<std::uint32_t>(generation);
    cursor.fingerprint.size = static_cast<std::uint32_t>(size);
    cursor.name = text.substr(5);
    return cursor;
}

}  // namespace weir::file
