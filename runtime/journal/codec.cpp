#include "runtime/journal/codec.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace weir::journal {

namespace {

constexpr std::size_t kRangeBytes = 16;
constexpr std::size_t kItemBytes = 12;

template <class Int>
void put(std::string& out, Int value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof bytes);
}

template <class Int>
Int get(std::string_view bytes, std::size_t at) {
    Int value{};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

Error bad_blob(std::string_view what, std::size_t size, std::size_t unit) {
    return {Errc::corrupt,
            std::string(what) + " blob has " + std::to_string(size) + " bytes, expected a multiple of " +
                std::to_string(unit),
            "bad_blob",
            {}};
}

}  // namespace

std::string encode_ranges(std::span<const OffsetRange> ranges) {
    std::string out;
    out.reserve(ranges.size() * kRangeBytes);
    for (const OffsetRange& range : ranges) {
        put(out, range.first);
        put(out, range.end);
    }
    return out;
}

Result<std::vector<OffsetRange>> decode_ranges(std::string_view bytes) {
    if (bytes.size() % kRangeBytes != 0) return bad_blob("ranges", bytes.size(), kRangeBytes);
    std::vector<OffsetRange> ranges;
    ranges.reserve(bytes.size() / kRangeBytes);
    for (std::size_t at = 0; at < bytes.size(); at += kRangeBytes) {
        ranges.push_back({get<Offset>(bytes, at), get<Offset>(bytes, at + 8)});
    }
    return ranges;
}

std::string encode_items(std::span<const ItemId> items) {
    std::string out;
    out.reserve(items.size() * kItemBytes);
    for (const ItemId& item : items) {
        put(out, item.offset);
        put(out, item.part);
    }
    return out;
}

Result<std::vector<ItemId>> decode_items(std::string_view bytes) {
    if (bytes.size() % kItemBytes != 0) return bad_blob("items", bytes.size(), kItemBytes);
    std::vector<ItemId> items;
    items.reserve(bytes.size() / kItemBytes);
    for (std::size_t at = 0; at < bytes.size(); at += kItemBytes) {
        items.push_back({get<Offset>(bytes, at), get<std::uint32_t>(bytes, at + 8)});
    }
    return items;
}

std::uint64_t group_checksum(std::uint32_t count, std::string_view hashes, std::string_view payload) noexcept {
    // Chained through the seed: each part is hashed at full speed without a streaming state.
    const std::uint64_t head = XXH3_64bits_withSeed(hashes.data(), hashes.size(), count);
    return XXH3_64bits_withSeed(payload.data(), payload.size(), head);
}

std::uint64_t frame_check(std::string_view frame) noexcept {
    return frame.empty() ? 0 : XXH3_64bits(frame.data(), frame.size());
}

bool well_cut(const EncodedBatch& records) noexcept {
    if (records.id_hashes.size() != records.sizes.size()) return false;
    std::size_t at = 0;
    for (const std::uint32_t size : records.sizes) {
        if (size < sizeof size || records.frames.size() - at < size) return false;
        if (get<std::uint32_t>(records.frames, at) != size) return false;
        at += size;
    }
    return at == records.frames.size();
}

}  // namespace weir::journal
