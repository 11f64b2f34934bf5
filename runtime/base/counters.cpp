#include "runtime/base/counters.hpp"

#include <array>
#include <atomic>

namespace weir {

namespace {

constexpr CounterInfo kCounters[] = {
#define WEIR_COUNTER(symbol, name, help) {Counter::symbol, name, help},
#include "runtime/base/counters.def"
#undef WEIR_COUNTER
};

std::array<std::atomic<std::uint64_t>, std::size(kCounters)> values{};

}  // namespace

std::span<const CounterInfo> counters() noexcept { return kCounters; }

void count(Counter counter, std::uint64_t by) noexcept {
    values[static_cast<std::size_t>(counter)].fetch_add(by, std::memory_order_relaxed);
}

std::uint64_t counted(Counter counter) noexcept {
    return values[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
}

}  // namespace weir
