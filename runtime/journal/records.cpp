#include "runtime/journal/records.hpp"

#include <fmt/format.h>
#include <string.h>  // memmem

#include <algorithm>
#include <limits>
#include <string_view>

namespace weir::journal {

namespace {

constexpr std::size_t kChunkBytes = 1u << 20;
constexpr std::size_t kPageBytesMax = 64u << 20;  // of found records: many large ones make a shorter page
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

bool contains(std::string_view bytes, std::string_view part) {
    return part.empty() || ::memmem(bytes.data(), bytes.size(), part.data(), part.size()) != nullptr;
}

bool in_time(const RecordFilter& filter, std::int64_t accepted_wall_ns) {
    if (filter.since_wall_ns && accepted_wall_ns < *filter.since_wall_ns) return false;
    return !filter.until_wall_ns || accepted_wall_ns < *filter.until_wall_ns;
}

// Whatever a record must be equal to stands in its bytes as it is; only groups that have all of it are decoded.
bool may_hold(const RecordFilter& filter, std::string_view payload) {
    for (const auto* wanted :
         {&filter.id, &filter.source, &filter.key, &filter.correlation_id, &filter.type, &filter.text}) {
        if (*wanted && !contains(payload, **wanted)) return false;
    }
    return true;
}

bool matches(const RecordFilter& filter, const weir_record& record) {
    if (filter.id && view(record.id) != *filter.id) return false;
    if (filter.source && view(record.source) != *filter.source) return false;
    if (filter.key && view(record.key) != *filter.key && view(record.subject) != *filter.key) return false;
    if (filter.correlation_id && view(record.correlation_id) != *filter.correlation_id) return false;
    if (filter.type && view(record.type) != *filter.type) return false;
    if (filter.event_since_ns || filter.event_until_ns) {
        if (record.time_unix_ns == kNoTime) return false;
        if (filter.event_since_ns && record.time_unix_ns < *filter.event_since_ns) return false;
        if (filter.event_until_ns && record.time_unix_ns >= *filter.event_until_ns) return false;
    }
    return !filter.text || contains(view(record.payload), *filter.text);
}

class RecordSearch {
  public:
    RecordSearch(SegmentSet& segments, const RecordFilter& filter, const StreamInfo& stream)
        : segments_(segments), filter_(filter), stream_(stream) {}

    [[nodiscard]] Result<RecordPage> run() {
        page_.next = std::max(filter_.from, stream_.begin);
        if (filter_.id && filter_.source) {
            WEIR_CHECK_OK(by_identity());
        } else {
            WEIR_CHECK_OK(scan());
        }
        page_.next = std::max(page_.next, filter_.from);
        page_.done = page_.next >= stream_.end;
        return std::move(page_);
    }

  private:
    [[nodiscard]] bool full() const noexcept {
        return page_.records.size() >= filter_.limit || found_bytes_ >= kPageBytesMax;
    }

    [[nodiscard]] Status by_identity() {
        const std::uint64_t hash = identity_hash(*filter_.source, *filter_.id);
        WEIR_TRY(const auto offsets, segments_.candidates(stream_.id, std::span(&hash, 1), 0));
        for (const Offset offset : offsets) {
            if (offset < page_.next) continue;
            if (full()) return ok();
            page_.next = offset + 1;
            WEIR_TRY(auto found, segments_.record(stream_.id, offset));
            if (!found) {
                ++page_.damaged;
            } else if (in_time(filter_, found->accepted_wall_ns) && matches(filter_, (*found->record.batch)[0])) {
                take({offset, found->accepted_wall_ns, std::move(found->record)});
            }
        }
        page_.next = stream_.end;
        return ok();
    }

    [[nodiscard]] Status scan() {
        for (std::size_t i = 0; i < segments_.readers().size(); ++i) {
            const OffsetRange held = segments_.range(i, stream_.id);
            page_.next = std::max(page_.next, held.first);
            WEIR_TRY(const bool outside, outside_of_time(segments_.readers()[i]->database()));
            if (outside) page_.next = std::max(page_.next, held.end);
            while (page_.next < held.end) {
                if (full() || scanned_bytes_ >= filter_.scan_bytes) return ok();
                WEIR_CHECK_OK(scan_chunk(*segments_.readers()[i], held.end));
            }
        }
        return ok();
    }

