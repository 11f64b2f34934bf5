// What a journal knows by heart: its streams and lanes as of the last commit. Small; records and rows stay stored.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/journal/journal.hpp"

namespace weir::journal {

struct StreamEntry {
    StreamInfo info;
    std::map<std::string, std::string, std::less<>> cursors;  // by partition
};

struct LaneEntry {
    LaneId id = 0;
    std::string route;
    std::string destination;
    StreamId stream = 0;
    Offset begin = 0;  // where the lane started
    LaneProgress progress;
    // The last failed commit turned out durable on this lane: its transition may come again, outputs and all.
    bool landed = false;
    // Of transitions like that which did not move the lane: deliveries that went on as staged outputs. Each until its
    // row is written again.
    std::vector<ItemId> landed_items;
};

// Ids are dense from 1, in the order of creation; nothing is ever removed.
struct Catalog {
    std::vector<StreamEntry> streams;
    std::vector<LaneEntry> lanes;

    [[nodiscard]] StreamEntry* stream(StreamId id) noexcept {
        return id >= 1 && id <= streams.size() ? &streams[id - 1] : nullptr;
    }
    [[nodiscard]] const StreamEntry* stream(StreamId id) const noexcept {
        return id >= 1 && id <= streams.size() ? &streams[id - 1] : nullptr;
    }
    // Of ids that are known to exist.
    [[nodiscard]] StreamEntry& stream_at(StreamId id) noexcept { return streams[id - 1]; }
    [[nodiscard]] const StreamEntry& stream_at(StreamId id) const noexcept { return streams[id - 1]; }
    [[nodiscard]] LaneEntry& lane_at(LaneId id) noexcept { return lanes[id - 1]; }
    [[nodiscard]] const LaneEntry& lane_at(LaneId id) const noexcept { return lanes[id - 1]; }

    [[nodiscard]] LaneEntry* lane(LaneId id) noexcept {
        return id >= 1 && id <= lanes.size() ? &lanes[id - 1] : nullptr;
    }
    [[nodiscard]] const LaneEntry* lane(LaneId id) const noexcept {
        return id >= 1 && id <= lanes.size() ? &lanes[id - 1] : nullptr;
    }
};

}  // namespace weir::journal
