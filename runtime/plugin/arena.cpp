#include "runtime/plugin/arena.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace weir::plugin {

namespace {
// Chunks grow with what is built: a batch of one small record must not keep 64 KiB alive.
constexpr std::size_t kFirstChunkBytes = 4 * 1024;
constexpr std::size_t kChunkBytesMax = 64 * 1024;
}  // namespace

char* Arena::allocate(std::size_t size, std::size_t limit) {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    if (size > limit || allocated_ > limit - size) return nullptr;
    const std::size_t rounded = std::max<std::size_t>((size + kAlign - 1) & ~(kAlign - 1), kAlign);
    if (rounded > left_) {
        const std::size_t chunk = std::max(rounded, std::clamp(allocated_, kFirstChunkBytes, kChunkBytesMax));
        Chunk made{std::make_shared_for_overwrite<char[]>(chunk), chunk};
        next_ = made.memory.get();
        left_ = chunk;
        const auto above = [](const Chunk& a, const Chunk& b) { return std::less<>{}(a.memory.get(), b.memory.get()); };
        chunks_.insert(std::upper_bound(chunks_.begin(), chunks_.end(), made, above), std::move(made));
    }
    allocated_ += rounded;
    left_ -= rounded;
    return std::exchange(next_, next_ + rounded);
}

bool Arena::contains(weir_str s) const noexcept {
    const auto below = [](const char* at, const Chunk& chunk) { return std::less<>{}(at, chunk.memory.get()); };
    const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), s.data, below);
    if (after == chunks_.begin()) return false;
    const Chunk& chunk = *std::prev(after);
    const auto offset = static_cast<std::size_t>(s.data - chunk.memory.get());
    return offset <= chunk.size && s.size <= chunk.size - offset;
}

void Arena::give_to(BatchBuilder& builder) {
    for (Chunk& chunk : chunks_) builder.keep(std::move(chunk.memory));
    *this = Arena{};
}

void Arena::reset() {
    if (chunks_.size() == 1 && chunks_[0].size <= kChunkBytesMax) {
        next_ = chunks_[0].memory.get();
        left_ = chunks_[0].size;
        allocated_ = 0;
    } else {
        *this = Arena{};
    }
}

}  // namespace weir::plugin
