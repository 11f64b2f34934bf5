// Deliveries that come back from the journal as rows, that somebody asked for again, and deliveries that wait for a
// predecessor.
#include <algorithm>
#include <utility>

#include "runtime/base/counters.hpp"
#include "runtime/flow/lane.hpp"

namespace weir::flow {

namespace {

// How often a delivery that waits for a predecessor looks again.
constexpr std::int64_t kLookAgain = 250'000'000;
}  // namespace

// ------------------------------------------------------------------------------------------------ rows that come back

void Lane::load_row(journal::DeliveryRow&& row, bool was_under_way, Now now) {
    if (!row.replay) {
        parts_[row.item.offset].live++;
        if (!settled(row.item.offset)) loaded_.insert(row.item);
    }
    if (row.redo == journal::Redo::steps) {
        redo_.push_back(std::move(row));
        return;
    }
    auto bytes = std::make_shared<const std::string>(std::move(row.frame));
    auto decoded = decode_records(*bytes, 1, bytes);
    if (!decoded) {
        load_damaged(std::move(row), now);
        return;
    }
    Delivery delivery;
    delivery.batch = std::move(decoded->batch);
    delivery.keys = delivery_keys(row.external_ref);
    resume(std::move(delivery), row, was_under_way, now);
}

// What cannot be read cannot be tried: it is for a person, who has the accepted record.
void Lane::load_damaged(journal::DeliveryRow&& row, Now now) {
    row.state = journal::DeliveryState::dead;
    row.redo = journal::Redo::none;
    row.code = "FRAME_DAMAGED";
    row.message = "the stored record cannot be read; redrive it with the current mapping";
    row.updated_wall_ns = now.wall_ns;
    row.frame.clear();
    if (!row.replay) {
        Parts& parts = parts_[row.item.offset];
        parts.spoiled = true;
        if (--parts.live == 0 && was_offered(row.item.offset)) parts_.erase(row.item.offset);
    }
    ended_rows_.push_back(std::move(row));
}

void Lane::resume(Delivery&& delivery, const journal::DeliveryRow& row, bool was_under_way, Now now) {
    delivery.item = row.item;
    delivery.has_row = true;
    delivery.replay = row.replay;
    delivery.attempts = row.attempts;
    delivery.probes = row.probes;
    delivery.opened_wall_ns = row.opened_wall_ns;
    delivery.key = key_of(settings_.key.key(delivery.record()));
    delivery.state = asks_first(row) ? Pending::unknown : Pending::retrying;
    if (was_under_way) count(Counter::recovered_unknown);
    const std::int64_t longest = std::chrono::nanoseconds(settings_.retry.common.max_delay).count();
    // By the wall clock, which may have been set meanwhile: never later than the longest delay there is.
    delivery.due_mono_ns = now.mono_ns + std::clamp<std::int64_t>(row.next_wall_ns - now.wall_ns, 0, longest);
    // Nor, where the target may still be at it, before it has settled: a clock that was set forward must not hurry.
    if (row.state == journal::DeliveryState::unknown) {
        delivery.due_mono_ns = std::max(delivery.due_mono_ns, now.mono_ns + settings_.limits.settle.count());
    }
    // Loaded at the start, and asked for again before the start was over.
    if (find_in_line(delivery.key, delivery.item) != nullptr) {
        if (!row.replay) parts_[row.item.offset].live--;
        return;
    }
    if (delivery.state == Pending::retrying && delivery.attempts == 0) {
        wait_for_predecessors(delivery, now.wall_ns, now);
    }
    put_in_line(std::move(delivery));
}

void Lane::write_ended(Now now, journal::Transition& into) {
    std::vector<std::pair<Delivery, plugin::Outcome>> ended = std::move(ended_);
    ended_.clear();
    for (auto& [delivery, outcome] : ended) {
        const std::uint64_t key = delivery.key;
        apply(journal::AttemptKind::deliver, std::move(delivery), outcome, now, into);
        schedule_head(key);
    }
    for (auto& row : ended_rows_) into.rows.push_back(std::move(row));
    ended_rows_.clear();
    write_progress(now, into);
}

// ------------------------------------------------------------------------------------------------ asked for again

void Lane::take_up(std::vector<journal::DeliveryRow>&& rows, const ClosedParts& closed, Now now) {
    for (auto& row : rows) {
        count(row.replay ? Counter::replayed : Counter::redriven);
        const journal::Offset offset = row.item.offset;
        load_row(std::move(row), false, now);
        const auto parts = parts_.find(offset);
        if (parts == parts_.end()) continue;
        // What spoiled the record may be among what is asked for again: the journal knows what is not.
        const auto siblings =
            std::ranges::equal_range(closed, offset, {}, [](const auto& c) { return c.first.offset; });
        parts->second.spoiled = std::ranges::any_of(
            siblings, [](const auto& sibling) { return sibling.second != journal::DeliveryState::delivered; });
    }
}

void Lane::take_redone(const Redone& redone, Now now) {
    if (!redone.output) {
        end_redone(redone, now);
        return;
    }
    Delivery delivery;
    delivery.batch = redone.output;
    delivery.index = redone.index;
    delivery.new_frame = true;
    const weir_record& input = (*redone.input)[redone.input_index];
    delivery.keys = redone.row.external_ref.empty()
                        ? delivery_keys(settings_.route, settings_.destination, view(input.source), view(input.id),
                                        redone.row.item.part)
                        : delivery_keys(redone.row.external_ref);
    resume(std::move(delivery), redone.row, false, now);
}

// The current steps make nothing of it.
void Lane::end_redone(const Redone& redone, Now now) {
    journal::DeliveryRow row = redone.row;
    const Verdict& verdict = redone.verdict;
    const bool filtered = verdict.kind == WEIR_OUT_FILTERED;
    const bool technical = verdict.error_class == WEIR_CLASS_TECHNICAL;
    row.state = filtered    ? journal::DeliveryState::resolved
                : technical ? journal::DeliveryState::dead
                            : journal::DeliveryState::held;
    row.redo = journal::Redo::none;
    row.error_class = verdict.error_class;
    row.code = verdict.code.empty() ? "FILTERED" : verdict.code;
    row.message = filtered ? "the current steps filter it" : verdict.message;
    row.step = verdict.step;
    // Whether the target has it is still to be found out, whatever the steps say now.
    if (redone.row.state == journal::DeliveryState::unknown) {
        row.state = journal::DeliveryState::held;
        row.message = row.code + ": " + row.message;
        row.code = "OUTCOME_UNKNOWN";
    }
    row.updated_wall_ns = now.wall_ns;
    if (!row.replay) {
        Parts& parts = parts_[row.item.offset];
        parts.spoiled = true;
        if (--parts.live == 0 && was_offered(row.item.offset)) parts_.erase(row.item.offset);
    }
    ended_rows_.push_back(std::move(row));
}

// ------------------------------------------------------------------------------------------------ predecessors

bool Lane::has_predecessors(const Delivery& delivery) const {
    return std::ranges::all_of(settings_.after, [&](const Predecessor& predecessor) {
        const weir_str key = predecessor.key.key(delivery.record());
        return key.size == 0 || settings_.posted->has(predecessor.object, view(key));
    });
}

std::chrono::milliseconds Lane::longest_wait() const {
    std::chrono::milliseconds longest{0};
    for (const Predecessor& predecessor : settings_.after) longest = std::max(longest, predecessor.wait);
    return longest;
}

void Lane::wait_for_predecessors(Delivery& delivery, std::int64_t since_wall_ns, Now now) const {
    if (settings_.after.empty() || has_predecessors(delivery)) return;
    count(Counter::predecessor_waits);
    delivery.state = Pending::predecessor;
    delivery.due_mono_ns = now.mono_ns + kLookAgain;
    delivery.wait_until_wall_ns = since_wall_ns + std::chrono::nanoseconds(longest_wait()).count();
}

// A head that waits for a predecessor: it may go, waits on, or has waited too long.
void Lane::look_again(Line& line, Delivery& head, Now now) {
    if (has_predecessors(head)) {
        head.state = Pending::ready;
        return;
    }
    if (now.wall_ns < head.wait_until_wall_ns) {
        head.due_mono_ns = now.mono_ns + kLookAgain;
        waiting_.emplace(head.due_mono_ns, Due{head.key, head.item});
        return;
    }
    plugin::Outcome outcome;
    outcome.kind = WEIR_OUT_REJECTED;
    outcome.error_class = WEIR_CLASS_BUSINESS;
    outcome.counts_attempt = false;
    outcome.code = "PREDECESSOR_NOT_POSTED";
    for (const Predecessor& predecessor : settings_.after) {
        const weir_str key = predecessor.key.key(head.record());
        if (key.size == 0 || settings_.posted->has(predecessor.object, view(key))) continue;
        outcome.message = predecessor.object + " \"" + std::string(view(key)) + "\" was not delivered to " +
                          settings_.destination + " in time";
        break;
    }
    head.in_flight = true;
    ended_.emplace_back(line.deliveries.front(), std::move(outcome));
}

}  // namespace weir::flow
