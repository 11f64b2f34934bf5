#include "runtime/routetest/coverage.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/routetest/scripted_http.hpp"

namespace weir::routetest {

namespace {

constexpr const char* kDropped = "(dropped)";

// The branches a switch may send records to, named as destinations name them.
void add_branches(const config::Step& step, std::size_t place, RouteCoverage& covered) {
    std::map<std::string, std::uint64_t>& branches = covered.branches;
    const auto settings = nlohmann::json::parse(step.settings_json, nullptr, false);
    if (!settings.is_object() || !settings.contains("branches")) return;
    const std::string prefix = settings.value("prefix", "");
    for (const auto& branch : settings["branches"]) branches[prefix + branch.value("name", "")];
    const std::string otherwise = settings.value("otherwise", "reject");
    if (otherwise == "drop") {
        covered.drops[place] = prefix + kDropped;
        branches[prefix + kDropped];
    }
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
        for (std::size_t i = 0; i < route.steps.size(); ++i) {
            if (route.steps[i].transform == "switch") add_branches(route.steps[i], i, covered);
        }
    }
    return ok();
}

void RouteCoverage::add(const Passage& passage) {
    StepCoverage& step = steps.at(passage.step);
    if (passage.kind == WEIR_OUT_FILTERED) {
        ++step.filtered;
    } else if (passage.kind == WEIR_OUT_OK) {
        ++step.passed;
    } else {
        ++step.held;
    }
    if (passage.transform != "switch") return;
    std::string branch = passage.note;
    if (passage.kind == WEIR_OUT_FILTERED) branch = drops.contains(passage.step) ? drops.at(passage.step) : "";
    if (const auto taken = branches.find(branch); taken != branches.end()) ++taken->second;
}

void Coverage::add(const Actual& actual) {
    for (const auto& [name, watch] : actual.watches) {
        const auto route = routes_.find(prefix_ + name);
        if (route == routes_.end()) continue;
        // Without a step nothing is watched; records that a step filters may be in no destination's account.
        std::uint64_t records = watch.passages().size();
        for (const journal::LaneAccount& account : actual.accounts) {
            if (account.route == name) records = std::max(records, account.accepted);
        }
        route->second.records += records;
        for (const auto& [id, passages] : watch.passages()) {
            for (const Passage& passage : passages) route->second.add(passage);
        }
    }
}

int Coverage::percent() const {
    std::size_t all = 0;
    std::size_t taken = 0;
    for (const auto& [name, route] : routes_) {
        all += 1 + route.steps.size() + route.branches.size();
        taken += route.records > 0 ? 1u : 0u;
        for (const StepCoverage& step : route.steps) taken += step.records() > 0 ? 1u : 0u;
        for (const auto& [branch, count] : route.branches) taken += count > 0 ? 1u : 0u;
    }
    return all == 0 ? 100 : static_cast<int>(100 * taken / all);
}

}  // namespace weir::routetest
