// pause, resume, reload: what operators switch.

#include "runtime/admin/change.hpp"
#include "runtime/admin/control.hpp"
#include "runtime/admin/describe.hpp"
#include "runtime/admin/handlers.hpp"
#include "runtime/base/text.hpp"

namespace weir::admin {

namespace {

struct Switched {
    bool route = false;
    std::string name;
    [[nodiscard]] std::string key() const { return std::string(route ? kPauseRoute : kPauseConnection) + name; }
    [[nodiscard]] std::string subject() const { return (route ? "route " : "connection ") + name; }
};

Result<Switched> what_is_switched(const OperationContext& context, const Json& parameters) {
    const bool route = parameters.contains("route");
    if (route == parameters.contains("connection")) {
        return Error{Errc::invalid, "expected either \"route\" or \"connection\"", "BAD_PARAMETER", {}};
    }
    Switched switched{route, parameters[route ? "route" : "connection"].get<std::string>()};
    const auto config = config_of(context.plant);
    if (!config) return switched;
    const bool known =
        route ? find_route(config.get(), switched.name) != nullptr : config->connections.contains(switched.name);
    if (known) return switched;
    return Error{Errc::not_found, "no " + switched.subject() + " is configured", "NOT_FOUND", {}};
}

Result<Json> switch_it(OperationContext& context, const Json& parameters, bool pause) {
    WEIR_TRY(const Switched switched, what_is_switched(context, parameters));
    Change change(context);
    const Json mark{
        {"who", context.actor.name}, {"when", format_time(change.wall_ns())}, {"why", context.actor.reason}};
    change.add_state(switched.key(), pause ? std::optional(write_json(mark)) : std::nullopt);
    change.add_audit(pause ? "pause" : "resume", switched.subject(), Json::object());
    WEIR_CHECK_OK(change.commit());
    if (LiveHost* live = context.plant.live; live != nullptr) {
        switched.route ? live->set_route_paused(switched.name, pause)
                       : live->set_connection_paused(switched.name, pause);
    }
    return Json{{switched.route ? "route" : "connection", switched.name}, {"paused", pause}};
}

}  // namespace

Result<PauseMarks> pause_marks(const Plant& plant) {
    WEIR_TRY(const auto entries, plant.inspector->state(kControlScope, plant.clock->wall_ns()));
    PauseMarks marks;
    for (const auto& [key, value] : entries) {
        auto mark = parse_json(value);
        Json said = mark ? std::move(*mark) : Json::object();
        if (key.starts_with(kPauseRoute)) marks.routes.emplace(key.substr(kPauseRoute.size()), std::move(said));
        if (key.starts_with(kPauseConnection)) {
            marks.connections.emplace(key.substr(kPauseConnection.size()), std::move(said));
        }
    }
    return marks;
}

Result<Json> op_pause(OperationContext& context, const Json& parameters) {
    return switch_it(context, parameters, true);
}

Result<Json> op_resume(OperationContext& context, const Json& parameters) {
    return switch_it(context, parameters, false);
}

Result<Json> op_reload(OperationContext& context, const Json&) {
    if (context.plant.live == nullptr) {
        return Error{Errc::unavailable,
                     "the host does not run: the configuration is read at its next start",
                     "HOST_STOPPED",
                     {}};
    }
    const ReloadReport report = context.plant.live->reload();
    Change change(context);
    const Json told{{"applied", report.applied},  {"code", report.code},       {"started", report.started},
                    {"changed", report.changed},  {"stopped", report.stopped}, {"unchanged", report.unchanged},
                    {"problems", report.problems}};
    Json detail = told;
    detail["problems"] = report.problems.size();  // a problem may quote a value of the file
    change.add_audit("reload", "configuration", detail);
    WEIR_CHECK_OK(change.commit());
    return told;
}

}  // namespace weir::admin
