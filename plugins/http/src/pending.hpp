// Requests whose records were submitted and are not yet durable, found again by the token of their ack.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "answer.hpp"

namespace http_plugin {

struct Pending {
    std::uint64_t exchange = 0;
    bool single = false;
    std::uint32_t emitted = 0;
    std::uint64_t key = 0;  // the use of an Idempotency-Key (IdempotencyKeys::Claim::sequence); 0: there is none
    std::string answer;     // what is to be said, once it is stored with the key; empty: nothing is known yet
    std::string predicted;  // what was stored with the key together with the records
    std::vector<ItemNote> rejected;        // those that were not emitted
    std::vector<std::uint32_t> positions;  // of each emitted one in the request; empty: as they stand
};

// [any thread] Slots are used again, with their memory. A token names a slot and how often it has been used.
class PendingTable {
  public:
    struct Lease {
        Pending* pending;
        std::uint64_t token;
    };
    [[nodiscard]] Lease acquire() {
        const std::lock_guard lock(mutex_);
        if (free_.empty()) {
            slots_.emplace_back();
            free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        Slot& slot = slots_[index];
        slot.used = true;
        slot.pending.rejected.clear();
        slot.pending.positions.clear();
        slot.pending.emitted = 0;
        slot.pending.key = 0;
        slot.pending.answer.clear();
        slot.pending.predicted.clear();
        return {&slot.pending, (std::uint64_t{++slot.generation} << 32) | index};
    }
    // nullptr: no such request, or it was answered.
    [[nodiscard]] Pending* find(std::uint64_t token) {
        const std::lock_guard lock(mutex_);
        const auto index = static_cast<std::uint32_t>(token);
        if (index >= slots_.size()) return nullptr;
        Slot& slot = slots_[index];
        return slot.used && slot.generation == token >> 32 ? &slot.pending : nullptr;
    }
    void release(std::uint64_t token) {
        const std::lock_guard lock(mutex_);
        const auto index = static_cast<std::uint32_t>(token);
        slots_[index].used = false;
        free_.push_back(index);
    }

  private:
    struct Slot {
        Pending pending;
        std::uint32_t generation = 0;
        bool used = false;
    };
    std::mutex mutex_;
    std::deque<Slot> slots_;  // a deque: a Pending does not move
    std::vector<std::uint32_t> free_;
};

}  // namespace http_plugin
