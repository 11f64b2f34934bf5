// replay: accepted records run through their route again, for people who repaired something at the target or in a step.
//
// Their event time is kept, because it is the accepted record that runs again. Nothing is posted twice: the lane asks
// the target first, under the external reference the first delivery had.

#include <algorithm>
#include <map>
#include <span>

#include "runtime/admin/change.hpp"
#include "runtime/admin/describe.hpp"
#include "runtime/admin/handlers.hpp"
#include "runtime/admin/item.hpp"
#include "runtime/admin/listing.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

constexpr std::size_t kChunk = 500;
constexpr std::size_t kNamed = 20;

bool is_settled(const journal::LaneInfo& lane, journal::Offset offset) {
    if (offset < lane.progress.position) return true;
    return std::ranges::any_of(lane.progress.settled, [offset](const journal::OffsetRange& range) {
        return range.first <= offset && offset < range.end;
    });
}

struct RouteLanes {
    std::vector<journal::LaneInfo> destinations;
    std::vector<journal::LaneId> steps;  // that read the same stream
    std::string stream;
};

// The newest lane of each destination; older ones are of a time when the route read another stream.
Result<std::vector<journal::LaneInfo>> destinations_of(OperationContext& context, const Json& parameters,
                                                       const std::vector<journal::LaneInfo>& all) {
    const auto route = parameters["route"].get<std::string>();
    const std::string only = parameters.value("destination", "");
    const auto config = config_of(context.plant);
    const config::Route* configured = find_route(config.get(), route);
    std::map<std::string, journal::LaneInfo> newest;
    for (const journal::LaneInfo& lane : all) {
        if (lane.route != route || lane.destination.empty()) continue;
        if (!only.empty() && lane.destination != only) continue;
        const bool gone = configured != nullptr && std::ranges::none_of(configured->to, [&](const auto& to) {
                              return to.name == lane.destination;
                          });
        if (gone) continue;
        auto [at, fresh] = newest.try_emplace(lane.destination, lane);
        if (!fresh && at->second.lane < lane.lane) at->second = lane;
    }
    if (newest.empty() || (config && configured == nullptr)) {
        return Error{Errc::not_found,
                     "no route \"" + route + "\"" + (only.empty() ? "" : " with a destination \"" + only + "\"") +
                         " has delivered anything",
                     "NOT_FOUND",
                     {}};
    }
    std::vector<journal::LaneInfo> lanes;
    for (auto& [destination, lane] : newest) lanes.push_back(std::move(lane));
    return lanes;
}

Result<RouteLanes> lanes_of(OperationContext& context, const Json& parameters) {
    WEIR_TRY(const auto all, context.plant.inspector->lanes());
    RouteLanes lanes;
    WEIR_TRY(lanes.destinations, destinations_of(context, parameters, all));
    const journal::LaneInfo& first = lanes.destinations.front();
    lanes.stream = first.stream;
    for (const journal::LaneInfo& lane : lanes.destinations) {
        if (lane.stream == first.stream) continue;
        return Error{Errc::conflict,
                     "the destinations of this route read different streams: name one of them",
                     "SEVERAL_STREAMS",
                     {}};
    }
    for (const journal::LaneInfo& lane : all) {
        const bool steps = lane.route == first.route && lane.destination.empty() && lane.stream == first.stream;
        if (steps) lanes.steps.push_back(lane.lane);
    }
    return lanes;
}

journal::RecordFilter filter_of(const Json& parameters) {
    journal::RecordFilter filter;
    const auto text = [&](const char* name, std::optional<std::string>& to) {
        if (parameters.contains(name)) to = parameters[name].get<std::string>();
    };
    const auto time = [&](const char* name, std::optional<std::int64_t>& to) {
        if (parameters.contains(name)) to = parameters[name].get<std::int64_t>();
    };
    text("id", filter.id);
    text("key", filter.key);
    text("correlation_id", filter.correlation_id);
    text("type", filter.type);
    text("text", filter.text);
    time("since", filter.since_wall_ns);
    time("until", filter.until_wall_ns);
    time("event_since", filter.event_since_ns);
    time("event_until", filter.event_until_ns);
    return filter;
}

Json query_of(const Json& parameters) {
    Json query = Json::object();
    for (const char* name : {"route", "destination", "id", "key", "correlation_id", "type", "text"}) {
        if (parameters.contains(name)) query[name] = parameters[name];
    }
    for (const char* name : {"since", "until", "event_since", "event_until"}) {
        if (parameters.contains(name)) query[name] = format_time(parameters[name].get<std::int64_t>());
    }
    return query;
}

class Replay {
  public:
    Replay(OperationContext& context, Json query, bool dry_run)
        : context_(context), query_(std::move(query)), dry_run_(dry_run) {}

