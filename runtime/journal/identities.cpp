#include "runtime/journal/identities.hpp"

#include <algorithm>
#include <utility>

namespace weir::journal {

namespace {

// Two tables share the memory: one is filled while the other is written. A table that has just grown has 12 bytes for
// each of 1.8 slots an entry.
constexpr std::size_t kBytesPerEntry = 22;

}  // namespace

void Identities::use_runs(IdentityRuns::Settings settings, std::size_t memory_bytes, const Catalog& catalog) {
    runs_ = std::make_unique<IdentityRuns>(std::move(settings));
    active_max_ = std::max<std::size_t>(memory_bytes / 2 / kBytesPerEntry, 1);
    runs_->start(catalog);
    refresh();
}

void Identities::refresh() {
    if (runs_ == nullptr || runs_->version() == version_) return;
    version_ = runs_->version();  // before the view: at worst it is asked for once more
    view_ = runs_->view();
}

Status Identities::find(std::uint64_t hash, StreamId stream, std::vector<Position>& into) {
    const auto collect = [&into](Position position) { return into.push_back(position), true; };
    active_.find(hash, stream, collect);
    for (const auto& frozen : view_->frozen) frozen->table.find(hash, stream, collect);
    if (view_->runs.empty() && !view_->holes()) return ok();
    return find_in_runs(IdentityIndex::key_of(hash), stream, into);
}

Status Identities::find_in_runs(IdentityKey key, StreamId stream, std::vector<Position>& into) {
    const auto incomplete = [](std::string message) {
        return Error{Errc::unavailable, std::move(message), "io_error", {}};
    };
    if (view_->holes()) return incomplete("a run of identities is being made anew from the segments");
    for (const auto& run : view_->runs) {
        if (!run->may_contain(key)) continue;
        Status status = run->find(key, stream, into);
        if (status.ok()) continue;
        const auto damaged = run;  // the view is about to lose it
        runs_->discard(*damaged, status.error());
        refresh();
        return incomplete(std::move(status).error().message);
    }
    return ok();
}

void Identities::make_room() {
    if (runs_ == nullptr || active_.size() < active_max_) return;
    runs_->hand_over(std::exchange(active_, IdentityIndex{}), std::exchange(covered_, Coverage{}));
    for (StreamId stream = 0; stream < begins_.size(); ++stream) active_.retire(stream, begins_[stream]);
    refresh();
}

void Identities::wait_written() {
    if (runs_ != nullptr && !view_->frozen.empty()) {
        runs_->wait_written();
        refresh();
    }
}

std::vector<StreamRange> Identities::missing(const Catalog& catalog) {
    refresh();
    lost_ = view_->lost;
    Coverage all = covered_;
    for (const auto& frozen : view_->frozen) all.add(frozen->coverage);
    for (const auto& run : view_->runs) all.add(run->coverage());
    std::vector<StreamRange> found;
    for (const StreamEntry& stream : catalog.streams) {
        for (const OffsetRange& range : all.missing(stream.info.id, {stream.info.begin, stream.info.end})) {
            found.push_back({stream.info.id, range});
        }
    }
    return found;
}

bool Identities::mended() {
    if (runs_ == nullptr) return false;
    runs_->mended(lost_);
    refresh();
    return view_->holes();
}

void Identities::retire(StreamId stream, Offset begin) {
    if (begins_.size() <= stream) begins_.resize(stream + 1, 0);
    begins_[stream] = std::max(begins_[stream], begin);
    active_.retire(stream, begin);
    if (runs_ != nullptr) runs_->retire(begins_);
}

std::size_t Identities::memory_bytes() const noexcept {
    std::size_t bytes = active_.memory_bytes();
    for (const auto& frozen : view_->frozen) bytes += frozen->table.memory_bytes();
    for (const auto& run : view_->runs) bytes += run->heap_bytes();
    return bytes;
}

}  // namespace weir::journal
