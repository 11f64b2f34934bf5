#include "runtime/journal/deliveries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/journal/sql_clause.hpp"

namespace weir::journal {

namespace {

// The lanes a filter leaves; nullopt: all of them.
std::optional<std::string> lanes_of(const Catalog& catalog, const DeliveryFilter& filter) {
    if (!filter.route && !filter.destination && !filter.lane) return std::nullopt;
    std::string lanes;
    for (const LaneEntry& lane : catalog.lanes) {
        if (filter.route && *filter.route != lane.route) continue;
        if (filter.destination && *filter.destination != lane.destination) continue;
        if (filter.lane && *filter.lane != lane.id) continue;
        lanes += fmt::format("{}{}", lanes.empty() ? "" : ", ", lane.id);
    }
    return lanes.empty() ? "-1" : lanes;  // no lane: SQLite has no plan for `IN ()` over a named index
}

SqlClause clause_of(const Catalog& catalog, const DeliveryFilter& filter) {
    constexpr std::string_view kOpened = "CASE WHEN opened_ns > 0 THEN opened_ns ELSE updated_ns END";
    SqlClause clause;
    clause.add("id > ?", static_cast<std::int64_t>(filter.after));
    if (const auto lanes = lanes_of(catalog, filter)) clause.add(fmt::format("lane IN ({})", *lanes));
    if (filter.item) {
        clause.add("record_offset = ?", static_cast<std::int64_t>(filter.item->offset));
        clause.add("part = ?", std::int64_t{filter.item->part});
    }
    if (filter.offsets) {
        clause.add("record_offset >= ?", static_cast<std::int64_t>(filter.offsets->first));
        clause.add("record_offset < ?", static_cast<std::int64_t>(filter.offsets->end));
    }
    if (filter.state) clause.add("state = ?", static_cast<std::int64_t>(*filter.state));
    if (filter.code) clause.add("code = ?", *filter.code);
    if (filter.external_ref) clause.add("external_ref = ?", *filter.external_ref);
    if (filter.since_wall_ns) clause.add(fmt::format("{} >= ?", kOpened), *filter.since_wall_ns);
    if (filter.until_wall_ns) clause.add(fmt::format("{} < ?", kOpened), *filter.until_wall_ns);
    return clause;
}

// Goes through the rows of all segments in the order of their numbers, and reads a row only when it is to be looked at.
class RowWalk {
  public:
    RowWalk(SegmentSet& segments, const DeliveryFilter& filter)
        : segments_(segments), clause_(clause_of(segments.catalog(), filter)) {}

    [[nodiscard]] Status begin(const DeliveryFilter& filter) {
        const std::size_t newest = segments_.readers().size() - 1;
        const bool only_open = is_open_only(filter);
        for (std::size_t i = only_open ? newest : 0; i <= newest; ++i) {
            sqlite::Database& db = segments_.readers()[i]->database();
            const std::string_view from =
                only_open ? "delivery_rows INDEXED BY delivery_rows_open WHERE state <> 5 AND" : "delivery_rows WHERE";
            Cursor& cursor = cursors_.emplace_back();
            cursor.segment = i;
            WEIR_TRY(cursor.ids, db.prepare(fmt::format("SELECT id, lane, record_offset, part FROM {} {}{} ORDER BY id",
                                                        from, i < newest ? "state = 5 AND " : "", clause_.where())));
            WEIR_TRY(cursor.row,
                     db.prepare(fmt::format("SELECT {} FROM delivery_rows WHERE id = ?1", kDeliveryColumns)));
            clause_.bind(cursor.ids);
            WEIR_CHECK_OK(advance(cursor));
        }
        return ok();
    }

    // False: no row is left.
    [[nodiscard]] Result<bool> next() {
        for (;;) {
            if (current_ != nullptr) WEIR_CHECK_OK(advance(*current_));
            current_ = nullptr;
            for (Cursor& cursor : cursors_) {
                if (cursor.number != 0 && (current_ == nullptr || cursor.number < current_->number)) current_ = &cursor;
            }
            if (current_ == nullptr) return false;
            WEIR_TRY(const bool old, segments_.superseded(current_->segment, lane(), item()));
            if (!old) return true;
        }
    }

    [[nodiscard]] std::uint64_t number() const noexcept { return current_->number; }
    [[nodiscard]] LaneId lane() const noexcept { return current_->ids.as<LaneId>(1); }
    [[nodiscard]] ItemId item() const noexcept {
        return {current_->ids.as<Offset>(2), current_->ids.as<std::uint32_t>(3)};
    }
    [[nodiscard]] Status read(ListedDelivery& into) {
        sqlite::Statement& statement = current_->row;
        statement.bind(1, current_->number);
        WEIR_TRY(const bool there, statement.step());
        if (!there) return Error{Errc::corrupt, fmt::format("delivery row {} is lost", current_->number), "lost", {}};
        into.row = read_delivery_row(statement);
        into.frame_damaged = !frame_is_whole(statement);
        statement.reset();
        return ok();
    }

