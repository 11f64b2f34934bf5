// Says for most identities that are not in a run that they are not, without a disk read: a blocked Bloom filter.
//
// One line of 512 bits per key, one bit in each of its eight words, 12 bits of filter a key: a look-up touches one
// cache line, and about 1 in 200 keys that are not there passes (Putze, Sanders, Singler: "Cache-, Hash- and
// Space-Efficient Bloom Filters", 2007; the bits within a line as in the Apache Parquet format's split block filter).
// The line follows from the key's high bits, so that keys in ascending order fill it line by line: it is written as a
// stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/journal/identity_index.hpp"

namespace weir::journal {

struct FilterLine {
    std::array<std::uint64_t, 8> words{};

    void set(IdentityKey key) noexcept {
        const std::uint32_t mixed = mix(key);
        for (std::size_t i = 0; i < words.size(); ++i) words[i] |= std::uint64_t{1} << bit(mixed, i);
    }
    [[nodiscard]] bool may_contain(IdentityKey key) const noexcept {
        const std::uint32_t mixed = mix(key);
        std::uint64_t all = 1;
        for (std::size_t i = 0; i < words.size(); ++i) all &= words[i] >> bit(mixed, i);
        return all != 0;
    }

  private:
    // Keys of one line share their high bits; every bit of the key has its say in `mix`.
    static std::uint32_t mix(IdentityKey key) noexcept {
        key *= 0x9e3779b97f4a7c15ULL;
        return static_cast<std::uint32_t>(key >> 32) ^ static_cast<std::uint32_t>(key);
    }
    static unsigned bit(std::uint32_t mixed, std::size_t word) noexcept {
        constexpr std::array<std::uint32_t, 8> kSalts{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                                      0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
        return (mixed * kSalts[word]) >> 26;
    }
};
static_assert(sizeof(FilterLine) == 64);

inline constexpr std::uint64_t kFilterBitsPerKey = 12;

[[nodiscard]] constexpr std::uint64_t filter_lines(std::uint64_t keys) noexcept {
    return keys * kFilterBitsPerKey / 512 + 1;
}
// The line of a key among `lines`; ascending with the key.
[[nodiscard]] constexpr std::uint64_t filter_line(IdentityKey key, std::uint64_t lines) noexcept {
    // A run has fewer lines than 2^24 (700 M keys) in any practice; beyond, the lowest bits of the key go unused.
    return lines <= (std::uint64_t{1} << 24) ? (key * lines) >> kIdentityKeyBits
                                             : ((key >> 16) * lines) >> (kIdentityKeyBits - 16);
}

}  // namespace weir::journal
