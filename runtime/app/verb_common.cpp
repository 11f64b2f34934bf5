#include "runtime/app/verbs.hpp"

namespace weir::app {

void add_config_option(CLI::App& verb, CommonOptions& options) {
    verb.add_option("-c,--config", options.config, "the configuration file")->capture_default_str();
}

void add_json_option(CLI::App& verb, CommonOptions& options) {
    verb.add_flag("--json", options.json, "print JSON instead of text");
}

}  // namespace weir::app
