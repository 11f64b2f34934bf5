// weir map try: one mapping, or steps of a route, over one document; to see what comes of it before anything runs.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "runtime/app/test_bench.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/config/mappings.hpp"
#include "runtime/config/problems.hpp"
#include "runtime/routetest/json.hpp"
#include "runtime/routetest/scripted_http.hpp"

namespace weir::app {

namespace {

struct MapOptions : CommonOptions {
    std::string what;
    std::string input;
    std::string id = "try";
    std::string type;
    std::string subject;
    std::string source = "try";
};

int fail(int code, const std::string& message) {
    std::fprintf(stderr, "weir map try: %s\n", message.c_str());
    return code;
}

Result<std::string> read_input(const std::string& file) {
    std::ostringstream text;
    if (file == "-") {
        text << std::cin.rdbuf();
        return std::move(text).str();
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) return Error{Errc::not_found, "cannot read \"" + file + "\"", "", {}};
    text << in.rdbuf();
    return std::move(text).str();
}

// What to run, as a route of its own; nullopt: there is nothing of this name.
std::optional<config::Route> find_steps(const config::Config& config, const std::string& what) {
    config::Route chosen;
    if (const config::Mapping* mapping = config::find_mapping(config.mappings, what)) {
        chosen.name = mapping->id();
        config::Step step;
        step.transform = "map";
        step.plugin = "weir";
        step.settings_json = mapping->settings_json;
        chosen.steps.push_back(std::move(step));
        return chosen;
    }
    const std::size_t colon = what.find(':');
    const auto route = std::ranges::find(config.routes, what.substr(0, colon), &config::Route::name);
    if (route == config.routes.end()) return std::nullopt;
    chosen = *route;
    if (colon == std::string::npos) return chosen;
    // As messages number them: what is implied has no number.
    std::size_t number = 0;
    const std::string text = what.substr(colon + 1);
    std::from_chars(text.data(), text.data() + text.size(), number);
    std::erase_if(chosen.steps, &config::Step::implied);
    if (number == 0 || number > chosen.steps.size()) return std::nullopt;
    chosen.steps = {chosen.steps[number - 1]};
    chosen.steps.front().branch.clear();
    return chosen;
}

// The names that are near: of a mapping that is there, its versions.
std::string hint_for(const config::Config& config, const std::string& what) {
    std::vector<std::string> names;
    for (const config::Mapping& mapping : config.mappings) {
        names.push_back(what.starts_with(mapping.name + "@") ? mapping.id() : mapping.name);
    }
    for (const config::Route& route : config.routes) names.push_back(route.name);
    return config::suggest(what, {names.begin(), names.end()});
}

// The expression a message points into, with a caret: messages say "fields/lines/0/amount: 1:13: ...".
std::string excerpt(const config::Step& step, const std::string& message) {
    static const std::regex kPlace(R"(([A-Za-z_$][^ :]*(?:/[^ :]+)*): (\d+):(\d+): )");
    std::smatch found;
    if (!std::regex_search(message, found, kPlace)) return {};
    const auto settings = nlohmann::json::parse(step.settings_json, nullptr, false);
    std::string text;
    try {
        text = settings.at(nlohmann::json::json_pointer("/" + found[1].str())).get<std::string>();
    } catch (const nlohmann::json::exception&) {  // the message is about something else
        return {};
    }
    std::istringstream lines(text);
    std::string line;
    for (int i = std::stoi(found[2]); i > 0; --i) std::getline(lines, line);
    return "    " + line + "\n" + std::string(3 + static_cast<std::size_t>(std::stoi(found[3])), ' ') + "^\n";
}

void print(const weir_record& record) {
    const std::string payload(view(record.payload));
    const auto data = routetest::parse_json(payload);
    std::puts(data ? routetest::pretty(*data).c_str() : payload.c_str());
}

// What `made` is of.
const config::Step* find_step(const config::Route& route, const std::vector<flow::Step>& made,
                              const std::string& label) {
    const auto found = std::ranges::find(made, label, &flow::Step::label);
    return found == made.end() ? nullptr : &route.steps[static_cast<std::size_t>(found - made.begin())];
}

int print_result(const MapOptions& options, const config::Route& route, const std::vector<flow::Step>& made,
                 const flow::Stepped& stepped) {
    for (const flow::Verdict& verdict : stepped.verdicts) {
        if (verdict.kind == WEIR_OUT_FILTERED) {
            std::fprintf(stderr, "filtered: %s\n", verdict.code.c_str());
            return kDone;
        }
        const config::Step* step = find_step(route, made, verdict.step);
        std::fprintf(stderr, "%s:%s %s: %s\n%s", options.what.c_str(),
                     verdict.step.empty() ? "" : (" " + verdict.step + ":").c_str(), verdict.code.c_str(),
                     verdict.message.c_str(), step == nullptr ? "" : excerpt(*step, verdict.message).c_str());
        return kFailed;
    }
    for (const weir_record& record : stepped.output->records()) print(record);
    return kDone;
}

int try_steps(const MapOptions& options) {
    auto input = read_input(options.input);
    if (!input) return fail(kUsage, input.error().message);
    Configuration configuration = load_for_tests(options.config);
    if (!configuration.loaded.config) return print_problems(configuration.loaded.problems, options.json);
    const auto chosen = find_steps(*configuration.loaded.config, options.what);
    if (!chosen) {
        const std::string hint = hint_for(*configuration.loaded.config, options.what);
        return fail(kUsage, "there is no mapping, route or step \"" + options.what + "\"" +
                                (hint.empty() ? "" : " (" + hint + ")"));
    }
    const SystemClock clock;
    routetest::ScriptedHttp http({});
    routetest::EmptyState state;
    const TestBench bench(std::move(configuration));
    const routetest::Case nothing;
    const auto workbench = bench.open(nothing, {&clock, &state, &http});
    if (!workbench) return fail(kFailed, workbench.error().message);
    auto steps = (*workbench)->make_steps(*chosen, SIZE_MAX);
    if (!steps) return fail(kUsage, steps.error().message);
    for (flow::Step& step : *steps) {
        if (auto status = step.transform->start({}); !status) return fail(kFailed, status.error().message);
    }
    weir_record record{};
    record.id = str(options.id);
    record.type = str(options.type);
    record.source = str(options.source);
    record.subject = str(options.subject);
    record.time_unix_ns = clock.wall_ns();
    record.payload = str(*input);
    BatchBuilder builder;
    builder.add_copy(record);
    journal::Group group;
    group.count = 1;
    group.records.batch = builder.seal();
    plugin::CallContext call;
    call.deadline_mono_ns = clock.mono_ns() + 30'000'000'000;
    const auto stepped = flow::run_steps(*steps, group, call, true);
    if (!stepped) return fail(kFailed, stepped.error().message);
    return print_result(options, *chosen, *steps, *stepped);
}

}  // namespace

void add_map(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<MapOptions>();
    CLI::App* attempt = verb.add_subcommand("try", "run a mapping, or steps of a route, over one JSON document");
    verb.require_subcommand(1);
    attempt->add_option("what", options->what, "a mapping (name, name@1), a route, or one of its steps (route:2)")
        ->required();
    add_config_option(*attempt, *options);
    attempt->add_option("--input", options->input, "the record's data; - is standard input")->required();
    attempt->add_option("--id", options->id, "the record's id")->capture_default_str();
    attempt->add_option("--type", options->type, "its type");
    attempt->add_option("--subject", options->subject, "its subject");
    attempt->add_option("--source", options->source, "its source")->capture_default_str();
    attempt->callback([options, &exit_code] { exit_code = try_steps(*options); });
}

}  // namespace weir::app
