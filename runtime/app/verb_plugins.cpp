// weir plugins and weir version: what is here. No plugin code runs.

#include <cstdio>
#include <nlohmann/json.hpp>

#include "runtime/app/configuration.hpp"
#include "runtime/app/table.hpp"
#include "runtime/app/verbs.hpp"

namespace weir::app {

namespace {

struct PluginsOptions : CommonOptions {
    std::vector<std::string> dirs;
};

nlohmann::json as_json(const plugin::Candidate& candidate) {
    nlohmann::json components = nlohmann::json::array();
    for (const auto& component : candidate.manifest.components) {
        components.push_back({{"name", component.name}, {"kind", component.kind}, {"summary", component.summary}});
    }
    return {{"id", candidate.manifest.id},           {"version", candidate.manifest.version},
            {"file", candidate.file.string()},       {"sha256", candidate.sha256},
            {"licence", candidate.manifest.licence}, {"components", components},
            {"refused", candidate.refused},          {"code", candidate.code}};
}

void print_json(const plugin::Registry& registry) {
    nlohmann::json plugins = nlohmann::json::array();
    for (const auto& candidate : registry.candidates()) plugins.push_back(as_json(candidate));
    const nlohmann::json all{{"plugins", plugins}, {"directory_problems", registry.directory_problems()}};
    std::puts(all.dump(2).c_str());
}

void print_text(const plugin::Registry& registry) {
    Table table({"PLUGIN", "VERSION", "COMPONENTS", "FILE", "STATE"});
    for (const auto& candidate : registry.candidates()) {
        std::string components;
        for (const auto& component : candidate.manifest.components) {
            components += (components.empty() ? "" : ", ") + component.name + " (" + component.kind + ")";
        }
        table.add({candidate.manifest.id, candidate.manifest.version, components, candidate.file.string(),
                   candidate.refused.empty() ? "usable" : "refused: " + candidate.refused});
    }
    table.print();
    for (const auto& problem : registry.directory_problems()) std::printf("%s\n", problem.c_str());
}

int plugins(const PluginsOptions& options) {
    std::vector<std::filesystem::path> dirs(options.dirs.begin(), options.dirs.end());
    if (dirs.empty()) {
        auto loaded = config::load_plugin_dirs(options.config);
        if (!loaded.config) return print_problems(loaded.problems, options.json);
        dirs = loaded.config->plugin_dirs;
    }
    const auto registry = plugin::Registry::scan(dirs);
    options.json ? print_json(registry) : print_text(registry);
    return kDone;
}

}  // namespace

void add_plugins(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<PluginsOptions>();
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.add_option("--dir", options->dirs, "look here instead of where a configuration says");
    verb.callback([options, &exit_code] { exit_code = plugins(*options); });
}

void add_version(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<CommonOptions>();
    add_json_option(verb, *options);
    verb.callback([options, &exit_code] {
        if (options->json) {
            std::printf("{\"weir\":\"%s\",\"plugin_abi\":\"%d.%d\"}\n", WEIR_VERSION, WEIR_ABI_MAJOR, WEIR_ABI_MINOR);
        } else {
            std::printf("weir %s (plugin ABI %d.%d)\n", WEIR_VERSION, WEIR_ABI_MAJOR, WEIR_ABI_MINOR);
        }
        exit_code = kDone;
    });
}

}  // namespace weir::app
