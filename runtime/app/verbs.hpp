// The verbs of the command line. Each adds its options to `app` and runs when it was chosen.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace weir::app {

// Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

// Options several verbs share.
struct CommonOptions {
    std::string config = "weir.yaml";
    bool json = false;
};
void add_config_option(CLI::App& verb, CommonOptions& options);
void add_json_option(CLI::App& verb, CommonOptions& options);

// Adds the options of one verb; the callback sets `exit_code`.
#define WEIR_VERB(name, summary, example) void add_##name(CLI::App& verb, int& exit_code);
#include "runtime/app/verbs.def"
#undef WEIR_VERB

}  // namespace weir::app
