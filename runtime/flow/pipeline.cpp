#include "runtime/flow/pipeline.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/counters.hpp"
#include "runtime/base/failpoint.hpp"
#include "runtime/flow/events.hpp"

namespace weir::flow {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// Between tries of something of our own (a step, the journal, a sink's start): quick at first, never busy.
const RetryPolicy kOwnBackoff{std::chrono::milliseconds{50}, std::chrono::seconds{10}, 2.0, 0.0, 0, 0};

// Between two tries of a step that waits for something of somebody else's.
const RetryPolicy kStepWaitBackoff{std::chrono::milliseconds{100}, std::chrono::seconds{30}, 2.0, 0.0, 0, 0};
constexpr std::chrono::milliseconds kStepWaitMax = std::chrono::hours{24};

std::int64_t own_backoff_ns(std::uint32_t failures) {
    return backoff(kOwnBackoff, std::max<std::uint32_t>(1, failures), 0.0).count();
}

}  // namespace

// ------------------------------------------------------------------------------------------------ Reader

Reader::Reader(Settings settings, std::vector<Step> steps, journal::Journal& journal, const Clock& clock,
               journal::Offset from)
    : settings_(std::move(settings)), steps_(std::move(steps)), journal_(journal), clock_(clock), next_(from) {
    if (settings_.aside) aside_reader_ = settings_.aside->enter(from);
}

void Reader::stop() {
    for (Step& step : steps_) step.transform->stop();
}

void Reader::back_off(const Error& error) {
    if (error.code == kStepWaits) return wait(error);
    ++tries_;
    events::steps_failed(settings_.route, error, tries_);
    blocked_until_ = clock_.mono_ns() + own_backoff_ns(tries_);
}

void Reader::wait(const Error& error) {
    count(Counter::step_waits);
    if (waits_++ == 0) events::step_waits(settings_.route, error);
    const std::chrono::nanoseconds wish = std::min(error.retry_after.value_or(kStepWaitMax.zero()), kStepWaitMax);
    blocked_until_ = clock_.mono_ns() + std::max(wish, backoff(kStepWaitBackoff, waits_, 0.0)).count();
}

void Reader::stepped_on() {
    tries_ = 0;
    if (const auto waits = std::exchange(waits_, 0); waits > 0) events::step_goes_on(settings_.route, waits);
}

bool Reader::start_steps() {
    for (; started_ < steps_.size(); ++started_) {
        plugin::CallContext call;
        call.deadline_mono_ns = clock_.mono_ns() + 30 * kSecond;
        if (auto status = steps_[started_].transform->start(call); !status) {
            back_off(std::move(status).error().in(steps_[started_].label));
            return false;
        }
    }
    return true;
}

std::vector<Stepped> Reader::read() {
    std::vector<Stepped> out;
    if (clock_.mono_ns() < blocked_until_ || !start_steps()) return out;
    for (Step& step : steps_) step.transform->run_due_timers({});
    if (has_redo() && !run_redo(out)) return out;
    auto groups = journal_.read(settings_.stream, next_, settings_.read_bytes);
    if (!groups) {
        back_off(groups.error());
        return out;
    }
    for (const journal::Group& group : *groups) {
        if (out.size() >= settings_.groups_max || !step_group(group, out)) break;
        next_ = group.end();
    }
    return out;
}

bool Reader::step_group(const journal::Group& group, std::vector<Stepped>& out) {
    plugin::CallContext call;
    call.id = ++call_id_;
    call.deadline_mono_ns = clock_.mono_ns() + 60 * kSecond;
    auto stepped = run_steps(steps_, group, call, tries_ >= settings_.tries);
    if (!stepped) {
        back_off(stepped.error());
        return false;
    }
    stepped_on();
    if (settings_.aside) {
        if (auto status = settings_.aside->take(aside_reader_, *stepped); !status) {
            back_off(status.error());
            return false;
        }
    }
    if (settings_.tap) {
        for (Verdict& verdict : stepped->verdicts) verdict.kind = WEIR_OUT_FILTERED;
    }
    keep_branch(*stepped, settings_.branch);
    out.push_back(std::move(*stepped));
    return true;
}

