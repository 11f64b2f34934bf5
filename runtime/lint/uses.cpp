#include "runtime/lint/uses.hpp"

#include "runtime/lint/expression_text.hpp"

namespace weir::lint {
namespace {

void add_tables(Uses& uses, const StepView& step, const Use& use) {
    Lookups lookups;
    for_each_text(step.settings, "", [&](const std::string&, const std::string& text) { add_lookups(text, lookups); });
    if (const std::string table = text_at(step.settings, "table"); step.step->transform == "enrich" && !table.empty()) {
        lookups.tables.push_back(table);
    }
    uses.some_table = uses.some_table || lookups.any;
    for (const std::string& table : lookups.tables) {
        auto& known = uses.tables[table];
        if (known.empty() || known.back().part != use.part || known.back().route != use.route) known.push_back(use);
    }
}

void add_step(Uses& uses, const RouteView& route, const StepView& step, std::size_t number) {
    const Use use{route.route->name, "step " + std::to_string(number) + " (" + step.step->transform + ")",
                  step.step->where};
    uses.steps[step.step->transform].push_back(use);
    uses.plugins[step.step->plugin].push_back(use);
    if (!step.step->mapping.empty()) uses.mappings[step.step->mapping].push_back(use);
    for (const NamedContract& named : step.contracts()) {
        uses.contracts[named.reference].push_back({use.route, use.part + " " + named.as, step.place(named.pointer)});
    }
    add_tables(uses, step, use);
}

void add_route(Uses& uses, const RouteView& route) {
    const config::Route& written = *route.route;
    uses.connections[written.from].push_back({written.name, "from", written.where});
    if (!written.contract.empty()) uses.contracts[written.contract].push_back({written.name, "from", written.where});
    std::size_t number = 0;
    for (const StepView& step : route.steps) {
        if (!step.step->implied) add_step(uses, route, step, ++number);
    }
    for (const config::Destination& to : written.to) {
        const Use use{written.name, (to.is_tap() ? "" : "to ") + to.name, to.where};
        uses.connections[to.connection].push_back(use);
        if (to.is_tap()) uses.steps["wire_tap"].push_back(use);
        if (!to.contract.empty()) uses.contracts[to.contract].push_back(use);
    }
}

// A plugin is used by the routes that use its connection; when there is none, by the connection alone.
void add_connection(Uses& uses, const config::Connection& connection, const std::string& name) {
    auto& plugin = uses.plugins[connection.plugin];
    const auto found = uses.connections.find(name);
    bool by_route = false;
    if (found != uses.connections.end()) {
        for (const Use& use : found->second) {
            if (use.route.empty()) continue;
            by_route = true;
            plugin.push_back({use.route, use.part + ", connection " + name, use.where});
        }
    }
    if (!by_route) plugin.push_back({"", "connection " + name, connection.where});
}

}  // namespace

Uses uses_of(const ConfigView& view) {
    Uses uses;
    for (const RouteView& route : view.routes) add_route(uses, route);
    for (const auto& [object, owned] : view.config->ownership) {
        uses.connections[owned.system].push_back({"", "ownership of " + object, owned.where});
        for (const auto& [member, system] : owned.members) {
            uses.connections[system].push_back({"", "ownership of " + object + member, owned.where});
        }
    }
    for (const auto& [name, connection] : view.config->connections) {
        if (!connection.plugin.empty()) add_connection(uses, connection, name);
    }
    return uses;
}

}  // namespace weir::lint
