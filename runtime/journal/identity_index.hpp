// Where records with a given identity hash are stored: the in-memory side of de-duplication (see identities.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/journal/position.hpp"

namespace weir::journal {

// 40 bits of an identity hash, as many as are kept: what runs on disk are sorted by.
using IdentityKey = std::uint64_t;
inline constexpr unsigned kIdentityKeyBits = 40;

// Open addressing in 256 shards; 12 bytes an entry. An entry keeps 40 of the hash's 64 bits, so a candidate is only a
// candidate: the caller compares the stored record. One shard is rehashed at a time (some 100 us at 10 M entries), so
// there is no insert that waits for the whole table. One thread.
class IdentityIndex {
  public:
    // Room for `count` entries in all, so that a rebuild does not grow step by step.
    void reserve(std::size_t count);
    void prefetch(std::uint64_t hash) const noexcept {
        const Shard& shard = shards_[hash >> 56];
        if (shard.capacity > 0) __builtin_prefetch(shard.tags.get() + shard.slot(tag_of(hash)));
    }
    void insert(std::uint64_t hash, Position position);
    // Calls visit(Position) for every entry of `stream` that may be `hash`; stops when it returns false.
    template <class Visit>
    void find(std::uint64_t hash, StreamId stream, Visit visit) const {
        const Shard& shard = shards_[hash >> 56];
        if (shard.capacity == 0) return;
        const std::uint32_t tag = tag_of(hash);
        for (std::uint32_t at = shard.slot(tag); shard.tags[at] != kEmpty; at = shard.next(at)) {
            if (shard.tags[at] != tag || stream_of(shard.positions[at]) != stream) continue;
            if (!visit(shard.positions[at])) return;
        }
    }
    // Entries of `stream` before `begin` are gone: they are dropped when their shard is next rehashed.
    void retire(StreamId stream, Offset begin);
    // Calls visit(IdentityKey, Position) for every entry, ascending by both; stops when it returns false.
    template <class Visit>
    void visit_sorted(Visit visit) const {
        std::vector<std::pair<IdentityKey, Position>> entries;
        for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
            sort_shard(shard, entries);
            for (const auto& [key, position] : entries) {
                if (!visit(key, position)) return;
            }
        }
    }
    [[nodiscard]] static IdentityKey key_of(std::uint64_t hash) noexcept { return ((hash >> 56) << 32) | tag_of(hash); }
    // Of the tables alone.
    [[nodiscard]] std::size_t memory_bytes() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    void clear();

  private:
    static constexpr std::uint32_t kEmpty = 0;
    struct Shard {
        std::unique_ptr<std::uint32_t[]> tags;
        std::unique_ptr<Position[]> positions;
        std::uint32_t capacity = 0;
        std::uint32_t used = 0;

        // Multiplies instead of masking, so that a capacity need not be a power of two and can grow by half.
        [[nodiscard]] std::uint32_t slot(std::uint32_t tag) const noexcept {
            return static_cast<std::uint32_t>((std::uint64_t{tag} * capacity) >> 32);
        }
        [[nodiscard]] std::uint32_t next(std::uint32_t at) const noexcept { return at + 1 == capacity ? 0 : at + 1; }
        void put(std::uint32_t tag, Position position) noexcept;
    };

    static std::uint32_t tag_of(std::uint64_t hash) noexcept {
        const auto tag = static_cast<std::uint32_t>(hash >> 24);
        return tag == kEmpty ? 1 : tag;
    }
    [[nodiscard]] bool retired(Position position) const noexcept {
        const StreamId stream = stream_of(position);
        return stream < begins_.size() && offset_of(position) < begins_[stream];
    }
    void rehash(Shard& shard, std::uint32_t capacity);
    void make_room(Shard& shard);
    void sort_shard(std::size_t shard, std::vector<std::pair<IdentityKey, Position>>& into) const;

    std::array<Shard, 256> shards_;
    std::vector<Offset> begins_;  // by stream
    std::size_t size_ = 0;
};

}  // namespace weir::journal
