#include "runtime/flow/lane.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/base/counters.hpp"

namespace weir::flow {

namespace {

// Bit 63 marks the made-up keys of deliveries without an ordering key.
constexpr std::uint64_t kFreeKey = 1ull << 63;

std::uint64_t key_hash(weir_str key) {
    if (key.size == 0) return 0;
    const std::uint64_t hash = identity_hash({}, view(key)) & ~kFreeKey;
    return hash == 0 ? 1 : hash;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ taking up

Lane::Lane(LaneSettings settings, journal::LaneState state, Now now, std::uint64_t seed)
    : settings_(std::move(settings)),
      atomic_((settings_.traits & WEIR_TRAIT_ATOMIC_BATCH) != 0 || settings_.limits.order == WEIR_ORDER_NONE),
      progress_(std::move(state.progress)),
      random_(seed) {
    progress_.lane = settings_.id;
    for (const auto& range : progress_.settled) settled_.add(range.first, range.end);
    offered_ = progress_.position;
    for (const auto& [item, final_state] : state.closed) closed_.emplace(item, final_state);
    load_open_attempts(state);
    load_rows(state, now);
}

void Lane::load_open_attempts(const journal::LaneState& state) {
    for (const auto& attempt : state.open) {
        Recovered recovered;
        recovered.attempt = attempt.attempt;
        if (attempt.kind == journal::AttemptKind::deliver) {
            for (const auto& range : attempt.ranges) {
                recovered_ranges_.add(range.first, range.end);
                recovered.end = std::max(recovered.end, range.end);
            }
            recovered.items.insert(attempt.items.begin(), attempt.items.end());
        }
        recovered_.push_back(std::move(recovered));
    }
}

bool Lane::was_under_way(journal::ItemId item) const {
    return recovered_ranges_.contains(item.offset) ||
           std::ranges::any_of(recovered_, [&](const Recovered& r) { return r.items.contains(item); });
}

bool Lane::was_under_way(journal::Offset offset) const {
    return recovered_ranges_.contains(offset) || std::ranges::any_of(recovered_, [&](const Recovered& recovered) {
               const auto at = recovered.items.lower_bound({offset, 0});
               return at != recovered.items.end() && at->offset == offset;
           });
}

void Lane::load_rows(journal::LaneState& state, Now now) {
    const auto in_open_attempt = [&](journal::ItemId item) {
        return std::ranges::any_of(recovered_, [&](const Recovered& r) { return r.items.contains(item); });
    };
    for (auto& row : state.live) {
        const bool was_under_way = in_open_attempt(row.item);
        if (was_under_way) row.state = journal::DeliveryState::unknown;
        load_row(std::move(row), was_under_way, now);
    }
    for (auto& row : state.damaged) ended_rows_.push_back(std::move(row));
    for (auto& [offset, parts] : parts_) {
        for (auto it = closed_.lower_bound({offset, 0}); it != closed_.end() && it->first.offset == offset; ++it) {
            parts.spoiled |= it->second != journal::DeliveryState::delivered;
        }
    }
}

std::uint64_t Lane::key_of(weir_str key) const {
    if (settings_.limits.order == WEIR_ORDER_NONE) return 0;
    if (settings_.limits.order == WEIR_ORDER_TOTAL) return 1;
    return key_hash(key);
}

bool Lane::settled(journal::Offset offset) const { return offset < progress_.position || settled_.contains(offset); }

// ------------------------------------------------------------------------------------------------ taking in

bool Lane::has_room() const noexcept {
    return in_memory_ < settings_.window_records && bytes_in_memory_ < settings_.window_bytes;
}

void Lane::offer(const Stepped& stepped, Now now) {
    for (const Redone& redone : stepped.redone) take_redone(redone, now);
    if (stepped.end() <= offered_) return;
    std::uint32_t output = 0;
    const auto outputs = static_cast<std::uint32_t>(stepped.output->size());
    for (std::uint32_t index = 0; index < stepped.count; ++index) {
        const std::uint32_t first_output = output;
        while (output < outputs && stepped.root_of(output) == index) ++output;
        const journal::Offset offset = stepped.first + index;
        if (offset < offered_ || settled(offset)) continue;
        offer_record(stepped, index, first_output, output - first_output, now);
    }
    offered_ = stepped.end();
    progress_.position = settled_.take_from(progress_.position);
}

void Lane::offer_record(const Stepped& stepped, std::uint32_t index, std::uint32_t first_output, std::uint32_t outputs,
                        Now now) {
    const journal::Offset offset = stepped.first + index;
    for (auto it = closed_.lower_bound({offset, 0}); it != closed_.end() && it->first.offset == offset; ++it) {
        parts_[offset].spoiled |= it->second != journal::DeliveryState::delivered;
    }
    // Some of its deliveries have rows: left by a crash, or it was put aside and asked for before this lane came to it.
    const bool known = parts_.contains(offset);
    if (outputs == 0) {
        const auto verdict = std::ranges::lower_bound(stepped.verdicts, index, {}, &Verdict::index);
        const bool aside =
            verdict != stepped.verdicts.end() && verdict->index == index && verdict->kind != WEIR_OUT_FILTERED;
        if (!aside && !known) progress_.filtered++;
        if (aside && verdict->own) hold_here(stepped, *verdict, now);
        settle_offset(offset);
        count_ended(offset);
        return;
    }
    if (outputs > 1) {
        Parts& parts = parts_[offset];
        parts.several = true;
        parts.unsettled = outputs;
    }
    const weir_record& input = (*stepped.input)[index];
    std::uint32_t spoken_for = 0;
    for (std::uint32_t i = 0; i < outputs; ++i) {
        const std::uint32_t part = stepped.part.empty() ? i : stepped.part[first_output + i];
        const journal::ItemId item{offset, part};
        if (closed_.contains(item) || loaded_.contains(item)) {
            ++spoken_for;
            if (outputs > 1) parts_[offset].unsettled--;
            continue;
        }
        Delivery delivery;
        delivery.item = item;
        delivery.batch = stepped.output;
        delivery.index = first_output + i;
        delivery.key = key_of(settings_.key.key(delivery.record()));
        delivery.keys = delivery_keys(settings_.route, settings_.destination, view(input.source), view(input.id), part);
        if (outputs > 1 || known) parts_[offset].live++;
        if (was_under_way(item)) {
            delivery.state = Pending::unknown;
            delivery.attempts = 1;
            delivery.due_mono_ns = now.mono_ns + settings_.limits.settle.count();
            count(Counter::recovered_unknown);
        } else {
            wait_for_predecessors(delivery, stepped.accepted_wall_ns, now);
        }
        enqueue(std::move(delivery));
    }
    const auto parts = parts_.find(offset);
    if (spoken_for < outputs && (outputs == 1 || parts->second.unsettled > 0)) return;
    settle_offset(offset);
    count_ended(offset);
}

// The steps put a record aside that this lane or another was given by other steps: what of it has no row yet is this
// lane's to keep.
void Lane::hold_here(const Stepped& stepped, const Verdict& verdict, Now now) {
    const weir_record& input = (*stepped.input)[verdict.index];
    journal::DeliveryRow& row = ended_rows_.emplace_back();
    row.lane = settings_.id;
    row.item = {stepped.first + verdict.index, 0};
    while (closed_.contains(row.item) || loaded_.contains(row.item)) row.item.part++;
    row.state =
        verdict.error_class == WEIR_CLASS_TECHNICAL ? journal::DeliveryState::dead : journal::DeliveryState::held;
    row.error_class = verdict.error_class;
    row.code = verdict.code;
    row.message = verdict.message;
    row.step = verdict.step;
    row.updated_wall_ns = row.opened_wall_ns = now.wall_ns;
    row.external_ref =
        delivery_keys(settings_.route, settings_.destination, view(input.source), view(input.id), row.item.part)
            .reference();
    if (const auto parts = parts_.find(row.item.offset); parts != parts_.end()) parts->second.spoiled = true;
    if (!was_under_way(row.item.offset)) return;
    row.code = "OUTCOME_UNKNOWN";
    row.message = "it was under way when the host stopped, and the steps put it aside now: " + verdict.code + ": " +
                  verdict.message;
}

// A record whose deliveries have all ended is counted here when they ended before the lane came to it.
void Lane::count_ended(journal::Offset offset) {
    const auto parts = parts_.find(offset);
    if (parts == parts_.end() || parts->second.live > 0) return;
    if (!parts->second.spoiled) progress_.delivered++;
    parts_.erase(parts);
}

void Lane::enqueue(Delivery&& delivery) {
    // Where one may have to wait for a predecessor, its key stands in line from the start: a later one that is released
    // must not pass an earlier one that waits for its turn.
    const bool may_wait = !settings_.after.empty() && delivery.key != 0;
    if (delivery.state != Pending::ready || may_wait) {
        put_in_line(std::move(delivery));
        return;
    }
    in_memory_++;
    bytes_in_memory_ += delivery.record().payload.size;
    ready_.push_back(std::move(delivery));
}

// ------------------------------------------------------------------------------------------------ keys that wait

void Lane::put_in_line(Delivery&& delivery) {
    in_memory_++;
    bytes_in_memory_ += delivery.record().payload.size;
    if (delivery.key == 0) delivery.key = kFreeKey | next_free_key_++;
    const std::uint64_t key = delivery.key;
    const journal::ItemId item = delivery.item;
    const bool is_unknown = delivery.state == Pending::unknown;
    const std::int64_t due = delivery.due_mono_ns;
    auto& line = lines_[key].deliveries;
    const auto at = std::ranges::lower_bound(line, item, {}, &Delivery::item);
    const bool is_head = at == line.begin();
    line.insert(at, std::move(delivery));
    // An unknown one is asked about wherever it stands in line; only the head may be sent.
    if (is_unknown) {
        waiting_.emplace(due, Due{key, item});
    } else if (is_head) {
        schedule_head(key);
    }
}

void Lane::schedule_head(std::uint64_t key) {
    const auto found = lines_.find(key);
    if (found == lines_.end()) return;
    if (found->second.deliveries.empty()) {
        lines_.erase(found);
        return;
    }
    const Delivery& head = found->second.deliveries.front();
    if (head.in_flight || head.state == Pending::unknown) return;
    waiting_.emplace(head.state == Pending::ready ? 0 : head.due_mono_ns, Due{key, head.item});
}

Delivery* Lane::find_in_line(std::uint64_t key, journal::ItemId item) {
    const auto found = lines_.find(key);
    if (found == lines_.end()) return nullptr;
    auto& line = found->second.deliveries;
    const auto at = std::ranges::lower_bound(line, item, {}, &Delivery::item);
    return at != line.end() && at->item == item ? &*at : nullptr;
}

// ------------------------------------------------------------------------------------------------ choosing

std::optional<std::int64_t> Lane::next_due_mono_ns() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first;
}

bool Lane::full(const Chosen& chosen) const noexcept {
    return chosen.deliveries.size() >= chosen.most || chosen.bytes >= settings_.limits.max_batch_bytes;
}

std::optional<Attempt> Lane::next(Now now, std::uint32_t records_max) {
    Chosen resolve;
    Chosen send;
    send.most = resolve.most = std::max(1u, std::min(records_max, settings_.limits.max_batch_records));
    collect_due(now, resolve, send);
    // Asking comes before sending: an answer may release a key.
    if (!resolve.deliveries.empty()) {
        for (const Delivery& delivery : send.deliveries) {  // not now after all
            if (Delivery* waits = find_in_line(delivery.key, delivery.item)) waits->in_flight = false;
            schedule_head(delivery.key);
        }
        return make_attempt(journal::AttemptKind::resolve, std::move(resolve.deliveries));
    }
    take_ready(send);
    if (send.deliveries.empty()) return std::nullopt;
    return make_attempt(journal::AttemptKind::deliver, std::move(send.deliveries));
}

void Lane::collect_due(Now now, Chosen& resolve, Chosen& send) {
    while (!waiting_.empty() && waiting_.begin()->first <= now.mono_ns) {
        if (full(resolve) || full(send)) return;
        const Due due = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        Delivery* delivery = find_in_line(due.key, due.item);
        // What was scheduled may since have been finished, sent, or put off: then another entry stands for it.
        if (delivery == nullptr || delivery->in_flight || delivery->due_mono_ns > now.mono_ns) continue;
        Line& line = lines_.at(due.key);
        if (delivery->state == Pending::unknown) {
            delivery->in_flight = true;
            resolve.deliveries.push_back(*delivery);
            continue;
        }
        if (delivery != &line.deliveries.front()) continue;
        if (delivery->state == Pending::predecessor) look_again(line, *delivery, now);
        take_from_line(line, send);
    }
}

void Lane::take_from_line(Line& line, Chosen& send) {
    for (Delivery& delivery : line.deliveries) {
        if (delivery.state == Pending::unknown || delivery.in_flight || full(send)) return;
        if (delivery.state == Pending::predecessor) {
            // The head was looked at just now; a later one may have been released meanwhile.
            if (&delivery == &line.deliveries.front() || !has_predecessors(delivery)) return;
            delivery.state = Pending::ready;
        }
        delivery.in_flight = true;
        send.deliveries.push_back(delivery);
        send.bytes += delivery.record().payload.size;
        if (!atomic_) return;
    }
}

void Lane::take_ready(Chosen& send) {
    while (!ready_.empty() && !full(send)) {
        Delivery delivery = std::move(ready_.front());
        ready_.pop_front();
        if (delivery.key != 0 && lines_.contains(delivery.key)) {
            in_memory_--;
            bytes_in_memory_ -= delivery.record().payload.size;
            put_in_line(std::move(delivery));
            continue;
        }
        send.bytes += delivery.record().payload.size;
        if (delivery.key != 0 && !atomic_) {
            // In line while it is under way, so that later ones of its key queue up behind it.
            delivery.in_flight = true;
            lines_[delivery.key].deliveries.push_back(delivery);
        }
        send.deliveries.push_back(std::move(delivery));
    }
}

Attempt Lane::make_attempt(journal::AttemptKind kind, std::vector<Delivery>&& deliveries) {
    Attempt attempt;
    attempt.kind = kind;
    attempt.id = progress_.next_attempt++;
    BatchBuilder builder;
    builder.reserve(deliveries.size());
    const RecordBatch* kept = nullptr;
    for (const Delivery& delivery : deliveries) {
        weir_record record = delivery.record();
        record.key = settings_.key.key(record);
        builder.add(record);
        if (&*delivery.batch != kept) {
            builder.keep(delivery.batch);
            kept = &*delivery.batch;
        }
    }
    attempt.call.batch = builder.seal();
    attempt.deliveries = std::move(deliveries);
    attempt.call.items.reserve(attempt.deliveries.size());
    const bool sends = kind == journal::AttemptKind::deliver;
    for (const Delivery& delivery : attempt.deliveries) {
        attempt.call.items.push_back(
            {delivery.keys.key(), delivery.keys.reference(), delivery.attempts + (sends ? 1u : 0u)});
    }
    return attempt;
}

journal::AttemptStarted Lane::started(const Attempt& attempt, Now now) const {
    journal::AttemptStarted started;
    started.lane = settings_.id;
    started.attempt = attempt.id;
    started.kind = attempt.kind;
    started.wall_ns = now.wall_ns;
    for (const Delivery& delivery : attempt.deliveries) {
        const auto parts = parts_.find(delivery.item.offset);
        if (delivery.has_row || parts != parts_.end()) {
            started.items.push_back(delivery.item);
        } else if (!started.ranges.empty() && started.ranges.back().end == delivery.item.offset) {
            started.ranges.back().end++;
        } else {
            started.ranges.push_back({delivery.item.offset, delivery.item.offset + 1});
        }
    }
    return started;
}

// ------------------------------------------------------------------------------------------------ outcomes

void Lane::settle(Attempt&& attempt, const std::vector<plugin::Outcome>& outcomes, Now now, journal::Transition& into) {
    assert(outcomes.size() == attempt.deliveries.size());
    std::vector<std::uint64_t> keys;
    for (std::size_t i = 0; i < attempt.deliveries.size(); ++i) {
        const std::uint64_t key = attempt.deliveries[i].key;
        apply(attempt.kind, std::move(attempt.deliveries[i]), outcomes[i], now, into);
        if (key != 0 && (keys.empty() || keys.back() != key)) keys.push_back(key);
    }
    for (const std::uint64_t key : keys) schedule_head(key);
    into.settled.push_back({settings_.id, attempt.id, now.wall_ns});
    write_progress(now, into);
}

void Lane::put_back(Attempt&& attempt, std::int64_t not_before_mono_ns, Now now, journal::Transition& into) {
    // Backwards, so that what came from the ready queue stands there in its old order.
    for (auto it = attempt.deliveries.rbegin(); it != attempt.deliveries.rend(); ++it) {
        if (Delivery* waits = find_in_line(it->key, it->item)) {
            waits->in_flight = false;
            waits->due_mono_ns = std::max(waits->due_mono_ns, not_before_mono_ns);
            if (waits->state == Pending::unknown) {
                waiting_.emplace(waits->due_mono_ns, Due{it->key, it->item});
            } else {
                schedule_head(it->key);
            }
        } else {
            it->in_flight = false;
            ready_.push_front(std::move(*it));
        }
    }
    into.settled.push_back({settings_.id, attempt.id, now.wall_ns});
    write_progress(now, into);
}

void Lane::apply(journal::AttemptKind kind, Delivery&& delivery, const plugin::Outcome& outcome, Now now,
                 journal::Transition& into) {
    const bool sent = kind == journal::AttemptKind::deliver;
    if (sent && outcome.counts_attempt && outcome.kind != WEIR_OUT_THROTTLED) delivery.attempts++;
    if (sent) delivery.probes = 0;
    if (!sent && outcome.counts_attempt && outcome.kind != WEIR_OUT_THROTTLED) delivery.probes++;
    const Judgement judgement = judge(kind, delivery, outcome, now);
    if (judgement.after == After::retry && sent) count(Counter::retries);
    if (judgement.after == After::unknown && sent) count(Counter::unknown);
    if (judgement.after == After::held) count(Counter::held);
    if (judgement.after == After::dead) count(Counter::dead);
    if (judgement.after == After::delivered && !settings_.provides.object.empty()) {
        const weir_str key = settings_.provides.key.key(delivery.record());
        if (key.size > 0) {
            into.state.push_back(settings_.posted->add(settings_.provides.object, view(key), delivery.keys.reference(),
                                                       now.wall_ns + settings_.posted_for.count()));
        }
    }
    const bool final_state = judgement.after != After::retry && judgement.after != After::unknown;
    const bool tells = judgement.after != After::delivered || delivery.has_row || delivery.attempts > 1 || !sent ||
                       !outcome.remote_id.empty() || parts_.contains(delivery.item.offset);
    if (tells) {
        if (delivery.opened_wall_ns == 0) delivery.opened_wall_ns = now.wall_ns;
        into.rows.push_back(row_of(delivery, outcome, judgement, now));
        delivery.new_frame = false;
        for (Recovered& recovered : recovered_) recovered.items.erase(delivery.item);
    }
    if (!delivery.has_row) first_settled(delivery);

    Delivery* in_line = delivery.key == 0 ? nullptr : find_in_line(delivery.key, delivery.item);
    if (final_state) {
        finish(delivery, judgement.after, outcome.kind == WEIR_OUT_DUPLICATE);
        in_memory_--;
        bytes_in_memory_ -= delivery.record().payload.size;
        if (in_line != nullptr) {
            auto& line = lines_.at(delivery.key).deliveries;
            line.erase(line.begin() +
                       (std::ranges::lower_bound(line, delivery.item, {}, &Delivery::item) - line.begin()));
        }
        return;
    }
    if (!delivery.has_row) {
        Parts& parts = parts_[delivery.item.offset];
        if (!parts.several) parts.live = 1;
    }
    if (judgement.after == After::retry && !sent) delivery.probes = 0;
    delivery.has_row = true;
    delivery.in_flight = false;
    delivery.state = judgement.after == After::unknown ? Pending::unknown : Pending::retrying;
    delivery.due_mono_ns = now.mono_ns + judgement.delay_ns;
    if (in_line == nullptr) {
        in_memory_--;
        bytes_in_memory_ -= delivery.record().payload.size;
        put_in_line(std::move(delivery));
        return;
    }
    const std::int64_t due = delivery.due_mono_ns;
    const Due again{delivery.key, delivery.item};
    const bool is_unknown = delivery.state == Pending::unknown;
    *in_line = std::move(delivery);
    if (is_unknown) waiting_.emplace(due, again);
}

journal::DeliveryRow Lane::row_of(const Delivery& delivery, const plugin::Outcome& outcome, const Judgement& judgement,
                                  Now now) const {
    journal::DeliveryRow row;
    row.lane = settings_.id;
    row.item = delivery.item;
    switch (judgement.after) {
        case After::delivered:
            row.state = journal::DeliveryState::delivered;
            break;
        case After::retry:
            row.state = journal::DeliveryState::retrying;
            break;
        case After::unknown:
            row.state = journal::DeliveryState::unknown;
            break;
        case After::held:
            row.state = journal::DeliveryState::held;
            break;
        case After::dead:
            row.state = journal::DeliveryState::dead;
            break;
    }
    row.attempts = delivery.attempts;
    row.probes = delivery.probes;
    row.error_class = outcome.error_class;
    row.remote_status = outcome.remote_status;
    row.next_wall_ns = now.wall_ns + judgement.delay_ns;
    row.updated_wall_ns = now.wall_ns;
    row.opened_wall_ns = delivery.opened_wall_ns;
    row.replay = delivery.replay;
    row.code = judgement.code;
    row.message = judgement.message;
    row.remote_id = outcome.remote_id;
    row.external_ref = delivery.keys.reference();
    if (delivery.new_frame || (!delivery.has_row && judgement.after != After::delivered)) {
        weir_record record = delivery.record();
        record.key = settings_.key.key(record);
        EncodedBatch encoded;
        if (encode_record(record, nullptr, encoded)) row.frame = std::move(encoded.frames);
    }
    return row;
}

void Lane::first_settled(const Delivery& delivery) {
    const auto parts = parts_.find(delivery.item.offset);
    if (parts == parts_.end() || !parts->second.several) {
        settle_offset(delivery.item.offset);
    } else if (--parts->second.unsettled == 0) {
        settle_offset(delivery.item.offset);
    }
}

void Lane::settle_offset(journal::Offset offset) {
    settled_.add(offset, offset + 1);
    progress_changed_ = true;
}

void Lane::finish(const Delivery& delivery, After after, bool duplicate) {
    if (delivery.replay) return;
    const auto found = parts_.find(delivery.item.offset);
    if (found == parts_.end()) {
        if (after == After::delivered) progress_.delivered++;
        if (duplicate) progress_.duplicates++;
        return;
    }
    Parts& parts = found->second;
    parts.spoiled |= after != After::delivered;
    if (--parts.live > 0) return;
    // Other parts of it may follow from the stream: counted when the lane comes to it.
    if (!was_offered(delivery.item.offset)) return;
    if (!parts.spoiled) progress_.delivered++;
    if (duplicate && !parts.spoiled) progress_.duplicates++;
    parts_.erase(found);
}

void Lane::write_progress(Now now, journal::Transition& into) {
    progress_.position = settled_.take_from(progress_.position);
    progress_.settled = settled_.ranges();
    close_recovered(now, into);
    into.progress.push_back(progress_);
    progress_changed_ = false;
}

void Lane::close_recovered(Now now, journal::Transition& into) {
    if (recovered_.empty()) return;
    std::erase_if(recovered_, [&](const Recovered& recovered) {
        if (recovered.end > progress_.position || !recovered.items.empty()) return false;
        into.settled.push_back({settings_.id, recovered.attempt, now.wall_ns});
        return true;
    });
}

}  // namespace weir::flow