// What somebody asked for again goes through the steps beside the stream. False: something has to be tried again.
bool Reader::run_redo(std::vector<Stepped>& out) {
    constexpr std::size_t kAtOnce = 256;
    auto rows = redo_->take(kAtOnce);
    Stepped beside;
    beside.first = next_;
    std::size_t done = 0;
    for (; done < rows.size(); ++done) {
        auto stepped = step_alone(rows[done]);
        if (!stepped) break;
        if (rows[done].lane != settings_.steps_lane) {
            keep_branch(*stepped, settings_.branch);
            if (!write_parts(rows[done], *stepped)) break;
            beside.redone.push_back(redone_of(rows[done], *stepped));
        } else if (!go_on(rows[done], *stepped)) {
            break;
        }
    }
    const bool all = done == rows.size();
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(done));
    if (!all) redo_->put_back(std::move(rows));
    if (!beside.redone.empty()) out.push_back(std::move(beside));
    return all;
}

Result<Stepped> Reader::step_alone(const journal::DeliveryRow& row) {
    plugin::CallContext call;
    call.id = ++call_id_;
    call.deadline_mono_ns = clock_.mono_ns() + 60 * kSecond;
    if (row.replay) call.flags |= WEIR_CALL_REPLAY;
    auto group = record_alone(journal_, settings_.stream, row, row.lane == settings_.steps_lane);
    if (!group && group.error().errc == Errc::not_found) {
        Stepped gone;  // for a person: nothing can be made of it any more
        gone.first = row.item.offset;
        gone.input = gone.output = BatchBuilder().seal();
        gone.verdicts.push_back(
            {0, WEIR_OUT_REJECTED, WEIR_CLASS_TECHNICAL, group.error().code, group.error().message, ""});
        return gone;
    }
    auto stepped = group ? run_steps(steps_, *group, call, tries_ >= settings_.tries) : Result<Stepped>(group.error());
    if (!stepped) {
        back_off(stepped.error());
        return stepped;
    }
    stepped_on();
    return stepped;
}

// All parts of a record that this destination was never given, before the first goes out.
bool Reader::write_parts(const journal::DeliveryRow& row, const Stepped& stepped) {
    if (!stands_for_several(row, stepped)) return true;
    auto known = journal_.items_with_rows(row.lane, row.item.offset);
    auto rows = known ? part_rows(row, stepped, settings_.route, settings_.destination, *known, clock_.wall_ns())
                      : Result<std::vector<journal::DeliveryRow>>(known.error());
    journal::Transition transition;
    if (rows) transition.rows = *rows;
    Status status = rows ? journal_.commit(std::move(transition)) : Status(rows.error());
    if (!status) {
        back_off(status.error());
        return false;
    }
    std::erase_if(*rows, [&](const auto& one) { return one.item == row.item; });  // it is on its way
    if (!rows->empty() && settings_.hand_over) settings_.hand_over(std::move(*rows));
    return true;
}

// A record that was put aside goes on: to every destination of the route, in one transaction.
bool Reader::go_on(const journal::DeliveryRow& row, const Stepped& stepped) {
    auto rows = go_on_rows(row, stepped, settings_.route, settings_.lanes, clock_.wall_ns());
    journal::Transition transition;
    if (rows) transition.rows = *rows;
    Status status = rows ? journal_.commit(std::move(transition)) : Status(rows.error());
    if (!status) {
        back_off(status.error());
        return false;
    }
    rows->pop_back();  // its own, which is done
    if (!rows->empty() && settings_.hand_over) settings_.hand_over(std::move(*rows));
    return true;
}

// ------------------------------------------------------------------------------------------------ Stager

Stager::Stager(Settings settings, Reader reader, journal::Journal& journal, const Clock& clock,
               journal::LaneProgress progress)
    : settings_(std::move(settings)),
      reader_(std::move(reader)),
      journal_(journal),
      clock_(clock),
      progress_(std::move(progress)),
      staged_to_(progress_.position) {
    progress_.lane = settings_.steps_lane;
}

