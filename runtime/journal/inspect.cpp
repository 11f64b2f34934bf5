#include "runtime/journal/inspect.hpp"

#include <fmt/format.h>

#include <utility>

#include "runtime/journal/accounts.hpp"
#include "runtime/journal/segment_set.hpp"
#include "runtime/journal/trace.hpp"

namespace weir::journal {

namespace {

// Opens the segments anew for every question: a running host rotates and deletes them.
class SegmentInspector final : public Inspector {
  public:
    explicit SegmentInspector(std::filesystem::path dir) : dir_(std::move(dir)) {}

    Result<std::vector<StreamInfo>> streams() override {
        WEIR_TRY(const SegmentSet segments, SegmentSet::open(dir_));
        std::vector<StreamInfo> infos;
        for (const StreamEntry& stream : segments.catalog().streams) infos.push_back(stream.info);
        return infos;
    }

    Result<std::vector<LaneAccount>> accounts() override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return count_accounts(segments);
    }

    Result<std::vector<ListedDelivery>> deliveries(const DeliveryFilter& filter) override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        WEIR_TRY(auto rows, segments.rows(where(segments.catalog(), filter), filter.code.value_or(""), filter.limit));
        std::vector<ListedDelivery> listed;
        for (DeliveryRow& row : rows) {
            const LaneEntry& lane = segments.catalog().lane_at(row.lane);
            ListedDelivery& one = listed.emplace_back();
            one.route = lane.route;
            one.destination = lane.destination;
            one.stream = segments.catalog().stream_at(lane.stream).info.name;
            WEIR_TRY(one.record, record_of(segments, lane.stream, row));
            one.row = std::move(row);
        }
        return listed;
    }

    Result<std::vector<RecordTrace>> trace(std::string_view id) override {
        WEIR_TRY(SegmentSet segments, SegmentSet::open(dir_));
        return trace_records(segments, id);
    }

  private:
    static std::string where(const Catalog& catalog, const DeliveryFilter& filter) {
        std::string lanes;
        for (const LaneEntry& lane : catalog.lanes) {
            if (filter.route && *filter.route != lane.route) continue;
            if (filter.destination && *filter.destination != lane.destination) continue;
            lanes += fmt::format("{}{}", lanes.empty() ? "" : ", ", lane.id);
        }
        std::string clause = fmt::format("lane IN ({})", lanes);
        if (filter.state) clause += fmt::format(" AND state = {}", static_cast<int>(*filter.state));
        if (filter.code) clause += " AND code = ?1";
        return clause;
    }

    std::filesystem::path dir_;
};

}  // namespace

Result<std::unique_ptr<Inspector>> inspect_journal(const std::filesystem::path& dir) {
    WEIR_CHECK_OK(SegmentSet::open(dir));
    return std::unique_ptr<Inspector>(std::make_unique<SegmentInspector>(dir));
}

}  // namespace weir::journal
