// From one configuration to another while records come in: everything new is made first, then lanes are switched one
// route at a time. What did not change is not touched.
#include <algorithm>
#include <set>
#include <utility>

#include "runtime/app/host.hpp"
#include "runtime/base/counters.hpp"
#include "runtime/base/log.hpp"
#include "runtime/flow/route_settings.hpp"

namespace weir::app {

// Everything that has to be done, with the instances it needs.
struct Host::Change {
    std::shared_ptr<const Workshop> workshop;
    std::vector<PreparedRoute> routes;    // new or changed
    std::vector<std::string> gone;        // routes
    std::vector<PreparedSource> sources;  // new or changed
    std::vector<std::string> idle;        // sources nobody reads any more
};

namespace {

// What is fixed for the life of a process, because others hold on to it.
std::vector<std::string> fixed_differences(const config::Config& now, const config::Config& fresh) {
    std::vector<std::string> problems;
    const auto same = [&problems](bool equal, const std::string& key) {
        if (!equal) problems.push_back(key + " cannot change while the host runs: restart it");
    };
    same(now.data_dir == fresh.data_dir, "data_dir");
    same(now.journal.backend == fresh.journal.backend, "journal.backend");
    same(now.http.listen == fresh.http.listen, "http.listen");
    same(now.http.tls_certificate == fresh.http.tls_certificate && now.http.tls_key == fresh.http.tls_key, "http.tls");
    same(now.admin_listen == fresh.admin_listen, "admin.listen");
    return problems;
}

}  // namespace

admin::ReloadReport Host::reload() {
    const std::scoped_lock one(reload_mutex_);
    admin::ReloadReport report;
    const auto refuse = [&report](std::string problem) {
        report.code = "not_started";
        report.problems.push_back(std::move(problem));
        count(Counter::reloads_refused);
        log::warn("configuration not taken, the old one goes on", {{"problem", report.problems.front()}});
        return report;
    };
    if (!running_) return refuse("the host is stopping");
    Configuration fresh = load_configuration(workshop_->config().file);
    if (!fresh.loaded.config) {
        report.code = "invalid_configuration";
        for (const config::Problem& problem : fresh.loaded.problems) report.problems.push_back(problem.to_string());
        count(Counter::reloads_refused);
        log::warn("configuration not taken, the old one goes on", {{"problems", report.problems.size()}});
        return report;
    }
    report.problems = fixed_differences(workshop_->config(), *fresh.loaded.config);
    if (!report.problems.empty()) {
        report.code = "restart_needed";
        count(Counter::reloads_refused);
        return report;
    }
    auto change = plan_change(std::make_shared<const Workshop>(std::move(fresh), services_), report);
    if (!change) return refuse(change.error().message);
    switch_to(std::move(*change), report);
    report.applied = report.problems.empty();
    if (!report.applied) report.code = "not_started";
    count(report.applied ? Counter::reloads : Counter::reloads_refused);
    log::info("configuration reloaded", {{"started", report.started.size()},
                                         {"changed", report.changed.size()},
                                         {"stopped", report.stopped.size()},
                                         {"unchanged", report.unchanged.size()}});
    return report;
}

// Makes every instance that will be needed. An error: nothing has changed.
Result<Host::Change> Host::plan_change(std::shared_ptr<const Workshop> workshop, admin::ReloadReport& report) {
    Change change;
    change.workshop = std::move(workshop);
    std::set<std::string> routes;
    std::set<std::string> sources;
    for (const config::Route& route : change.workshop->config().routes) {
        routes.insert(route.name);
        sources.insert(route.from);
        const auto running = routes_.find(route.name);
        if (running != routes_.end() && running->second.fingerprint == change.workshop->fingerprint(route)) {
            report.unchanged.push_back(route.name);
            continue;
        }
        (running == routes_.end() ? report.started : report.changed).push_back(route.name);
        auto prepared = prepare(change.workshop, route);
        if (!prepared) return std::move(prepared).error().in("route " + route.name);
        change.routes.push_back(std::move(*prepared));
    }
    for (const auto& [name, running] : routes_) {
        if (!routes.contains(name)) change.gone.push_back(name);
    }
    report.stopped = change.gone;
    for (const std::string& name : sources) {
        const auto running = sources_.find(name);
        const config::Connection& connection = change.workshop->config().connections.at(name);
        if (running != sources_.end() && running->second.fingerprint == change.workshop->fingerprint(connection)) {
            continue;
        }
        auto prepared = prepare_source(change.workshop, name);
        if (!prepared) return std::move(prepared).error().in("connection " + name);
        change.sources.push_back(std::move(*prepared));
    }
    for (const auto& [name, running] : sources_) {
        if (!sources.contains(name)) change.idle.push_back(name);
    }
    return change;
}

void Host::switch_to(Change&& change, admin::ReloadReport& report) {
    const std::unique_lock switching(switch_mutex_);
    for (auto& [name, target] : targets_) {
        const auto& connections = change.workshop->config().connections;
        if (const auto found = connections.find(name); found != connections.end()) {
            target.gate->set_settings(flow::gate_settings(found->second));
        }
    }
    for (const std::string& name : change.gone) uninstall(name);
    for (PreparedRoute& prepared : change.routes) {
        const std::string name = prepared.route->name;
        uninstall(name);
        if (auto status = install(std::move(prepared)); !status) fall_back(name, status.error(), report);
    }
    for (const std::string& name : change.idle) {
        sources_.at(name).runner->stop();
        sources_.erase(name);
    }
    for (PreparedSource& prepared : change.sources) {
        const std::string name = prepared.connection->name;
        if (const auto old = sources_.find(name); old != sources_.end()) {
            old->second.runner->stop();
            sources_.erase(old);
        }
        if (auto status = install_source(std::move(prepared), true); !status) {
            report.problems.push_back("connection " + name + ": " + status.error().message);
        }
    }
    workshop_ = std::move(change.workshop);
}

// The journal did not let the new lanes be taken up: the old ones are, as soon as it does.
void Host::fall_back(const std::string& route, const Error& error, admin::ReloadReport& report) {
    report.problems.push_back("route " + route + ": " + error.message);
    uninstall(route);
    for (const config::Route& old : workshop_->config().routes) {
        if (old.name != route) continue;
        auto prepared = prepare(workshop_, old);
        Status status = prepared ? install(std::move(*prepared)) : Status(prepared.error());
        if (!status) {
            report.problems.push_back("route " + route + " does not run: " + status.error().message);
            log::error("route does not run after a reload", {{"route", route}, {"error", status.error().message}});
        }
    }
}

}  // namespace weir::app