bool Stager::turn() {
    if (clock_.mono_ns() < blocked_until_) return false;
    if (waiting_.empty() && reader_.has_redo() && run_redo()) return true;
    // One group at a time: the next one's steps must see the state this one wrote.
    if (waiting_.empty()) waiting_ = reader_.read();
    return !waiting_.empty() && commit_waiting();
}

bool Stager::commit_waiting() {
    auto transition = transition_of(waiting_.front());
    failpoint(Failpoint::steps_before_stage);
    Status status = transition ? journal_.commit(*transition) : Status(transition.error());
    if (!status) {
        events::journal_refused(settings_.route, "", status.error());
        blocked_until_ = clock_.mono_ns() + own_backoff_ns(4);
        return false;
    }
    progress_ = std::move(transition->progress.front());
    staged_to_ = progress_.position;
    waiting_.erase(waiting_.begin());
    return true;
}

bool Stager::run_redo() {
    auto rows = reader_.redo().take(1);
    auto transition = redo_transition(rows.front());
    Status status = transition ? journal_.commit(std::move(*transition)) : Status(transition.error());
    if (status) return true;
    reader_.redo().put_back(std::move(rows));
    if (status.error().code == kStepWaits) {  // the reader has said so, and knows how long
        blocked_until_ = reader_.blocked_until_mono_ns();
        return false;
    }
    events::journal_refused(settings_.route, "", status.error());
    blocked_until_ = clock_.mono_ns() + own_backoff_ns(4);
    return false;
}

Result<journal::Transition> Stager::redo_transition(const journal::DeliveryRow& row) {
    WEIR_TRY(const Stepped stepped, reader_.step_alone(row));
    journal::Transition transition;
    WEIR_TRY(transition.rows, go_on_rows(row, stepped, settings_.route, {}, clock_.wall_ns()));
    std::vector<char> delivered(stepped.count, 0);
    WEIR_CHECK_OK(add_outputs(stepped, transition, delivered));
    // Unchanged, and there so that a commit which turns out to have been durable is not made twice.
    if (!transition.outputs.empty()) transition.progress.push_back(progress_);
    return transition;
}

// Outputs and state of a run. `delivered`: one per input, set for those that became something.
Status Stager::add_outputs(const Stepped& stepped, journal::Transition& into, std::vector<char>& delivered) const {
    journal::StagedOutput outputs;
    outputs.stream = settings_.into;
    std::uint32_t part = 0;
    for (std::uint32_t i = 0; i < stepped.output->size(); ++i) {
        weir_record record = (*stepped.output)[i];
        const std::uint32_t root = stepped.root_of(i);
        part = i > 0 && stepped.root_of(i - 1) == root ? part + 1 : 0;
        // What a record became must be told apart by identity from here on.
        std::string id(view(record.id));
        if (part > 0) id += "#" + std::to_string(part);
        record.id = str(id);
        WEIR_CHECK_OK(encode_record(record, nullptr, outputs.records));
        delivered[root] = 1;
    }
    for (std::size_t i = 0; i < stepped.state.size(); ++i) {
        const plugin::StateChange& change = stepped.state[i];
        into.state.push_back({stepped.state_scopes[i], change.key, change.value,
                              change.ttl_ns == 0 ? 0 : clock_.wall_ns() + change.ttl_ns});
    }
    if (!outputs.records.empty()) into.outputs.push_back(std::move(outputs));
    return ok();
}

Result<journal::Transition> Stager::transition_of(const Stepped& stepped) const {
    journal::Transition transition;
    transition.rows = rows_of(stepped, settings_.steps_lane, clock_.wall_ns());
    transition.audit = audit_of(settings_.route, transition.rows);
    std::vector<char> delivered(stepped.count, 0);
    WEIR_CHECK_OK(add_outputs(stepped, transition, delivered));
    journal::LaneProgress progress = progress_;
    progress.position = stepped.end();
    const auto handed_on = static_cast<std::uint64_t>(std::ranges::count(delivered, 1));
    progress.delivered += handed_on;
    progress.filtered += stepped.count - handed_on - transition.rows.size();
    transition.progress.push_back(std::move(progress));
    return transition;
}

// ------------------------------------------------------------------------------------------------ LaneWorker

