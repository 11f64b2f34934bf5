#include "runtime/journal/coverage.hpp"

#include <algorithm>

namespace weir::journal {

void Coverage::add(StreamId stream, OffsetRange range) {
    if (range.end <= range.first) return;
    std::vector<OffsetRange>& ranges = streams_[stream];
    // Nearly always the newest offsets of a stream: its last range grows.
    if (!ranges.empty() && ranges.back().first <= range.first && range.first <= ranges.back().end) {
        ranges.back().end = std::max(ranges.back().end, range.end);
        return;
    }
    const auto from = std::lower_bound(ranges.begin(), ranges.end(), range.first,
                                       [](const OffsetRange& one, Offset first) { return one.end < first; });
    auto to = from;
    for (; to != ranges.end() && to->first <= range.end; ++to) {
        range.first = std::min(range.first, to->first);
        range.end = std::max(range.end, to->end);
    }
    ranges.insert(ranges.erase(from, to), range);
}

void Coverage::add(const Coverage& other) {
    for (const auto& [stream, ranges] : other.streams_) {
        for (const OffsetRange& range : ranges) add(stream, range);
    }
}

void Coverage::trim(std::span<const Offset> begins) {
    for (auto at = streams_.begin(); at != streams_.end();) {
        const Offset begin = at->first < begins.size() ? begins[at->first] : 0;
        std::erase_if(at->second, [begin](const OffsetRange& range) { return range.end <= begin; });
        if (at->second.empty()) {
            at = streams_.erase(at);
        } else {
            at->second.front().first = std::max(at->second.front().first, begin);
            ++at;
        }
    }
}

std::vector<OffsetRange> Coverage::missing(StreamId stream, OffsetRange range) const {
    std::vector<OffsetRange> found;
    const auto known = streams_.find(stream);
    if (known != streams_.end()) {
        for (const OffsetRange& one : known->second) {
            if (one.end <= range.first) continue;
            if (one.first >= range.end) break;
            if (one.first > range.first) found.push_back({range.first, one.first});
            range.first = one.end;
        }
    }
    if (range.first < range.end) found.push_back(range);
    return found;
}

std::vector<StreamRange> Coverage::ranges() const {
    std::vector<StreamRange> all;
    for (const auto& [stream, ranges] : streams_) {
        for (const OffsetRange& range : ranges) all.push_back({stream, range});
    }
    return all;
}

std::uint64_t Coverage::count(std::span<const Offset> begins) const noexcept {
    std::uint64_t total = 0;
    for (const auto& [stream, ranges] : streams_) {
        const Offset begin = stream < begins.size() ? begins[stream] : 0;
        for (const OffsetRange& range : ranges) total += range.end - std::min(range.end, std::max(range.first, begin));
    }
    return total;
}

}  // namespace weir::journal
