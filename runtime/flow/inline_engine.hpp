// Runs routes on the caller's thread, by the caller's clock: the engine of tests and of `weir test`. The same stages,
// lanes and workers as the threaded engine, one unit of work at a time, so that a run is repeatable from its seed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/flow/pipeline.hpp"

namespace weir::flow {

class InlineEngine {
  public:
    explicit InlineEngine(ManualClock& clock) : clock_(clock) {}

    void add(std::unique_ptr<Reader> reader, std::unique_ptr<LaneWorker> worker);
    void add(std::unique_ptr<Stager> stager) { stagers_.push_back(std::move(stager)); }

    // One round over everything there is to do now. False: nothing could be done without time passing.
    bool step();
    // Steps, and moves the clock to whatever is due next, until everything is idle or virtual `limit_ns` has passed.
    // True: idle.
    bool run_until_idle(std::int64_t limit_ns);
    [[nodiscard]] std::vector<LaneWorker*> workers();

  private:
    struct Pipe {
        std::unique_ptr<Reader> reader;
        std::unique_ptr<LaneWorker> worker;
    };
    [[nodiscard]] std::optional<std::int64_t> next_due() const;
    [[nodiscard]] bool idle() const;

    ManualClock& clock_;
    std::vector<Pipe> pipes_;
    std::vector<std::unique_ptr<Stager>> stagers_;
};

}  // namespace weir::flow