  private:
    struct Cursor {
        std::size_t segment = 0;
        std::uint64_t number = 0;  // 0: at its end
        sqlite::Statement ids;
        sqlite::Statement row;
    };
    [[nodiscard]] static Status advance(Cursor& cursor) {
        WEIR_TRY(const bool row, cursor.ids.step());
        cursor.number = row ? cursor.ids.as<std::uint64_t>(0) : 0;
        return ok();
    }

    SegmentSet& segments_;
    SqlClause clause_;
    std::vector<Cursor> cursors_;
    Cursor* current_ = nullptr;
};

// As it was tried, or as it was accepted when it never was or what was tried is lost.
Status add_record(SegmentSet& segments, StreamId stream, ListedDelivery& listed) {
    if (!listed.row.frame.empty() && !listed.frame_damaged) {
        auto bytes = std::make_shared<const std::string>(listed.row.frame);
        WEIR_TRY(listed.record, decode_records(*bytes, 1, bytes));
        return ok();
    }
    WEIR_TRY(auto found, segments.record(stream, listed.row.item.offset));
    if (found) listed.record = std::move(found->record);
    return ok();
}

bool has_key(const ListedDelivery& listed, std::string_view key) {
    if (!listed.record.batch) return false;
    const weir_record& record = (*listed.record.batch)[0];
    return view(record.key) == key || view(record.subject) == key || view(record.id) == key;
}

bool has_text(const ListedDelivery& listed, const std::string& text) {
    constexpr auto kNone = std::string_view::npos;
    if (listed.row.message.find(text) != kNone || listed.row.code.find(text) != kNone) return true;
    return listed.record.batch && view((*listed.record.batch)[0].payload).find(text) != kNone;
}

class Lister {
  public:
    Lister(SegmentSet& segments, const DeliveryFilter& filter) : segments_(segments), filter_(filter) {}

    [[nodiscard]] Result<std::vector<ListedDelivery>> list() {
        std::vector<ListedDelivery> listed;
        RowWalk walk(segments_, filter_);
        WEIR_CHECK_OK(walk.begin(filter_));
        WEIR_TRY(assigned_, segments_.active().database().prepare(
                                "SELECT text FROM delivery_notes WHERE lane = ?1 AND record_offset = ?2 AND part = ?3 "
                                "AND action = 'assign' ORDER BY seq DESC LIMIT 1"));
        while (filter_.limit > 0) {
            WEIR_TRY(const bool more, walk.next());
            if (!more) break;
            // Segments of format version 1 may have numbers in common; a page never ends between two of those.
            if (listed.size() >= filter_.limit && walk.number() != listed.back().number) break;
            WEIR_TRY(auto one, match(walk));
            if (one) listed.push_back(std::move(*one));
        }
        return listed;
    }

  private:
    // What costs least is looked at first. nullopt: it does not match.
    [[nodiscard]] Result<std::optional<ListedDelivery>> match(RowWalk& walk) {
        ListedDelivery one;
        one.number = walk.number();
        WEIR_TRY(one.assignee, assignee(walk.lane(), walk.item()));
        if (filter_.assignee && *filter_.assignee != one.assignee) return std::optional<ListedDelivery>{};
        WEIR_CHECK_OK(walk.read(one));
        if (segments_.catalog().lane(one.row.lane) == nullptr) {
            return Error{Errc::corrupt, fmt::format("delivery row {} has no lane", one.number), "bad_catalog", {}};
        }
        const LaneEntry& lane = segments_.catalog().lane_at(one.row.lane);
        if (filter_.record || filter_.key || filter_.text) WEIR_CHECK_OK(add_record(segments_, lane.stream, one));
        if (filter_.key && !has_key(one, *filter_.key)) return std::optional<ListedDelivery>{};
        if (filter_.text && !has_text(one, *filter_.text)) return std::optional<ListedDelivery>{};
        one.route = lane.route;
        one.destination = lane.destination;
        one.stream = segments_.catalog().stream_at(lane.stream).info.name;
        return std::optional(std::move(one));
    }

    [[nodiscard]] Result<std::string> assignee(LaneId lane, ItemId item) {
        assigned_.bind(1, lane).bind(2, item.offset).bind(3, item.part);
        WEIR_TRY(const bool row, assigned_.step());
        std::string text = row ? assigned_.text(0) : "";
        assigned_.reset();
        return text;
    }

    SegmentSet& segments_;
    const DeliveryFilter& filter_;
    sqlite::Statement assigned_;
};

}  // namespace

bool is_open_only(const DeliveryFilter& filter) noexcept {
    return filter.state && *filter.state != DeliveryState::delivered;
}

Result<std::vector<ListedDelivery>> list_deliveries(SegmentSet& segments, const DeliveryFilter& filter) {
    return Lister(segments, filter).list();
}

}  // namespace weir::journal
