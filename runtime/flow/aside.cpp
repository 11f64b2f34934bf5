#include "runtime/flow/aside.hpp"

#include <algorithm>
#include <utility>

#include "runtime/flow/events.hpp"

namespace weir::flow {

namespace {

constexpr std::string_view kEarlier = "PUT_ASIDE";

bool is_aside(const Verdict& verdict) { return verdict.kind != WEIR_OUT_FILTERED; }

// The record at `index` goes no further, whatever the steps made of it now.
void keep_aside(Stepped& stepped, std::uint32_t index) {
    const auto at = std::ranges::lower_bound(stepped.verdicts, index, {}, &Verdict::index);
    if (at != stepped.verdicts.end() && at->index == index) {
        if (!is_aside(*at)) at->kind = WEIR_OUT_REJECTED;
        return;
    }
    stepped.verdicts.insert(at, {index, WEIR_OUT_REJECTED, WEIR_CLASS_BUSINESS, std::string(kEarlier), "", ""});
    std::vector<std::uint32_t> kept;
    std::vector<std::uint32_t> root;
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        if (stepped.root_of(i) == index) continue;
        kept.push_back(i);
        root.push_back(stepped.root_of(i));
    }
    if (kept.size() == stepped.output->size()) return;
    stepped.output = select(stepped.output, kept);
    stepped.root = std::move(root);
}

}  // namespace

journal::Offset reached(const journal::LaneState& state) {
    journal::Offset end = state.progress.position;
    for (const auto& range : state.progress.settled) end = std::max(end, range.end);
    const auto add_item = [&end](const journal::ItemId& item) { end = std::max(end, item.offset + 1); };
    for (const auto& attempt : state.open) {
        for (const auto& range : attempt.ranges) end = std::max(end, range.end);
        for (const auto& item : attempt.items) add_item(item);
    }
    for (const auto& row : state.live) add_item(row.item);
    for (const auto& row : state.damaged) add_item(row.item);
    for (const auto& [item, final_state] : state.closed) add_item(item);
    return end;
}

AsideBook::AsideBook(std::string route, journal::LaneId steps_lane, journal::Offset reached, journal::Journal& journal,
                     const Clock& clock)
    : route_(std::move(route)), lane_(steps_lane), journal_(journal), clock_(clock), reached_(reached) {}

std::size_t AsideBook::enter(journal::Offset from) {
    const std::scoped_lock lock(mutex_);
    readers_.push_back(from);
    return readers_.size() - 1;
}

Status AsideBook::load() {
    const auto from = std::ranges::min(readers_);
    WEIR_TRY(auto state, journal_.lane_state(lane_));
    progress_ = std::move(state.progress);
    progress_.lane = lane_;
    WEIR_TRY(const auto items, journal_.items_with_rows(lane_, from));
    for (const journal::ItemId& item : items) aside_.insert(item.offset);
    loaded_ = true;
    return ok();
}

Status AsideBook::take(std::size_t reader, Stepped& stepped) {
    const std::scoped_lock lock(mutex_);
    if (!loaded_) WEIR_CHECK_OK(load());
    bool fresh = false;
    for (Verdict& verdict : stepped.verdicts) {
        const journal::Offset offset = stepped.first + verdict.index;
        // Those below the reader's place were taken before: it begins within a group.
        if (!is_aside(verdict) || aside_.contains(offset) || offset < readers_[reader]) continue;
        verdict.own = offset < reached_;
        fresh = fresh || !verdict.own;
    }
    if (fresh) WEIR_CHECK_OK(write(stepped));
    const auto end = aside_.lower_bound(stepped.end());
    for (auto at = aside_.lower_bound(stepped.first); at != end; ++at) {
        keep_aside(stepped, static_cast<std::uint32_t>(*at - stepped.first));
    }
    reached_ = std::max(reached_, stepped.end());
    readers_[reader] = std::max(readers_[reader], stepped.end());
    forget_passed();
    return ok();
}

Status AsideBook::write(const Stepped& stepped) {
    journal::Transition transition;
    transition.rows = rows_of(stepped, lane_, clock_.wall_ns());
    std::erase_if(transition.rows, [&](const auto& row) { return row.item.offset < reached_; });
    std::erase_if(transition.rows, [&](const auto& row) { return aside_.contains(row.item.offset); });
    transition.audit = audit_of(route_, transition.rows);
    std::vector<journal::Offset> offsets;
    for (const auto& row : transition.rows) {
        offsets.push_back(row.item.offset);
        events::record_put_aside(route_, to_string(row.state), row.code, row.item.offset);
    }
    journal::LaneProgress progress = progress_;
    progress.position = std::max(progress.position, stepped.end());
    transition.progress.push_back(progress);
    WEIR_CHECK_OK(journal_.commit(std::move(transition)));
    progress_ = std::move(progress);
    aside_.insert(offsets.begin(), offsets.end());
    return ok();
}

void AsideBook::forget_passed() { aside_.erase(aside_.begin(), aside_.lower_bound(std::ranges::min(readers_))); }

}  // namespace weir::flow
