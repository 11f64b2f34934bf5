#include "runtime/journal/identity_index.hpp"

#include <algorithm>
#include <utility>

namespace weir::journal {

namespace {
constexpr std::uint32_t kCapacityMin = 64;
// Linear probing over 4-byte tags stays within one or two cache lines up to this load.
constexpr std::uint32_t max_load(std::uint32_t capacity) { return capacity - capacity / 6; }
}  // namespace

void IdentityIndex::Shard::put(std::uint32_t tag, Position position) noexcept {
    std::uint32_t at = slot(tag);
    while (tags[at] != kEmpty) at = next(at);
    tags[at] = tag;
    positions[at] = position;
    ++used;
}

void IdentityIndex::rehash(Shard& shard, std::uint32_t capacity) {
    Shard fresh;
    fresh.tags = std::make_unique<std::uint32_t[]>(capacity);
    fresh.positions = std::make_unique_for_overwrite<Position[]>(capacity);
    fresh.capacity = capacity;
    for (std::uint32_t at = 0; at < shard.capacity; ++at) {
        if (shard.tags[at] == kEmpty || retired(shard.positions[at])) continue;
        fresh.put(shard.tags[at], shard.positions[at]);
    }
    size_ -= shard.used - fresh.used;
    shard = std::move(fresh);
}

void IdentityIndex::make_room(Shard& shard) {
    if (shard.capacity == 0) return rehash(shard, kCapacityMin);
    std::uint32_t live = 0;
    for (std::uint32_t at = 0; at < shard.capacity; ++at) {
        if (shard.tags[at] != kEmpty && !retired(shard.positions[at])) ++live;
    }
    // With a tenth retired, sweeping them out is room enough; the table need not grow.
    const bool sweep = live < shard.used - shard.used / 10;
    rehash(shard, sweep ? shard.capacity : shard.capacity + shard.capacity / 2);
}

void IdentityIndex::insert(std::uint64_t hash, Position position) {
    Shard& shard = shards_[hash >> 56];
    if (shard.used >= max_load(shard.capacity)) make_room(shard);
    shard.put(tag_of(hash), position);
    ++size_;
}

void IdentityIndex::reserve(std::size_t count) {
    // A twentieth on top: shards do not fill evenly.
    const std::size_t each = (count + count / 20) / shards_.size();
    const auto capacity = static_cast<std::uint32_t>(each + each / 5 + kCapacityMin);
    for (Shard& shard : shards_) {
        if (shard.capacity < capacity) rehash(shard, capacity);
    }
}

void IdentityIndex::retire(StreamId stream, Offset begin) {
    if (begins_.size() <= stream) begins_.resize(stream + 1, 0);
    begins_[stream] = std::max(begins_[stream], begin);
}

void IdentityIndex::sort_shard(std::size_t shard, std::vector<std::pair<IdentityKey, Position>>& into) const {
    const Shard& from = shards_[shard];
    into.clear();
    into.reserve(from.used);
    for (std::uint32_t at = 0; at < from.capacity; ++at) {
        if (from.tags[at] == kEmpty) continue;
        into.emplace_back((IdentityKey{shard} << 32) | from.tags[at], from.positions[at]);
    }
    std::sort(into.begin(), into.end());
}

std::size_t IdentityIndex::memory_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Shard& shard : shards_) bytes += shard.capacity * (sizeof(std::uint32_t) + sizeof(Position));
    return bytes;
}

void IdentityIndex::clear() {
    for (Shard& shard : shards_) shard = Shard{};
    begins_.clear();
    size_ = 0;
}

}  // namespace weir::journal
