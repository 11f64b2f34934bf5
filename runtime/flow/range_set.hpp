// A set of offsets kept as disjoint half-open ranges.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::flow {

class RangeSet {
  public:
    // Adds [first, end) and merges with what it touches.
    void add(journal::Offset first, journal::Offset end) {
        if (first >= end) return;
        auto it = ranges_.upper_bound(first);
        if (it != ranges_.begin()) {
            auto before = std::prev(it);
            if (before->second >= first) {
                first = before->first;
                end = std::max(end, before->second);
                it = ranges_.erase(before);
            }
        }
        while (it != ranges_.end() && it->first <= end) {
            end = std::max(end, it->second);
            it = ranges_.erase(it);
        }
        ranges_.emplace_hint(it, first, end);
    }
    [[nodiscard]] bool contains(journal::Offset offset) const {
        auto it = ranges_.upper_bound(offset);
        return it != ranges_.begin() && std::prev(it)->second > offset;
    }
    // Removes the range that starts at or before `position` and returns its end; `position` when there is none.
    journal::Offset take_from(journal::Offset position) {
        auto it = ranges_.begin();
        while (it != ranges_.end() && it->first <= position) {
            position = std::max(position, it->second);
            it = ranges_.erase(it);
        }
        return position;
    }
    [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }
    [[nodiscard]] std::vector<journal::OffsetRange> ranges() const {
        std::vector<journal::OffsetRange> result;
        result.reserve(ranges_.size());
        for (const auto& [first, end] : ranges_) result.push_back({first, end});
        return result;
    }

  private:
    std::map<journal::Offset, journal::Offset> ranges_;  // first -> end
};

}  // namespace weir::flow
