// Mappings: which may be used, and which say the same thing twice.

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/config/mappings.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/lint/check.hpp"

namespace weir::lint {
namespace {

bool has_come(const std::string& day, const std::string& today) { return !day.empty() && day <= today; }

void check_use(Check& check, const RouteView& route, const StepView& step, const config::Mapping& mapping) {
    const std::string& today = check.surroundings().today;
    const std::string part = "mapping " + mapping.name;
    const std::string hint =
        mapping.successor.empty() ? "it names no successor; ask " + mapping.owner : "use " + mapping.successor;
    if (has_come(mapping.sunset, today)) {
        check.add(RuleId::SUNSET_MAPPING, route, step.step->where, part,
                  "mapping " + quote(mapping.id()) + " may not be used since " + mapping.sunset, hint);
    } else if (has_come(mapping.deprecated, today)) {
        const std::string until = mapping.sunset.empty() ? "" : ", it ends on " + mapping.sunset;
        check.add(RuleId::DEPRECATED_MAPPING, route, step.step->where, part,
                  "mapping " + quote(mapping.id()) + " is deprecated since " + mapping.deprecated + until, hint);
    }
}

void check_uses(Check& check) {
    const auto& mappings = check.config().mappings;
    for (const RouteView& route : check.view().routes) {
        for (const StepView& step : route.steps) {
            const auto used = std::ranges::find(mappings, step.step->mapping, &config::Mapping::id);
            if (used != mappings.end()) check_use(check, route, step, *used);
        }
    }
}

void check_successors(Check& check) {
    const auto& mappings = check.config().mappings;
    std::vector<std::string> ids;
    for (const config::Mapping& mapping : mappings) ids.push_back(mapping.id());
    for (const config::Mapping& mapping : mappings) {
        const std::string& successor = mapping.successor;
        if (successor.empty() || config::find_mapping(mappings, successor) != nullptr) continue;
        check.add(
            RuleId::UNKNOWN_SUCCESSOR, mapping.where, "mapping " + mapping.id(),
            "mapping " + quote(mapping.id()) + " names the successor " + quote(successor) + ", which is not there",
            config::suggest(successor, {ids.begin(), ids.end()}));
    }
}

struct Use {
    const RouteView* route;
    const StepView* step;
    std::string name;  // of the mapping, without its version; "" when it is written in the route
};

// The contract that the data has before `step`, as far as it was named.
std::string contract_before(const RouteView& route, const StepView& step) {
    if (const std::string from = text_at(step.settings, "from"); !from.empty()) return from;
    std::string known = route.route->contract;
    for (const StepView& one : route.steps) {
        if (&one == &step) break;
        const bool passes = one.step->branch.empty() || step.step->branch.starts_with(one.step->branch);
        if (passes && !one.keeps_shape()) known = one.contract();
    }
    return known;
}

// Within one route the branches of a switch may well map one pair in different ways: that is what they are for.
bool same_rule(const Use& a, const Use& b) { return a.route == b.route || (!a.name.empty() && a.name == b.name); }

void check_duplicates(Check& check) {
    std::map<std::pair<std::string, std::string>, std::vector<Use>> uses;
    for (const RouteView& route : check.view().routes) {
        for (const StepView& step : route.steps) {
            const std::string into = step.contract();
            const std::string from = contract_before(route, step);
            if (into.empty() || from.empty()) continue;
            const std::string& id = step.step->mapping;
            const Use use{&route, &step, id.substr(0, id.find('@'))};
            auto& known = uses[{from, into}];
            const auto other = std::ranges::find_if(known, [&](const Use& one) { return !same_rule(one, use); });
            if (other != known.end()) {
                check.add(RuleId::DUPLICATE_MAPPING, route, step.step->where, "map into " + into,
                          "a second mapping of " + from + " into " + into,
                          "the first is in route " + quote(other->route->route->name) + ", " +
                              other->step->step->where.to_string());
            }
            known.push_back(use);
        }
    }
}

}  // namespace

void check_mappings(Check& check) {
    check_uses(check);
    check_successors(check);
    check_duplicates(check);
}

}  // namespace weir::lint
