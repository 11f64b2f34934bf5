// Process-wide counters, declared in counters.def. Any thread; relaxed, since nothing is decided by them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

enum class Counter : std::uint8_t {
#define WEIR_COUNTER(symbol, name, help) symbol,
#include "runtime/base/counters.def"
#undef WEIR_COUNTER
};

struct CounterInfo {
    Counter counter;
    std::string_view name;
    std::string_view help;
};
[[nodiscard]] std::span<const CounterInfo> counters() noexcept;

void count(Counter counter, std::uint64_t by = 1) noexcept;
[[nodiscard]] std::uint64_t counted(Counter counter) noexcept;

}  // namespace weir