namespace {

// Whether the target is there. One that refuses a document is; one that fails, or does not answer, is not.
CallEnding ending_of(const plugin::CallResult& result, std::span<const plugin::Outcome> outcomes) {
    const auto answered = [](const plugin::Outcome& outcome) {
        switch (outcome.kind) {
            case WEIR_OUT_RETRY_UNKNOWN:
                return false;
            case WEIR_OUT_RETRY:
                return outcome.remote_status >= 200 && outcome.remote_status < 500;
            default:
                return true;
        }
    };
    if (std::ranges::any_of(outcomes, answered)) return CallEnding::answered;
    return result.end == plugin::CallEnd::busy ? CallEnding::unused : CallEnding::failed;
}

bool is_final(const plugin::Outcome& outcome) {
    return outcome.kind == WEIR_OUT_OK || outcome.kind == WEIR_OUT_DUPLICATE || outcome.kind == WEIR_OUT_REJECTED;
}

void count_wait(Blocked by) {
    if (by == Blocked::quota || by == Blocked::concurrency) count(Counter::quota_waits);
    if (by == Blocked::throttle) count(Counter::throttle_waits);
    if (by == Blocked::priority) count(Counter::priority_waits);
}

}  // namespace

LaneWorker::LaneWorker(Settings settings, Lane lane, SinkFactory make_sink, std::unique_ptr<plugin::SinkHandle> sink,
                       journal::Journal& journal, const Clock& clock)
    : settings_(std::move(settings)),
      lane_(std::move(lane)),
      make_sink_(std::move(make_sink)),
      sink_(std::move(sink)),
      journal_(journal),
      clock_(clock) {}

LaneWorker::~LaneWorker() {
    sink_.reset();  // before its place at the gate goes
    if (settings_.gate) settings_.gate->leave(settings_.caller);
}

plugin::CallContext LaneWorker::context(std::uint64_t id) const {
    plugin::CallContext call;
    call.id = id;
    call.flags = settings_.call_flags;
    call.deadline_mono_ns = clock_.mono_ns() + settings_.deadline.count();
    call.cancelled = &cancelled_;
    return call;
}

bool LaneWorker::sink_ready(Now now) {
    if (connected_) return true;
    if (!sink_) {
        auto made = make_sink_();
        if (!made) {
            replace_sink(now, made.error());
            return false;
        }
        sink_ = std::move(*made);
    }
    if (auto status = sink_->start(context(0)); !status) {
        ++start_failures_;
        events::sink_start_failed(lane_.settings().route, lane_.settings().destination, status.error(),
                                  start_failures_);
        last_error_ = status.error().message;
        blocked_until_ = now.mono_ns + own_backoff_ns(start_failures_);
        return false;
    }
    connected_ = true;
    start_failures_ = 0;
    events::sink_started(lane_.settings().route, lane_.settings().destination);
    return true;
}

void LaneWorker::replace_sink(Now now, const Error& error) {
    ++start_failures_;
    events::sink_broken(lane_.settings().route, lane_.settings().destination, error);
    sink_.reset();
    connected_ = false;
    blocked_until_ = now.mono_ns + own_backoff_ns(start_failures_);
}

bool LaneWorker::turn() {
    const Now now = now_of(clock_);
    take_mail(now);
    const bool worked = work(now);
    publish(now);
    return worked;
}

void LaneWorker::take_mail(Now now) {
    // What this lane has decided must be durable before the journal is asked about other parts of the same records.
    if (!mail_.empty() && now.mono_ns >= blocked_until_ && flush()) {
        auto rows = mail_.take(SIZE_MAX);
        if (const auto state = journal_.lane_state(lane_id())) {
            lane_.take_up(std::move(rows), state->closed, now);
        } else {
            mail_.put_back(std::move(rows));
            blocked_until_ = now.mono_ns + own_backoff_ns(4);
        }
    }
    auto rows = lane_.take_redo();
    if (!rows.empty() && settings_.run_steps) settings_.run_steps(std::move(rows));
}

