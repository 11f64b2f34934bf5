#include "runtime/journal/memory_store.hpp"

#include <algorithm>

#include "runtime/base/failpoint.hpp"
#include "runtime/journal/audit_chain.hpp"

namespace weir::journal {

Result<LoadedJournal> MemoryStore::load() {
    const std::scoped_lock lock(mutex_);
    return LoadedJournal{{}, catalog_, quarantine_};
}

Status MemoryStore::commit(const WriteSet& set) {
    const std::scoped_lock lock(mutex_);
    if (failpoint_hit(Failpoint::journal_before_commit)) {
        return Error{Errc::unavailable, "the commit failed as a test asked", "io_error", {}};
    }
    for (const StreamEntry* stream : set.new_streams) catalog_.streams.push_back(*stream);
    for (const LaneEntry* lane : set.new_lanes) catalog_.lanes.push_back(*lane);
    for (const NewGroup& group : set.groups) groups_.emplace(std::pair{group.stream, group.first}, group);
    for (const StreamInfo& info : set.streams) catalog_.stream_at(info.id).info = info;
    for (const CursorWrite& write : set.cursors) {
        catalog_.stream_at(write.stream).cursors.insert_or_assign(write.update->partition, write.update->cursor);
    }
    for (const Transition* transition : set.transitions) apply(*transition);
    quarantine_.insert(quarantine_.end(), set.quarantine.begin(), set.quarantine.end());
    return ok();
}

void MemoryStore::apply(const Transition& transition) {
    for (const AttemptStarted& started : transition.started) {
        attempts_.try_emplace({started.lane, started.attempt}, Attempt{started, true});
        std::uint64_t& next = catalog_.lane_at(started.lane).progress.next_attempt;
        next = std::max(next, started.attempt + 1);
    }
    for (const AttemptSettled& settled : transition.settled) {
        const auto at = attempts_.find({settled.lane, settled.attempt});
        if (at != attempts_.end()) at->second.open = false;
    }
    for (const DeliveryRow& row : transition.rows) apply(row);
    for (const LaneProgress& progress : transition.progress) {
        LaneProgress& stored = catalog_.lane_at(progress.lane).progress;
        const std::uint64_t next = std::max(stored.next_attempt, progress.next_attempt);
        stored = progress;
        stored.next_attempt = next;
    }
    for (const StateWrite& write : transition.state) {
        if (write.value) {
            state_.insert_or_assign(std::pair{write.scope, write.key}, write);
        } else {
            state_.erase({write.scope, write.key});
        }
    }
    for (const DeliveryNote& note : transition.notes) apply(note);
    for (const AuditEntry& entry : transition.audit) apply(entry);
}

void MemoryStore::apply(const DeliveryRow& row) {
    DeliveryRow& stored = rows_[{row.lane, row.item}];
    std::string frame = row.frame.empty() ? std::move(stored.frame) : row.frame;
    const std::int64_t opened = stored.opened_wall_ns;
    stored = row;
    stored.frame = std::move(frame);
    if (opened > 0) stored.opened_wall_ns = opened;
}

void MemoryStore::apply(const AuditEntry& entry) {
    const auto same = [&entry](const Audited& known) { return known.entry.id == entry.id; };
    if (std::any_of(audit_.begin(), audit_.end(), same)) return;
    audit_.push_back({entry, audit_hash(audit_.empty() ? audit_chain_begin() : audit_.back().hash, entry)});
}

void MemoryStore::apply(const DeliveryNote& note) {
    const auto same = [&note](const DeliveryNote& known) { return known.id == note.id; };
    if (std::none_of(notes_.begin(), notes_.end(), same)) notes_.push_back(note);
}

std::vector<MemoryStore::Audited> MemoryStore::audit() const {
    const std::scoped_lock lock(mutex_);
    return audit_;
}

std::vector<DeliveryNote> MemoryStore::notes() const {
    const std::scoped_lock lock(mutex_);
    return notes_;
}

Status MemoryStore::visit_identities(StreamId stream, OffsetRange range, const IdentityVisitor& visit) {
    const std::scoped_lock lock(mutex_);
    const auto end = groups_.lower_bound({stream, range.end});
    for (auto at = groups_.lower_bound({stream, range.first}); at != end; ++at) {
        if (at->second.indexed) visit(at->second.first, at->second.hashes);
    }
    return ok();
}

Result<std::vector<StoredGroup>> MemoryStore::read(StreamId stream, Offset from, Offset end, std::size_t max_bytes) {
    const std::scoped_lock lock(mutex_);
    std::vector<StoredGroup> found;
    std::size_t bytes = 0;
    auto at = groups_.upper_bound({stream, from});
    if (at != groups_.begin()) --at;  // the group that holds `from` begins at or before it
    for (; at != groups_.end() && at->first.first <= stream; ++at) {
        const NewGroup& group = at->second;
        if (group.stream != stream || group.first + group.count() <= from) continue;
        bytes += group.payload->size();
        if (group.first >= end || (!found.empty() && bytes > max_bytes)) break;
        found.push_back({group.first, group.count(), group.wall_ns, group.payload, 0, {}});
    }
    return found;
}

Result<std::vector<AttemptStarted>> MemoryStore::open_attempts(LaneId lane) {
    const std::scoped_lock lock(mutex_);
    std::vector<AttemptStarted> open;
    for (auto at = attempts_.lower_bound({lane, 0}); at != attempts_.end() && at->first.first == lane; ++at) {
        if (at->second.open) open.push_back(at->second.started);
    }
    return open;
}

Result<LaneRows> MemoryStore::lane_rows(LaneId lane, Offset position) {
    const std::scoped_lock lock(mutex_);
    LaneRows found;
    const auto end = rows_.lower_bound({lane + 1, ItemId{}});
    for (auto at = rows_.lower_bound({lane, ItemId{}}); at != end;) {
        const Offset offset = at->first.second.offset;
        const auto next = rows_.lower_bound({lane, ItemId{offset + 1, 0}});
        const bool has_live = std::any_of(at, next, [](const auto& row) { return is_live(row.second.state); });
        for (; at != next; ++at) {
            if (is_live(at->second.state)) {
                found.live.push_back(at->second);
            } else if (has_live || offset >= position) {
                found.closed.emplace_back(at->first.second, at->second.state);
            }
        }
    }
    return found;
}

Result<std::optional<std::string>> MemoryStore::state_get(std::string_view scope, std::string_view key,
                                                          std::int64_t now_wall_ns) {
    const std::scoped_lock lock(mutex_);
    const auto at = state_.find({std::string(scope), std::string(key)});
    if (at == state_.end() || expired(at->second.expires_wall_ns, now_wall_ns)) return std::optional<std::string>{};
    return at->second.value;
}

}  // namespace weir::journal
