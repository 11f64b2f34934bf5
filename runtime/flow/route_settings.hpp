// What a route's configuration means for lanes and gates: the same for the host and for `weir test`.
#pragma once

#include <memory>

#include "runtime/config/config.hpp"
#include "runtime/flow/connection_gate.hpp"
#include "runtime/flow/lane.hpp"

namespace weir::flow {

[[nodiscard]] RetryRules retry_rules(const config::Destination& to);
[[nodiscard]] GateSettings gate_settings(const config::Connection& connection);
[[nodiscard]] Priority priority_of(const config::Route& route);
// Checked when the configuration was loaded: what is no key expression is the default one.
[[nodiscard]] KeySelector key_selector(const std::string& expression);

// Of the lane that takes `route` to `to` with `sink`. `gate` and `posted` are the connection's; `posted_for`: how long
// an object counts as posted.
[[nodiscard]] LaneSettings lane_settings(const config::Route& route, const config::Destination& to,
                                         journal::LaneId lane, const plugin::SinkHandle& sink,
                                         const ConnectionGate& gate, std::shared_ptr<PostedObjects> posted,
                                         std::chrono::nanoseconds posted_for);

}  // namespace weir::flow