    // Nothing of a segment was accepted before it was made or after it was sealed, as far as the wall clock was right.
    [[nodiscard]] Result<bool> outside_of_time(sqlite::Database& segment) const {
        constexpr std::int64_t kClockErrorNs = 86'400'000'000'000;
        if (filter_.until_wall_ns) {
            WEIR_TRY(const std::int64_t made, segment.integer("SELECT value FROM meta WHERE key = 'created_ns'"));
            if (made - kClockErrorNs >= *filter_.until_wall_ns) return true;
        }
        if (!filter_.since_wall_ns) return false;
        WEIR_TRY(const std::int64_t sealed, segment.integer("SELECT value FROM meta WHERE key = 'sealed_ns'"));
        return sealed != 0 && sealed + kClockErrorNs < *filter_.since_wall_ns;
    }

    [[nodiscard]] Status scan_chunk(SegmentReader& reader, Offset end) {
        if (filter_.since_wall_ns || filter_.until_wall_ns) {
            WEIR_TRY(page_.next,
                     reader.next_in_time(stream_.id, page_.next, end, filter_.since_wall_ns.value_or(kNoTime),
                                         filter_.until_wall_ns.value_or(kNever)));
            if (page_.next >= end) return ok();
        }
        std::vector<StoredGroup> groups;
        std::size_t bytes = 0;
        const auto chunk = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, filter_.scan_bytes));
        WEIR_CHECK_OK(reader.groups(stream_.id, page_.next, end, chunk, bytes, groups));
        if (groups.empty()) page_.next = end;
        for (const StoredGroup& group : groups) {
            if (full()) return ok();
            scanned_bytes_ += 1 + (group.payload != nullptr ? group.payload->size() : 0);
            WEIR_CHECK_OK(look_at(group, end));
        }
        return ok();
    }

    [[nodiscard]] Status look_at(const StoredGroup& group, Offset end) {
        const Offset group_end = std::min<Offset>(group.first + group.count, end);
        const Offset begin = std::max(page_.next, group.first);
        page_.next = group_end;
        if (group.payload == nullptr) {
            page_.damaged += group_end - begin;
            return ok();
        }
        if (!in_time(filter_, group.wall_ns) || !may_hold(filter_, *group.payload)) return ok();
        const auto decoded = decode_records(*group.payload, group.count, group.payload);
        if (!decoded.ok()) {
            page_.damaged += group_end - begin;
            return ok();
        }
        for (Offset offset = begin; offset < group_end; ++offset) {
            const auto index = static_cast<std::uint32_t>(offset - group.first);
            if (!matches(filter_, (*decoded->batch)[index])) continue;
            if (full()) {
                page_.next = offset;
                return ok();
            }
            WEIR_TRY(auto record, alone(*decoded, index));
            take({offset, group.wall_ns, std::move(record)});
        }
        return ok();
    }

    void take(AcceptedRecord record) {
        found_bytes_ += view((*record.record.batch)[0].payload).size();
        page_.records.push_back(std::move(record));
    }

    SegmentSet& segments_;
    const RecordFilter& filter_;
    const StreamInfo& stream_;
    RecordPage page_;
    std::uint64_t scanned_bytes_ = 0;
    std::size_t found_bytes_ = 0;
};

}  // namespace

Result<RecordPage> find_records(SegmentSet& segments, const RecordFilter& filter) {
    for (const StreamEntry& stream : segments.catalog().streams) {
        if (stream.info.name == filter.stream) return RecordSearch(segments, filter, stream.info).run();
    }
    return Error{Errc::not_found, fmt::format("stream \"{}\" does not exist", filter.stream), "no_stream", {}};
}

}  // namespace weir::journal
