#include "runtime/admin/change.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/id.hpp"

namespace weir::admin {

void Change::add_redo(journal::DeliveryRow row) {
    journal::DeliveryRow stored = row;
    stored.frame.clear();  // leaves the stored one
    transition_.rows.push_back(std::move(stored));
    taken_up_.push_back(std::move(row));
}

void Change::add_note(journal::LaneId lane, journal::ItemId item, std::string_view action, std::string_view text,
                      std::string detail, std::string frame) {
    journal::DeliveryNote& note = transition_.notes.emplace_back();
    note.id = uuid7(wall_ns_);
    note.lane = lane;
    note.item = item;
    note.wall_ns = wall_ns_;
    note.actor = context_.actor.name;
    note.action = action;
    note.text = text;
    note.detail = std::move(detail);
    note.frame = std::move(frame);
}

void Change::add_state(std::string key, std::optional<std::string> value) {
    transition_.state.push_back({"control", std::move(key), std::move(value), 0});
}

void Change::add_audit(std::string_view action, std::string subject, const Json& detail) {
    journal::AuditEntry& entry = transition_.audit.emplace_back();
    entry.id = uuid7(wall_ns_);
    entry.wall_ns = wall_ns_;
    entry.actor = context_.actor.name;
    entry.role = context_.actor.role;
    entry.action = action;
    entry.subject = std::move(subject);
    entry.reason = context_.actor.reason;
    entry.detail = write_json(detail);
}

Status Change::commit() {
    LiveHost* const live = context_.plant.live;
    const std::shared_ptr<void> lanes_stay = live != nullptr && !taken_up_.empty() ? live->hold_switches() : nullptr;
    WEIR_CHECK_OK(context_.plant.journal->commit(std::exchange(transition_, {})));
    // In the order of their records, so that deliveries of one key go out in order.
    std::ranges::sort(taken_up_, [](const journal::DeliveryRow& a, const journal::DeliveryRow& b) {
        return std::pair(a.lane, a.item) < std::pair(b.lane, b.item);
    });
    if (live != nullptr && !taken_up_.empty()) live->take_up(taken_up_);
    taken_up_.clear();
    return ok();
}

}  // namespace weir::admin
