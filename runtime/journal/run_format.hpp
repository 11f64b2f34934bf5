// The layout of a run file; docs/formats/journal.md describes it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "runtime/journal/identity_filter.hpp"

namespace weir::journal::run_format {

static_assert(std::endian::native == std::endian::little, "run files are little-endian");

inline constexpr std::array<char, 8> kMagic{'w', 'e', 'i', 'r', 'i', 'd', 's', '\n'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kBlockBytes = 4096;
inline constexpr std::size_t kEntryBytes = 13;        // 5 of key, 8 of position
inline constexpr std::size_t kBlockHeaderBytes = 10;  // u64 checksum, u16 entries
inline constexpr std::size_t kBlockEntries = (kBlockBytes - kBlockHeaderBytes) / kEntryBytes;
inline constexpr std::size_t kFilterPartBytes = std::size_t{256} << 10;
inline constexpr std::size_t kRangeBytes = 24;  // u64 stream, first, end

struct Header {  // at 0; the rest of its block is zero
    std::array<char, 8> magic = kMagic;
    std::uint32_t version = kVersion;
    std::uint32_t block_bytes = kBlockBytes;
    std::uint64_t journal = 0;  // XXH3_64 of the journal's id
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t entries = 0;
    std::uint64_t blocks = 0;
    std::uint64_t filter_lines = 0;
    std::uint64_t ranges = 0;
    std::uint64_t filter_checksum = 0;  // over parts of kFilterPartBytes, each seeded with the checksum before
    std::uint64_t tail_checksum = 0;    // of fences and ranges
    std::uint64_t checksum = 0;         // of everything above

    [[nodiscard]] std::uint64_t blocks_at() const noexcept {
        const std::uint64_t filter = filter_lines * sizeof(FilterLine);
        return kBlockBytes + (filter + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
    }
    [[nodiscard]] std::uint64_t tail_at() const noexcept { return blocks_at() + blocks * kBlockBytes; }
    [[nodiscard]] std::uint64_t tail_bytes() const noexcept { return blocks * 8 + ranges * kRangeBytes; }
};
static_assert(sizeof(Header) == 96);

template <class T>
[[nodiscard]] T load(const char* at) noexcept {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
template <class T>
void store(char* at, const T& value) noexcept {
    std::memcpy(at, &value, sizeof value);
}

// One block of entries, ascending by key and position.
class Block {
  public:
    explicit Block(const char* bytes) noexcept : bytes_(bytes) {}
    [[nodiscard]] std::size_t size() const noexcept { return load<std::uint16_t>(bytes_ + 8); }
    [[nodiscard]] IdentityKey key(std::size_t at) const noexcept {
        const char* entry = bytes_ + kBlockHeaderBytes + at * kEntryBytes;
        return load<std::uint32_t>(entry) | IdentityKey{load<std::uint8_t>(entry + 4)} << 32;
    }
    [[nodiscard]] Position position(std::size_t at) const noexcept {
        return load<Position>(bytes_ + kBlockHeaderBytes + at * kEntryBytes + 5);
    }

  private:
    const char* bytes_;
};

inline void put_entry(char* block, std::size_t at, IdentityKey key, Position position) noexcept {
    char* entry = block + kBlockHeaderBytes + at * kEntryBytes;
    store(entry, static_cast<std::uint32_t>(key));
    store(entry + 4, static_cast<std::uint8_t>(key >> 32));
    store(entry + 5, position);
}

// XXH3_64.
[[nodiscard]] std::uint64_t checksum(std::span<const char> bytes, std::uint64_t seed) noexcept;
// The seed tells a block that was written to another's place.
[[nodiscard]] inline std::uint64_t block_checksum(std::span<const char, kBlockBytes> block,
                                                  std::uint64_t index) noexcept {
    return checksum(block.subspan(sizeof(std::uint64_t)), index);
}
[[nodiscard]] inline std::uint64_t header_checksum(const Header& header) noexcept {
    return checksum({reinterpret_cast<const char*>(&header), offsetof(Header, checksum)}, 0);
}

}  // namespace weir::journal::run_format
