// Counts what happened in the last `length`, so that no window of that length, wherever it is laid, holds more than a
// limit. Targets count in windows of their own (the minute, the calendar day); whichever way they lay them, staying
// below the limit in every window stays below it in theirs.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace weir::flow {

// Not precise but safe: what happened is remembered in buckets of 1/128 of the window, and a bucket counts until the
// whole of it has left. One thread at a time.
//
// To survive a restart without a write per request, the durable form runs ahead of the count by up to 1 % of the
// limit: what was reserved counts as used after a crash.
class SlidingWindow {
  public:
    SlidingWindow(std::uint64_t limit, std::chrono::nanoseconds length);

    // How many more may happen now, when `share` of the limit may be used (1.0: all of it).
    [[nodiscard]] std::uint64_t room(std::int64_t now_mono_ns, double share = 1.0);
    // When room() is at least `wanted` (at most what the share allows at all), if nothing else happens.
    [[nodiscard]] std::int64_t room_at(std::int64_t now_mono_ns, std::uint64_t wanted, double share = 1.0);
    void add(std::int64_t now_mono_ns, std::uint64_t count);
    [[nodiscard]] std::uint64_t used(std::int64_t now_mono_ns);
    [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
    [[nodiscard]] std::chrono::nanoseconds length() const noexcept { return std::chrono::nanoseconds(length_); }

    // True when save() has something new to say since it was last called.
    [[nodiscard]] bool dirty() const noexcept { return dirty_; }
    // "<bucket's begin, wall ns>:<count>,..."
    [[nodiscard]] std::string save(std::int64_t now_mono_ns, std::int64_t now_wall_ns);
    // What cannot be read is ignored. A wall clock that was set back makes what was saved count as of now.
    void load(std::string_view saved, std::int64_t now_mono_ns, std::int64_t now_wall_ns);

  private:
    struct Bucket {
        std::int64_t begin = 0;  // mono ns
        std::uint64_t count = 0;
        std::uint64_t reserved = 0;  // what the durable form says
    };
    void forget(std::int64_t now_mono_ns);
    [[nodiscard]] std::uint64_t allowed(double share) const noexcept;

    std::uint64_t limit_;
    std::int64_t length_;
    std::int64_t bucket_ns_;
    std::uint64_t reserve_;  // at a time
    std::uint64_t sum_ = 0;
    bool dirty_ = false;
    std::deque<Bucket> buckets_;  // ascending by begin
};

}  // namespace weir::flow
