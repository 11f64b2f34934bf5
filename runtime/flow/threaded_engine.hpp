// Runs routes on threads: per destination one that reads and runs steps ("route/...") and one that owns the sink
// ("sink/..."), with a ZeroMQ hop between them. Recovery needs nothing of what a hop held: the journal has it.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "runtime/base/clock.hpp"
#include "runtime/flow/hop.hpp"
#include "runtime/flow/pipeline.hpp"

namespace weir::flow {

class ThreadedEngine {
  public:
    struct Settings {
        int hop_capacity = 16;  // batches under way between two threads
    };
    ThreadedEngine(Settings settings, journal::Journal& journal, const Clock& clock);
    // Stops at once (see stop).
    ~ThreadedEngine();

    // Names are unique among what runs. What is added after start() runs at once. [any]
    void add(std::string name, std::unique_ptr<Reader> reader, std::unique_ptr<LaneWorker> worker);
    void add(std::string name, std::unique_ptr<Stager> stager);
    void start();
    // Lets the call under way end, writes what is known, joins and forgets. Waits at most `deadline` for the call; then
    // it is asked to end. Nothing of that name: nothing happens. [any]
    void remove(const std::string& name, std::chrono::nanoseconds deadline);
    // Brings rows that are durable as `waiting` to the threads of their lanes; rows of other lanes are left. [any]
    void post(std::vector<journal::DeliveryRow>&& rows);
    [[nodiscard]] std::vector<std::pair<std::string, WorkerStatus>> statuses() const;  // [any]

    // Goes on delivering until nothing is left that could be sent now, or `deadline` has passed. Sources are stopped
    // before. True: everything that was accepted is settled.
    bool drain(std::chrono::nanoseconds deadline);
    // Ends calls that block, writes what is known, joins. What is unfinished is taken up at the next start.
    void stop();
    // Nothing to send, nothing to write, nothing unread. Any thread; a moment's view.
    [[nodiscard]] bool idle() const;

  private:
    struct Pipe;
    struct Stage;
    void start(Pipe& pipe);
    void start(Stage& stage);
    static void stop(Pipe& pipe);
    static void stop(Stage& stage);
    void run_reader(Pipe& pipe, const std::stop_token& stop);
    void run_sink(Pipe& pipe, const std::stop_token& stop);
    void take_in(Pipe& pipe, std::chrono::milliseconds wait, const std::stop_token& stop);
    void run_stager(Stager& stager, const std::stop_token& stop);
    void pass_on(Pipe& pipe, std::vector<Stepped>&& batches, const std::stop_token& stop);

    Settings settings_;
    journal::Journal& journal_;
    const Clock& clock_;
    zmq::context_t context_{1};
    mutable std::mutex mutex_;  // guards the four below; the members of a pipe belong to its threads
    bool started_ = false;
    std::uint64_t added_ = 0;  // makes addresses unique
    std::vector<std::shared_ptr<Pipe>> pipes_;
    std::vector<std::shared_ptr<Stage>> stages_;
};

}  // namespace weir::flow
