// Memory a plugin builds its output in. Knows its own, so that what is built there need not be copied.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/base/record_batch.hpp"

namespace weir::plugin {

class Arena {
  public:
    // Aligned for any type; nullptr beyond `limit` bytes in all.
    [[nodiscard]] char* allocate(std::size_t size, std::size_t limit);
    [[nodiscard]] bool contains(weir_str s) const noexcept;
    [[nodiscard]] std::size_t allocated() const noexcept { return allocated_; }
    // Hands the memory to a batch, empty afterwards.
    void give_to(BatchBuilder& builder);
    // Forgets everything; keeps the memory for the next call when it is little.
    void reset();

  private:
    struct Chunk {
        std::shared_ptr<char[]> memory;
        std::size_t size = 0;
    };
    std::vector<Chunk> chunks_;  // ascending by address
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::size_t allocated_ = 0;
};

}  // namespace weir::plugin
