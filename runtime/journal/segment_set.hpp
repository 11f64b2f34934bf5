// Segments of a journal opened read-only at one moment: what the inspector answers from.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/journal/catalog.hpp"
#include "runtime/journal/segment_reader.hpp"

namespace weir::journal {

struct FoundRecord {
    std::int64_t accepted_wall_ns = 0;
    std::uint64_t segment = 0;
    DecodedBatch record;  // one, with bytes of its own
};

// Record `index` of a group, with bytes of its own: a result must not keep its neighbours in memory.
[[nodiscard]] Result<DecodedBatch> alone(const DecodedBatch& group, std::uint32_t index);

class SegmentSet {
  public:
    // The newest segment has every lane's progress and every row that is not delivered: a question about these alone
    // costs the same however many segments are retained. The oldest tells where the streams begin.
    enum class Which : std::uint8_t { all, ends, newest };

    // `not_found`: no journal in `dir`.
    [[nodiscard]] static Result<SegmentSet> open(const std::filesystem::path& dir, Which which = Which::all);

    [[nodiscard]] const Catalog& catalog() const noexcept { return catalog_; }  // StreamInfo::begin: of the oldest here
    // Those that were opened, oldest first; the last is the active one.
    [[nodiscard]] const std::vector<std::unique_ptr<SegmentReader>>& readers() const noexcept { return readers_; }
    [[nodiscard]] SegmentReader& active() noexcept { return *readers_.back(); }
    // Offsets of `stream` that segment `index` holds.
    [[nodiscard]] OffsetRange range(std::size_t index, StreamId stream) const noexcept;
    // nullopt: not retained, or damaged. Neighbours asked for one after the other are read once.
    [[nodiscard]] Result<std::optional<FoundRecord>> record(StreamId stream, Offset offset);
    // Where records of this identity may be, ascending: equal hashes are only candidates. In segments from the
    // `from_segment`-th on.
    [[nodiscard]] Result<std::vector<Offset>> candidates(StreamId stream, std::span<const std::uint64_t> hashes,
                                                         std::size_t from_segment);
    // Rows that `where` (SQL over delivery_rows) selects, each as its newest segment has it; ascending by lane and item
    // within a segment, newest segment first. `text` is bound to ?1. Stops at `limit`.
    [[nodiscard]] Result<std::vector<DeliveryRow>> rows(std::string_view where, std::string_view text,
                                                        std::size_t limit);

    // Whether a newer segment than `index` has the row too: then that one tells how it went on.
    [[nodiscard]] Result<bool> superseded(std::size_t index, LaneId lane, ItemId item);

  private:
    [[nodiscard]] Result<bool> load_group(StreamId stream, Offset offset);

    Group cached_;  // the group that record() read last; undamaged
    StreamId cached_stream_ = 0;
    std::uint64_t cached_segment_ = 0;
    Catalog catalog_;
    std::vector<std::unique_ptr<SegmentReader>> readers_;
    std::vector<Catalog> catalogs_;              // of each reader's segment
    std::vector<sqlite::Statement> row_exists_;  // of each reader; after it, so that it goes first
};

}  // namespace weir::journal
