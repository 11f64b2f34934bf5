// Contracts: that they are there, may be used, are enforced, and what in them is personal.

#include <algorithm>

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

// Pointers that redact steps take out of every record on its way to the tap.
std::vector<std::string> redacted_before(const RouteView& route, const config::Destination& tap) {
    std::vector<std::string> tagged;
    std::vector<std::string> redacted;
    const auto append = [](std::vector<std::string>& to, const std::vector<std::string>& more) {
        to.insert(to.end(), more.begin(), more.end());
    };
    for (const StepView& step : route.steps) {
        const std::string& branch = step.step->branch;
        const bool always = branch.empty() || tap.branch == branch || tap.branch.starts_with(branch + "/");
        if (step.index >= tap.steps || !always) continue;
        if (step.is("tag")) append(tagged, texts_at(step.settings, "personal"));
        if (!step.is("redact")) continue;
        append(redacted, texts_at(step.settings, "paths"));
        if (step.settings.value("tagged", false)) append(redacted, tagged);
    }
    return redacted;
}

void check_tap(Check& check, const RouteView& route, const config::Destination& tap) {
    const std::string contract = route.contract_at(tap);
    if (contract.empty()) return;
    const std::vector<std::string> redacted = redacted_before(route, tap);
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
