// status, routes, connections, offsets, health: what there is and how it stands.

#include <algorithm>
#include <map>
#include <set>

#include "runtime/admin/control.hpp"
#include "runtime/admin/describe.hpp"
#include "runtime/admin/handlers.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

Json optional_time(const std::optional<std::int64_t>& wall_ns) {
    if (!wall_ns) return nullptr;
    return format_time(*wall_ns);
}

// A configured route's steps have an account of their own only where they stage what they make, which the destinations'
// accounts show. What a route that is gone left behind is shown as long as something is to do.
bool is_shown(const journal::LaneAccount& account, const config::Config* config) {
    if (!account.destination.empty()) return true;
    if (find_route(config, account.route) != nullptr) return false;
    return account.pending > 0 && account.delivered > 0;
}

Json describe_account(const journal::LaneAccount& a) {
    return {{"route", a.route},         {"destination", a.destination},
            {"stream", a.stream},       {"accepted", a.accepted},
            {"delivered", a.delivered}, {"duplicates", a.duplicates},
            {"filtered", a.filtered},   {"held", a.held},
            {"dead", a.dead},           {"resolved", a.resolved},
            {"pending", a.pending},     {"suppressed", a.suppressed},
            {"replaying", a.replaying}, {"balanced", a.balanced()}};
}

Json describe_destination(const DestinationStatus& status) {
    return {{"connection", status.connection},
            {"state", status.state},
            {"paused", status.paused},
            {"optional", status.optional},
            {"connected", status.connected},
            {"in_memory", status.in_memory},
            {"waiting_keys", status.waiting_keys},
            {"next_due", optional_time(status.next_due_wall_ns)},
            {"last_error", status.last_error}};
}

Json describe_connection(const ConnectionStatus& status) {
    Json quota = Json::array();
    for (const QuotaWindow& window : status.quota) {
        quota.push_back({{"window", window.name}, {"limit", window.limit}, {"used", window.used}});
    }
    return {{"connection", status.name},
            {"plugin", status.plugin},
            {"version", status.version},
            {"source", status.source},
            {"sink", status.sink},
            {"health", status.health},
            {"paused", status.paused},
            {"breaker", status.breaker},
            {"blocked_by", status.blocked_by},
            {"blocked_until", optional_time(status.blocked_until_wall_ns)},
            {"quota", quota},
            {"backlog", status.backlog},
            {"backlog_done", optional_time(status.backlog_done_wall_ns)},
            {"last_error", status.last_error}};
}

// A route of a stopped host, as the configuration has it.
Json stopped_destinations(const config::Route& route, bool route_paused, const PauseMarks& marks) {
    Json destinations = Json::array();
    for (const config::Destination& to : route.to) {
        const bool paused = route_paused || marks.connections.contains(to.connection);
        destinations.push_back({{"connection", to.name},
                                {"state", paused ? "paused" : "stopped"},
                                {"paused", paused},
                                {"optional", to.optional}});
    }
    return destinations;
}

Json stopped_connections(const config::Config& config, const PauseMarks& marks) {
    std::set<std::string> sources;
    std::set<std::string> sinks;
    for (const config::Route& route : config.routes) {
        sources.insert(route.from);
        for (const config::Destination& to : route.to) sinks.insert(to.connection);
    }
    Json all = Json::array();
    for (const auto& [name, connection] : config.connections) {
        all.push_back({{"connection", name},
                       {"plugin", connection.plugin},
                       {"source", sources.contains(name)},
                       {"sink", sinks.contains(name)},
                       {"health", "stopped"},
                       {"paused", marks.connections.contains(name)}});
    }
    return all;
}

Error no_configuration() { return {Errc::unavailable, "the configuration is not known here", "NO_CONFIGURATION", {}}; }

}  // namespace

Result<Json> op_status(OperationContext& context, const Json&) {
    WEIR_TRY(const auto accounts, context.plant.inspector->accounts());
    WEIR_TRY(const auto streams, context.plant.inspector->streams());
    const auto config = config_of(context.plant);
    Json routes = Json::array();
    bool balanced = true;
    for (const journal::LaneAccount& account : accounts) {
        if (!is_shown(account, config.get())) continue;
        balanced = balanced && account.balanced();
        routes.push_back(describe_account(account));
    }
    Json listed = Json::array();
    for (const journal::StreamInfo& stream : streams) {
        listed.push_back({{"stream", stream.name},
                          {"begin", stream.begin},
                          {"end", stream.end},
                          {"suppressed", stream.duplicates},
                          {"conflicts", stream.conflicts}});
    }
    return Json{{"host", context.plant.live != nullptr ? "running" : "stopped"},
                {"routes", routes},
                {"streams", listed},
                {"balanced", balanced}};
}

