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

// A batch of so many is not worth waiting for.
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
    std::jthread reading;
    std::jthread sending;
};

struct ThreadedEngine::Stage {
    std::string name;
    std::unique_ptr<Stager> stager;
    std::jthread staging;
};

ThreadedEngine::ThreadedEngine(Settings settings, journal::Journal& journal, const Clock& clock)
    : settings_(settings), journal_(journal), clock_(clock) {}

ThreadedEngine::~ThreadedEngine() { stop(); }

void ThreadedEngine::add(std::string name, std::unique_ptr<Reader> reader, std::unique_ptr<LaneWorker> worker) {
    auto pipe = std::make_shared<Pipe>();
    const std::scoped_lock lock(mutex_);
    // A socket that was closed lets go of its address later: no address is used twice.
    const std::string address = "inproc://" + name + "#" + std::to_string(++added_);
    pipe->inlet = std::make_unique<Inlet<Stepped>>(context_, address, settings_.hop_capacity);
    pipe->outlet = std::make_unique<Outlet<Stepped>>(context_, address, settings_.hop_capacity);
    pipe->name = std::move(name);
    pipe->passed_on = reader->next_offset();
    pipe->taken = reader->next_offset();
    pipe->reader = std::move(reader);
    pipe->worker = std::move(worker);
    pipes_.push_back(pipe);
    if (started_) start(*pipe);
}

void ThreadedEngine::add(std::string name, std::unique_ptr<Stager> stager) {
    auto stage = std::make_shared<Stage>();
    stage->name = std::move(name);
    stage->stager = std::move(stager);
    const std::scoped_lock lock(mutex_);
    stages_.push_back(stage);
    if (started_) start(*stage);
}

void ThreadedEngine::start() {
    const std::scoped_lock lock(mutex_);
    started_ = true;
    for (const auto& pipe : pipes_) start(*pipe);
    for (const auto& stage : stages_) start(*stage);
}

void ThreadedEngine::start(Pipe& pipe) {
    pipe.sending = start_thread("sink/" + pipe.name, [this, &pipe](const std::stop_token& s) { run_sink(pipe, s); });
    pipe.reading = start_thread("route/" + pipe.name, [this, &pipe](const std::stop_token& s) { run_reader(pipe, s); });
}

void ThreadedEngine::start(Stage& stage) {
    stage.staging =
        start_thread("stage/" + stage.name, [this, &stage](const std::stop_token& s) { run_stager(*stage.stager, s); });
}

void ThreadedEngine::stop(Stage& stage) {
    stage.staging.request_stop();
    stage.stager->reader().stop();
    if (stage.staging.joinable()) stage.staging.join();
}

void ThreadedEngine::stop(Pipe& pipe) {
    pipe.reading.request_stop();
    pipe.reader->stop();
    if (pipe.reading.joinable()) pipe.reading.join();
    pipe.sending.request_stop();
    pipe.worker->stop();
    if (pipe.sending.joinable()) pipe.sending.join();
}

void ThreadedEngine::remove(const std::string& name, std::chrono::nanoseconds deadline) {
    std::vector<std::shared_ptr<Pipe>> pipes;
    std::vector<std::shared_ptr<Stage>> stages;
    {
        const std::scoped_lock lock(mutex_);
        const auto move_named = [&name](auto& from, auto& into) {
            std::erase_if(from, [&](const auto& one) {
                if (one->name == name) into.push_back(one);
                return one->name == name;
            });
        };
        move_named(pipes_, pipes);
        move_named(stages_, stages);
    }
    for (const auto& stage : stages) stop(*stage);
    for (const auto& pipe : pipes) {
        pipe->reading.request_stop();
        pipe->sending.request_stop();
        // The call under way may end by itself; what it came to is worth more than an `unknown`.
        const std::int64_t end = clock_.mono_ns() + deadline.count();
        const std::stop_source never;
        while (pipe->worker->calling() && clock_.mono_ns() < end) wait_for_stop(never.get_token(), milliseconds{2});
        stop(*pipe);
    }
}

void ThreadedEngine::post(std::vector<journal::DeliveryRow>&& rows) {
    const std::scoped_lock lock(mutex_);
    const auto take = [&rows](journal::LaneId lane) {
        std::vector<journal::DeliveryRow> own;
        std::erase_if(rows, [&](journal::DeliveryRow& row) {
            if (row.lane != lane) return false;
            own.push_back(std::move(row));
            return true;
        });
        return own;
    };
    for (const auto& stage : stages_) {
        if (auto own = take(stage->stager->reader().steps_lane()); !own.empty()) {
            stage->stager->reader().post_redo(std::move(own));
        }
    }
    for (const auto& pipe : pipes_) {
        if (auto own = take(pipe->worker->lane_id()); !own.empty()) pipe->worker->post(std::move(own));
        if (!pipe->reader->takes_aside()) continue;
        if (auto own = take(pipe->reader->steps_lane()); !own.empty()) pipe->reader->post_redo(std::move(own));
    }
}

std::vector<std::pair<std::string, WorkerStatus>> ThreadedEngine::statuses() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<std::string, WorkerStatus>> all;
    for (const auto& pipe : pipes_) all.emplace_back(pipe->name, pipe->worker->status());
    return all;
}

void ThreadedEngine::run_reader(Pipe& pipe, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const bool more = journal_.wait(pipe.reader->stream(), pipe.reader->next_offset(), stop,
                                        std::chrono::nanoseconds(kLook).count());
        if (!more && !pipe.reader->has_redo()) continue;
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
        while (worker.lane().in_memory() < kSmallBatch && clock_.mono_ns() < linger_until && !stop.stop_requested()) {
            take_in(pipe, milliseconds{1}, stop);
        }
        if (worker.turn()) {
            linger_until = clock_.mono_ns() + worker.linger().count();
            wait = milliseconds{0};
            continue;
        }
        const auto due = worker.next_due_mono_ns();
        // What an operator paused is not waited for when the host stops.
        pipe.quiet = worker.idle() || worker.paused() || (due && *due > clock_.mono_ns() + kSoon.count());
        wait = due ? std::max(milliseconds{1}, until(*due, clock_.mono_ns())) : kLook;
    }
    worker.finish();
}

void ThreadedEngine::run_stager(Stager& stager, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        if (stager.turn()) continue;
        wait_for_stop(stop, until(stager.blocked_until_mono_ns(), clock_.mono_ns()));
        if (stager.reader().has_redo()) continue;
        (void)journal_.wait(stager.reader().stream(), stager.reader().next_offset(), stop,
                            std::chrono::nanoseconds(kLook).count());
    }
}

bool ThreadedEngine::idle() const {
    const auto caught_up = [this](journal::StreamId stream, journal::Offset offset) {
        const auto info = journal_.stream_info(stream);
        return info.ok() && offset >= info->end;
    };
    const std::scoped_lock lock(mutex_);
    for (const auto& stage : stages_) {
        if (!caught_up(stage->stager->reader().stream(), stage->stager->staged_to())) return false;
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
    const std::scoped_lock lock(mutex_);
    for (const auto& stage : stages_) stage->staging.request_stop();
    for (const auto& pipe : pipes_) pipe->reading.request_stop();
    for (const auto& stage : stages_) stop(*stage);
    for (const auto& pipe : pipes_) {
        pipe->reader->stop();
        if (pipe->reading.joinable()) pipe->reading.join();
    }
    for (const auto& pipe : pipes_) {
        pipe->sending.request_stop();
        pipe->worker->stop();
    }
    for (const auto& pipe : pipes_) stop(*pipe);
    started_ = false;
}

}  // namespace weir::flow
