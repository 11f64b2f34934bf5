// What the operations of this folder work on: the journal always, and the running host when there is one.
//
// `weir redrive` on a stopped host and the admin API of a running one run the same operation over a Plant; on a
// stopped host `live` is null, the journal was opened by the verb itself (its lock says that no host runs), and what
// was asked for is taken up at the next start.
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/config/config.hpp"
#include "runtime/journal/inspect.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::admin {

// One destination of one route, as the running host sees it.
struct DestinationStatus {
    std::string route;
    std::string connection;  // or "tap.<name>", a wire tap
    bool paused = false;    // by an operator
    bool optional = false;  // its failures concern nobody else
    bool connected = false;
    std::uint64_t in_memory = 0;     // deliveries taken in, not settled
    std::uint64_t waiting_keys = 0;  // ordering keys held back by a delivery that waits
    std::optional<std::int64_t> next_due_wall_ns;
    std::string state;  // "idle", "working", "waiting", "quota", "breaker", "paused", "connecting"
    std::string last_error;
};

struct QuotaWindow {
    std::string name;  // "per_second", "per_minute", "per_day", "concurrency"
    std::uint64_t limit = 0;
    std::uint64_t used = 0;
};

struct ConnectionStatus {
    std::string name;
    std::string plugin;
    std::string version;
    bool source = false;
    bool sink = false;
    bool paused = false;
    std::string breaker;                                // "closed", "open", "half_open"; "" for a source
    std::optional<std::int64_t> blocked_until_wall_ns;  // by the breaker, the target's wish or the quota
    std::string blocked_by;                             // "breaker", "throttle", "quota", ""
    std::vector<QuotaWindow> quota;
    std::uint64_t backlog = 0;                         // deliveries known to be still to do, over all routes
    std::optional<std::int64_t> backlog_done_wall_ns;  // estimate from the quota and the recent rate
    std::string health;                                // "ok", "degraded", "down", "unknown"
    std::string last_error;
};

struct ReloadReport {
    std::string code;                   // "" when applied; "invalid_configuration", "restart_needed" or "not_started"
    bool applied = false;               // false: the old configuration goes on, `problems` says why
    std::vector<std::string> problems;  // as printed: "file:line:column: message (hint)"
    std::vector<std::string> started;   // routes that are new
    std::vector<std::string> changed;   // routes that were replaced
    std::vector<std::string> stopped;   // routes that are gone
    std::vector<std::string> unchanged;
};

struct HealthReport {
    bool ready = false;                                         // takes records and works on them
    std::vector<std::pair<std::string, std::string>> problems;  // what -> why
};

// The running host. All functions: any thread.
class LiveHost {
  public:
    virtual ~LiveHost() = default;
    // While what it returns lives, no reload switches lanes. To be held from before a commit that makes rows `waiting`
    // until take_up() has returned: otherwise a lane that starts in between would find them twice, or not at all.
    [[nodiscard]] virtual std::shared_ptr<void> hold_switches() = 0;
    // Hands rows that are durable as `waiting` (or `unknown`) to whoever works on their lanes.
    virtual void take_up(const std::vector<journal::DeliveryRow>& rows) = 0;
    // The durable mark (state scope "control", key "pause/route/<name>" or "pause/connection/<name>") is the caller's.
    virtual void set_route_paused(std::string_view route, bool paused) = 0;
    virtual void set_connection_paused(std::string_view connection, bool paused) = 0;
    // Reads the configuration again and switches to it. Blocks until that is done or refused.
    [[nodiscard]] virtual ReloadReport reload() = 0;
    [[nodiscard]] virtual std::vector<DestinationStatus> destinations() = 0;
    [[nodiscard]] virtual std::vector<ConnectionStatus> connections() = 0;
    [[nodiscard]] virtual HealthReport health() = 0;
    [[nodiscard]] virtual std::shared_ptr<const config::Config> config() = 0;  // the one that runs now
    // Prometheus text exposition of the host's own metrics.
    [[nodiscard]] virtual std::string metrics() = 0;
};

struct Plant {
    journal::Journal* journal = nullptr;
    journal::Inspector* inspector = nullptr;
    const Clock* clock = nullptr;
    LiveHost* live = nullptr;                              // null: the host is stopped
    std::shared_ptr<const config::Config> stopped_config;  // of a stopped host; null: not given
};

// Who asks. Comes from a token, or from the operating system for a verb on a stopped host.
struct Actor {
    std::string name;  // "token:ci", "local:root"
    std::string role;  // "viewer", "operator", "approver", "admin"
    std::string reason;
};

}  // namespace weir::admin
