// Identities of the records in the commit being planned. Apart from the index, so that a failed commit leaves no trace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/journal/position.hpp"

namespace weir::journal {

// Open addressing; emptied by moving to the next generation, not by writing. One thread.
class PendingIdentities {
  public:
    void clear() noexcept {
        ++generation_;
        used_ = 0;
    }
    void insert(std::uint64_t hash, Position position) {
        if (2 * (used_ + 1) > slots_.size()) grow();
        put({hash, position, generation_});
        ++used_;
    }
    // Calls visit(Position) for every record of `stream` with this hash.
    template <class Visit>
    void find(std::uint64_t hash, StreamId stream, Visit visit) const {
        if (used_ == 0) return;
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t at = hash & mask; slots_[at].generation == generation_; at = (at + 1) & mask) {
            if (slots_[at].hash == hash && stream_of(slots_[at].position) == stream) visit(slots_[at].position);
        }
    }

  private:
    struct Slot {
        std::uint64_t hash = 0;
        Position position = 0;
        std::uint64_t generation = 0;
    };
    void put(const Slot& slot) noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = slot.hash & mask;
        while (slots_[at].generation == generation_) at = (at + 1) & mask;
        slots_[at] = slot;
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? 1024 : 2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.generation == generation_) put(slot);
        }
    }

    std::vector<Slot> slots_;  // a power of two
    std::size_t used_ = 0;
    std::uint64_t generation_ = 1;
};

}  // namespace weir::journal
