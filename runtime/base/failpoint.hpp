// Named places where a test makes the process die or a call fail: WEIR_FAILPOINT("journal.before_commit").
//
// Armed through the environment: WEIR_FAILPOINTS="name=3" kills the process with SIGKILL the third time `name` is
// passed; "name=3:error" makes failpoint_hit() return true that time instead. Not armed, a passage costs one
// relaxed load. Every name stands in failpoints.def, which the crash tests iterate.
#pragma once

#include <atomic>
#include <string_view>

namespace weir {

enum class Failpoint {
#define WEIR_FAILPOINT_NAME(symbol, name, what) symbol,
#include "runtime/base/failpoints.def"
#undef WEIR_FAILPOINT_NAME
    count_
};

// Reads WEIR_FAILPOINTS once; called by main before threads start. False: an unknown name or a bad count stands there.
[[nodiscard]] bool arm_failpoints_from_environment();
// For in-process tests. hit 0 disarms.
void arm_failpoint(Failpoint point, unsigned hit, bool error);
[[nodiscard]] std::string_view to_string(Failpoint point) noexcept;

namespace detail {
extern std::atomic<bool> failpoints_armed;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
[[nodiscard]] bool failpoint_slow(Failpoint point) noexcept;
}  // namespace detail

// True: the armed error fires now. Dies here when a kill is armed.
[[nodiscard]] inline bool failpoint_hit(Failpoint point) noexcept {
    return detail::failpoints_armed.load(std::memory_order_relaxed) && detail::failpoint_slow(point);
}
inline void failpoint(Failpoint point) noexcept { (void)failpoint_hit(point); }

}  // namespace weir