// How many records the gate lets into a call now; nullopt: none.
std::optional<std::uint32_t> LaneWorker::may_call(Now now) {
    gate_until_ = 0;
    gate_by_ = Blocked::nothing;
    if (!settings_.gate) return UINT32_MAX;
    if (!lane_.has_due(now)) {
        settings_.gate->withdraw(settings_.caller);
        return std::nullopt;
    }
    const Permit permit = settings_.gate->ask(settings_.caller);
    if (permit.granted) return permit.records_max;
    gate_until_ = permit.not_before_mono_ns;
    gate_by_ = permit.by;
    count_wait(permit.by);
    return std::nullopt;
}

void LaneWorker::call_ended(CallEnding ending, std::uint32_t records) {
    if (settings_.gate) settings_.gate->finished(settings_.caller, ending, records);
}

bool LaneWorker::work(Now now) {
    if (lane_.has_ended()) lane_.write_ended(now, unsaved_);
    const bool paused = settings_.paused && settings_.paused->load();
    if (paused || now.mono_ns < blocked_until_ || !sink_ready(now)) {
        if (now.mono_ns >= blocked_until_) flush();
        return false;
    }
    sink_->run_due_timers(context(0));
    const auto records_max = may_call(now);
    auto attempt = records_max ? lane_.next(now, *records_max) : std::nullopt;
    const bool ended = lane_.has_ended();
    if (ended) lane_.write_ended(now, unsaved_);
    if (!attempt) {
        if (records_max) call_ended(CallEnding::unused, 0);
        flush();
        return ended;  // what stood behind it in line may be due
    }
    if (attempt->kind == journal::AttemptKind::deliver) {
        failpoint(Failpoint::deliver_before_attempt);
        unsaved_.started.push_back(lane_.started(*attempt, now));
        if (!save(now)) {
            call_ended(CallEnding::unused, 0);
            lane_.put_back(std::move(*attempt), blocked_until_, now, unsaved_);
            return false;
        }
    } else {
        // Asking changes nothing at the target: it is journaled afterwards, together with the answer.
        unsaved_.started.push_back(lane_.started(*attempt, now));
    }
    if (settings_.gate && !settings_.gate->durable()) {
        call_ended(CallEnding::unused, 0);
        blocked_until_ = now.mono_ns + own_backoff_ns(1);
        lane_.put_back(std::move(*attempt), blocked_until_, now, unsaved_);
        return false;
    }
    call_sink(std::move(*attempt));
    return true;
}

void LaneWorker::call_sink(Attempt&& attempt) {
    std::vector<plugin::Outcome> outcomes;
    const plugin::CallContext call = context(attempt.id);
    plugin::CallResult result;
    calling_ = true;
    if (attempt.kind == journal::AttemptKind::deliver) {
        failpoint(Failpoint::deliver_before_sink);
        count(Counter::attempts);
        count(Counter::attempt_records, attempt.deliveries.size());
        result = sink_->deliver(call, attempt.call.batch, attempt.call.items, outcomes);
        failpoint(Failpoint::deliver_after_sink);
    } else if (lane_.settings().can_resolve) {
        result = sink_->resolve(call, attempt.call.batch, attempt.call.items, outcomes);
        failpoint(Failpoint::resolve_after_sink);
    }
    calling_ = false;
    // A sink without resolve() cannot tell; the lane knows what that means.
    outcomes.resize(attempt.deliveries.size());
    for (auto& outcome : outcomes) {
        if (outcome.kind == WEIR_OUT_UNSET) outcome.kind = WEIR_OUT_RETRY_UNKNOWN;
    }
    const Now now = now_of(clock_);
    hear(result, outcomes);
    lane_.settle(std::move(attempt), outcomes, now, unsaved_);
    after_call(result, now);
}

// What a call tells about the target goes to everybody who shares the connection.
void LaneWorker::hear(const plugin::CallResult& result, std::span<const plugin::Outcome> outcomes) {
    const CallEnding ending = ending_of(result, outcomes);
    for (const auto& outcome : outcomes) {
        // Our own quota is not a wish of the target's.
        const bool asked =
            outcome.kind == WEIR_OUT_THROTTLED && outcome.code != "HTTP_QUOTA" && outcome.code != "BEHIND_EARLIER";
        if (!asked || !settings_.gate) continue;
        settings_.gate->throttle(outcome.retry_after);
    }
    if (ending == CallEnding::answered) last_error_.clear();
    if (ending == CallEnding::failed) last_error_ = result.error.message;
    for (const auto& outcome : outcomes) {
        if (ending == CallEnding::failed && last_error_.empty()) last_error_ = outcome.code + ": " + outcome.message;
    }
    call_ended(ending, static_cast<std::uint32_t>(std::ranges::count_if(outcomes, is_final)));
}

