// Which offsets of which streams something speaks for.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::journal {

struct StreamRange {
    StreamId stream = 0;
    OffsetRange range;
    friend bool operator==(const StreamRange&, const StreamRange&) = default;
};

// Sets of offsets by stream, as few ranges as can be. One thread, or immutable.
class Coverage {
  public:
    void add(StreamId stream, OffsetRange range);
    void add(const Coverage& other);
    // Drops what is before its stream's begin (by stream id; beyond `begins`: nothing).
    void trim(std::span<const Offset> begins);
    // What of `range` is not in it, ascending.
    [[nodiscard]] std::vector<OffsetRange> missing(StreamId stream, OffsetRange range) const;
    // By stream, then by offset.
    [[nodiscard]] std::vector<StreamRange> ranges() const;
    // How many offsets; with `begins` (by stream id; beyond it: 0) only those at or after their stream's begin.
    [[nodiscard]] std::uint64_t count(std::span<const Offset> begins = {}) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return streams_.empty(); }
    void clear() noexcept { streams_.clear(); }

  private:
    std::map<StreamId, std::vector<OffsetRange>> streams_;  // ascending, apart from each other, none empty
};

}  // namespace weir::journal
