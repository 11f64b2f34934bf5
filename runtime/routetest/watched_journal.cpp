#include "runtime/routetest/watched_journal.hpp"

namespace weir::routetest {

Status WatchedJournal::commit(journal::Transition transition) {
    const bool dies = die_ != Die::never && --left_ == 0;
    if (dies && die_ == Die::before_commit) die();
    Status status = inner_.commit(transition);
    if (status) take(transition);
    if (dies) die();
    return status;
}

std::vector<journal::DeliveryRow> WatchedJournal::rows_of(journal::LaneId lane) const {
    std::vector<journal::DeliveryRow> found;
    for (const auto& [key, row] : rows_) {
        if (key.first == lane) found.push_back(row);
    }
    return found;
}

void WatchedJournal::take(const journal::Transition& transition) {
    const std::scoped_lock lock(mutex_);
    for (const journal::DeliveryRow& row : transition.rows) {
        journal::DeliveryRow& stored = rows_[{row.lane, row.item}];
        std::string frame = row.frame.empty() ? std::move(stored.frame) : row.frame;
        stored = row;
        stored.frame = std::move(frame);
    }
}

void WatchedJournal::die() {
    die_ = Die::never;
    died_ = true;
    throw Crash{};
}

}  // namespace weir::routetest
