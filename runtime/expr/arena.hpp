// Memory that lives until the evaluation's results have been read. Allocating is a pointer increment; nothing is freed
// before the arena is. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::expr {

class Arena {
  public:
    explicit Arena(std::size_t limit_bytes = SIZE_MAX) : limit_(limit_bytes) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    Arena(Arena&&) = default;
    Arena& operator=(Arena&&) = default;
    ~Arena() = default;

    // Never null. Going over the limit is not refused here but seen by fits() and over_limit(): whoever allocates in
    // proportion to its input asks fits() before.
    [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) {
        const auto at = reinterpret_cast<std::uintptr_t>(next_);
        const std::size_t padding = (alignment - at % alignment) % alignment;
        if (next_ == nullptr || padding + size > static_cast<std::size_t>(end_ - next_)) return allocate_block(size);
        std::byte* place = next_ + padding;
        next_ = place + size;
        used_ += padding + size;
        return place;
    }

    template <class T, class... Arguments>
    [[nodiscard]] T* make(Arguments&&... arguments) {
        static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
        return std::construct_at(static_cast<T*>(allocate(sizeof(T), alignof(T))),
                                 std::forward<Arguments>(arguments)...);
    }

    // Default-constructed elements.
    template <class T>
    [[nodiscard]] std::span<T> array(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
        if (count == 0) return {};
        T* first = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
        std::uninitialized_value_construct_n(first, count);
        return {first, count};
    }

    [[nodiscard]] std::string_view copy(std::string_view text) {
        if (text.empty()) return {};
        char* place = static_cast<char*>(allocate(text.size(), 1));
        std::memcpy(place, text.data(), text.size());
        return {place, text.size()};
    }

    [[nodiscard]] bool fits(std::size_t bytes) const noexcept { return bytes <= limit_ && used_ <= limit_ - bytes; }
    [[nodiscard]] bool over_limit() const noexcept { return used_ > limit_; }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

    // Everything allocated becomes invalid; one block is kept for the next evaluation.
    void reset() {
        if (blocks_.size() > 1) blocks_.resize(1);
        used_ = 0;
        next_ = blocks_.empty() ? nullptr : blocks_.front().bytes.get();
        end_ = blocks_.empty() ? nullptr : next_ + blocks_.front().size;
    }

  private:
    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
    };
    static constexpr std::size_t kFirstBlock = 4096;
    static constexpr std::size_t kBlockMax = 256U * 1024;

    [[nodiscard]] void* allocate_block(std::size_t size) {
        const std::size_t usual = std::min(kBlockMax, kFirstBlock << std::min<std::size_t>(blocks_.size(), 8));
        const std::size_t block_size = std::max(size, usual);
        blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block_size), block_size});
        next_ = blocks_.back().bytes.get() + size;  // operator new aligns for every type
        end_ = blocks_.back().bytes.get() + block_size;
        used_ += size;
        return blocks_.back().bytes.get();
    }

    std::vector<Block> blocks_;
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t used_ = 0;
    std::size_t limit_;
};

}  // namespace weir::expr
