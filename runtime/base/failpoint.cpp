#include "runtime/base/failpoint.hpp"

#include <unistd.h>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace weir {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Failpoint::count_)> kNames = {
#define WEIR_FAILPOINT_NAME(symbol, name, what) name,
#include "runtime/base/failpoints.def"
#undef WEIR_FAILPOINT_NAME
};

struct Armed {
    std::atomic<unsigned> remaining{0};
    std::atomic<bool> error{false};
};
std::array<Armed, kNames.size()> g_armed;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

bool arm_one(std::string_view item) {
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) return false;
    std::string_view count = item.substr(equals + 1);
    const bool error = count.ends_with(":error");
    if (error) count.remove_suffix(6);
    unsigned hit = 0;
    const auto parsed = std::from_chars(count.data(), count.data() + count.size(), hit);
    if (parsed.ec != std::errc{} || parsed.ptr != count.data() + count.size() || hit == 0) return false;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == item.substr(0, equals)) {
            arm_failpoint(static_cast<Failpoint>(i), hit, error);
            return true;
        }
    }
    return false;
}

}  // namespace

namespace detail {

std::atomic<bool> failpoints_armed{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

bool failpoint_slow(Failpoint point) noexcept {
    Armed& armed = g_armed[static_cast<std::size_t>(point)];
    unsigned remaining = armed.remaining.load();
    do {
        if (remaining == 0) return false;
    } while (!armed.remaining.compare_exchange_weak(remaining, remaining - 1));
    if (remaining != 1) return false;
    if (armed.error.load()) return true;
    // Not exit(): nothing may be flushed, joined or destroyed on the way out of a crash.
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

}  // namespace detail

void arm_failpoint(Failpoint point, unsigned hit, bool error) {
    Armed& armed = g_armed[static_cast<std::size_t>(point)];
    armed.error = error;
    armed.remaining = hit;
    if (hit > 0) detail::failpoints_armed = true;
}

bool arm_failpoints_from_environment() {
    const char* text = std::getenv("WEIR_FAILPOINTS");
    if (text == nullptr) return true;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        if (!arm_one(rest.substr(0, comma))) return false;
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
    return true;
}

std::string_view to_string(Failpoint point) noexcept { return kNames[static_cast<std::size_t>(point)]; }

}  // namespace weir
