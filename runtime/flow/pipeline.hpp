// From a stream to one destination: the reader runs a route's steps over what the journal holds, the lane worker takes
// the results to the sink. Both are passive; an engine decides on which thread they run and when.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/flow/aside.hpp"
#include "runtime/flow/connection_gate.hpp"
#include "runtime/flow/lane.hpp"
#include "runtime/flow/redo.hpp"
#include "runtime/flow/stages.hpp"

namespace weir::flow {

// Makes a fresh instance of a sink: at the start, and after one broke.
using SinkFactory = std::function<Result<std::unique_ptr<plugin::SinkHandle>>()>;
// Brings rows that are durable as `waiting` to their lanes. [any]
using HandOver = std::function<void(std::vector<journal::DeliveryRow>&&)>;

[[nodiscard]] inline Now now_of(const Clock& clock) { return {clock.mono_ns(), clock.wall_ns()}; }

// Reads a stream from an offset on and runs steps over it. One thread.
class Reader {
  public:
    struct Settings {
        std::string route;
        journal::StreamId stream = 0;
        journal::LaneId steps_lane = 0;    // where records that the steps put aside are written down
        std::shared_ptr<AsideBook> aside;  // of the route; null: what is put aside is not written here
        bool takes_aside = false;          // its records that somebody asks for again: only one reader of a route
        bool tap = false;                  // what its steps put aside is none of its business
        std::string destination;           // that it reads for; "" where it reads for all of them
        std::string branch;                // the destination takes only records of this one; "": all
        std::size_t read_bytes = 256u << 10;
        std::size_t groups_max = SIZE_MAX;  // stepped in one read(); 1 where steps see each other's state
        std::uint32_t tries = 5;            // of a group whose steps fail for technical reasons; then record by record
        // Of the reader that takes aside: where its records go on when somebody asks for them again.
        std::vector<LaneName> lanes;
        HandOver hand_over;
    };
    Reader(Settings settings, std::vector<Step> steps, journal::Journal& journal, const Clock& clock,
           journal::Offset from);

    [[nodiscard]] journal::Offset next_offset() const noexcept { return next_; }
    [[nodiscard]] journal::StreamId stream() const noexcept { return settings_.stream; }
    [[nodiscard]] journal::LaneId steps_lane() const noexcept { return settings_.steps_lane; }  // [any]
    // The next records, stepped, in order; empty: nothing new, or not before blocked_until().
    [[nodiscard]] std::vector<Stepped> read();
    [[nodiscard]] bool takes_aside() const noexcept { return settings_.takes_aside; }  // [any]
    // [any] Rows that need the steps first: of the steps lane, or of the lane this reader feeds.
    void post_redo(std::vector<journal::DeliveryRow>&& rows) { redo_->post(std::move(rows)); }
    [[nodiscard]] bool has_redo() const { return !redo_->empty(); }  // [any]
    [[nodiscard]] RedoQueue& redo() noexcept { return *redo_; }
    // The steps over one record that somebody asked for again. Errors: try again later.
    [[nodiscard]] Result<Stepped> step_alone(const journal::DeliveryRow& row);
    [[nodiscard]] std::int64_t blocked_until_mono_ns() const noexcept { return blocked_until_; }
    void stop();  // [any] ends a step that blocks

  private:
    bool start_steps();
    bool step_group(const journal::Group& group, std::vector<Stepped>& out);
    bool run_redo(std::vector<Stepped>& out);
    bool go_on(const journal::DeliveryRow& row, const Stepped& stepped);
    bool write_parts(const journal::DeliveryRow& row, const Stepped& stepped);
    void back_off(const Error& error);
    void wait(const Error& error);
    void stepped_on();

    Settings settings_;
    std::vector<Step> steps_;
    journal::Journal& journal_;
    const Clock& clock_;
    journal::Offset next_;
    std::unique_ptr<RedoQueue> redo_ = std::make_unique<RedoQueue>();
    std::size_t aside_reader_ = 0;
    std::uint64_t call_id_ = 0;
    std::uint32_t tries_ = 0;
    std::uint32_t waits_ = 0;  // in a row, for what a step needs
    std::int64_t blocked_until_ = 0;
    std::size_t started_ = 0;  // steps that have been started
};

// Runs steps that keep state: outputs, state and position of a batch commit together, into a stream of their own, from
// which lanes then deliver. One thread.
class Stager {
  public:
    struct Settings {
        std::string route;
        journal::LaneId steps_lane = 0;
        journal::StreamId into = 0;
    };
    Stager(Settings settings, Reader reader, journal::Journal& journal, const Clock& clock,
           journal::LaneProgress progress);
    // True: something was staged. False: nothing new, or blocked.
    bool turn();
    [[nodiscard]] Reader& reader() noexcept { return reader_; }
    [[nodiscard]] journal::Offset staged_to() const noexcept { return staged_to_.load(); }  // [any]
    [[nodiscard]] std::int64_t blocked_until_mono_ns() const noexcept {
        return std::max(blocked_until_, reader_.blocked_until_mono_ns());
    }

