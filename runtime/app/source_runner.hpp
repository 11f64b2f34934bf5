// Runs one source: resumes it from its stored cursors, starts it, and polls it unless it drives itself.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "runtime/base/clock.hpp"
#include "runtime/flow/intake.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/plugin/handles.hpp"

namespace weir::app {

class SourceRunner {
  public:
    SourceRunner(std::string connection, std::unique_ptr<flow::StreamIntake> intake,
                 std::unique_ptr<plugin::SourceHandle> source, const Clock& clock);
    ~SourceRunner() { stop(); }
    SourceRunner(const SourceRunner&) = delete;
    SourceRunner& operator=(const SourceRunner&) = delete;

    // Hands the stored cursors over. Before start().
    [[nodiscard]] Status resume(const std::vector<journal::CursorUpdate>& cursors);
    // Self-driven: starts on the caller's thread and fails if it cannot. Polled: starts its thread, which keeps trying.
    [[nodiscard]] Status start();
    void stop();

  private:
    void run(const std::stop_token& stop);
    void give_last_acks();
    bool start_with_back_off(const std::stop_token& stop);
    [[nodiscard]] plugin::CallContext call(std::int64_t limit_ns) const;

    std::string connection_;
    std::unique_ptr<flow::StreamIntake> intake_;  // outlives the source
    std::unique_ptr<plugin::SourceHandle> source_;
    const Clock& clock_;
    std::atomic<bool> cancelled_{false};
    std::jthread thread_;
};

}  // namespace weir::app
