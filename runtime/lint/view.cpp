#include "runtime/lint/view.hpp"

#include <algorithm>
#include <array>

namespace weir::lint {
namespace {

constexpr std::string_view kHostPlugin = "weir";

bool is_within(std::string_view branch, std::string_view outer) {
    return outer.empty() || branch == outer || (branch.starts_with(outer) && branch[outer.size()] == '/');
}

Json parsed(const std::string& text) {
    Json json = Json::parse(text, nullptr, false);
    return json.is_discarded() ? Json::object() : json;
}

bool is_money(std::string_view reference) {
    static constexpr std::array<std::string_view, 4> kMoney{"canonical/journal_entry", "canonical/invoice",
                                                            "canonical/credit", "canonical/payment"};
    return std::ranges::find(kMoney, contract_name(reference)) != kMoney.end();
}

// The host puts the schema of a contract, which says whose it is, in the place of its name.
std::string enforced_contract(const Json& schema) {
    if (!schema.is_object()) return {};
    const auto contract = schema.find("x-weir-contract");
    if (contract == schema.end() || !contract->is_object()) return {};
    return text_at(*contract, "name") + "@" + text_at(*contract, "version");
}

}  // namespace

std::string_view contract_name(std::string_view reference) { return reference.substr(0, reference.find('@')); }

std::string text_at(const Json& settings, const char* key) {
    if (!settings.is_object()) return {};
    const auto found = settings.find(key);
    return found != settings.end() && found->is_string() ? found->get<std::string>() : "";
}

bool StepView::is(std::string_view transform) const {
    return step->transform == transform && step->plugin == kHostPlugin;
}

std::string StepView::contract() const { return step->transform == "map" ? text_at(settings, "into") : ""; }

std::vector<NamedContract> StepView::contracts() const {
    std::vector<NamedContract> named;
    const auto add = [&](const std::string& key, const std::string& reference) {
        if (!reference.empty()) named.push_back({"/" + key, key, reference});
    };
    if (is("map")) {
        add("from", text_at(settings, "from"));
        add("into", text_at(settings, "into"));
    }
    if (step->plugin == kHostPlugin || !settings.is_object()) return named;
    for (const auto& [key, value] : settings.items()) add(key, enforced_contract(value));
    if (validates()) add("schema", text_at(settings, "schema"));
    return named;
}

bool StepView::keeps_shape() const {
    static constexpr std::array<std::string_view, 7> kKeeping{"validate", "enrich", "filter",   "switch",
                                                              "tag",      "redact", "ownership"};
    return std::ranges::find(kKeeping, step->transform) != kKeeping.end();
}

const config::Location& StepView::place(std::string_view pointer) const {
    const auto found = step->places.find(std::string(pointer));
    // A mapping's settings stand in its file; who reads about the use of it wants the route.
    return found == step->places.end() || !step->mapping.empty() ? step->where : found->second;
}

bool RouteView::is_before(const StepView& step, const config::Destination& to) {
    if (step.index >= to.steps) return false;
    // A destination without a branch takes the records of all.
    return to.branch.empty() || is_within(to.branch, step.step->branch);
}

std::vector<std::string> RouteView::contracts_to(const config::Destination& to) const {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (!name.empty()) names.push_back(name);
    };
    add(route->contract);
    for (const StepView& step : steps) {
        if (is_before(step, to)) add(step.contract());
    }
    add(to.contract);
    return names;
}

std::string RouteView::contract_at(const config::Destination& to) const {
    if (!to.contract.empty()) return to.contract;
    std::string known = route->contract;
    for (const StepView& step : steps) {
        if (!is_before(step, to) || step.keeps_shape()) continue;
        known = step.contract();
    }
    return known;
}

const config::Connection* ConfigView::connection(const std::string& name) const {
    const auto found = config->connections.find(name);
    return found == config->connections.end() ? nullptr : &found->second;
}

bool ConfigView::moves_money(const RouteView& route, const config::Destination& to) const {
    if (to.is_tap()) return false;
    const config::Connection* target = connection(to.connection);
    if (target != nullptr && (target->role == "erp" || target->role == "billing")) return true;
    return is_money(route.contract_at(to));
}

bool ConfigView::moves_money(const RouteView& route) const {
    return std::ranges::any_of(route.route->to, [&](const auto& to) { return moves_money(route, to); });
}

bool ConfigView::moves_money() const {
    return std::ranges::any_of(routes, [&](const RouteView& route) { return moves_money(route); });
}

ConfigView view_of(const config::Config& config) {
    ConfigView view{&config, {}};
    for (const config::Route& route : config.routes) {
        RouteView one{&route, view.connection(route.from), {}};
        for (std::size_t i = 0; i < route.steps.size(); ++i) {
            one.steps.push_back({&route.steps[i], i, parsed(route.steps[i].settings_json)});
        }
        view.routes.push_back(std::move(one));
    }
    return view;
}

}  // namespace weir::lint