void LaneWorker::after_call(const plugin::CallResult& result, Now now) {
    switch (result.end) {
        case plugin::CallEnd::ok:
            return;
        case plugin::CallEnd::disconnected:
            connected_ = false;
            break;
        case plugin::CallEnd::busy:
            break;
        case plugin::CallEnd::broken:
            replace_sink(now, result.error);
            return;
    }
    events::sink_call_failed(lane_.settings().route, lane_.settings().destination, result.error);
    blocked_until_ = now.mono_ns + own_backoff_ns(++start_failures_);
}

bool LaneWorker::save(Now now) {
    if (auto status = journal_.commit(unsaved_); !status) {
        events::journal_refused(lane_.settings().route, lane_.settings().destination, status.error());
        blocked_until_ = now.mono_ns + own_backoff_ns(4);
        // What has not started must not look as if it had.
        std::erase_if(unsaved_.started, [](const auto& s) { return s.kind == journal::AttemptKind::deliver; });
        return false;
    }
    unsaved_ = {};
    return true;
}

bool LaneWorker::flush() {
    const Now now = now_of(clock_);
    // A record that ended without a call is not passed over before its row is written.
    if (lane_.has_ended()) lane_.write_ended(now, unsaved_);
    const bool outcomes = !unsaved_.settled.empty() || !unsaved_.rows.empty();
    if (!outcomes && unsaved_.progress.empty() && !lane_.progress_changed()) return true;
    if (lane_.progress_changed()) lane_.write_progress(now, unsaved_);
    if (!save(now)) return false;
    if (outcomes) failpoint(Failpoint::deliver_after_settle);
    return true;
}

std::optional<std::int64_t> LaneWorker::next_due_mono_ns() const {
    if (has_mail()) return std::max(blocked_until_, std::int64_t{1});
    if (gate_until_ > 0) return std::max(gate_until_, blocked_until_);
    const auto due = lane_.next_due_mono_ns();
    const bool unsaved = !unsaved_.settled.empty() || !unsaved_.rows.empty() || !unsaved_.progress.empty();
    if (!connected_ || unsaved) return std::max(blocked_until_, std::int64_t{1});
    const auto timer = sink_ ? sink_->next_timer_mono_ns() : std::nullopt;
    if (!due && !timer) return std::nullopt;
    const std::int64_t next = std::min(due.value_or(INT64_MAX), timer.value_or(INT64_MAX));
    return std::max(next, blocked_until_);
}

void LaneWorker::publish(Now now) {
    WorkerStatus status;
    status.connected = connected_;
    status.paused = settings_.paused && settings_.paused->load();
    status.in_memory = lane_.in_memory();
    status.waiting_keys = lane_.waiting_keys();
    status.next_due_mono_ns = next_due_mono_ns().value_or(0);
    status.by = now.mono_ns < gate_until_ ? gate_by_ : Blocked::nothing;
    status.last_error = last_error_;
    const std::scoped_lock lock(status_mutex_);
    status_ = std::move(status);
}

WorkerStatus LaneWorker::status() const {
    const std::scoped_lock lock(status_mutex_);
    return status_;
}

bool LaneWorker::idle() const {
    return lane_.idle() && !has_mail() && unsaved_.settled.empty() && unsaved_.rows.empty() &&
           unsaved_.progress.empty() && !lane_.progress_changed();
}

void LaneWorker::stop() {
    cancelled_ = true;
    if (sink_) sink_->stop();
}

void LaneWorker::finish() {
    if (sink_ && connected_) {
        if (auto status = sink_->flush(context(0)); !status) {
            events::sink_call_failed(lane_.settings().route, lane_.settings().destination, status.error());
        }
    }
    (void)flush();
}

}  // namespace weir::flow
