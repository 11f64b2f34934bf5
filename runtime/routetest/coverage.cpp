#include "runtime/routetest/coverage.hpp"

#include <nlohmann/json.hpp>

#include "runtime/routetest/scripted_http.hpp"

namespace weir::routetest {

namespace {

// The branches a switch may send records to, named as destinations name them.
void add_branches(const config::Step& step, std::map<std::string, std::uint64_t>& branches) {
    const auto settings = nlohmann::json::parse(step.settings_json, nullptr, false);
    if (!settings.is_object() || !settings.contains("branches")) return;
    const std::string prefix = settings.value("prefix", "");
    for (const auto& branch : settings["branches"]) branches[prefix + branch.value("name", "")];
    const std::string otherwise = settings.value("otherwise", "reject");
    if (otherwise != "reject" && otherwise != "drop") branches[prefix + otherwise];
}

}  // namespace

Status Coverage::add_routes(const Bench& bench) {
    prefix_ = bench.config().file.empty() ? "" : bench.config().file.string() + ": ";
    const Case nothing;
    ManualClock clock(0);
    ScriptedHttp http({});
    EmptyState state;
    WEIR_TRY(const auto workbench, bench.open(nothing, {&clock, &state, &http}));
    for (const config::Route& route : bench.config().routes) {
        auto steps = workbench->make_steps(route, SIZE_MAX);
        if (!steps) return std::move(steps).error().in("route " + route.name);
        RouteCoverage& covered = routes_[prefix_ + route.name];
        for (const flow::Step& step : *steps) covered.steps.push_back({step.label, 0, 0, 0});
        for (const config::Step& step : route.steps) {
            if (step.transform == "switch") add_branches(step, covered.branches);
        }
    }
    return ok();
}

void Coverage::add(const Actual& actual) {
    for (const auto& [name, watch] : actual.watches) {
        const auto route = routes_.find(prefix_ + name);
        if (route == routes_.end()) continue;
        for (const auto& [id, passages] : watch.passages()) {
            for (const Passage& passage : passages) {
                StepCoverage& step = route->second.steps.at(passage.step);
                if (passage.kind == WEIR_OUT_FILTERED) {
                    ++step.filtered;
                } else if (passage.kind == WEIR_OUT_OK) {
                    ++step.passed;
                } else {
                    ++step.held;
                }
                if (passage.transform != "switch" || passage.kind != WEIR_OUT_OK) continue;
                if (const auto branch = route->second.branches.find(passage.note);
                    branch != route->second.branches.end()) {
                    ++branch->second;
                }
            }
        }
    }
}

int Coverage::percent() const {
    std::size_t all = 0;
    std::size_t taken = 0;
    for (const auto& [name, route] : routes_) {
        all += route.steps.size() + route.branches.size();
        for (const StepCoverage& step : route.steps) taken += step.records() > 0 ? 1u : 0u;
        for (const auto& [branch, count] : route.branches) taken += count > 0 ? 1u : 0u;
    }
    return all == 0 ? 100 : static_cast<int>(100 * taken / all);
}

}  // namespace weir::routetest
