// The part of the journal that any thread calls: queueing requests and reading.
#include "runtime/journal/group_commit.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "runtime/base/log.hpp"

namespace weir::journal {

namespace {

constexpr std::size_t kStreamNameMax = 128;

Error unknown_stream(StreamId stream) {
    return {Errc::not_found, fmt::format("stream {} does not exist", stream), "no_stream", {}};
}

bool valid_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '/' || c == '-';
    };
    return !name.empty() && name.size() <= kStreamNameMax && std::all_of(name.begin(), name.end(), allowed);
}

Error stopped() { return {Errc::cancelled, "the journal is stopping", "stopping", {}}; }

// Blocks a caller until the committing thread has an answer for it.
template <class Answer>
class Reply {
  public:
    void give(Answer answer) {
        // Notified under the lock: the waiter owns this object and destroys it as soon as it may run.
        const std::scoped_lock lock(mutex_);
        answer_ = std::move(answer);
        given_.notify_one();
    }
    Answer take() {
        std::unique_lock lock(mutex_);
        given_.wait(lock, [this] { return answer_.has_value(); });
        return std::move(*answer_);
    }

  private:
    std::mutex mutex_;
    std::condition_variable given_;
    std::optional<Answer> answer_;
};

// A row whose frame is lost: nothing can be sent any more, so a person decides. The bytes stay stored.
DeliveryRow given_up(DeliveryRow row) {
    row.state = DeliveryState::dead;
    row.redo = Redo::none;
    row.error_class = WEIR_CLASS_TECHNICAL;
    row.message = fmt::format("the stored record cannot be read any more; before: {}{}{}", row.code,
                              row.code.empty() || row.message.empty() ? "" : ": ", row.message);
    row.code = "FRAME_DAMAGED";
    row.frame.clear();
    return row;
}

void answer(AppendRequest& request, Error error) {
    AppendResult result;
    result.status = std::move(error);
    request.done(result);
}

}  // namespace

std::string_view to_string(DeliveryState state) noexcept {
    switch (state) {
        case DeliveryState::retrying:
            return "retrying";
        case DeliveryState::unknown:
            return "unknown";
        case DeliveryState::held:
            return "held";
        case DeliveryState::dead:
            return "dead";
        case DeliveryState::delivered:
            return "delivered";
        case DeliveryState::waiting:
            return "waiting";
        case DeliveryState::resolved:
            return "resolved";
    }
    return "invalid";
}

// ---------------------------------------------------------------------------------------------- queueing

bool GroupCommitJournal::enqueue(Request& request) {
    {
        const std::scoped_lock lock(queue_mutex_);
        if (stopping_) return false;
        if (std::holds_alternative<Append>(request)) {
            appends_.push_back(std::move(request));
        } else {
            queue_.push_back(std::move(request));
        }
    }
    if (committer_ == Committer::own_thread) {
        queue_changed_.notify_one();
    } else {
        drain();
    }
    return true;
}

void GroupCommitJournal::want_probe() {
    {
        const std::scoped_lock lock(queue_mutex_);
        probe_wanted_ = true;
    }
    queue_changed_.notify_one();
}

Error GroupCommitJournal::refusal() const {
    const std::scoped_lock lock(health_mutex_);
    return {Errc::unavailable, health_.message, health_.code, {}};
}

void GroupCommitJournal::append(std::unique_ptr<AppendRequest> request) {
    if (!ready_.load(std::memory_order_acquire) && committer_ == Committer::own_thread) {
        answer(*request, refusal());
        return want_probe();
    }
    const std::size_t bytes = request->records.frames.size() + 16 * request->records.sizes.size() +
                              (request->cursor ? request->cursor->cursor.size() : 0) + sizeof(AppendRequest);
    const std::uint64_t before = queued_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    // One request always fits an empty queue, or a large batch could never be stored.
    if (before > 0 && before + bytes > options_.queue_bytes_max) {
        queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        return answer(*request,
                      {Errc::unavailable,
                       fmt::format("{} bytes wait for the journal, the limit is {}", before, options_.queue_bytes_max),
                       "journal_busy",
                       {}});
    }
    Request item = Append{std::move(request), bytes, {}};
    if (enqueue(item)) return;
    queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    answer(*std::get<Append>(item).request, stopped());
}

void GroupCommitJournal::submit(Transition transition, std::function<void(const Status&)> done) {
    Request item = std::make_unique<Move>(Move{std::move(transition), std::move(done), ok()});
    if (enqueue(item)) return;
    const auto& move = std::get<std::unique_ptr<Move>>(item);
    if (move->done) move->done(stopped());
}

Status GroupCommitJournal::commit(Transition transition) {
    Reply<Status> reply;
    submit(std::move(transition), [&reply](const Status& status) { reply.give(status); });
    return reply.take();
}

Result<StreamId> GroupCommitJournal::open_stream(std::string_view name) {
    if (!valid_name(name)) {
        return Error{Errc::invalid,
                     fmt::format("stream name \"{}\", expected 1 to {} of [a-zA-Z0-9_./-]", name, kStreamNameMax),
                     "bad_name",
                     {}};
    }
    Reply<Result<StreamId>> reply;
    Request item = std::make_unique<NewStream>(
        NewStream{std::string(name), [&reply](Result<StreamId> id) { reply.give(std::move(id)); }});
    if (!enqueue(item)) return stopped();
    return reply.take();
}

Result<LaneId> GroupCommitJournal::open_lane(std::string_view route, std::string_view destination, StreamId stream,
                                             bool from_begin) {
    Reply<Result<LaneId>> reply;
    auto request = std::make_unique<NewLane>();
    request->lane.route = route;
    request->lane.destination = destination;
    request->lane.stream = stream;
    request->from_begin = from_begin;
    request->done = [&reply](Result<LaneId> id) { reply.give(std::move(id)); };
    Request item = std::move(request);
    if (!enqueue(item)) return stopped();
    return reply.take();
}

