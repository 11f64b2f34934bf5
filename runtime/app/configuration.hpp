// A configuration together with the plugins it names: what every verb that takes -c begins with.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/app/lookups.hpp"
#include "runtime/canonical/registry.hpp"
#include "runtime/config/config.hpp"
#include "runtime/plugin/registry.hpp"

namespace weir::app {

struct Configuration {
    config::LoadResult loaded;
    plugin::Registry registry;
    std::shared_ptr<const canonical::Contracts> contracts;
    std::shared_ptr<const Tables> tables;
};

// Finds the plugin directories in the file, reads the manifests there, checks everything: keys, settings, contracts,
// tables, and every expression. Runs no plugin's code.
[[nodiscard]] Configuration load_configuration(const std::filesystem::path& file,
                                               const config::Environment& environment = config::process_environment());

// What the checker and the schema printer need to know of the usable candidates.
[[nodiscard]] std::vector<config::ComponentSchema> component_schemas(const plugin::Registry& registry);

// Prints problems to standard error, one a line, with a closing count. Returns the exit code: 2.
int print_problems(const std::vector<config::Problem>& problems, bool json);

}  // namespace weir::app
