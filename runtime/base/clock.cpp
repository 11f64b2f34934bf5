#include "runtime/base/clock.hpp"

#include <chrono>

namespace weir {

namespace {
template <class ChronoClock>
std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(ChronoClock::now().time_since_epoch()).count();
}
}  // namespace

std::int64_t SystemClock::wall_ns() const noexcept { return now_ns<std::chrono::system_clock>(); }
std::int64_t SystemClock::mono_ns() const noexcept { return now_ns<std::chrono::steady_clock>(); }

}  // namespace weir