Result<Json> op_routes(OperationContext& context, const Json&) {
    const auto config = config_of(context.plant);
    if (!config) return no_configuration();
    WEIR_TRY(const PauseMarks marks, pause_marks(context.plant));
    std::map<std::string, Json> live;
    if (context.plant.live != nullptr) {
        for (const DestinationStatus& status : context.plant.live->destinations()) {
            Json& destinations = live.try_emplace(status.route, Json::array()).first->second;
            destinations.push_back(describe_destination(status));
        }
    }
    Json routes = Json::array();
    for (const config::Route& route : config->routes) {
        const bool paused = marks.routes.contains(route.name);
        Json steps = Json::array();
        for (const config::Step& step : route.steps) steps.push_back(step.transform);
        const auto running = live.find(route.name);
        routes.push_back(
            {{"route", route.name},
             {"owner", route.owner},
             {"priority", route.priority},
             {"from", route.from},
             {"steps", steps},
             {"paused", paused},
             {"destinations", running != live.end() ? running->second : stopped_destinations(route, paused, marks)}});
    }
    return Json{{"routes", routes}};
}

Result<Json> op_connections(OperationContext& context, const Json&) {
    if (context.plant.live != nullptr) {
        Json all = Json::array();
        for (const ConnectionStatus& status : context.plant.live->connections()) {
            all.push_back(describe_connection(status));
        }
        return Json{{"connections", all}};
    }
    if (!context.plant.stopped_config) return no_configuration();
    WEIR_TRY(const PauseMarks marks, pause_marks(context.plant));
    return Json{{"connections", stopped_connections(*context.plant.stopped_config, marks)}};
}

Result<Json> op_offsets(OperationContext& context, const Json& parameters) {
    WEIR_TRY(const auto lanes, context.plant.inspector->lanes());
    const std::string route = parameters.value("route", "");
    Json all = Json::array();
    for (const journal::LaneInfo& lane : lanes) {
        if (!route.empty() && lane.route != route) continue;
        // Steps that are run by the destinations' lanes have no place of their own: theirs is where records were put
        // aside last.
        const bool steps_of_lanes =
            lane.destination.empty() && std::ranges::any_of(lanes, [&](const journal::LaneInfo& other) {
                return !other.destination.empty() && other.route == lane.route && other.stream_id == lane.stream_id;
            });
        if (steps_of_lanes) continue;
        std::uint64_t lag = lane.stream_end - std::min(lane.stream_end, lane.progress.position);
        Json settled = Json::array();
        for (const journal::OffsetRange& range : lane.progress.settled) {
            lag -= range.end - range.first;
            settled.push_back({range.first, range.end});
        }
        all.push_back({{"route", lane.route},
                       {"destination", lane.destination},
                       {"stream", lane.stream},
                       {"begin", lane.begin},
                       {"position", lane.progress.position},
                       {"end", lane.stream_end},
                       {"lag", lag},
                       {"settled", settled}});
    }
    return Json{{"offsets", all}};
}

Result<Json> op_health(OperationContext& context, const Json&) {
    LiveHost* const live = context.plant.live;
    if (live == nullptr) return Json{{"host", "stopped"}, {"ready", false}};
    const HealthReport report = live->health();
    Json problems = Json::array();
    for (const auto& [what, why] : report.problems) problems.push_back({{"what", what}, {"why", why}});
    Json connections = Json::array();
    for (const ConnectionStatus& status : live->connections()) {
        connections.push_back({{"connection", status.name},
                               {"health", status.health},
                               {"breaker", status.breaker},
                               {"paused", status.paused},
                               {"last_error", status.last_error}});
    }
    const journal::Health journal = context.plant.journal->health();
    Json of_journal{{"available", journal.availability == journal::Availability::ready},
                    {"code", journal.code},
                    {"message", journal.message},
                    {"queued_bytes", journal.queued_bytes},
                    {"quarantined_groups", journal.quarantined_groups}};
    return Json{{"host", "running"},
                {"ready", report.ready},
                {"problems", problems},
                {"journal", of_journal},
                {"connections", connections}};
}

}  // namespace weir::admin