    // `steps_lanes`: where the route's steps put records of the same stream aside.
    [[nodiscard]] Status add(const journal::LaneInfo& lane, const std::vector<journal::LaneId>& steps_lanes,
                             std::span<const journal::AcceptedRecord> records) {
        while (!records.empty()) {
            const auto some = records.first(std::min(records.size(), kChunk));
            records = records.subspan(some.size());
            Rows rows;
            WEIR_CHECK_OK(add_rows(lane.lane, some, rows));
            for (const journal::LaneId steps : steps_lanes) WEIR_CHECK_OK(add_rows(steps, some, rows));
            Change change(context_);
            for (const journal::AcceptedRecord& record : some) add_one(lane, record.offset, rows, change);
            if (change.size() == 0) continue;
            const Json detail{{"count", change.size()}, {"destination", lane.destination}, {"query", query_}};
            change.add_audit("replay", "route " + lane.route, detail);
            WEIR_CHECK_OK(change.commit());
        }
        return ok();
    }

    [[nodiscard]] Json answer() const {
        Json skipped = Json::object();
        for (const auto& [why, count] : skipped_) skipped[why] = count;
        return {{"dry_run", dry_run_}, {"replayed", replayed_}, {"skipped", skipped}, {"items", items_}};
    }

  private:
    using Rows = std::map<journal::Offset, std::vector<journal::DeliveryRow>>;

    // What is written down of these records in this lane, or before it in the route's steps.
    [[nodiscard]] Status add_rows(journal::LaneId lane, std::span<const journal::AcceptedRecord> records, Rows& rows) {
        journal::DeliveryFilter filter;
        filter.lane = lane;
        filter.offsets = journal::OffsetRange{records.front().offset, records.back().offset + 1};
        filter.record = false;
        filter.limit = kChunk;
        for (;;) {
            WEIR_TRY(auto page, context_.plant.inspector->deliveries(filter));
            const bool last = page.size() < filter.limit;
            if (!page.empty()) filter.after = page.back().number;
            for (journal::ListedDelivery& one : page) {
                const journal::Offset offset = one.row.item.offset;
                rows[offset].push_back(std::move(one.row));
            }
            if (last) return ok();
        }
    }

    // Why not, or "".
    [[nodiscard]] static std::string_view reason_to_skip(const journal::LaneInfo& lane, journal::Offset offset,
                                                         const std::vector<journal::DeliveryRow>& rows) {
        using journal::DeliveryState;
        if (offset < lane.begin) return "before_the_route_began";
        for (const journal::DeliveryRow& row : rows) {
            if (row.state == DeliveryState::held || row.state == DeliveryState::dead) return "open_use_redrive";
            if (row.state == DeliveryState::resolved) return "closed_by_a_person";
            if (row.state != DeliveryState::delivered) return "under_way";
        }
        return is_settled(lane, offset) ? "" : "not_delivered_yet";
    }

    void add_one(const journal::LaneInfo& lane, journal::Offset offset, const Rows& rows, Change& change) {
        const auto found = rows.find(offset);
        // The parts that are written down, or the one there is.
        std::vector<journal::DeliveryRow> parts;
        if (found != rows.end()) parts = found->second;
        if (const auto why = reason_to_skip(lane, offset, parts); !why.empty()) {
            ++skipped_[std::string(why)];
            return;
        }
        std::erase_if(parts, [&](const journal::DeliveryRow& row) { return row.lane != lane.lane; });
        if (parts.empty()) {
            parts.emplace_back();
            parts.back().lane = lane.lane;
            parts.back().item.offset = offset;
        }
        for (journal::DeliveryRow& row : parts) take_up(lane, std::move(row), change);
    }

    void take_up(const journal::LaneInfo& lane, journal::DeliveryRow row, Change& change) {
        ++replayed_;
        if (items_.size() < kNamed) items_.push_back(item_name(lane.route, lane.destination, row.item));
        if (dry_run_) return;
        row.state = journal::DeliveryState::waiting;
        row.redo = journal::Redo::steps;
        row.replay = true;
        row.attempts = 0;
        row.probes = 0;
        row.next_wall_ns = change.wall_ns();
        row.updated_wall_ns = change.wall_ns();
        if (row.opened_wall_ns == 0) row.opened_wall_ns = change.wall_ns();
        row.frame.clear();
        change.add_note(row.lane, row.item, "replay", context_.actor.reason);
        change.add_redo(std::move(row));
    }

    OperationContext& context_;
    Json query_;
    bool dry_run_;
    std::uint64_t replayed_ = 0;
    std::map<std::string, std::uint64_t> skipped_;
    Json items_ = Json::array();
};

}  // namespace

Result<Json> op_replay(OperationContext& context, const Json& parameters) {
    WEIR_TRY(const auto lanes, lanes_of(context, parameters));
    journal::RecordFilter filter = filter_of(parameters);
    WEIR_TRY(filter.from, number_cursor(parameters));
    filter.limit = parameters.value("limit", std::size_t{1000});
    Replay replay(context, query_of(parameters), parameters.value("dry_run", false));
    filter.stream = lanes.stream;
    WEIR_TRY(const journal::RecordPage page, context.plant.inspector->records(filter));
    for (const journal::LaneInfo& lane : lanes.destinations) {
        WEIR_CHECK_OK(replay.add(lane, lanes.steps, page.records));
    }
    Json answer = replay.answer();
    answer["records"] = page.records.size();
    if (page.damaged > 0) answer["unreadable"] = page.damaged;
    // The answer may be short of its limit and not the last one: a call looks through a bounded part of the journal.
    if (!page.done) answer["next"] = cursor_of(page.next);
    return answer;
}

}  // namespace weir::admin
