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
        known = std::move(uses.contracts);
        for (const std::string& name : configuration.contracts->names()) known[name];
    } else if (kind == "plugin") {
        known = std::move(uses.plugins);
        for (const plugin::Candidate& candidate : configuration.registry.candidates()) known[candidate.manifest.id];
    } else {
        known = std::move(uses.steps);
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
