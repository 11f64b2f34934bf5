// The part of the journal that commits: one thread at a time.
#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/journal/group_commit.hpp"

namespace weir::journal {

namespace {

// What one transaction takes at most: beyond it, larger groups gain nothing and everybody in them waits longer.
constexpr std::size_t kCommitBytesMax = 1u << 20;
constexpr std::size_t kCommitRequestsMax = 8192;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kReserveCheckNs = 250 * kNsPerMs;
constexpr std::int64_t kRecoverPauseNs = 100 * kNsPerMs;
constexpr std::chrono::seconds kTick{1};  // housekeeping of an idle journal, and a look at a failed disk

Error as_unavailable(Error error) {
    // A reader may be told `corrupt`; for a writer it is one more way in which the disk does not take its data.
    if (error.errc != Errc::unavailable) {
        error.errc = Errc::unavailable;
        error.code = "io_error";
    }
    return error;
}

}  // namespace

GroupCommitJournal::GroupCommitJournal(const Options& options, std::unique_ptr<Store> store, Committer committer)
    : options_(options),
      store_(std::move(store)),
      committer_(committer),
      recent_(options.recent_bytes_max),
      planner_(options.group_records_max,
               [this](StreamId stream, Offset offset) { return load_group(stream, offset); }) {}

Status GroupCommitJournal::start() {
    WEIR_TRY(LoadedJournal loaded, store_->load());
    Identities& identities = planner_.identities();
    if (!loaded.id.empty()) {
        identities.use_runs({options_.dir / "ids", loaded.id, options_.disk_reserve_bytes},
                            options_.identity_memory_bytes, loaded.catalog);
    }
    adopt(std::move(loaded));
    for (const StreamEntry& stream : catalog_.streams) identities.retire(stream.info.id, stream.info.begin);
    WEIR_CHECK_OK(index_identities(catalog_));
    usable_ = true;
    ready_ = true;
    check_reserve();
    if (committer_ == Committer::own_thread)
        writer_ = start_thread("journal", [this](const std::stop_token&) { run(); });
    return ok();
}

GroupCommitJournal::~GroupCommitJournal() {
    {
        const std::scoped_lock lock(queue_mutex_);
        stopping_ = true;
    }
    queue_changed_.notify_one();
    if (writer_.joinable()) writer_.join();
}

// ---------------------------------------------------------------------------------------------- the loop

void GroupCommitJournal::run() {
    std::vector<Request> requests;
    for (;;) {
        bool probe = false;
        {
            std::unique_lock lock(queue_mutex_);
            queue_changed_.wait_for(lock, kTick, [this] { return queued() || stopping_ || probe_wanted_; });
            if (!queued() && stopping_) return;
            take_queued(requests);
            probe = std::exchange(probe_wanted_, false);
        }
        const bool idle = requests.empty();
        process(requests);
        requests.clear();
        if (!idle) continue;
        const std::int64_t now = options_.clock->mono_ns();
        if (!usable_ && (!probe || now - recover_tried_mono_ns_ >= kRecoverPauseNs)) (void)recover();
        if (usable_) housekeeping();
    }
}

bool GroupCommitJournal::queued() const noexcept { return !queue_.empty() || !appends_.empty(); }

// Everything that is not an append, and as many appends as one transaction takes: a delivery whose attempt is to be
// journaled must not wait for tens of megabytes that came in before it. Nothing depends on the order between the two.
void GroupCommitJournal::take_queued(std::vector<Request>& into) {
    into.swap(queue_);
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (; count < appends_.size() && bytes < kCommitBytesMax && into.size() < kCommitRequestsMax; ++count) {
        bytes += std::get<Append>(appends_[count]).bytes;
        into.push_back(std::move(appends_[count]));
    }
    appends_.erase(appends_.begin(), appends_.begin() + static_cast<std::ptrdiff_t>(count));
}

void GroupCommitJournal::drain() {
    std::unique_lock lock(queue_mutex_);
    if (committing_) return;  // whoever is at it takes ours too
    committing_ = true;
    while (queued()) {
        std::vector<Request> requests;
        take_queued(requests);
        lock.unlock();
        process(requests);
        lock.lock();
    }
    committing_ = false;
}

void GroupCommitJournal::process(std::span<Request> requests) {
    while (!requests.empty()) {
        if (auto* stream = std::get_if<std::unique_ptr<NewStream>>(&requests.front())) {
            create(**stream);
            requests = requests.subspan(1);
            continue;
        }
        if (auto* lane = std::get_if<std::unique_ptr<NewLane>>(&requests.front())) {
            create(**lane);
            requests = requests.subspan(1);
            continue;
        }
        std::size_t take = 0;
        std::size_t bytes = 0;
        for (; take < std::min(requests.size(), kCommitRequestsMax) && bytes < kCommitBytesMax; ++take) {
            const Request& request = requests[take];
            if (std::holds_alternative<std::unique_ptr<NewStream>>(request)) break;
            if (std::holds_alternative<std::unique_ptr<NewLane>>(request)) break;
            if (const auto* append = std::get_if<Append>(&request)) bytes += append->bytes;
        }
        commit_group(requests.first(take));
        requests = requests.subspan(take);
        if (usable_) housekeeping();
    }
}

void GroupCommitJournal::commit_group(std::span<Request> requests) {
    const Status status = write_group(requests);
    complete(requests, status);
}

Status GroupCommitJournal::write_group(std::span<Request> requests) {
    if (!usable_) WEIR_CHECK_OK(recover());
    check_reserve();
    std::optional<Error> refused;
    if (!ready_.load(std::memory_order_relaxed)) refused = refusal();

    std::size_t bytes = 0;
    for (const Request& request : requests) {
        if (const auto* append = std::get_if<Append>(&request)) bytes += append->request->records.frames.size();
    }
    planner_.begin(catalog_, options_.clock->wall_ns(), bytes);
    for (Request& request : requests) plan(request, refused);
    const auto set = planner_.seal();
    Status status = ok();
    if (!set.ok()) {
        status = set.error();
    } else if (!(*set)->empty()) {
        status = store_->commit(**set);
        if (!status.ok()) remember_doubtful(**set);
    }
    if (!status.ok()) {
        Error error = as_unavailable(std::move(status).error());
        failed(error);
        return error;
    }
    failpoint(Failpoint::journal_after_commit);
    planner_.applied();
    apply(**set);
    return ok();
}

void GroupCommitJournal::plan(Request& request, const std::optional<Error>& refused) {
    if (auto* append = std::get_if<Append>(&request)) {
        failpoint(Failpoint::journal_append_received);
        if (refused) {
            append->planned.status = *refused;
        } else {
            append->planned = planner_.append(*append->request);
        }
    } else if (auto* move = std::get_if<std::unique_ptr<Move>>(&request)) {
        (*move)->status = planner_.transition((*move)->transition);
    } else if (auto* damage = std::get_if<Damage>(&request)) {
        planner_.quarantine(**damage);
    }
}

void GroupCommitJournal::complete(std::span<Request> requests, const Status& status) {
    for (Request& request : requests) {
        if (auto* append = std::get_if<Append>(&request)) {
            queued_bytes_.fetch_sub(append->bytes, std::memory_order_relaxed);
            AppendResult result;
            result.status = status.ok() ? append->planned.status : status;
            if (result.status.ok()) {
                result.first = append->planned.first;
                result.stored = append->planned.stored;
                result.verdicts = planner_.verdicts(append->planned);
            }
            append->request->done(result);
            append->request.reset();
        } else if (auto* move = std::get_if<std::unique_ptr<Move>>(&request)) {
            if ((*move)->done) (*move)->done(status.ok() ? (*move)->status : status);
            move->reset();
        }
    }
}

// ---------------------------------------------------------------------------------------------- what became durable

void GroupCommitJournal::apply(const WriteSet& set) {
    const std::scoped_lock lock(state_mutex_);
    for (const StreamEntry* stream : set.new_streams) catalog_.streams.push_back(*stream);
    for (const LaneEntry* lane : set.new_lanes) catalog_.lanes.push_back(*lane);
    for (const NewGroup& group : set.groups) {
        recent_.push(std::make_shared<const RecentGroup>(group.stream, group.first, group.count(), group.wall_ns,
                                                         group.payload));
    }
    for (const StreamInfo& info : set.streams) catalog_.stream_at(info.id).info = info;
    for (const CursorWrite& write : set.cursors) {
        catalog_.stream_at(write.stream).cursors.insert_or_assign(write.update->partition, write.update->cursor);
    }
    for (const Transition* transition : set.transitions) apply(*transition);
    if (!set.groups.empty()) advanced_.notify_all();
}

void GroupCommitJournal::apply(const Transition& transition) {
    for (const AttemptStarted& started : transition.started) {
        std::uint64_t& next = catalog_.lane_at(started.lane).progress.next_attempt;
        next = std::max(next, started.attempt + 1);
    }
    for (const DeliveryRow& row : transition.rows) {
        std::vector<ItemId>& landed = catalog_.lane_at(row.lane).landed_items;
        if (!landed.empty()) std::erase(landed, row.item);
    }
    for (const LaneProgress& progress : transition.progress) {
        LaneEntry& lane = catalog_.lane_at(progress.lane);
        const std::uint64_t next = std::max(lane.progress.next_attempt, progress.next_attempt);
        lane.progress = progress;
        lane.progress.next_attempt = next;
        lane.landed = false;
    }
}

// ---------------------------------------------------------------------------------------------- streams and lanes

void GroupCommitJournal::create(NewStream& stream) { stream.done(create_stream(stream.name)); }
void GroupCommitJournal::create(NewLane& lane) { lane.done(create_lane(lane)); }

Result<StreamId> GroupCommitJournal::create_stream(const std::string& name) {
    if (!usable_) WEIR_CHECK_OK(recover());
    for (const StreamEntry& stream : catalog_.streams) {
        if (stream.info.name == name) return stream.info.id;
    }
    if (catalog_.streams.size() >= kStreamMax) {
        return Error{Errc::invalid, fmt::format("the journal has {} streams, no more fit", kStreamMax), "full", {}};
    }
    StreamEntry fresh;
    fresh.info.id = static_cast<StreamId>(catalog_.streams.size() + 1);
    fresh.info.name = name;
    WriteSet set;
    set.new_streams.push_back(&fresh);
    WEIR_CHECK_OK(write_new(set));
    return fresh.info.id;
}

Result<LaneId> GroupCommitJournal::create_lane(NewLane& request) {
    if (!usable_) WEIR_CHECK_OK(recover());
    LaneEntry& fresh = request.lane;
    const StreamEntry* stream = catalog_.stream(fresh.stream);
    if (stream == nullptr) {
        return Error{Errc::invalid, fmt::format("stream {} does not exist", fresh.stream), "no_stream", {}};
    }
    for (const LaneEntry& lane : catalog_.lanes) {
        const bool same = lane.route == fresh.route && lane.destination == fresh.destination;
        if (same && lane.stream == fresh.stream) return lane.id;
    }
    fresh.id = static_cast<LaneId>(catalog_.lanes.size() + 1);
    fresh.begin = request.from_begin ? stream->info.begin : stream->info.end;
    fresh.progress.lane = fresh.id;
    fresh.progress.position = fresh.begin;
    WriteSet set;
    set.new_lanes.push_back(&fresh);
    WEIR_CHECK_OK(write_new(set));
    return fresh.id;
}

Status GroupCommitJournal::write_new(const WriteSet& set) {
    Status status = store_->commit(set);
    if (!status.ok()) {
        Error error = as_unavailable(std::move(status).error());
        failed(error);
        return error;
    }
    apply(set);
    return ok();
}

// ---------------------------------------------------------------------------------------------- failure and recovery

void GroupCommitJournal::failed(const Error& error) {
    if (ready_.load(std::memory_order_relaxed)) {
        log::error("journal unavailable", {{"code", error.code}, {"error", error.message}});
    }
    usable_ = false;
    recover_tried_mono_ns_ = options_.clock->mono_ns();
    set_health(Availability::unavailable, error.code, error.message);
}

// What was answered `unavailable` may be durable after all (a sync that failed after its bytes had reached the disk),
// so everything known by heart is read again.
Status GroupCommitJournal::recover() {
    auto loaded = store_->load();
    Status status = loaded.ok() ? store_->probe() : Status(loaded.error());
    if (status.ok()) status = index_identities(loaded->catalog);
    if (!status.ok()) {
        Error error = as_unavailable(std::move(status).error());
        failed(error);
        return error;
    }
    planner_.forget();
    adopt(std::move(loaded).value());
    usable_ = true;
    log::info("journal available again");
    set_health(Availability::ready, {}, {});
    return ok();
}

// Reads from the segments what neither memory nor runs know: at a start what came after the last run, after a failure
// what turned out durable, and whatever a damaged run knew.
Status GroupCommitJournal::index_identities(const Catalog& catalog) {
    Identities& identities = planner_.identities();
    do {
        for (const StreamRange& missing : identities.missing(catalog)) WEIR_CHECK_OK(index_identities(missing));
    } while (identities.mended());
    return ok();
}

Status GroupCommitJournal::index_identities(const StreamRange& missing) {
    Identities& identities = planner_.identities();
    Offset covered = missing.range.first;  // a table speaks for what is in it and no more: another may get lost
    const auto insert = [&](Offset first, std::span<const std::uint64_t> hashes) {
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            identities.insert(hashes[i], make_position(missing.stream, first + i));
        }
        identities.cover(missing.stream, {covered, first + hashes.size()});
        covered = first + hashes.size();
        identities.make_room();
        identities.wait_written();
    };
    WEIR_CHECK_OK(store_->visit_identities(missing.stream, missing.range, insert));
    identities.cover(missing.stream, {covered, missing.range.end});
    return ok();
}

