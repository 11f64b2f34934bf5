// Filters and switches: conditions that decide nothing, branches that lead nowhere.

#include <algorithm>
#include <array>
#include <cctype>

#include "runtime/lint/check.hpp"
#include "runtime/lint/expression_text.hpp"

namespace weir::lint {
namespace {

void check_condition(Check& check, const RouteView& route, const StepView& step, const Json& condition,
                     const std::string& pointer, const std::string& subject) {
    if (!condition.is_string()) return;
    const auto& text = condition.get_ref<const std::string&>();
    if (!names_of(text).empty()) return;
    check.add(RuleId::CONDITION_CONSTANT, route, step.place(pointer), subject,
              "the condition " + quote(text) + " is the same for every record",
              "name something of the record, such as record.type or record.data.amount");
}

void check_switch(Check& check, const RouteView& route, const StepView& step) {
    const auto branches = step.settings.find("branches");
    if (branches == step.settings.end() || !branches->is_array()) return;
    for (std::size_t i = 0; i < branches->size(); ++i) {
        const Json& branch = (*branches)[i];
        check_condition(check, route, step, branch.value("when", Json()), "/branches/" + std::to_string(i) + "/when",
                        "branch " + branch.value("name", ""));
    }
}

bool leads_somewhere(const RouteView& route, const std::string& path) {
    const auto inside = [&](const std::string& branch) { return branch == path || branch.starts_with(path + "/"); };
    const auto step = [&](const StepView& one) { return inside(one.step->branch); };
    // A destination of an outer branch, or of none, takes the records of inner ones.
    const auto takes = [&](const config::Destination& to) {
        return !is_tap(to) && (inside(to.branch) || to.branch.empty() || path.starts_with(to.branch + "/"));
    };
    return std::ranges::any_of(route.steps, step) || std::ranges::any_of(route.route->to, takes);
}

void check_branches(Check& check, const RouteView& route, const StepView& step) {
    const std::string prefix = step.settings.value("prefix", "");
    const auto report = [&](const std::string& name, const std::string& pointer) {
        if (leads_somewhere(route, prefix + name)) return;
        check.add(RuleId::UNUSED_BRANCH, route, step.place(pointer), "branch " + prefix + name,
                  "records of branch " + quote(prefix + name) + " meet no step and no destination",
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

void check_conditions(Check& check) {
    for (const RouteView& route : check.view().routes) {
        for (const StepView& step : route.steps) {
            if (step.is("filter")) {
                check_condition(check, route, step, step.settings.value("when", Json()), "/when", "filter");
            }
            if (!step.is("switch")) continue;
            check_switch(check, route, step);
            check_branches(check, route, step);
        }
    }
}

}  // namespace weir::lint
