// Branches that lead nowhere. What is wrong with conditions the static check of expressions says.

#include <algorithm>

#include "runtime/lint/check.hpp"

namespace weir::lint {
namespace {

bool leads_somewhere(const RouteView& route, const StepView& step, const std::string& path) {
    const auto inside = [&](const std::string& branch) { return branch == path || branch.starts_with(path + "/"); };
    // A destination of an outer branch, or of none, takes the records of inner ones; a tap before the switch has seen
    // them before they were those of a branch.
    const auto takes = [&](const config::Destination& to) {
        if (to.is_tap() && to.steps <= step.index) return false;
        return inside(to.branch) || to.branch.empty() || path.starts_with(to.branch + "/");
    };
    return std::ranges::any_of(route.route->to, takes);
}

void check_switch(Check& check, const RouteView& route, const StepView& step) {
    const std::string prefix = step.settings.value("prefix", "");
    const auto report = [&](const std::string& name, const std::string& pointer) {
        if (leads_somewhere(route, step, prefix + name)) return;
        check.add(RuleId::UNUSED_BRANCH, route, step.place(pointer), "branch " + prefix + name,
                  "records of branch " + quote(prefix + name) + " reach no destination",
                  "add a destination with branch: " + prefix + name + ", or remove it");
    };
    const auto branches = step.settings.find("branches");
    if (branches == step.settings.end() || !branches->is_array()) return;
    for (std::size_t i = 0; i < branches->size(); ++i) {
        report((*branches)[i].value("name", ""), "/branches/" + std::to_string(i) + "/name");
    }
    const std::string otherwise = step.settings.value("otherwise", "reject");
    if (otherwise != "reject" && otherwise != "drop") report(otherwise, "/otherwise");
}

}  // namespace

void check_branches(Check& check) {
    for (const RouteView& route : check.view().routes) {
        for (const StepView& step : route.steps) {
            if (step.is("switch")) check_switch(check, route, step);
        }
    }
}

}  // namespace weir::lint