// A commit is durable whole or not at all, so outputs that turn up tell that their rows are there too.
void GroupCommitJournal::remember_doubtful(const WriteSet& set) {
    for (const Transition* transition : set.transitions) {
        if (transition->outputs.empty()) continue;
        for (const DeliveryRow& row : transition->rows)
            doubtful_.push_back({transition->outputs.front().stream, row.lane, row.item});
    }
}

void GroupCommitJournal::adopt(LoadedJournal loaded) {
    for (std::size_t i = 0; i < catalog_.lanes.size() && i < loaded.catalog.lanes.size(); ++i) {
        const LaneProgress& before = catalog_.lanes[i].progress;
        LaneEntry& lane = loaded.catalog.lanes[i];
        const bool moved = before.position != lane.progress.position || before.settled != lane.progress.settled;
        lane.landed = catalog_.lanes[i].landed || moved;
        lane.landed_items = std::move(catalog_.lanes[i].landed_items);
    }
    for (const Doubtful& row : doubtful_) {
        const bool there = loaded.catalog.stream_at(row.into).info.end > catalog_.stream_at(row.into).info.end;
        if (there) loaded.catalog.lane_at(row.lane).landed_items.push_back(row.item);
    }
    doubtful_.clear();
    {
        const std::scoped_lock lock(state_mutex_);
        catalog_ = std::move(loaded.catalog);
        quarantine_ = std::move(loaded.quarantine);
        recent_.clear();  // it may lack what turned out durable
        advanced_.notify_all();
    }
    const std::scoped_lock lock(health_mutex_);
    health_.quarantined_groups = quarantine_.size();
}

