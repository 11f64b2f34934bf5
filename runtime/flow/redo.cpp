#include "runtime/flow/redo.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/base/id.hpp"

namespace weir::flow {

void RedoQueue::post(std::vector<journal::DeliveryRow>&& rows) {
    const std::scoped_lock lock(mutex_);
    std::ranges::move(rows, std::back_inserter(rows_));
}

std::vector<journal::DeliveryRow> RedoQueue::take(std::size_t most) {
    const std::scoped_lock lock(mutex_);
    const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(most, rows_.size()));
    std::vector<journal::DeliveryRow> taken(std::make_move_iterator(rows_.begin()), std::make_move_iterator(end));
    rows_.erase(rows_.begin(), end);
    return taken;
}

void RedoQueue::put_back(std::vector<journal::DeliveryRow>&& rows) {
    const std::scoped_lock lock(mutex_);
    rows_.insert(rows_.begin(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

bool RedoQueue::empty() const {
    const std::scoped_lock lock(mutex_);
    return rows_.empty();
}

Result<journal::Group> record_alone(journal::Journal& journal, journal::StreamId stream,
                                    const journal::DeliveryRow& row, bool edited) {
    journal::Group alone;
    alone.first = row.item.offset;
    alone.count = 1;
    if (edited && !row.frame.empty()) {
        auto bytes = std::make_shared<const std::string>(row.frame);
        WEIR_TRY(alone.records, decode_records(*bytes, 1, bytes));
        alone.records.holds.clear();
        return alone;
    }
    WEIR_TRY(const auto groups, journal.read(stream, row.item.offset, 1));
    const bool there = !groups.empty() && groups.front().first <= row.item.offset &&
                       row.item.offset < groups.front().end() && !groups.front().damaged;
    if (!there) {
        return Error{Errc::not_found,
                     "the accepted record at offset " + std::to_string(row.item.offset) + " is no longer there",
                     "record_gone",
                     {}};
    }
    const journal::Group& group = groups.front();
    BatchBuilder builder;
    builder.add((*group.records.batch)[static_cast<std::size_t>(row.item.offset - group.first)]);
    builder.keep(group.records.batch);
    alone.wall_ns = group.wall_ns;
    alone.records.batch = builder.seal();
    return alone;
}

Redone redone_of(const journal::DeliveryRow& row, const Stepped& stepped) {
    Redone redone;
    redone.row = row;
    redone.input = stepped.input;
    const auto part = std::ranges::find(stepped.part, row.item.part);
    const auto index = stepped.part.empty() ? row.item.part : static_cast<std::uint32_t>(part - stepped.part.begin());
    if (index < stepped.output->size()) {
        redone.output = stepped.output;
        redone.index = index;
    } else if (!stepped.verdicts.empty()) {
        redone.verdict = stepped.verdicts.front();
    } else {
        redone.verdict.kind = WEIR_OUT_FILTERED;
    }
    return redone;
}

bool stands_for_several(const journal::DeliveryRow& aside, const Stepped& stepped) noexcept {
    const std::size_t last = stepped.part.empty() ? stepped.output->size() : stepped.part.back() + std::size_t{1};
    return aside.frame.empty() && !aside.replay && stepped.output->size() > 0 &&
           last > aside.item.part + std::size_t{1};
}

Result<std::vector<journal::DeliveryRow>> part_rows(const journal::DeliveryRow& aside, const Stepped& stepped,
                                                    std::string_view route, std::string_view destination,
                                                    std::span<const journal::ItemId> known, std::int64_t now_wall_ns) {
    std::vector<journal::DeliveryRow> rows;
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        const std::uint32_t part = stepped.part.empty() ? i : stepped.part[i];
        const bool other = std::ranges::find(known, journal::ItemId{aside.item.offset, part}) != known.end();
        if (part < aside.item.part || (other && part != aside.item.part)) continue;
        EncodedBatch encoded;
        WEIR_CHECK_OK(encode_record((*stepped.output)[i], nullptr, encoded));
        const weir_record& input = (*stepped.input)[0];
        journal::DeliveryRow& row = rows.emplace_back(aside);
        row.item.part = part;
        row.redo = journal::Redo::deliver;
        row.updated_wall_ns = row.opened_wall_ns = now_wall_ns;
        row.external_ref = delivery_keys(route, destination, view(input.source), view(input.id), part).reference();
        row.frame = std::move(encoded.frames);
    }
    return rows;
}

Result<std::vector<journal::DeliveryRow>> go_on_rows(const journal::DeliveryRow& aside, const Stepped& stepped,
                                                     std::string_view route, std::span<const LaneName> lanes,
                                                     std::int64_t now_wall_ns) {
    std::vector<journal::DeliveryRow> rows;
    for (std::uint32_t part = 0; part < stepped.output->size(); ++part) {
        EncodedBatch encoded;
        WEIR_CHECK_OK(encode_record((*stepped.output)[part], nullptr, encoded));
        const weir_record& input = (*stepped.input)[0];
        for (const LaneName& lane : lanes) {
            if (!lane.branch.empty() && !in_branch((*stepped.output)[part], lane.branch)) continue;
            const DeliveryKeys keys = delivery_keys(route, lane.destination, view(input.source), view(input.id), part);
            journal::DeliveryRow& row = rows.emplace_back();
            row.lane = lane.id;
            row.item = {aside.item.offset, part};
            row.state = journal::DeliveryState::waiting;
            row.redo = journal::Redo::deliver;
            row.next_wall_ns = now_wall_ns;
            row.updated_wall_ns = now_wall_ns;
            row.opened_wall_ns = now_wall_ns;
            row.replay = aside.replay;
            row.external_ref = keys.reference();
            row.frame = encoded.frames;
        }
    }
    journal::DeliveryRow& done = rows.emplace_back(aside);
    done.redo = journal::Redo::none;
    done.updated_wall_ns = now_wall_ns;
    done.frame.clear();
    if (!stepped.output->records().empty()) {
        done.state = journal::DeliveryState::delivered;
        done.code.clear();
        done.message = "went on through the steps when it was asked for again";
        return rows;
    }
    const Verdict verdict = stepped.verdicts.empty() ? Verdict{} : stepped.verdicts.front();
    const bool filtered = stepped.verdicts.empty() || verdict.kind == WEIR_OUT_FILTERED;
    const bool technical = verdict.error_class == WEIR_CLASS_TECHNICAL;
    done.state = filtered    ? journal::DeliveryState::resolved
                 : technical ? journal::DeliveryState::dead
                             : journal::DeliveryState::held;
    done.error_class = verdict.error_class;
    done.code = filtered ? "FILTERED" : verdict.code;
    done.message = filtered ? "the current steps filter it" : verdict.message;
    done.step = verdict.step;
    return rows;
}

}  // namespace weir::flow
