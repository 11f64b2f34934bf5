#include "runtime/flow/inline_engine.hpp"

#include <algorithm>
#include <utility>

namespace weir::flow {

void InlineEngine::add(std::unique_ptr<Reader> reader, std::unique_ptr<LaneWorker> worker) {
    pipes_.push_back({std::move(reader), std::move(worker)});
}

std::vector<LaneWorker*> InlineEngine::workers() {
    std::vector<LaneWorker*> result;
    for (const Pipe& pipe : pipes_) result.push_back(pipe.worker.get());
    return result;
}

bool InlineEngine::step() {
    bool worked = false;
    for (const auto& stager : stagers_) worked |= stager->turn();
    for (const Pipe& pipe : pipes_) {
        if (pipe.worker->lane().has_room() || pipe.reader->has_redo()) {
            for (const Stepped& stepped : pipe.reader->read()) {
                pipe.worker->lane().offer(stepped, now_of(clock_));
                worked = true;
            }
        }
        worked |= pipe.worker->turn();
        worked |= pipe.reader->has_redo() && clock_.mono_ns() >= pipe.reader->blocked_until_mono_ns();
    }
    return worked;
}

bool InlineEngine::idle() const {
    return std::ranges::all_of(pipes_,
                               [](const Pipe& pipe) { return pipe.worker->idle() && !pipe.reader->has_redo(); });
}

std::optional<std::int64_t> InlineEngine::next_due() const {
    std::optional<std::int64_t> next;
    const auto consider = [&](std::int64_t due) {
        if (due > clock_.mono_ns() && (!next || due < *next)) next = due;
    };
    for (const auto& stager : stagers_) consider(stager->blocked_until_mono_ns());
    for (const Pipe& pipe : pipes_) {
        consider(pipe.reader->blocked_until_mono_ns());
        if (const auto due = pipe.worker->next_due_mono_ns()) consider(*due);
    }
    return next;
}

bool InlineEngine::run_until_idle(std::int64_t limit_ns) {
    const std::int64_t end = clock_.mono_ns() + limit_ns;
    for (;;) {
        while (step()) {
        }
        const auto due = next_due();
        if (!due) return idle();
        if (*due > end) return false;
        clock_.advance(*due - clock_.mono_ns());
    }
}

}  // namespace weir::flow
