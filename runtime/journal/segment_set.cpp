#include "runtime/journal/segment_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/journal/segment_files.hpp"

namespace weir::journal {

Result<SegmentSet> SegmentSet::open(const std::filesystem::path& dir, Which which) {
    const Error absent{Errc::not_found, fmt::format("no journal in \"{}\"", dir.string()), "no_journal", {}};
    if (!std::filesystem::is_directory(dir)) return absent;
    WEIR_TRY(auto files, list_segments(dir));
    if (files.empty()) return absent;
    if (which != Which::all) {
        const std::size_t kept = which == Which::ends && files.size() > 1 ? 1 : 0;
        files.erase(files.begin() + static_cast<std::ptrdiff_t>(kept), files.end() - 1);
    }
    SegmentSet set;
    for (const SegmentFile& file : files) {
        WEIR_TRY(auto reader, SegmentReader::open(file.path, file.number, {}));
        // One snapshot for all questions, however the writer moves on.
        WEIR_CHECK_OK(reader->database().exec("BEGIN"));
        WEIR_TRY(auto catalog, read_catalog(reader->database()));
        WEIR_TRY(auto exists, reader->database().prepare("SELECT 1 FROM delivery_rows WHERE lane = ?1 AND "
                                                         "record_offset = ?2 AND part = ?3"));
        set.row_exists_.push_back(std::move(exists));
        set.readers_.push_back(std::move(reader));
        set.catalogs_.push_back(std::move(catalog));
    }
    set.catalog_ = set.catalogs_.back();
    for (StreamEntry& stream : set.catalog_.streams) stream.info.begin = set.range(0, stream.info.id).first;
    return set;
}

OffsetRange SegmentSet::range(std::size_t index, StreamId stream) const noexcept {
    // A stream that is younger than the segment has nothing in it.
    const StreamEntry* here = catalogs_[index].stream(stream);
    return here == nullptr ? OffsetRange{} : OffsetRange{here->info.begin, here->info.end};
}

Result<DecodedBatch> alone(const DecodedBatch& group, std::uint32_t index) {
    const Hold* hold = nullptr;
    for (const Hold& one : group.holds) {
        if (one.index == index) hold = &one;
    }
    EncodedBatch encoded;
    WEIR_CHECK_OK(encode_record((*group.batch)[index], hold, encoded));
    auto bytes = std::make_shared<const std::string>(std::move(encoded.frames));
    return decode_records(*bytes, 1, bytes);
}

// Makes cached_ the group that holds the offset. False: not retained, or damaged.
Result<bool> SegmentSet::load_group(StreamId stream, Offset offset) {
    if (cached_stream_ == stream && offset >= cached_.first && offset < cached_.end()) return true;
    for (std::size_t i = readers_.size(); i-- > 0;) {
        const OffsetRange held = range(i, stream);
        if (offset < held.first || offset >= held.end) continue;
        std::vector<StoredGroup> groups;
        std::size_t bytes = 0;
        WEIR_CHECK_OK(readers_[i]->groups(stream, offset, offset + 1, 0, bytes, groups));
        if (groups.empty() || groups.front().payload == nullptr) return false;
        const StoredGroup& stored = groups.front();
        auto records = decode_records(*stored.payload, stored.count, stored.payload);
        if (!records.ok()) return false;
        cached_ = {stored.first, stored.count, stored.wall_ns, false, std::move(records).value()};
        cached_stream_ = stream;
        cached_segment_ = readers_[i]->number();
        return true;
    }
    return false;
}

Result<std::optional<FoundRecord>> SegmentSet::record(StreamId stream, Offset offset) {
    WEIR_TRY(const bool there, load_group(stream, offset));
    if (!there) return std::optional<FoundRecord>{};
    FoundRecord found;
    found.accepted_wall_ns = cached_.wall_ns;
    found.segment = cached_segment_;
    WEIR_TRY(found.record, alone(cached_.records, static_cast<std::uint32_t>(offset - cached_.first)));
    return std::optional(std::move(found));
}

Result<std::vector<Offset>> SegmentSet::candidates(StreamId stream, std::span<const std::uint64_t> hashes,
                                                   std::size_t from_segment) {
    std::vector<Offset> found;
    const auto collect = [&](Offset first, std::span<const std::uint64_t> stored) {
        for (std::size_t i = 0; i < stored.size(); ++i) {
            if (std::find(hashes.begin(), hashes.end(), stored[i]) != hashes.end()) found.push_back(first + i);
        }
    };
    for (std::size_t i = from_segment; i < readers_.size(); ++i) {
        const OffsetRange held = range(i, stream);
        WEIR_CHECK_OK(readers_[i]->identities(stream, held.first, held.end, false, collect));
    }
    return found;
}

Result<bool> SegmentSet::superseded(std::size_t index, LaneId lane, ItemId item) {
    for (std::size_t i = index + 1; i < readers_.size(); ++i) {
        sqlite::Statement& newer = row_exists_[i];
        newer.bind(1, lane).bind(2, item.offset).bind(3, item.part);
        WEIR_TRY(const bool there, newer.step());
        newer.reset();
        if (there) return true;
    }
    return false;
}

Result<std::vector<DeliveryRow>> SegmentSet::rows(std::string_view where, std::string_view text, std::size_t limit) {
    std::vector<DeliveryRow> found;
    for (std::size_t i = readers_.size(); i-- > 0;) {
        const bool newest = i + 1 == readers_.size();
        // What is not delivered was carried into the next segment; here it is out of date.
        WEIR_TRY(auto rows, readers_[i]->database().prepare(
                                fmt::format("SELECT {} FROM delivery_rows WHERE ({}) {} ORDER BY lane, record_offset, "
                                            "part",
                                            kDeliveryColumns, where, newest ? "" : "AND state = 5")));
        rows.bind_text(1, text);
        while (found.size() < limit) {
            WEIR_TRY(const bool row, rows.step());
            if (!row) break;
            DeliveryRow delivery = read_delivery_row(rows);
            WEIR_TRY(const bool old, superseded(i, delivery.lane, delivery.item));
            if (!old) found.push_back(std::move(delivery));
        }
    }
    return found;
}

}  // namespace weir::journal