  private:
    [[nodiscard]] Result<journal::Transition> transition_of(const Stepped& stepped) const;
    [[nodiscard]] Status add_outputs(const Stepped& stepped, journal::Transition& into,
                                     std::vector<char>& delivered) const;
    bool commit_waiting();
    bool run_redo();
    [[nodiscard]] Result<journal::Transition> redo_transition(const journal::DeliveryRow& row);

    Settings settings_;
    Reader reader_;
    journal::Journal& journal_;
    const Clock& clock_;
    journal::LaneProgress progress_;
    std::vector<Stepped> waiting_;  // read, not yet committed
    std::atomic<journal::Offset> staged_to_;
    std::int64_t blocked_until_ = 0;
};

// What a worker does, for people.
struct WorkerStatus {
    bool connected = false;
    bool paused = false;
    std::uint64_t in_memory = 0;
    std::uint64_t waiting_keys = 0;
    std::int64_t next_due_mono_ns = 0;  // 0: nothing is due
    Blocked by = Blocked::nothing;
    std::string last_error;  // "" since the last call that was answered
};

// Takes a lane's deliveries to its sink. One thread.
class LaneWorker {
  public:
    struct Settings {
        std::chrono::nanoseconds deadline{std::chrono::seconds{30}};  // of one call to the sink
        std::uint32_t call_flags = 0;
        std::chrono::nanoseconds linger{std::chrono::milliseconds{2}};  // between two calls while batches are small
        std::shared_ptr<ConnectionGate> gate;             // of the connection; null: nothing limits the calls
        ConnectionGate::Caller caller = 0;                // what enter() returned; the worker leaves
        std::shared_ptr<const std::atomic<bool>> paused;  // null: never
        HandOver run_steps;  // rows that need the steps first go to the reader. Called on the worker's thread
    };
    ~LaneWorker();
    LaneWorker(Settings settings, Lane lane, SinkFactory make_sink, std::unique_ptr<plugin::SinkHandle> sink,
               journal::Journal& journal, const Clock& clock);

    [[nodiscard]] Lane& lane() noexcept { return lane_; }
    // One unit of work: choose, journal the attempt, call the sink, take the outcomes. True: something was done.
    bool turn();
    // Writes what is not yet in the journal. True: nothing is left to write.
    bool flush();
    // When turn() may have something to do again without an offer; nullopt: not before one.
    [[nodiscard]] std::optional<std::int64_t> next_due_mono_ns() const;
    // Nothing to send, nothing waiting, nothing to write.
    [[nodiscard]] bool idle() const;
    // [any] Rows that are durable as `waiting` or `unknown`, because somebody asked for them again.
    void post(std::vector<journal::DeliveryRow>&& rows) { mail_.post(std::move(rows)); }
    [[nodiscard]] bool has_mail() const { return !mail_.empty(); }    // [any]
    [[nodiscard]] WorkerStatus status() const;                        // [any] as of the last turn
    [[nodiscard]] bool calling() const noexcept { return calling_; }  // [any] the sink is in a call
    [[nodiscard]] journal::LaneId lane_id() const noexcept { return lane_.settings().id; }  // [any]
    [[nodiscard]] bool paused() const noexcept {
        return (settings_.paused && settings_.paused->load()) || gate_by_ == Blocked::paused;
    }
    [[nodiscard]] std::chrono::nanoseconds linger() const noexcept { return settings_.linger; }
    void stop();    // [any] ends a call that blocks
    void finish();  // flushes the sink and the journal, before destruction

  private:
    void take_mail(Now now);
    [[nodiscard]] std::optional<std::uint32_t> may_call(Now now);
    void call_ended(CallEnding ending, std::uint32_t records);
    void hear(const plugin::CallResult& result, std::span<const plugin::Outcome> outcomes);
    void publish(Now now);
    bool work(Now now);
    bool sink_ready(Now now);
    bool save(Now now);
    void call_sink(Attempt&& attempt);
    void after_call(const plugin::CallResult& result, Now now);
    void replace_sink(Now now, const Error& error);
    [[nodiscard]] plugin::CallContext context(std::uint64_t id) const;

    Settings settings_;
    Lane lane_;
    SinkFactory make_sink_;
    std::unique_ptr<plugin::SinkHandle> sink_;
    journal::Journal& journal_;
    const Clock& clock_;
    journal::Transition unsaved_;  // outcomes that are known here and not yet in the journal
    bool connected_ = false;
    std::uint32_t start_failures_ = 0;
    std::int64_t blocked_until_ = 0;
    std::int64_t gate_until_ = 0;  // the gate has refused a call; 0: it has not
    Blocked gate_by_ = Blocked::nothing;
    RedoQueue mail_;
    std::string last_error_;
    mutable std::mutex status_mutex_;
    WorkerStatus status_;  // guarded by status_mutex_
    std::atomic<bool> calling_{false};
    std::atomic<bool> cancelled_{false};
};

}  // namespace weir::flow
