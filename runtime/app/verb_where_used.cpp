// weir where-used: which routes a change of something would reach.

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "runtime/app/configuration.hpp"
#include "runtime/app/table.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/lint/uses.hpp"

namespace weir::app {

namespace {

struct WhereUsedOptions : CommonOptions {
    std::string kind;
    std::string name;
};

// What there is of a kind, used or not, and who uses it.
using Known = std::map<std::string, std::vector<lint::Use>>;

// By the version that a reference leads to: who pins a major uses the highest of its versions. A contract is also used
// by whoever uses one whose schema it is a part of.
Known contracts_known(const Known& written, const canonical::Contracts& contracts) {
    Known used;
    for (const auto& [reference, uses] : written) {
        const canonical::Contract* contract = contracts.find(reference);
        auto& of_it = used[contract == nullptr ? reference : contract->reference()];
        of_it.insert(of_it.end(), uses.begin(), uses.end());
    }
    Known known = used;
    for (const canonical::Contract* whole : contracts.all()) {
        known[whole->reference()];
        const auto uses = used.find(whole->reference());
        if (uses == used.end()) continue;
        for (const std::string& reference : whole->includes) {
            const canonical::Contract* part = contracts.find(reference);
            if (part == nullptr) continue;
            for (lint::Use use : uses->second) {
                use.part += ", part of " + whole->reference();
                known[part->reference()].push_back(std::move(use));
            }
        }
    }
    return known;
}

Known steps_known(Known used, const plugin::Registry& registry) {
    used["wire_tap"];
    for (const plugin::Candidate& candidate : registry.candidates()) {
        for (const plugin::ComponentManifest& component : candidate.manifest.components) {
            if (component.kind == "transform") used[component.name];
        }
    }
    return used;
}

Known known_of(const std::string& kind, const Configuration& configuration) {
    const config::Config& config = *configuration.loaded.config;
    lint::Uses uses = lint::uses_of(lint::view_of(config));
    Known known;
    if (kind == "connection") {
        known = std::move(uses.connections);
        for (const auto& [name, connection] : config.connections) known[name];
    } else if (kind == "mapping") {
        known = std::move(uses.mappings);
        for (const config::Mapping& mapping : config.mappings) known[mapping.id()];
    } else if (kind == "table") {
        known = std::move(uses.tables);
        for (const auto& [name, table] : config.tables) known[name];
    } else if (kind == "contract") {
        known = contracts_known(uses.contracts, *configuration.contracts);
    } else if (kind == "plugin") {
        known = std::move(uses.plugins);
        for (const plugin::Candidate& candidate : configuration.registry.candidates()) known[candidate.manifest.id];
    } else {
        known = steps_known(std::move(uses.steps), configuration.registry);
    }
    return known;
}

bool is_meant(const std::string& name, const std::string& wanted) {
    if (name == wanted) return true;
    // "usage-to-entry" is every version, "usage-to-entry@1" every 1.x.y.
    if (!name.starts_with(wanted)) return false;
    const char next = name[wanted.size()];
    return wanted.find('@') == std::string::npos ? next == '@' : next == '.';
}

int unknown(const WhereUsedOptions& options, const Known& known) {
    std::vector<std::string_view> names;
    for (const auto& [name, uses] : known) names.push_back(name);
    const std::string hint = config::suggest(options.name, std::move(names));
    std::fprintf(stderr, "weir: there is no %s \"%s\"%s\n", options.kind.c_str(), options.name.c_str(),
                 hint.empty() ? "" : (" (" + hint + ")").c_str());
    return kFailed;
}

void print_table(const std::map<std::string, std::vector<lint::Use>>& found) {
    Table table({"NAME", "ROUTE", "AS", "WHERE"});
    for (const auto& [name, uses] : found) {
        for (const lint::Use& use : uses) {
            table.add({name, use.route.empty() ? "-" : use.route, use.part,
                       use.where.file + ":" + std::to_string(use.where.line)});
        }
    }
    if (table.empty()) {
        std::puts("nothing uses it");
        return;
    }
    table.print();
}

void print_json(const WhereUsedOptions& options, const std::map<std::string, std::vector<lint::Use>>& found) {
    nlohmann::ordered_json json{{"kind", options.kind}, {"name", options.name}};
    json["uses"] = nlohmann::ordered_json::array();
    for (const auto& [name, uses] : found) {
        for (const lint::Use& use : uses) {
            json["uses"].push_back({{"name", name},
                                    {"route", use.route},
                                    {"as", use.part},
                                    {"file", use.where.file},
                                    {"line", use.where.line},
                                    {"column", use.where.column}});
        }
    }
    std::puts(json.dump().c_str());
}

int where_used(const WhereUsedOptions& options) {
    const Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) return print_problems(configuration.loaded.problems, options.json);
    const Known known = known_of(options.kind, configuration);
    Known found;
    for (const auto& [name, uses] : known) {
        if (is_meant(name, options.name)) found.emplace(name, uses);
    }
    if (found.empty()) return unknown(options, known);
    options.json ? print_json(options, found) : print_table(found);
    return kDone;
}

}  // namespace

void add_where_used(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<WhereUsedOptions>();
    verb.add_option("kind", options->kind, "connection, mapping, table, contract, plugin or step")
        ->required()
        ->check(CLI::IsMember({"connection", "mapping", "table", "contract", "plugin", "step"}));
    verb.add_option("name", options->name, "its name; a mapping or contract with or without a version")->required();
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.callback([options, &exit_code] { exit_code = where_used(*options); });
}

}  // namespace weir::app
