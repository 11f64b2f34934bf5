// weir check and weir schema: what can be said of a configuration without starting anything.

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "runtime/app/configuration.hpp"
#include "runtime/app/contract_facts.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/text.hpp"
#include "runtime/lint/lint.hpp"
#include "runtime/lint/policy.hpp"
#include "runtime/lint/report.hpp"
#include "runtime/lint/tests_beside.hpp"

namespace weir::app {

namespace {

struct CheckOptions : CommonOptions {
    std::string format = "text";
    std::string output;
    std::string today;
    std::string explain;
    lint::Policy policy;
};

int explain(const std::string& code) {
    if (const lint::Rule* rule = lint::find_rule(code)) {
        std::fputs(lint::explain(*rule).c_str(), stdout);
        return kDone;
    }
    const std::string near = lint::nearest_rule(code);
    std::fprintf(stderr, "weir: there is no finding \"%s\"%s\n", code.c_str(),
                 near.empty() ? "" : (" (" + near + ")").c_str());
    return kUsage;
}

// Days are compared in UTC: who runs it in another zone gets the same answer as the build server.
std::string today() { return format_time(SystemClock().wall_ns()).substr(0, 10); }

bool is_day(const std::string& text) { return text.size() == 10 && parse_time(text + "T00:00:00Z").has_value(); }

int write_report(const std::string& text, const std::string& file) {
    if (file.empty()) {
        std::fputs(text.c_str(), stdout);
        return kDone;
    }
    std::ofstream out(file, std::ios::binary);
    out << text;
    if (out.flush()) return kDone;
    std::fprintf(stderr, "weir: cannot write \"%s\"\n", file.c_str());
    return kFailed;
}

std::string plural(std::size_t count, const char* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string summary(const CheckOptions& options, const config::Config& config, const lint::Counts& counts) {
    std::string text = options.config + " is valid: " + plural(config.connections.size(), "connection") + ", " +
                       plural(config.routes.size(), "route");
    if (counts.errors + counts.warnings + counts.notes + counts.waived > 0) {
        text += "; " + plural(counts.errors, "error") + ", " + plural(counts.warnings, "warning") + ", " +
                plural(counts.notes, "note");
    }
    if (counts.waived > 0) text += ", " + std::to_string(counts.waived) + " waived";
    return text + "\n";
}

std::string report(const CheckOptions& options, std::span<const config::Problem> problems,
                   std::span<const lint::Finding> findings) {
    if (options.format == "json") return lint::report_as_json(problems, findings);
    return lint::report_as_sarif(problems, findings, std::filesystem::current_path(), WEIR_VERSION);
}

// What is wrong goes to standard error in any case; a machine's report of it goes where it was asked for.
int report_problems(const CheckOptions& options, const std::vector<config::Problem>& problems) {
    if (options.format == "text") return print_problems(problems, false);
    (void)write_report(report(options, problems, {}), options.output);
    return kUsage;
}

int check(CheckOptions& options) {
    if (!options.explain.empty()) return explain(options.explain);
    if (options.json) options.format = "json";
    const std::string wrong = lint::problem_of(options.policy);
    if (!wrong.empty()) {
        std::fputs(wrong.c_str(), stderr);
        return kUsage;
    }
    if (options.today.empty()) options.today = today();
    if (!is_day(options.today)) {
        std::fprintf(stderr, "--today: expected a day such as 2026-12-01, found \"%s\"\n", options.today.c_str());
        return kUsage;
    }
    const Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) return report_problems(options, configuration.loaded.problems);

    const config::Config& config = *configuration.loaded.config;
    std::vector<lint::Finding> findings =
        lint::lint(config, {contract_facts(configuration.contracts), lint::has_test_beside, options.today});
    lint::apply(options.policy, findings);
    const lint::Counts counts = lint::count(findings);
    const bool terminal = options.output.empty() && ::isatty(STDOUT_FILENO) == 1;
    const std::string text = options.format != "text"
                                 ? report(options, {}, findings)
                                 : lint::findings_as_text(findings, terminal ? lint::Colour::yes : lint::Colour::no) +
                                       summary(options, config, counts);
    if (const int written = write_report(text, options.output); written != kDone) return written;
    return counts.errors > 0 ? kFailed : kDone;
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
    auto options = std::make_shared<CheckOptions>();
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.add_option("--format", options->format, "text, json or sarif")
        ->check(CLI::IsMember({"text", "json", "sarif"}))
        ->capture_default_str();
    verb.add_option("-o,--output", options->output, "write the report here instead of to standard output");
    verb.add_option("--deny", options->policy.deny, "fail on this finding, or on \"warnings\"; may be repeated")
        ->allow_extra_args(false);
    verb.add_option("--allow", options->policy.allow, "let this finding stand; may be repeated")
        ->allow_extra_args(false);
    verb.add_option("--today", options->today, "judge as on this day, 2026-12-01: what will be deprecated then?");
    verb.add_option("--explain", options->explain, "say what a finding means and how to repair it");
    verb.callback([options, &exit_code] { exit_code = check(*options); });
}

void add_schema(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<SchemaOptions>();
    add_config_option(verb, *options);
    verb.add_option("--dir", options->dirs, "take plugins from here instead of from a configuration");
    verb.callback([options, &exit_code] { exit_code = schema(*options); });
}

}  // namespace weir::app
