#include "runtime/journal/inspect.hpp"

#include <utility>

#include "runtime/journal/accounts.hpp"
#include "runtime/journal/deliveries.hpp"
#include "runtime/journal/people.hpp"
#include "runtime/journal/records.hpp"
#include "runtime/journal/segment_set.hpp"
#include "runtime/journal/trace.hpp"

namespace weir::journal {

namespace {

// Opens the segments anew for every question: a running host rotates and deletes them.
class SegmentInspector final : public Inspector {
  public:
    explicit SegmentInspector(std::filesystem::path dir) : dir_(std::move(dir)) {}

    Result<std::vector<StreamInfo>> streams() override {
        WEIR_TRY(const SegmentSet segments, SegmentSet::open(dir_, SegmentSet::Which::ends));
        std::vector<StreamInfo> infos;
        for (const StreamEntry& stream : segments.catalog().streams) infos.push_back(stream.info);
        return infos;
    }

    Result<std::vector<LaneInfo>> lanes() override {
        WEIR_TRY(const SegmentSet segments, SegmentSet::open(dir_, SegmentSet::Which::newest));
        std::vector<LaneInfo> infos;
        for (const LaneEntry& lane : segments.catalog().lanes) {
            const StreamInfo& stream = segments.catalog().stream_at(lane.stream).info;
            infos.push_back(
                {lane.id, lane.route, lane.destination, stream.name, stream.id, lane.begin, stream.end, lane.progress});
        }
        return infos;
    }

    Result<std::vector<LaneAccount>> accounts() override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_, SegmentSet::Which::newest));
        return count_accounts(segments);
    }

    Result<std::vector<ListedDelivery>> deliveries(const DeliveryFilter& filter) override {
        const bool newest = is_open_only(filter) && !filter.record && !filter.key && !filter.text;
        WEIR_TRY(SegmentSet segments,
                 SegmentSet::open(dir_, newest ? SegmentSet::Which::newest : SegmentSet::Which::all));
        return list_deliveries(segments, filter);
    }

    Result<std::vector<RecordTrace>> trace(std::string_view id, std::string_view source) override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return trace_records(segments, id, source);
    }

    Result<RecordPage> records(const RecordFilter& filter) override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return find_records(segments, filter);
    }

    Result<std::vector<DeliveryNote>> notes(LaneId lane, ItemId item) override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return read_notes(segments, lane, item);
    }

    Result<std::vector<ListedAudit>> audit(const AuditFilter& filter) override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return read_audit(segments, filter);
    }

    Result<std::uint64_t> verify_audit() override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return check_audit(segments);
    }

    Result<std::vector<std::pair<std::string, std::string>>> state(std::string_view scope,
                                                                   std::int64_t now_wall_ns) override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return segments.active().state_of(scope, now_wall_ns);
    }

  private:
    std::filesystem::path dir_;
};

}  // namespace

Result<std::unique_ptr<Inspector>> inspect_journal(const std::filesystem::path& dir) {
    WEIR_CHECK_OK(SegmentSet::open(dir, SegmentSet::Which::newest));
    return std::unique_ptr<Inspector>(std::make_unique<SegmentInspector>(dir));
}

}  // namespace weir::journal
