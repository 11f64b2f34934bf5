// The newest groups, kept in memory so that what was just appended is delivered without reading it back.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::journal {

// Immutable but for the decoded form, which the first reader makes for all.
class RecentGroup {
  public:
    RecentGroup(StreamId stream, Offset first, std::uint32_t count, std::int64_t wall_ns,
                std::shared_ptr<const std::string> payload)
        : stream_(stream), first_(first), count_(count), wall_ns_(wall_ns), payload_(std::move(payload)) {}

    [[nodiscard]] Group read() const;  // [any]
    [[nodiscard]] StreamId stream() const noexcept { return stream_; }
    [[nodiscard]] Offset first() const noexcept { return first_; }
    [[nodiscard]] Offset end() const noexcept { return first_ + count_; }
    [[nodiscard]] std::size_t payload_bytes() const noexcept { return payload_->size(); }
    // With its decoded form, which may come.
    [[nodiscard]] std::size_t memory_bytes() const noexcept { return payload_->size() + count_ * sizeof(weir_record); }

  private:
    StreamId stream_;
    Offset first_;
    std::uint32_t count_;
    std::int64_t wall_ns_;
    std::shared_ptr<const std::string> payload_;
    mutable std::once_flag decoded_once_;
    mutable Group decoded_;
};

// A ring over all streams: the oldest group leaves first, whichever stream it is of. Guarded by its owner.
class RecentGroups {
  public:
    explicit RecentGroups(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    void push(std::shared_ptr<const RecentGroup> group);
    // Groups that hold offsets >= from, gapless, up to max_bytes. Empty when `from` is not in the ring.
    [[nodiscard]] std::vector<std::shared_ptr<const RecentGroup>> find(StreamId stream, Offset from,
                                                                       std::size_t max_bytes) const;
    void clear();

  private:
    using Line = std::deque<std::shared_ptr<const RecentGroup>>;
    void evict();

    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::vector<Line> lines_;        // by stream
    std::deque<StreamId> arrivals_;  // of every group in lines_, oldest first
};

}  // namespace weir::journal
