// The blobs inside the journal's tables as bytes; docs/formats/journal.md describes each. Little-endian.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::journal {

// u64 first, u64 end per range.
[[nodiscard]] std::string encode_ranges(std::span<const OffsetRange> ranges);
// `corrupt` when the size is not a multiple of one range.
[[nodiscard]] Result<std::vector<OffsetRange>> decode_ranges(std::string_view bytes);

// u64 offset, u32 part per item.
[[nodiscard]] std::string encode_items(std::span<const ItemId> items);
[[nodiscard]] Result<std::vector<ItemId>> decode_items(std::string_view bytes);

[[nodiscard]] inline std::string_view hash_bytes(std::span<const std::uint64_t> hashes) noexcept {
    return {reinterpret_cast<const char*>(hashes.data()), hashes.size_bytes()};
}

// XXH3_64(payload, seed = XXH3_64(hashes, seed = count)): another bit anywhere gives another checksum.
[[nodiscard]] std::uint64_t group_checksum(std::uint32_t count, std::string_view hashes,
                                           std::string_view payload) noexcept;

// XXH3_64 of a frame that stands alone; 0 of an empty one.
[[nodiscard]] std::uint64_t frame_check(std::string_view frame) noexcept;

// True when `sizes` cut `frames` exactly and every frame starts with its own size.
[[nodiscard]] bool well_cut(const EncodedBatch& records) noexcept;

}  // namespace weir::journal
