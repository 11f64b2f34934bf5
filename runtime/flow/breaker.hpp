// A circuit breaker: stops calling a target that fails, and finds out carefully when it is well again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::flow {

struct BreakerSettings {
    std::uint32_t failures = 5;                       // in a row, then it opens; 0: there is no breaker
    std::chrono::milliseconds open_for{30'000};       // before the first probe; doubles with every probe that fails
    std::chrono::milliseconds open_for_max{600'000};  // but never gets longer than this
};

enum class BreakerState : std::uint8_t { closed, open, half_open };
[[nodiscard]] std::string_view to_string(BreakerState state) noexcept;

// Failures are technical: no answer, 5xx, an unknown outcome. A target that answers that a document is wrong, or that
// it is asked too often, works. One thread at a time; time comes in as arguments.
class Breaker {
  public:
    explicit Breaker(BreakerSettings settings) : settings_(settings) {}

    [[nodiscard]] BreakerState state(std::int64_t now_mono_ns) const noexcept;
    // Whether a call may start. In half_open exactly one may, until its end is told.
    [[nodiscard]] bool allows(std::int64_t now_mono_ns) const noexcept;
    void started(std::int64_t now_mono_ns) noexcept;
    // Each returns true when the state changed, and is then worth saving.
    bool succeeded() noexcept;
    bool failed(std::int64_t now_mono_ns) noexcept;
    void cancelled() noexcept { probing_ = false; }  // a call that was allowed did not take place

    [[nodiscard]] std::int64_t open_until_mono_ns() const noexcept { return open_until_; }
    [[nodiscard]] std::uint32_t failures() const noexcept { return failed_; }

    // An open breaker is open after a restart, until the same moment; a run of failures that opened nothing is
    // forgotten, since a restart is often what repairs.
    [[nodiscard]] std::string save(std::int64_t now_mono_ns, std::int64_t now_wall_ns) const;
    void load(std::string_view saved, std::int64_t now_mono_ns, std::int64_t now_wall_ns);

  private:
    [[nodiscard]] std::int64_t open_ns() const noexcept;

    BreakerSettings settings_;
    std::uint32_t failed_ = 0;     // in a row
    std::uint32_t openings_ = 0;   // since it was last closed
    std::int64_t open_until_ = 0;  // mono ns; 0: closed
    bool probing_ = false;
};

}  // namespace weir::flow
