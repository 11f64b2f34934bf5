// All segments of a journal opened read-only at one moment: what the inspector answers from.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/journal/catalog.hpp"
#include "runtime/journal/segment_reader.hpp"

namespace weir::journal {

struct FoundRecord {
    Group group;
    std::uint64_t segment = 0;
    DecodedBatch record;  // the one
};

class SegmentSet {
  public:
    // `not_found`: no journal in `dir`.
    [[nodiscard]] static Result<SegmentSet> open(const std::filesystem::path& dir);

    [[nodiscard]] const Catalog& catalog() const noexcept { return catalog_; }  // StreamInfo::begin: oldest retained
    // Oldest first; the last is the active one.
    [[nodiscard]] const std::vector<std::unique_ptr<SegmentReader>>& readers() const noexcept { return readers_; }
    [[nodiscard]] SegmentReader& active() noexcept { return *readers_.back(); }
    // Offsets of `stream` that segment `index` holds.
    [[nodiscard]] OffsetRange range(std::size_t index, StreamId stream) const noexcept;
    // nullopt: not retained, or damaged.
    [[nodiscard]] Result<std::optional<FoundRecord>> record(StreamId stream, Offset offset);
    // Rows that `where` (SQL over delivery_rows) selects, each as its newest segment has it; ascending by lane and item
    // within a segment, newest segment first. `text` is bound to ?1. Stops at `limit`.
    [[nodiscard]] Result<std::vector<DeliveryRow>> rows(std::string_view where, std::string_view text,
                                                        std::size_t limit);

  private:
    [[nodiscard]] Result<bool> superseded(std::size_t index, const DeliveryRow& row);

    Catalog catalog_;
    std::vector<std::unique_ptr<SegmentReader>> readers_;
    std::vector<Catalog> catalogs_;  // of each reader's segment
};

// The record of a row: as it was tried, or as it was accepted when it never was. An empty batch when neither is left.
[[nodiscard]] Result<DecodedBatch> record_of(SegmentSet& segments, StreamId stream, const DeliveryRow& row);

}  // namespace weir::journal
