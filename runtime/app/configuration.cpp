#include "runtime/app/configuration.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "runtime/app/check_steps.hpp"
#include "runtime/app/check_tables.hpp"
#include "runtime/app/check_tags.hpp"
#include "runtime/app/check_taps.hpp"
#include "runtime/app/imply_steps.hpp"
#include "runtime/config/print.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/steps/steps.hpp"

namespace weir::app {

namespace {

// A plugin the configuration requires and that is refused or absent stops the start, with the reason.
void check_required(const config::Config& config, const plugin::Registry& registry,
                    std::vector<config::Problem>& problems) {
    for (const config::PluginUse& use : config.plugins) {
        if (!use.required) continue;
        if (auto found = registry.find(use.id, use.version_range); !found) {
            problems.push_back({use.where, "required_plugin_missing",
                                "plugin \"" + use.id + "\" is required: " + found.error().message, ""});
        }
    }
}

std::shared_ptr<const canonical::Contracts> read_contracts(const config::Config& config,
                                                           std::vector<config::Problem>& problems) {
    auto contracts = std::make_shared<canonical::Contracts>(canonical::Contracts::builtin());
    for (const std::filesystem::path& dir : config.contract_dirs) {
        for (const canonical::Problem& problem : contracts->add_dir(dir)) {
            problems.push_back({{problem.file, std::max(problem.line, 1), std::max(problem.column, 1)},
                                "bad_contract",
                                problem.message,
                                ""});
        }
    }
    return contracts;
}

void add_directory_problems(const config::Config& config, const plugin::Registry& registry,
                            std::vector<config::Problem>& problems) {
    for (const std::string& problem : registry.directory_problems()) {
        problems.push_back({{config.file.string(), 1, 1}, "plugin_directory", problem, ""});
    }
}

}  // namespace

std::vector<config::ComponentSchema> component_schemas(const plugin::Registry& registry) {
    std::vector<config::ComponentSchema> schemas;
    for (const plugin::Candidate& candidate : registry.candidates()) {
        if (!candidate.refused.empty()) continue;
        for (const plugin::ComponentManifest& component : candidate.manifest.components) {
            schemas.push_back({candidate.manifest.id, candidate.manifest.version, component.name, component.kind,
                               component.config_schema_json});
        }
    }
    return schemas;
}

Configuration load_configuration(const std::filesystem::path& file, const config::Environment& environment) {
    Configuration result;
    result.loaded = config::load_plugin_dirs(file, environment);
    if (!result.loaded.config) return result;
    result.registry = plugin::Registry::scan(result.loaded.config->plugin_dirs);
    result.registry.add_builtin(steps::builtin_plugin());
    std::vector<config::Problem> problems;
    add_directory_problems(*result.loaded.config, result.registry, problems);
    check_required(*result.loaded.config, result.registry, problems);
    result.loaded = config::load(file, component_schemas(result.registry), environment);
    // What is wrong elsewhere does not keep the rest from being checked: all of it is told at once.
    std::optional<config::Config>& sound = result.loaded.config ? result.loaded.config : result.loaded.draft;
    if (sound) {
        config::Config& config = *sound;
        result.contracts = read_contracts(config, problems);
        result.tables = read_tables(config, problems);
        check_steps(config, result.registry, *result.contracts, problems);
        check_tables(config, result.registry, problems);
        name_contracts(config, result.registry, *result.contracts, problems);
        add_ownership(config);
        check_tags(config, problems);
        check_taps(config, result.registry, problems);
    }
    result.loaded.draft.reset();
    if (!problems.empty()) {
        result.loaded.config.reset();
        problems.insert(problems.end(), result.loaded.problems.begin(), result.loaded.problems.end());
        result.loaded.problems = config::sorted(std::move(problems));
    }
    return result;
}

int print_problems(const std::vector<config::Problem>& problems, bool json) {
    if (json) {
        std::fputs(config::problems_as_json(problems).c_str(), stdout);
        return 2;
    }
    std::string text = config::problems_as_text(problems);
    if (text.ends_with('\n')) text.pop_back();
    std::fprintf(stderr, "%s; nothing was started\n", text.c_str());
    return 2;
}

}  // namespace weir::app