// ---------------------------------------------------------------------------------------------- reading

Result<std::vector<CursorUpdate>> GroupCommitJournal::cursors(StreamId stream) {
    const std::scoped_lock lock(state_mutex_);
    const StreamEntry* entry = catalog_.stream(stream);
    if (entry == nullptr) return unknown_stream(stream);
    std::vector<CursorUpdate> found;
    for (const auto& [partition, cursor] : entry->cursors) found.push_back({partition, cursor});
    return found;
}

Result<LaneState> GroupCommitJournal::lane_state(LaneId lane) {
    LaneState state;
    {
        const std::scoped_lock lock(state_mutex_);
        const LaneEntry* entry = catalog_.lane(lane);
        if (entry == nullptr) {
            return Error{Errc::not_found, fmt::format("lane {} does not exist", lane), "no_lane", {}};
        }
        state.progress = entry->progress;
    }
    WEIR_TRY(state.open, store_->open_attempts(lane));
    WEIR_TRY(LaneRows rows, store_->lane_rows(lane, state.progress.position));
    state.live = std::move(rows.live);
    for (DeliveryRow& row : rows.damaged) state.damaged.push_back(given_up(std::move(row)));
    state.closed = std::move(rows.closed);
    return state;
}

Result<std::vector<ItemId>> GroupCommitJournal::items_with_rows(LaneId lane, Offset from) {
    WEIR_TRY(const LaneRows rows, store_->lane_rows(lane, from));
    std::vector<ItemId> items;
    const auto add = [&](const ItemId& item) {
        if (item.offset >= from) items.push_back(item);
    };
    for (const DeliveryRow& row : rows.live) add(row.item);
    for (const DeliveryRow& row : rows.damaged) add(row.item);
    for (const auto& [item, state] : rows.closed) add(item);
    std::ranges::sort(items);
    return items;
}

Result<std::vector<Group>> GroupCommitJournal::read(StreamId stream, Offset from, std::size_t max_bytes) {
    std::vector<std::shared_ptr<const RecentGroup>> recent;
    Offset end = 0;
    {
        const std::scoped_lock lock(state_mutex_);
        const StreamEntry* entry = catalog_.stream(stream);
        if (entry == nullptr) return unknown_stream(stream);
        end = entry->info.end;
        from = std::max(from, entry->info.begin);
        if (from >= end) return std::vector<Group>{};
        recent = recent_.find(stream, from, max_bytes);
    }
    std::vector<Group> groups;
    if (!recent.empty()) {
        groups.reserve(recent.size());
        for (const auto& group : recent) groups.push_back(group->read());
        return groups;
    }
    WEIR_TRY(std::vector<StoredGroup> stored, store_->read(stream, from, end, max_bytes));
    groups.reserve(stored.size());
    for (StoredGroup& one : stored) {
        Group& group = groups.emplace_back();
        group.first = one.first;
        group.count = one.count;
        group.wall_ns = one.wall_ns;
        if (one.payload != nullptr) {
            auto records = decode_records(*one.payload, one.count, one.payload);
            if (records.ok()) {
                group.records = std::move(records).value();
                continue;
            }
            one.damage = records.error().message;
        }
        group.damaged = true;
        report_damage(stream, one);
    }
    return groups;
}

void GroupCommitJournal::report_damage(StreamId stream, const StoredGroup& group) {
    auto damage = std::make_unique<QuarantinedGroup>(
        QuarantinedGroup{stream, group.first, group.count, group.segment, options_.clock->wall_ns(), group.damage});
    std::string name;
    {
        const std::scoped_lock lock(state_mutex_);
        const auto same = [&damage](const QuarantinedGroup& known) {
            return known.stream == damage->stream && known.first == damage->first;
        };
        if (std::any_of(quarantine_.begin(), quarantine_.end(), same)) return;
        quarantine_.push_back(*damage);
        name = catalog_.stream_at(stream).info.name;
    }
    {
        const std::scoped_lock lock(health_mutex_);
        ++health_.quarantined_groups;
    }
    log::error("journal group damaged", {{"stream", name},
                                         {"first", group.first},
                                         {"count", group.count},
                                         {"segment", group.segment},
                                         {"reason", group.damage}});
    Request item = std::move(damage);
    (void)enqueue(item);  // stopping: the next start finds the damage again
}

bool GroupCommitJournal::wait(StreamId stream, Offset from, std::stop_token stop, std::int64_t timeout_ns) {
    std::unique_lock lock(state_mutex_);
    return advanced_.wait_for(lock, std::move(stop), std::chrono::nanoseconds(timeout_ns), [this, stream, from] {
        const StreamEntry* entry = catalog_.stream(stream);
        return entry != nullptr && entry->info.end > from;
    });
}

Result<StreamInfo> GroupCommitJournal::stream_info(StreamId stream) {
    const std::scoped_lock lock(state_mutex_);
    const StreamEntry* entry = catalog_.stream(stream);
    if (entry == nullptr) return unknown_stream(stream);
    return entry->info;
}

Result<std::optional<std::string>> GroupCommitJournal::state_get(std::string_view scope, std::string_view key) {
    return store_->state_get(scope, key, options_.clock->wall_ns());
}

Health GroupCommitJournal::health() const {
    const std::scoped_lock lock(health_mutex_);
    Health health = health_;
    health.queued_bytes = queued_bytes_.load(std::memory_order_relaxed);
    return health;
}

}  // namespace weir::journal
