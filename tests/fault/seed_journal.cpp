#include "tests/fault/seed_journal.hpp"

namespace weir::test {

void DurableRows::take(const journal::Transition& transition) {
    for (const auto& row : transition.rows) {
        journal::DeliveryRow& stored = rows_[{row.lane, row.item}];
        std::string frame = row.frame.empty() ? std::move(stored.frame) : row.frame;
        stored = row;
        stored.frame = std::move(frame);
        const bool aside = row.state == journal::DeliveryState::held || row.state == journal::DeliveryState::dead;
        if (aside) aside_.insert({row.lane, row.item});
    }
}

Status SeedJournal::write(const journal::Transition& transition) {
    Status status = inner->commit(transition);
    if (!status) return status;
    rows_.take(transition);
    for (const auto& one : transition.settled) on_settled(one.lane, one.attempt);
    return status;
}

Status SeedJournal::commit(journal::Transition transition) {
    const Error no_room{Errc::unavailable, "no space left on device", "disk_full", {}};
    if (full) return no_room;
    if (chance(refuse_per_mille)) {
        // Refused; or durable, and the answer says it is not.
        if (chance(500)) (void)write(transition);
        return no_room;
    }
    const bool dies = chance(crash_per_mille);
    const bool before = dies && chance(500);
    if (before) throw Crash{};
    Status status = write(transition);
    if (dies) throw Crash{};
    return status;
}

void SeedJournal::submit(journal::Transition transition, std::function<void(const Status&)> done) {
    const bool refused = full || chance(refuse_per_mille);
    const Status status =
        refused ? Status(Error{Errc::unavailable, "no space left on device", "disk_full", {}}) : write(transition);
    if (done) done(status);
}

}  // namespace weir::test
