// The command line: `weir <verb> [options]`.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/verbs.hpp"
#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/config/problems.hpp"

namespace {

std::string verb_name(std::string name) {
    std::ranges::replace(name, '_', '-');
    return name;
}

// CLI11 only says that a subcommand is required.
bool is_unknown_verb(const CLI::App& app, int argc, char** argv) {
    if (argc < 2 || argv[1][0] == '-') return false;
    std::vector<std::string_view> names;
    for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
    if (std::ranges::find(names, argv[1]) != names.end()) return false;
    const std::string hint = weir::config::suggest_near(argv[1], names);
    std::fprintf(stderr, "weir: there is no verb \"%s\"; %s\n", argv[1],
                 hint.empty() ? "weir --help lists them" : hint.c_str());
    return true;
}

int run(int argc, char** argv) {
    CLI::App app{"weir brings usage, billing and support events into an ERP: nothing lost, nothing posted twice"};
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "help of every verb");
    int exit_code = weir::app::kDone;
#define WEIR_VERB(name, summary, example)                               \
    {                                                                   \
        CLI::App* verb = app.add_subcommand(verb_name(#name), summary); \
        verb->footer("Example:\n  " example);                           \
        weir::app::add_##name(*verb, exit_code);                        \
    }
#include "runtime/app/verbs.def"
#undef WEIR_VERB
    // Verbs answer with their output. Only `run` is a service; it says what its log is to be.
    weir::log::configure(weir::log::Level::error, weir::log::Format::text);
    if (is_unknown_verb(app, argc, argv)) return weir::app::kUsage;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? weir::app::kDone : weir::app::kUsage;
    }
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    if (!weir::arm_failpoints_from_environment()) {
        std::fputs("weir: WEIR_FAILPOINTS is not a list of name=count[:error]\n", stderr);
        return weir::app::kUsage;
    }
    int exit_code = weir::app::kFailed;
    try {
        exit_code = run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "weir: %s\n", e.what());
    }
    std::fflush(stdout);
    std::fflush(stderr);
    // Not exit(): static destructors of plugins that are never unloaded would race with threads of theirs.
    ::_exit(exit_code);
}
