// Time behind an interface, so that tests own it. Nothing outside clock.cpp reads a clock.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

// Nanoseconds. wall: since 1970-01-01T00:00:00Z, may jump. mono: never goes back, meaningless across restarts.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual std::int64_t wall_ns() const noexcept = 0;
    [[nodiscard]] virtual std::int64_t mono_ns() const noexcept = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] std::int64_t wall_ns() const noexcept override;
    [[nodiscard]] std::int64_t mono_ns() const noexcept override;
};

// Stands still until told to move. Any thread may read it; one thread moves it.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(std::int64_t wall_ns) : wall_ns_(wall_ns) {}
    [[nodiscard]] std::int64_t wall_ns() const noexcept override { return wall_ns_.load(); }
    [[nodiscard]] std::int64_t mono_ns() const noexcept override { return mono_ns_.load(); }
    void advance(std::int64_t ns) {
        wall_ns_ += ns;
        mono_ns_ += ns;
    }
    // A wall clock that was set: monotonic time does not move.
    void jump_wall(std::int64_t ns) { wall_ns_ += ns; }

  private:
    std::atomic<std::int64_t> wall_ns_;
    std::atomic<std::int64_t> mono_ns_{1};
};

}  // namespace weir
