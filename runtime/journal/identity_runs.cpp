#include "runtime/journal/identity_runs.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/journal/segment_files.hpp"

namespace weir::journal {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMergeAtLeast = 4;
constexpr std::chrono::seconds kRetryPause{10};
constexpr std::string_view kSuffix = ".run";

std::optional<SequenceRange> sequence_of(const std::string& name) {
    SequenceRange found;
    const char* end = name.data() + name.size();
    const auto first = std::from_chars(name.data(), end, found.first);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return std::nullopt;
    const auto last = std::from_chars(first.ptr + 1, end, found.last);
    const bool whole = last.ec == std::errc{} && std::string_view(last.ptr, end) == kSuffix;
    return whole && found.first <= found.last ? std::optional(found) : std::nullopt;
}

void remove_run(const fs::path& path) {
    std::error_code error;
    fs::remove(path, error);
    if (error) log::warn("run of identities not removed", {{"file", path.string()}, {"error", error.message()}});
}

bool exists(const Catalog& catalog, const Coverage& coverage) {
    const auto ranges = coverage.ranges();
    return std::all_of(ranges.begin(), ranges.end(), [&catalog](const StreamRange& one) {
        const StreamEntry* stream = catalog.stream(one.stream);
        return stream != nullptr && one.range.end <= stream->info.end;
    });
}

Status make_directory(const fs::path& dir) {
    if (::mkdir(dir.c_str(), 0700) == 0) return sync_directory(dir.parent_path());
    return errno == EEXIST ? ok() : Status(file_error("make", dir, errno));
}

}  // namespace

std::optional<MergeChoice> choose_merge(std::span<const std::uint64_t> entries) {
    std::uint64_t newer = 0;
    std::size_t first = entries.size();
    while (first > 0 && (newer == 0 || entries[first - 1] <= newer)) newer += entries[--first];
    if (entries.size() - first < kMergeAtLeast) return std::nullopt;
    return MergeChoice{first, entries.size()};
}

IdentityRuns::IdentityRuns(Settings settings)
    : settings_(std::move(settings)), journal_(run_format::checksum(settings_.journal_id, 0)) {}

IdentityRuns::~IdentityRuns() {
    writer_.request_stop();
    merger_.request_stop();
}

// ---------------------------------------------------------------------------------------------- opening

void IdentityRuns::start(const Catalog& catalog) {
    open_all(catalog);
    writer_ = start_thread("journal-ids", [this](const std::stop_token& stop) { write_tables(stop); });
    merger_ = start_thread("journal-merge", [this](const std::stop_token& stop) { merge_runs(stop); });
}

void IdentityRuns::open_all(const Catalog& catalog) {
    std::vector<std::pair<SequenceRange, fs::path>> files;
    std::error_code error;
    for (fs::directory_iterator at(settings_.dir, error), end; !error && at != end; at.increment(error)) {
        const auto sequence = sequence_of(at->path().filename().string());
        if (sequence) files.emplace_back(*sequence, at->path());
        if (at->path().extension() == ".new") remove_run(at->path());  // a crash came while it was being written
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        log::warn("runs of identities not read", {{"dir", settings_.dir.string()}, {"error", error.message()}});
    }
    // A merged run before those it was merged from.
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
        return a.first.first != b.first.first ? a.first.first < b.first.first : a.first.last > b.first.last;
    });
    RunView opened;
    for (const auto& [sequence, path] : files) {
        next_sequence_ = std::max(next_sequence_, sequence.last + 1);
        if (!opened.runs.empty() && sequence.first <= opened.runs.back()->sequence().last) {
            remove_run(path);  // a crash came between a merge and the removal of what it merged
            continue;
        }
        RunPtr run = open_one(path, catalog);
        if (run != nullptr) opened.runs.push_back(std::move(run));
    }
    const std::scoped_lock lock(mutex_);
    change([&opened](RunView& view) { view = std::move(opened); });
}

IdentityRuns::RunPtr IdentityRuns::open_one(const fs::path& path, const Catalog& catalog) const {
    auto run = Run::open(path, journal_);
    if (run.ok() && exists(catalog, (*run)->coverage())) return *run;
    log::warn("run of identities not used, its part is read from the segments",
              {{"file", path.string()},
               {"reason", run.ok() ? std::string("it knows offsets that the segments do not") : run.error().message}});
    remove_run(path);
    return nullptr;
}

fs::path IdentityRuns::path_of(SequenceRange sequence) const {
    return settings_.dir / fmt::format("{:010}-{:010}{}", sequence.first, sequence.last, kSuffix);
}

