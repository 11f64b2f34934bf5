#include "runtime/flow/threaded_engine.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "runtime/base/thread.hpp"

namespace weir::flow {

namespace {

using std::chrono::milliseconds;

// How long a thread waits for something to come in before it looks at its stop token and at its clock again.
constexpr milliseconds kLook{100};

// What is due later than this is not worth waiting for when the host is to stop.
constexpr std::chrono::nanoseconds kSoon = std::chrono::seconds{1};

// The least time between two calls of a sink while batches are small.
constexpr std::chrono::nanoseconds kLinger = std::chrono::milliseconds{2};
constexpr std::size_t kSmallBatch = 256;

milliseconds until(std::int64_t due_mono_ns, std::int64_t now_mono_ns) {
    if (due_mono_ns <= now_mono_ns) return milliseconds{0};
    // Rounded up: waking a little early would only spin.
    return std::min(kLook, milliseconds{(due_mono_ns - now_mono_ns) / 1'000'000 + 1});
}

}  // namespace

// The hop and the two ends of it. The reader's thread owns reader and outlet, the sink's thread worker and inlet.
struct ThreadedEngine::Pipe {
    std::string name;
    std::unique_ptr<Reader> reader;
    std::unique_ptr<LaneWorker> worker;
    std::unique_ptr<Inlet<Stepped>> inlet;
    std::unique_ptr<Outlet<Stepped>> outlet;
    std::atomic<journal::Offset> passed_on{0};  // offsets the reader has handed over
    std::atomic<journal::Offset> taken{0};      // offsets the lane has taken in
    std::atomic<bool> quiet{false};             // the lane has nothing to do with what it took
};

ThreadedEngine::ThreadedEngine(Settings settings, journal::Journal& journal, const Clock& clock)
    : settings_(settings), journal_(journal), clock_(clock) {}

ThreadedEngine::~ThreadedEngine() { stop(); }

void ThreadedEngine::add(std::string name, std::unique_ptr<Reader> reader, std::unique_ptr<LaneWorker> worker) {
    auto pipe = std::make_unique<Pipe>();
    const std::string address = "inproc://" + name;
    pipe->inlet = std::make_unique<Inlet<Stepped>>(context_, address, settings_.hop_capacity);
    pipe->outlet = std::make_unique<Outlet<Stepped>>(context_, address, settings_.hop_capacity);
    pipe->name = std::move(name);
    pipe->passed_on = reader->next_offset();
    pipe->taken = reader->next_offset();
    pipe->reader = std::move(reader);
    pipe->worker = std::move(worker);
    pipes_.push_back(std::move(pipe));
}

void ThreadedEngine::add(std::string name, std::unique_ptr<Stager> stager) {
    stagers_.push_back({std::move(name), std::move(stager)});
}

void ThreadedEngine::start() {
    for (auto& pipe : pipes_) {
        Pipe* p = pipe.get();
        sinks_.push_back(start_thread("sink/" + p->name, [this, p](const std::stop_token& s) { run_sink(*p, s); }));
        readers_.push_back(
            start_thread("route/" + p->name, [this, p](const std::stop_token& s) { run_reader(*p, s); }));
    }
    for (auto& stage : stagers_) {
        Stager* stager = stage.stager.get();
        readers_.push_back(
            start_thread("stage/" + stage.name, [this, stager](const std::stop_token& s) { run_stager(*stager, s); }));
    }
}

void ThreadedEngine::run_reader(Pipe& pipe, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        if (!journal_.wait(pipe.reader->stream(), pipe.reader->next_offset(), stop,
                           std::chrono::nanoseconds(kLook).count())) {
            continue;
        }
        auto batches = pipe.reader->read();
        if (batches.empty()) {
            wait_for_stop(stop, until(pipe.reader->blocked_until_mono_ns(), clock_.mono_ns()));
        }
        pass_on(pipe, std::move(batches), stop);
    }
}

