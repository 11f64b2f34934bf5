// What the running host says about itself, and what operators may ask of it.
#include <algorithm>
#include <map>
#include <utility>

#include "runtime/app/host.hpp"
#include "runtime/base/counters.hpp"

namespace weir::app {

namespace {

std::optional<std::int64_t> wall_of(std::int64_t mono_ns, const Clock& clock) {
    if (mono_ns <= 0) return std::nullopt;
    return clock.wall_ns() + (mono_ns - clock.mono_ns());
}

std::string state_of(const flow::WorkerStatus& status) {
    if (status.paused) return "paused";
    if (!status.connected) return "connecting";
    if (status.by != flow::Blocked::nothing) return std::string(to_string(status.by));
    if (status.in_memory == 0) return "idle";
    return status.waiting_keys > 0 && status.next_due_mono_ns > 0 ? "waiting" : "working";
}

}  // namespace

admin::Plant Host::plant() {
    admin::Plant plant;
    plant.journal = journal_.get();
    plant.inspector = inspector_.get();
    plant.clock = &clock_;
    plant.live = this;
    return plant;
}

std::shared_ptr<void> Host::hold_switches() {
    return std::make_shared<std::shared_lock<std::shared_mutex>>(switch_mutex_);
}

// The caller holds hold_switches().
void Host::take_up(const std::vector<journal::DeliveryRow>& rows) {
    engine_->post(std::vector<journal::DeliveryRow>(rows));
}

void Host::set_route_paused(std::string_view route, bool paused) {
    const std::shared_lock lock(switch_mutex_);
    const auto found = routes_.find(std::string(route));
    if (found != routes_.end()) *found->second.paused = paused;
}

void Host::set_connection_paused(std::string_view connection, bool paused) {
    const std::shared_lock lock(switch_mutex_);
    const auto found = targets_.find(std::string(connection));
    if (found != targets_.end()) found->second.gate->set_paused(paused);
}

std::shared_ptr<const config::Config> Host::config() {
    const std::shared_lock lock(switch_mutex_);
    return workshop_->shared_config();
}

std::vector<admin::DestinationStatus> Host::destinations() {
    const std::shared_lock lock(switch_mutex_);
    std::map<std::string, flow::WorkerStatus> statuses;
    for (auto& [name, status] : engine_->statuses()) statuses.emplace(name, std::move(status));
    std::vector<admin::DestinationStatus> all;
    for (const config::Route& route : workshop_->config().routes) {
        for (const config::Destination& to : route.to) {
            const auto found = statuses.find(route.name + "/" + to.name);
            if (found == statuses.end()) continue;
            const flow::WorkerStatus& status = found->second;
            admin::DestinationStatus& one = all.emplace_back();
            one.route = route.name;
            one.connection = to.name;
            one.paused = status.paused;
            one.optional = to.optional;
            one.connected = status.connected;
            one.in_memory = status.in_memory;
            one.waiting_keys = status.waiting_keys;
            one.next_due_wall_ns = wall_of(status.next_due_mono_ns, clock_);
            one.state = state_of(status);
            one.last_error = status.last_error;
        }
    }
    return all;
}

std::vector<admin::ConnectionStatus> Host::connections() {
    std::map<std::string, std::uint64_t> backlog;
    if (inspector_) {
        if (const auto accounts = inspector_->accounts()) {
            for (const auto& account : *accounts) backlog[account.destination] += account.pending;
        }
    }
    const auto working = destinations();
    const std::shared_lock lock(switch_mutex_);
    const auto plugins = workshop_->used_plugins();
    std::vector<admin::ConnectionStatus> all;
    for (const auto& [name, connection] : workshop_->config().connections) {
        admin::ConnectionStatus& one = all.emplace_back();
        one.name = name;
        one.plugin = connection.plugin;
        if (const auto version = plugins.find(connection.plugin); version != plugins.end())
            one.version = version->second;
        one.source = sources_.contains(name);
        one.health = "unknown";
        const auto target = targets_.find(name);
        if (target == targets_.end()) continue;
        const flow::GateView view = target->second.gate->view();
        one.sink = true;
        one.paused = view.paused;
        one.breaker = to_string(view.breaker);
        one.blocked_by = to_string(view.by);
        one.blocked_until_wall_ns = wall_of(view.blocked_until_mono_ns, clock_);
        for (const auto& window : view.windows)
            one.quota.push_back({std::string(window.name), window.limit, window.used});
        one.backlog = backlog[name];
        if (const auto left = target->second.gate->estimate(one.backlog)) {
            one.backlog_done_wall_ns = clock_.wall_ns() + left->count();
        }
        one.health = view.breaker == flow::BreakerState::closed ? "ok" : "down";
        for (const admin::DestinationStatus& status : working) {
            if (status.connection != name) continue;
            if (!status.last_error.empty()) one.last_error = status.last_error;
            if (!status.connected && one.health == "ok") one.health = "degraded";
            if (!status.last_error.empty() && one.health == "ok") one.health = "degraded";
        }
    }
    return all;
}

admin::HealthReport Host::health() {
    admin::HealthReport report;
    const journal::Health journal = journal_->health();
    if (journal.availability != journal::Availability::ready) {
        report.problems.emplace_back("journal", journal.code + ": " + journal.message);
    }
    report.ready = running_ && report.problems.empty();
    if (!running_) report.problems.emplace_back("host", "is starting or stopping");
    for (const admin::DestinationStatus& status : destinations()) {
        if (status.connected || status.optional || status.paused || status.in_memory == 0) continue;
        report.problems.emplace_back("route " + status.route + "/" + status.connection,
                                     status.last_error.empty() ? "not connected" : status.last_error);
    }
    return report;
}

std::string Host::metrics() {
    std::string text;
    for (const CounterInfo& info : counters()) {
        text += "# HELP " + std::string(info.name) + " " + std::string(info.help) + "\n# TYPE " +
                std::string(info.name) + " counter\n" + std::string(info.name) + " " +
                std::to_string(counted(info.counter)) + "\n";
    }
    return text;
}

}  // namespace weir::app
