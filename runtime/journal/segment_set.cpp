#include "runtime/journal/segment_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/journal/segment_files.hpp"

namespace weir::journal {

Result<SegmentSet> SegmentSet::open(const std::filesystem::path& dir) {
    const Error absent{Errc::not_found, fmt::format("no journal in \"{}\"", dir.string()), "no_journal", {}};
    if (!std::filesystem::is_directory(dir)) return absent;
    WEIR_TRY(const auto files, list_segments(dir));
    if (files.empty()) return absent;
    SegmentSet set;
    for (const SegmentFile& file : files) {
        WEIR_TRY(auto reader, SegmentReader::open(file.path, file.number, {}));
        // One snapshot for all questions, however the writer moves on.
        WEIR_CHECK_OK(reader->database().exec("BEGIN"));
        WEIR_TRY(auto catalog, read_catalog(reader->database()));
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

Result<std::optional<FoundRecord>> SegmentSet::record(StreamId stream, Offset offset) {
    for (std::size_t i = readers_.size(); i-- > 0;) {
        const OffsetRange held = range(i, stream);
        if (offset < held.first || offset >= held.end) continue;
        std::vector<StoredGroup> groups;
        std::size_t bytes = 0;
        WEIR_CHECK_OK(readers_[i]->groups(stream, offset, offset + 1, 0, bytes, groups));
        if (groups.empty() || groups.front().payload == nullptr) return std::optional<FoundRecord>{};
        const StoredGroup& stored = groups.front();
        FoundRecord found;
        found.segment = readers_[i]->number();
        WEIR_TRY(found.group.records, decode_records(*stored.payload, stored.count, stored.payload));
        found.group.first = stored.first;
        found.group.count = stored.count;
        found.group.wall_ns = stored.wall_ns;
        const auto index = static_cast<std::uint32_t>(offset - stored.first);
        found.record.batch = select(found.group.records.batch, std::span(&index, 1));
        for (const Hold& hold : found.group.records.holds) {
            if (hold.index == index) found.record.holds.push_back({0, hold.error_class, hold.code, hold.message});
        }
        return std::optional(std::move(found));
    }
    return std::optional<FoundRecord>{};
}

// Whether a newer segment than `index` has the row too: then that one tells how it went on.
Result<bool> SegmentSet::superseded(std::size_t index, const DeliveryRow& row) {
    for (std::size_t i = index + 1; i < readers_.size(); ++i) {
        WEIR_TRY(auto newer, readers_[i]->database().prepare("SELECT 1 FROM delivery_rows WHERE lane = ?1 AND "
                                                             "record_offset = ?2 AND part = ?3"));
        newer.bind(1, row.lane).bind(2, row.item.offset).bind(3, row.item.part);
        WEIR_TRY(const bool there, newer.step());
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
            WEIR_TRY(const bool old, superseded(i, delivery));
            if (!old) found.push_back(std::move(delivery));
        }
    }
    return found;
}

Result<DecodedBatch> record_of(SegmentSet& segments, StreamId stream, const DeliveryRow& row) {
    if (!row.frame.empty()) {
        auto bytes = std::make_shared<const std::string>(row.frame);
        return decode_records(*bytes, 1, bytes);
    }
    WEIR_TRY(auto found, segments.record(stream, row.item.offset));
    return found ? std::move(found->record) : DecodedBatch{};
}

}  // namespace weir::journal
