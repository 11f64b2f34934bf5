#include "runtime/app/imply_steps.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>
#include <vector>
#include <weir/json.hpp>

#include "runtime/app/flagged_settings.hpp"
#include "runtime/base/text.hpp"
#include "runtime/lint/view.hpp"

namespace weir::app {

namespace {

using Json = nlohmann::ordered_json;

// The settings with `text` in the place of one member: what is around it keeps the digits of its numbers.
std::string with_member(const JsonValue& settings, std::string_view name, std::string_view text) {
    std::string out = "{";
    for (const auto& [key, value] : settings.members()) {
        if (out.size() > 1) out += ',';
        out += Json(key).dump() + ':';
        out += key == name ? text : value.raw();
    }
    return out + '}';
}

// "canonical/customer@1" -> "customer"; "" for what is no canonical contract.
std::string_view canonical_object(std::string_view contract) {
    constexpr std::string_view kCanonical = "canonical/";
    if (!contract.starts_with(kCanonical)) return {};
    contract.remove_prefix(kCanonical.size());
    return contract.substr(0, contract.find('@'));
}

config::Step ownership_step(const config::Ownership& owned, const std::string& writer, const std::string& branch) {
    Json owners = {{"*", owned.system}};
    for (const auto& [member, system] : owned.members) owners[member] = system;
    config::Step step;
    step.transform = "ownership";
    step.plugin = "weir";
    step.settings_json = Json{{"object", owned.object}, {"system", Json(writer).dump()}, {"owners", owners}}.dump();
    step.branch = branch;
    step.implied = true;
    step.where = owned.where;
    return step;
}

}  // namespace

void name_contracts(config::Config& config, const plugin::Registry& registry, const canonical::Contracts& contracts,
                    std::vector<config::Problem>& problems) {
    for (config::Route& route : config.routes) {
        for (config::Step& step : route.steps) {
            if (step.plugin == "weir") continue;  // asks by itself
            for (const std::string& name : flagged_settings(registry, step, "x-weir-contract")) {
                JsonParser parser;
                const auto settings = parser.parse(step.settings_json);
                if (!settings || !(*settings)[name].is_string()) continue;
                const std::string reference(*(*settings)[name].string());
                if (const canonical::Contract* contract = contracts.find(reference)) {
                    step.settings_json = with_member(*settings, name, contract->schema_text);
                    continue;
                }
                const auto at = step.places.find("/" + name);
                const auto known = contracts.names();
                const std::vector<std::string_view> names(known.begin(), known.end());
                const std::string_view near = nearest_name(reference, names);
                problems.push_back({at == step.places.end() ? step.where : at->second, "unknown_contract",
                                    step.transform + ": unknown contract \"" + reference + "\"",
                                    near.empty() ? "weir contract list shows those there are"
                                                 : "did you mean \"" + std::string(near) + "\"?"});
            }
        }
    }
}

namespace {

const config::Ownership* owned_by(const config::Config& config, const std::string& contract) {
    const auto found = config.ownership.find(std::string(canonical_object(contract)));
    return found == config.ownership.end() ? nullptr : &found->second;
}

// By route and destination: the contract of what arrives there.
std::vector<std::map<std::string, std::string>> arriving_contracts(const config::Config& config) {
    const lint::ConfigView view = lint::view_of(config);
    std::vector<std::map<std::string, std::string>> arriving;
    for (const lint::RouteView& route : view.routes) {
        auto& contracts = arriving.emplace_back();
        for (const config::Destination& to : route.route->to) {
            if (!to.is_tap()) contracts.emplace(to.name, route.contract_at(to));
        }
    }
    return arriving;
}

// What a map makes of an owned object. True: there is such a map.
bool check_behind_maps(const config::Config& config, config::Route& route, const config::Ownership& owned) {
    bool any = false;
    for (std::size_t i = 0; i < route.steps.size(); ++i) {
        const config::Step& step = route.steps[i];
        if (step.plugin != "weir" || step.transform != "map") continue;
        const auto settings = Json::parse(step.settings_json, nullptr, false);
        const std::string into = settings.value("into", "");
        if (owned_by(config, into) != &owned) continue;
        any = true;
        // A wire tap's place is counted in steps.
        for (config::Destination& to : route.to) {
            if (to.is_tap() && to.steps > i) ++to.steps;
        }
        route.steps.insert(route.steps.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                           ownership_step(owned, route.from, step.branch));
        ++i;
    }
    return any;
}

}  // namespace

void add_ownership(config::Config& config) {
    if (config.ownership.empty()) return;
    const auto arriving = arriving_contracts(config);
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
        config::Route& route = config.routes[i];
        for (const auto& [object, owned] : config.ownership) {
            if (check_behind_maps(config, route, owned)) continue;
            // Written as it came: what is delivered is checked as a whole, once for each branch.
            std::set<std::string> branches;
            for (const config::Destination& to : route.to) {
                const bool writes = !to.is_tap() && owned_by(config, arriving[i].at(to.name)) == &owned;
                if (!writes || !branches.insert(to.branch).second) continue;
                route.steps.push_back(ownership_step(owned, route.from, to.branch));
            }
        }
    }
}

}  // namespace weir::app
