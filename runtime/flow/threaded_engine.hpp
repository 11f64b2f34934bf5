// Runs routes on threads: per destination one that reads and runs steps ("route/...") and one that owns the sink
// ("sink/..."), with a ZeroMQ hop between them. Recovery needs nothing of what a hop held: the journal has it.
#pragma once

#include <chrono>
#include <memory>
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

    // Before start().
    void add(std::string name, std::unique_ptr<Reader> reader, std::unique_ptr<LaneWorker> worker);
    void add(std::string name, std::unique_ptr<Stager> stager);
    void start();

    // Goes on delivering until nothing is left that could be sent now, or `deadline` has passed. Sources are stopped
    // before. True: everything that was accepted is settled.
    bool drain(std::chrono::nanoseconds deadline);
    // Ends calls that block, writes what is known, joins. What is unfinished is taken up at the next start.
    void stop();
    // Nothing to send, nothing to write, nothing unread. Any thread; a moment's view.
    [[nodiscard]] bool idle() const;

  private:
    struct Pipe;
    void run_reader(Pipe& pipe, const std::stop_token& stop);
    void run_sink(Pipe& pipe, const std::stop_token& stop);
    void take_in(Pipe& pipe, std::chrono::milliseconds wait, const std::stop_token& stop);
    void run_stager(Stager& stager, const std::stop_token& stop);
    void pass_on(Pipe& pipe, std::vector<Stepped>&& batches, const std::stop_token& stop);

    Settings settings_;
    journal::Journal& journal_;
    const Clock& clock_;
    zmq::context_t context_{1};
    std::vector<std::unique_ptr<Pipe>> pipes_;
    struct StagePipe {
        std::string name;
        std::unique_ptr<Stager> stager;
    };
    std::vector<StagePipe> stagers_;
    std::vector<std::jthread> readers_;
    std::vector<std::jthread> sinks_;
};

}  // namespace weir::flow
