#include "runtime/app/source_runner.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/log.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/flow/events.hpp"

namespace weir::app {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kPollLimit = 500 * kMillisecond;
constexpr std::int64_t kLastAcksLimit = 2'000 * kMillisecond;
constexpr std::int64_t kStartLimit = 30'000 * kMillisecond;
constexpr std::chrono::milliseconds kIdleWait{25};
constexpr std::chrono::milliseconds kFullWait{50};
constexpr std::uint32_t kPollRecords = 4096;
constexpr std::uint64_t kPollBytes = 4u << 20;

}  // namespace

SourceRunner::SourceRunner(std::string connection, std::unique_ptr<flow::StreamIntake> intake,
                           std::unique_ptr<plugin::SourceHandle> source, const Clock& clock)
    : connection_(std::move(connection)), intake_(std::move(intake)), source_(std::move(source)), clock_(clock) {}

plugin::CallContext SourceRunner::call(std::int64_t limit_ns) const {
    plugin::CallContext context;
    context.deadline_mono_ns = clock_.mono_ns() + limit_ns;
    context.cancelled = &cancelled_;
    return context;
}

Status SourceRunner::resume(const std::vector<journal::CursorUpdate>& cursors) {
    for (const journal::CursorUpdate& cursor : cursors) {
        if (auto status = source_->resume(cursor.partition, cursor.cursor); !status) {
            return std::move(status).error().in("connection " + connection_ + ": resume of \"" + cursor.partition +
                                                "\"");
        }
    }
    return ok();
}

Status SourceRunner::start() {
    if (source_->self_driven()) {
        if (auto status = source_->start(call(kStartLimit)); !status) {
            return std::move(status).error().in("connection " + connection_);
        }
        return ok();
    }
    thread_ = start_thread("source/" + connection_, [this](const std::stop_token& stop) { run(stop); });
    return ok();
}

void SourceRunner::stop() {
    cancelled_ = true;
    thread_.request_stop();
    source_->stop();
    if (thread_.joinable()) {
        thread_.join();
    } else {
        give_last_acks();  // self-driven: its acknowledging thread gives them, this only waits
    }
}

bool SourceRunner::start_with_back_off(const std::stop_token& stop) {
    std::chrono::milliseconds delay{100};
    while (!stop.stop_requested()) {
        auto status = source_->start(call(kStartLimit));
        if (status) return true;
        flow::events::source_failed(connection_, status.error());
        wait_for_stop(stop, delay);
        delay = std::min(delay * 2, std::chrono::milliseconds{10'000});
    }
    return false;
}

void SourceRunner::run(const std::stop_token& stop) {
    if (!start_with_back_off(stop)) return;
    bool ended = false;
    std::chrono::milliseconds delay{100};
    while (!stop.stop_requested()) {
        if (!intake_->has_room()) {
            source_->give_acks();
            wait_for_stop(stop, kFullWait);
            continue;
        }
        auto polled = source_->poll(call(kPollLimit), kPollRecords, kPollBytes);
        if (!polled) {
            flow::events::source_failed(connection_, polled.error());
            wait_for_stop(stop, delay);
            delay = std::min(delay * 2, std::chrono::milliseconds{10'000});
            if (polled.error().code == "disconnected" && !start_with_back_off(stop)) return;
            continue;
        }
        delay = std::chrono::milliseconds{100};
        if (*polled == WEIR_END && !ended) {
            ended = true;
            log::info("source reached its end", {{"connection", connection_}});
        }
        // Polled on after the end, too: acknowledgements of what was submitted last are given by poll.
        if (*polled == WEIR_IDLE || *polled == WEIR_END) wait_for_stop(stop, kIdleWait);
    }
    give_last_acks();
}

// What was submitted is in the journal or on its way there; the source hears of it before it is destroyed, so that it
// can confirm upstream what it will not be asked for again.
void SourceRunner::give_last_acks() {
    const std::int64_t end = clock_.mono_ns() + kLastAcksLimit;
    const std::stop_source never;
    while (source_->unacknowledged() > 0 && clock_.mono_ns() < end) {
        source_->give_acks();
        if (source_->unacknowledged() > 0) wait_for_stop(never.get_token(), std::chrono::milliseconds{1});
    }
}

}  // namespace weir::app