void ThreadedEngine::pass_on(Pipe& pipe, std::vector<Stepped>&& batches, const std::stop_token& stop) {
    for (Stepped& batch : batches) {
        const journal::Offset end = batch.end();
        bool sent = pipe.outlet->send(std::make_unique<Stepped>(std::move(batch)), kLook);
        // A full hop is back-pressure: the records stay in the journal, and this thread stays here.
        while (!sent && !stop.stop_requested()) sent = pipe.outlet->flush(kLook);
        if (!sent) return;
        pipe.passed_on = end;
    }
}

// Takes in everything that is there; waits for the first of it.
void ThreadedEngine::take_in(Pipe& pipe, milliseconds wait, const std::stop_token& stop) {
    Lane& lane = pipe.worker->lane();
    if (!lane.has_room()) {
        if (wait.count() > 0) wait_for_stop(stop, wait);
        return;
    }
    auto batch = pipe.inlet->receive(wait);
    while (batch) {
        pipe.quiet = false;
        lane.offer(*batch, now_of(clock_));
        pipe.taken = batch->end();
        batch = lane.has_room() ? pipe.inlet->receive(milliseconds{0}) : nullptr;
    }
}

void ThreadedEngine::run_sink(Pipe& pipe, const std::stop_token& stop) {
    LaneWorker& worker = *pipe.worker;
    milliseconds wait{0};
    std::int64_t linger_until = 0;
    while (!stop.stop_requested()) {
        take_in(pipe, wait, stop);
        // Each call costs commits here and syncs at the target: under load, a moment's patience makes one batch of
        // many. The first record after a pause goes at once.
        while (worker.lane().in_memory() < kSmallBatch && clock_.mono_ns() < linger_until) {
            take_in(pipe, milliseconds{1}, stop);
        }
        if (worker.turn()) {
            linger_until = clock_.mono_ns() + kLinger.count();
            wait = milliseconds{0};
            continue;
        }
        const auto due = worker.next_due_mono_ns();
        pipe.quiet = worker.idle() || (due && *due > clock_.mono_ns() + kSoon.count());
        wait = due ? std::max(milliseconds{1}, until(*due, clock_.mono_ns())) : kLook;
    }
    worker.finish();
}

void ThreadedEngine::run_stager(Stager& stager, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        if (stager.turn()) continue;
        if (!journal_.wait(stager.reader().stream(), stager.reader().next_offset(), stop,
                           std::chrono::nanoseconds(kLook).count())) {
            continue;
        }
        wait_for_stop(stop, until(stager.blocked_until_mono_ns(), clock_.mono_ns()));
    }
}

bool ThreadedEngine::idle() const {
    const auto caught_up = [this](journal::StreamId stream, journal::Offset offset) {
        const auto info = journal_.stream_info(stream);
        return info.ok() && offset >= info->end;
    };
    for (const auto& stage : stagers_) {
        if (!caught_up(stage.stager->reader().stream(), stage.stager->staged_to())) return false;
    }
    return std::ranges::all_of(pipes_, [&](const auto& pipe) {
        return caught_up(pipe->reader->stream(), pipe->passed_on) && pipe->taken >= pipe->passed_on && pipe->quiet;
    });
}

bool ThreadedEngine::drain(std::chrono::nanoseconds deadline) {
    const std::int64_t end = clock_.mono_ns() + deadline.count();
    const std::stop_source never;
    while (clock_.mono_ns() < end) {
        if (idle()) return true;
        wait_for_stop(never.get_token(), milliseconds{5});
    }
    return idle();
}

void ThreadedEngine::stop() {
    for (auto& thread : readers_) thread.request_stop();
    for (auto& pipe : pipes_) pipe->reader->stop();
    readers_.clear();
    for (auto& thread : sinks_) thread.request_stop();
    for (auto& pipe : pipes_) pipe->worker->stop();
    sinks_.clear();
}

}  // namespace weir::flow