// ---------------------------------------------------------------------------------------------- the view

std::shared_ptr<const RunView> IdentityRuns::view() const {
    const std::scoped_lock lock(mutex_);
    return view_;
}

void IdentityRuns::change(const std::function<void(RunView&)>& edit) {
    auto next = std::make_shared<RunView>(*view_);
    edit(*next);
    view_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
    changed_.notify_all();
}

void IdentityRuns::hand_over(IdentityIndex table, Coverage coverage) {
    auto frozen = std::make_shared<FrozenIdentities>();
    frozen->table = std::move(table);
    frozen->coverage = std::move(coverage);
    const std::scoped_lock lock(mutex_);
    frozen->sequence = next_sequence_++;
    change([&frozen](RunView& view) { view.frozen.push_back(std::move(frozen)); });
}

void IdentityRuns::retire(std::vector<Offset> begins) {
    const std::scoped_lock lock(mutex_);
    begins_ = std::move(begins);
    changed_.notify_all();
}

void IdentityRuns::discard(const Run& run, const Error& why) {
    {
        const std::scoped_lock lock(mutex_);
        const auto same = [&run](const RunPtr& one) { return one.get() == &run; };
        if (std::none_of(view_->runs.begin(), view_->runs.end(), same)) return;  // the other thread found it, too
        change([&same](RunView& view) {
            std::erase_if(view.runs, same);
            ++view.lost;
        });
    }
    log::error("run of identities damaged, its part is read from the segments",
               {{"file", run.path().string()}, {"error", why.message}});
    remove_run(run.path());
}

void IdentityRuns::mended(std::uint64_t lost) {
    const std::scoped_lock lock(mutex_);
    if (view_->mended != lost) change([lost](RunView& view) { view.mended = lost; });
}

void IdentityRuns::wait_written() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return view_->frozen.empty() || write_failing_; });
}

void IdentityRuns::wait_idle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] {
        const bool merged = !merging_ && !next_merge();
        return (view_->frozen.empty() || write_failing_) && (merged || merge_failing_);
    });
}

// ---------------------------------------------------------------------------------------------- writing tables

void IdentityRuns::write_tables(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, stop, [this] { return !view_->frozen.empty(); });
        if (stop.stop_requested()) return;
        const auto frozen = view_->frozen.front();
        const auto begins = begins_;
        lock.unlock();
        auto written = write_table(*frozen, begins);
        lock.lock();
        write_failing_ = !written.ok();
        if (written.ok()) {
            change([&written](RunView& view) {
                view.frozen.erase(view.frozen.begin());
                view.runs.push_back(std::move(*written));
            });
            continue;
        }
        // The table stays in memory, where it is found as before; only the bound is not kept.
        log::warn("run of identities not written", {{"error", written.error().message}});
        changed_.notify_all();
        changed_.wait_for(lock, stop, kRetryPause, [] { return false; });
    }
}

Result<IdentityRuns::RunPtr> IdentityRuns::write_table(const FrozenIdentities& frozen,
                                                       const std::vector<Offset>& begins) const {
    WEIR_CHECK_OK(make_directory(settings_.dir));
    const SequenceRange sequence{frozen.sequence, frozen.sequence};
    WEIR_TRY(RunWriter writer, RunWriter::create(path_of(sequence), frozen.table.size()));
    Status status = ok();
    frozen.table.visit_sorted([&writer, &status, &begins](IdentityKey key, Position position) {
        const StreamId stream = stream_of(position);
        if (stream < begins.size() && offset_of(position) < begins[stream]) return true;
        status = writer.add(key, position);
        return status.ok();
    });
    WEIR_CHECK_OK(std::move(status));
    WEIR_CHECK_OK(writer.publish(journal_, sequence, frozen.coverage));
    return Run::open(path_of(sequence), journal_);
}

// ---------------------------------------------------------------------------------------------- merging

void IdentityRuns::merge_runs(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, stop, [this] { return next_merge().has_value(); });
        if (stop.stop_requested()) return;
        const std::optional<MergeJob> job = next_merge();
        merging_ = true;
        lock.unlock();
        auto merged = merge(*job, stop);
        if (merged.ok()) replace(*job, *merged);
        lock.lock();
        merging_ = false;
        merge_failing_ = !merged.ok();
        changed_.notify_all();
        if (merged.ok() || stop.stop_requested()) continue;
        log::warn("runs of identities not merged", {{"error", merged.error().message}});
        changed_.wait_for(lock, stop, kRetryPause, [] { return false; });
    }
}

