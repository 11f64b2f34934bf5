// weir check and weir schema: what can be said of a configuration without starting anything.

#include <cstdio>

#include "runtime/app/configuration.hpp"
#include "runtime/app/verbs.hpp"

namespace weir::app {

namespace {

int check(const CommonOptions& options) {
    const Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) return print_problems(configuration.loaded.problems, options.json);
    if (options.json) {
        std::puts("{\"problems\":[]}");
        return kDone;
    }
    const config::Config& config = *configuration.loaded.config;
    std::printf("%s is valid: %zu connection%s, %zu route%s\n", options.config.c_str(), config.connections.size(),
                config.connections.size() == 1 ? "" : "s", config.routes.size(), config.routes.size() == 1 ? "" : "s");
    return kDone;
}

struct SchemaOptions : CommonOptions {
    std::vector<std::string> dirs;
};

int schema(const SchemaOptions& options) {
    std::vector<std::filesystem::path> dirs(options.dirs.begin(), options.dirs.end());
    if (dirs.empty()) {
        auto loaded = config::load_plugin_dirs(options.config);
        if (!loaded.config) return print_problems(loaded.problems, false);
        dirs = std::move(loaded.config->plugin_dirs);
    }
    const auto registry = plugin::Registry::scan(dirs);
    std::puts(config::schema_json(component_schemas(registry)).c_str());
    return kDone;
}

}  // namespace

void add_check(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<CommonOptions>();
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.callback([options, &exit_code] { exit_code = check(*options); });
}

void add_schema(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<SchemaOptions>();
    add_config_option(verb, *options);
    verb.add_option("--dir", options->dirs, "take plugins from here instead of from a configuration");
    verb.callback([options, &exit_code] { exit_code = schema(*options); });
}

}  // namespace weir::app
