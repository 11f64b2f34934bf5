// Contracts: that they are there, may be used, are enforced, and what in them is personal.

#include <algorithm>

#include "runtime/base/json_pointer.hpp"
#include "runtime/lint/check.hpp"

namespace weir::lint {
namespace {

bool has_come(const std::string& day, const std::string& today) { return !day.empty() && day <= today; }

std::string successor_hint(const std::string& successor) {
    return successor.empty() ? "its owner names no successor" : "use " + successor;
}

// One place that names a contract.
void check_reference(Check& check, const RouteView& route, const config::Location& where, const std::string& part,
                     const std::string& reference) {
    if (reference.empty()) return;
    const ContractFacts facts = check.surroundings().contract(reference);
    if (!facts.exists) {
        return check.add(RuleId::UNKNOWN_CONTRACT, route, where, part, "unknown contract " + quote(reference),
                         facts.nearest.empty() ? "" : "did you mean " + quote(facts.nearest) + "?");
    }
    const std::string& today = check.surroundings().today;
    if (has_come(facts.sunset_on, today)) {
        check.add(RuleId::SUNSET_CONTRACT, route, where, part,
                  "contract " + quote(reference) + " may not be used since " + facts.sunset_on,
                  successor_hint(facts.successor));
    } else if (has_come(facts.deprecated_on, today)) {
        const std::string until = facts.sunset_on.empty() ? "" : ", it ends on " + facts.sunset_on;
        check.add(RuleId::DEPRECATED_CONTRACT, route, where, part,
                  "contract " + quote(reference) + " is deprecated since " + facts.deprecated_on + until,
                  successor_hint(facts.successor));
    }
}

void check_references(Check& check, const RouteView& route) {
    check_reference(check, route, route.route->where, "from", route.route->contract);
    for (const StepView& step : route.steps) {
        for (const NamedContract& named : step.contracts()) {
            check_reference(check, route, step.place(named.pointer), named.as + " " + named.reference, named.reference);
        }
    }
    for (const config::Destination& to : route.route->to) {
        check_reference(check, route, to.where, "to " + to.name, to.contract);
    }
}

void check_validated(Check& check, const RouteView& route) {
    if (route.route->contract.empty()) return;
    for (const StepView& step : route.steps) {
        if (step.validates()) return;
        if (!step.keeps_shape()) break;
    }
    check.add(RuleId::CONTRACT_NOT_VALIDATED, route, route.route->where, "from",
              "route " + quote(route.route->name) + " declares " + route.route->contract +
                  " and no validate step stands before its mapping",
              "begin with - validate: { schema: " + route.route->contract + " }");
}

// A pointer that `redact` names takes out what is inside of it too.
bool covers(std::string_view redacted, std::string_view personal) {
    return personal == redacted || (personal.starts_with(redacted) && personal[redacted.size()] == '/');
}

std::vector<std::string> texts_at(const Json& settings, const char* key) {
    std::vector<std::string> texts;
    const auto found = settings.find(key);
    if (found == settings.end()) return texts;
    for_each_text(*found, "", [&](const std::string&, const std::string& text) { texts.push_back(text); });
    return texts;
}

// Does every record on its way to the tap pass the step?
bool is_always(const StepView& step, const config::Destination& tap) {
    const std::string& branch = step.step->branch;
    return branch.empty() || tap.branch == branch || tap.branch.starts_with(branch + "/");
}

// Pointers that redact steps take out of every record on its way to the tap.
std::vector<std::string> redacted_before(const RouteView& route, const config::Destination& tap) {
    std::vector<std::string> tagged;
    std::vector<std::string> redacted;
    const auto append = [](std::vector<std::string>& to, const std::vector<std::string>& more) {
        to.insert(to.end(), more.begin(), more.end());
    };
    for (const StepView& step : route.steps) {
        if (step.index >= tap.steps || !is_always(step, tap)) continue;
        if (step.is("tag")) append(tagged, texts_at(step.settings, "personal"));
        if (!step.is("redact")) continue;
        append(redacted, texts_at(step.settings, "paths"));
        if (step.settings.value("tagged", false)) append(redacted, tagged);
    }
    return redacted;
}

// Takes members over as they are: what was personal before it is so behind it.
bool passes_on(const StepView& step) {
    return step.is("map") && step.contract().empty() && step.settings.value("pass", false);
}

// The contract whose members the data has at the tap, whatever a map that passes them on adds or leaves out. "" for
// none.
std::string contract_of_members(const RouteView& route, const config::Destination& tap) {
    if (!tap.contract.empty()) return tap.contract;
    std::string known = route.route->contract;
    for (const StepView& step : route.steps) {
        if (!RouteView::is_before(step, tap) || step.keeps_shape() || passes_on(step)) continue;
        known = step.contract();
    }
    return known;
}

// Members that such maps leave out, or make anew, in every record on its way to the tap.
std::vector<std::string> left_out_before(const RouteView& route, const config::Destination& tap) {
    std::vector<std::string> gone;
    for (const StepView& step : route.steps) {
        if (step.index >= tap.steps || !is_always(step, tap)) continue;
        if (!step.contract().empty()) gone.clear();
        if (!passes_on(step)) continue;
        for (const std::string& name : texts_at(step.settings, "drop")) gone.push_back("/" + pointer_token(name));
        const auto fields = step.settings.find("fields");
        if (fields == step.settings.end() || !fields->is_object()) continue;
        for (const auto& [name, value] : fields->items()) gone.push_back("/" + pointer_token(name));
    }
    return gone;
}

void check_tap(Check& check, const RouteView& route, const config::Destination& tap) {
    const std::string contract = contract_of_members(route, tap);
    if (contract.empty()) return;
    std::vector<std::string> redacted = redacted_before(route, tap);
    for (std::string& gone : left_out_before(route, tap)) redacted.push_back(std::move(gone));
    std::string open;
    for (const std::string& personal : check.surroundings().contract(contract).personal) {
        const auto takes_out = [&](const std::string& path) { return covers(path, personal); };
        if (std::ranges::none_of(redacted, takes_out)) open += (open.empty() ? "" : ", ") + personal;
    }
    if (open.empty()) return;
    check.add(RuleId::PII_TO_TAP, route, tap.where, "to " + tap.name,
              "personal data of " + contract + " leaves to " + quote(tap.connection) + ": " + open,
              "put a redact step before the tap");
}

}  // namespace

void check_contracts(Check& check) {
    for (const RouteView& route : check.view().routes) {
        check_validated(check, route);
        if (!check.surroundings().contract) continue;
        check_references(check, route);
        for (const config::Destination& to : route.route->to) {
            if (to.is_tap()) check_tap(check, route, to);
        }
    }
}

}  // namespace weir::lint