std::optional<IdentityRuns::MergeJob> IdentityRuns::next_merge() const {
    MergeJob job;
    job.begins = begins_;
    std::vector<std::uint64_t> entries;
    for (const RunPtr& run : view_->runs) {
        // Once most of it is beyond the horizon a run is written again without that, or removed.
        const std::uint64_t all = run->coverage().count();
        if (run->coverage().count(begins_) * 2 < all) {
            job.inputs = {run};
            return job;
        }
        entries.push_back(run->entries());
    }
    const auto choice = choose_merge(entries);
    if (!choice) return std::nullopt;
    for (std::size_t i = choice->first; i < choice->end; ++i) job.inputs.push_back(view_->runs[i]);
    return job;
}

Result<IdentityRuns::RunPtr> IdentityRuns::merge(const MergeJob& job, const std::stop_token& stop) {
    Coverage coverage;
    std::uint64_t entries = 0;
    std::vector<RunCursor> cursors;
    for (const RunPtr& run : job.inputs) {
        coverage.add(run->coverage());
        entries += run->entries();
        cursors.emplace_back(run);
    }
    struct statvfs space {};
    const std::uint64_t needed = entries * 16 + settings_.reserve_bytes;
    if (::statvfs(settings_.dir.c_str(), &space) == 0 && std::uint64_t{space.f_bavail} * space.f_frsize < needed) {
        return Error{Errc::unavailable, fmt::format("less than {} bytes are free", needed), "disk_reserve", {}};
    }
    coverage.trim(job.begins);
    const SequenceRange sequence{job.inputs.front()->sequence().first, job.inputs.back()->sequence().last};
    WEIR_TRY(RunWriter writer, RunWriter::create(path_of(sequence), entries));
    WEIR_CHECK_OK(merge_entries(cursors, job, writer, stop));
    WEIR_CHECK_OK(writer.publish(journal_, sequence, coverage));
    failpoint(Failpoint::journal_runs_merged);
    return Run::open(path_of(sequence), journal_);
}

Status IdentityRuns::merge_entries(std::vector<RunCursor>& cursors, const MergeJob& job, RunWriter& writer,
                                   const std::stop_token& stop) {
    const auto advance = [this](RunCursor& cursor) -> Result<bool> {
        auto more = cursor.next();
        if (!more.ok() && more.error().errc == Errc::corrupt) discard(cursor.run(), more.error());
        return more;
    };
    std::vector<RunCursor*> heap;
    for (RunCursor& cursor : cursors) {
        WEIR_TRY(const bool more, advance(cursor));
        if (more) heap.push_back(&cursor);
    }
    const auto later = [](const RunCursor* a, const RunCursor* b) {
        return a->key() != b->key() ? a->key() > b->key() : a->position() > b->position();
    };
    std::make_heap(heap.begin(), heap.end(), later);
    for (std::uint64_t count = 0; !heap.empty(); ++count) {
        if (count % 65'536 == 0 && stop.stop_requested()) {
            return Error{Errc::cancelled, "the journal is stopping", "stopping", {}};
        }
        std::pop_heap(heap.begin(), heap.end(), later);
        RunCursor& least = *heap.back();
        const StreamId stream = stream_of(least.position());
        const bool retired = stream < job.begins.size() && offset_of(least.position()) < job.begins[stream];
        if (!retired) WEIR_CHECK_OK(writer.add(least.key(), least.position()));
        WEIR_TRY(const bool more, advance(least));
        if (more) {
            std::push_heap(heap.begin(), heap.end(), later);
        } else {
            heap.pop_back();
        }
    }
    return ok();
}

void IdentityRuns::replace(const MergeJob& job, const RunPtr& merged) {
    bool replaced = false;
    {
        const std::scoped_lock lock(mutex_);
        change([&job, &merged, &replaced](RunView& view) {
            const auto at = std::search(view.runs.begin(), view.runs.end(), job.inputs.begin(), job.inputs.end());
            // Otherwise one of them turned out damaged meanwhile. What was read of it was checked, but its part is
            // being read from the segments: once is enough.
            replaced = at != view.runs.end();
            if (!replaced) return;
            const auto rest = view.runs.erase(at, at + static_cast<std::ptrdiff_t>(job.inputs.size()));
            if (!merged->coverage().empty()) view.runs.insert(rest, merged);
        });
    }
    if (!replaced || merged->coverage().empty()) remove_run(merged->path());
    if (!replaced) return;
    for (const RunPtr& input : job.inputs) {
        if (input->path() != merged->path()) remove_run(input->path());
    }
}

}  // namespace weir::journal
