#include "runtime/flow/breaker.hpp"

#include <algorithm>
#include <charconv>

namespace weir::flow {

std::string_view to_string(BreakerState state) noexcept {
    switch (state) {
        case BreakerState::closed:
            return "closed";
        case BreakerState::open:
            return "open";
        case BreakerState::half_open:
            return "half_open";
    }
    return "invalid";
}

BreakerState Breaker::state(std::int64_t now_mono_ns) const noexcept {
    if (openings_ == 0) return BreakerState::closed;
    return now_mono_ns < open_until_ ? BreakerState::open : BreakerState::half_open;
}

bool Breaker::allows(std::int64_t now_mono_ns) const noexcept {
    switch (state(now_mono_ns)) {
        case BreakerState::closed:
            return true;
        case BreakerState::open:
            return false;
        case BreakerState::half_open:
            return !probing_;
    }
    return false;
}

void Breaker::started(std::int64_t now_mono_ns) noexcept {
    if (state(now_mono_ns) == BreakerState::half_open) probing_ = true;
}

bool Breaker::succeeded() noexcept {
    const bool changed = openings_ > 0;
    failed_ = 0;
    openings_ = 0;
    open_until_ = 0;
    probing_ = false;
    return changed;
}

bool Breaker::failed(std::int64_t now_mono_ns) noexcept {
    if (settings_.failures == 0) return false;
    ++failed_;
    const BreakerState before = state(now_mono_ns);
    // A call that began before it opened: says nothing new.
    if (before == BreakerState::open) return false;
    if (before == BreakerState::closed && failed_ < settings_.failures) return false;
    probing_ = false;
    ++openings_;
    open_until_ = now_mono_ns + open_ns();
    return true;
}

std::int64_t Breaker::open_ns() const noexcept {
    const std::int64_t longest = std::chrono::nanoseconds(settings_.open_for_max).count();
    std::int64_t length = std::chrono::nanoseconds(settings_.open_for).count();
    for (std::uint32_t i = 1; i < openings_ && length < longest; ++i) length *= 2;
    return std::min(length, longest);
}

std::string Breaker::save(std::int64_t now_mono_ns, std::int64_t now_wall_ns) const {
    if (openings_ == 0) return "";
    return std::to_string(openings_) + ":" + std::to_string(now_wall_ns + open_until_ - now_mono_ns);
}

void Breaker::load(std::string_view saved, std::int64_t now_mono_ns, std::int64_t now_wall_ns) {
    const char* const end = saved.data() + saved.size();
    std::uint32_t openings = 0;
    std::int64_t until_wall_ns = 0;
    const auto [colon, error] = std::from_chars(saved.data(), end, openings);
    if (error != std::errc{} || colon == end || *colon != ':') return;
    if (std::from_chars(colon + 1, end, until_wall_ns).ec != std::errc{}) return;
    if (openings == 0 || settings_.failures == 0) return;
    openings_ = openings;
    // However the wall clock was set meanwhile: no longer than it could have been.
    open_until_ = now_mono_ns + std::clamp<std::int64_t>(until_wall_ns - now_wall_ns, 0, open_ns());
}

}  // namespace weir::flow
