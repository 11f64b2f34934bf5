// /metrics: what metrics.def declares, and what the host counts by itself, in the Prometheus text format 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/admin/plant.hpp"

namespace weir::admin {

struct MetricsContext {
    std::string_view version;
    std::int64_t uptime_ns = 0;
    std::uint64_t auth_failures = 0;
};

// What cannot be read is left out. `plant.live` may be null.
[[nodiscard]] std::string metrics_text(const Plant& plant, const MetricsContext& context);

}  // namespace weir::admin
