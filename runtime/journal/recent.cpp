#include "runtime/journal/recent.hpp"

#include <algorithm>
#include <utility>

namespace weir::journal {

Group RecentGroup::read() const {
    std::call_once(decoded_once_, [this] {
        decoded_.first = first_;
        decoded_.count = count_;
        decoded_.wall_ns = wall_ns_;
        auto records = decode_records(*payload_, count_, payload_);
        if (records.ok()) {
            decoded_.records = std::move(records).value();
        } else {
            decoded_.damaged = true;
        }
    });
    return decoded_;
}

void RecentGroups::push(std::shared_ptr<const RecentGroup> group) {
    const StreamId stream = group->stream();
    if (lines_.size() <= stream) lines_.resize(stream + 1);
    bytes_ += group->memory_bytes();
    lines_[stream].push_back(std::move(group));
    arrivals_.push_back(stream);
    while (bytes_ > bytes_max_ && !arrivals_.empty()) evict();
}

void RecentGroups::evict() {
    Line& line = lines_[arrivals_.front()];
    arrivals_.pop_front();
    bytes_ -= line.front()->memory_bytes();
    line.pop_front();
}

std::vector<std::shared_ptr<const RecentGroup>> RecentGroups::find(StreamId stream, Offset from,
                                                                   std::size_t max_bytes) const {
    std::vector<std::shared_ptr<const RecentGroup>> found;
    if (stream >= lines_.size()) return found;
    const Line& line = lines_[stream];
    auto at = std::upper_bound(line.begin(), line.end(), from,
                               [](Offset offset, const auto& group) { return offset < group->end(); });
    if (at == line.end() || (*at)->first() > from) return found;
    std::size_t bytes = 0;
    for (; at != line.end(); ++at) {
        bytes += (*at)->payload_bytes();
        if (!found.empty() && bytes > max_bytes) break;
        found.push_back(*at);
    }
    return found;
}

void RecentGroups::clear() {
    lines_.clear();
    arrivals_.clear();
    bytes_ = 0;
}

}  // namespace weir::journal