void GroupCommitJournal::housekeeping() {
    auto begins = store_->maintain(catalog_);
    if (!begins.ok()) return failed(as_unavailable(std::move(begins).error()));
    if (!begins->empty()) {
        const std::scoped_lock lock(state_mutex_);
        for (const StreamBegin& moved : *begins) {
            catalog_.stream_at(moved.stream).info.begin = moved.begin;
            planner_.identities().retire(moved.stream, moved.begin);
        }
    }
    check_reserve();
}

void GroupCommitJournal::check_reserve() {
    const std::int64_t now = options_.clock->mono_ns();
    const bool checked = reserve_checked_mono_ns_ != 0;
    if (checked && ready_.load(std::memory_order_relaxed) && now - reserve_checked_mono_ns_ < kReserveCheckNs) return;
    reserve_checked_mono_ns_ = now;
    const std::optional<std::uint64_t> free = store_->free_bytes();
    if (free && *free < options_.disk_reserve_bytes) {
        set_health(Availability::unavailable, "disk_reserve",
                   fmt::format("the journal's file system has {} bytes left, {} are kept in reserve", *free,
                               options_.disk_reserve_bytes));
    } else if (usable_) {
        set_health(Availability::ready, {}, {});
    }
}

void GroupCommitJournal::set_health(Availability availability, std::string code, std::string message) {
    const bool ready = availability == Availability::ready;
    if (ready && ready_.load(std::memory_order_relaxed)) return;
    const std::scoped_lock lock(health_mutex_);
    if (!ready && health_.code != code) log::warn("journal refuses appends", {{"code", code}, {"reason", message}});
    health_.availability = availability;
    health_.code = std::move(code);
    health_.message = std::move(message);
    ready_.store(ready, std::memory_order_release);
}

// For comparing a record with one it may repeat.
Result<Group> GroupCommitJournal::load_group(StreamId stream, Offset offset) {
    WEIR_TRY(std::vector<Group> groups, read(stream, offset, 0));
    if (groups.empty()) {
        Group lost;
        lost.first = offset;
        lost.count = 1;
        lost.damaged = true;
        return lost;
    }
    return std::move(groups.front());
}

}  // namespace weir::journal
