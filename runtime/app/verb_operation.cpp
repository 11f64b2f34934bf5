#include "runtime/app/verb_operation.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "runtime/app/admin_client.hpp"
#include "runtime/app/configuration.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::app {

namespace {

using admin::Json;
using admin::OperationInfo;
using admin::ParameterInfo;
using admin::ParameterType;
using admin::Presence;
using admin::write_json;

// What is printed already, as the problems of a configuration are.
constexpr const char* kTold = "told";

std::string option_name(std::string_view parameter) {
    std::string name(parameter);
    std::ranges::replace(name, '_', '-');
    return name;
}

// The item of a path, the id of a trace, the items of a redrive.
bool is_positional(const OperationInfo& operation, const ParameterInfo& parameter) {
    if (parameter.type == ParameterType::texts) return true;
    return parameter.presence == Presence::required && admin::where(operation, parameter) != admin::Where::body;
}

void add_parameter(CLI::App& verb, const OperationInfo& operation, const ParameterInfo& parameter,
                   std::vector<std::string>& into) {
    const std::string name = option_name(parameter.name);
    std::string about(parameter.about);
    if (!parameter.choices.empty()) {
        std::string choices(parameter.choices);
        std::ranges::replace(choices, '|', '/');
        about += " (" + choices + ")";
    }
    if (parameter.type == ParameterType::any) about += "; @FILE reads it from a file";
    if (parameter.type == ParameterType::boolean) {
        verb.add_flag_callback(
            "--" + name, [&into] { into = {"true"}; }, about);
        return;
    }
    CLI::Option* option = verb.add_option(is_positional(operation, parameter) ? name : "--" + name, into, about);
    option->type_name(parameter.type == ParameterType::time ? "TIME" : "TEXT");
    if (parameter.type != ParameterType::texts) option->expected(1);
    if (parameter.presence == Presence::required) option->required();
}

Result<std::string> file_or_text(const ParameterInfo& parameter, const std::string& value) {
    if (parameter.type != ParameterType::any || !value.starts_with('@')) return value;
    std::ifstream in(value.substr(1), std::ios::binary);
    if (!in) return Error{Errc::invalid, value.substr(1) + " cannot be read", "", {}};
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

Result<Json> given_parameters(const OperationInfo& operation, const OperationOptions& options) {
    Json given = Json::object();
    const auto parameters = admin::parameters(operation.id);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const ParameterInfo& parameter = parameters[i];
        const std::string name(parameter.name);
        for (const std::string& value : options.values[i]) {
            WEIR_TRY(const std::string text, file_or_text(parameter, value));
            auto converted = admin::parameter_from_text(parameter, text);
            if (!converted) return std::move(converted).error().in("--" + option_name(name));
            if (parameter.type == ParameterType::texts && given.contains(name)) {
                given[name].push_back(text);
            } else {
                given[name] = std::move(*converted);
            }
        }
    }
    return given;
}

// ------------------------------------------------------------------------------------------------ a stopped host

journal::Options journal_options(const config::Config& config, const Clock& clock) {
    journal::Options options;
    options.backend = config.journal.backend;
    options.dir = config.data_dir / "journal";
    options.clock = &clock;
    options.segment_bytes = config.journal.segment_bytes;
    options.retention_age = config.journal.retention_age;
    options.retention_bytes = config.journal.retention_bytes;
    options.disk_reserve_bytes = config.journal.disk_reserve_bytes;
    return options;
}

Result<Json> perform_here(const OperationOptions& options, std::shared_ptr<const config::Config> config,
                          const OperationInfo& operation, const Json& given) {
    const SystemClock clock;
    auto inspector = journal::inspect_journal(config->data_dir / "journal");
    if (!inspector) {
        Error error = std::move(inspector).error();
        if (error.errc == Errc::not_found)
            error.message += "; has `weir run -c " + options.config + "` been started once?";
        return error;
    }
    std::unique_ptr<journal::Journal> journal;
    if (operation.kind == admin::OperationKind::change && operation.id != admin::OperationId::reload) {
        auto opened = journal::open_journal(journal_options(*config, clock));
        if (!opened && opened.error().errc == Errc::conflict) {
            return Error{Errc::unavailable,
                         "the host runs, and its administration API cannot be reached: " + opened.error().message,
                         "",
                         {}};
        }
        WEIR_TRY(journal, std::move(opened));
    }
    admin::Plant plant;
    plant.journal = journal.get();
    plant.inspector = inspector->get();
    plant.clock = &clock;
    plant.stopped_config = std::move(config);
    admin::OperationContext context{plant, {"local:" + user_name(), "admin", ""}};
    return admin::call(operation, context, given);
}

// ------------------------------------------------------------------------------------------------ several pages

// Adds what the answer of another page says: numbers to numbers, lists to lists.
void add_answer(Json& sum, const Json& other) {
    for (auto at = other.begin(); at != other.end(); ++at) {
        Json& mine = sum[at.key()];
        if (mine.is_null()) {
            mine = *at;
        } else if (at->is_number_integer()) {
            mine = mine.get<std::int64_t>() + at->get<std::int64_t>();
        } else if (at->is_array()) {
            for (const Json& one : *at) mine.push_back(one);
        } else if (at->is_object()) {
            add_answer(mine, *at);
        }
    }
}

Result<Json> perform_pages(const OperationOptions& options, const OperationVerb& what, Json given) {
    const OperationInfo& operation = admin::operation(what.operation);
    const bool one = !what.all_pages || given.contains("limit") || given.contains("cursor");
    Json sum = Json::object();
    for (;;) {
        WEIR_TRY(Json answer, perform(options, operation, given));
        if (one) return answer;
        const std::string next = answer.value("next", "");
        answer.erase("next");
        add_answer(sum, answer);
        if (next.empty()) return sum;
        given["cursor"] = next;
    }
}

int run(const OperationOptions& options, const OperationVerb& what) {
    auto given = given_parameters(admin::operation(what.operation), options);
    if (given && what.prepare) what.prepare(*given);
    auto answer = given ? perform_pages(options, what, std::move(*given)) : std::move(given);
    if (!answer) {
        if (answer.error().code != kTold) std::fprintf(stderr, "weir: %s\n", answer.error().message.c_str());
        return answer.error().errc == Errc::invalid ? kUsage : kFailed;
    }
    if (options.json) {
        std::puts(write_json(*answer, 2).c_str());
    } else {
        what.print(*answer);
    }
    return what.exit_code == nullptr ? kDone : what.exit_code(*answer);
}

// Options that say where may stand before the second word as well: `weir exceptions -c site.yaml list`. Others there
// would belong to the first word alone, so they are refused.
void take_from_parent(const CLI::App& verb, OperationOptions& options) {
    const CLI::App* parent = verb.get_parent();
    const auto take = [&](const char* name, auto set) {
        const CLI::Option* mine = verb.get_option_no_throw(name);
        const CLI::Option* theirs = parent->get_option_no_throw(name);
        if (mine != nullptr && theirs != nullptr && mine->count() == 0 && theirs->count() > 0) set(*theirs);
    };
    take("--config", [&](const CLI::Option& given) { options.config = given.results().front(); });
    take("--url", [&](const CLI::Option& given) { options.url = given.results().front(); });
    take("--token-file", [&](const CLI::Option& given) { options.token_file = given.results().front(); });
    take("--json", [&](const CLI::Option&) { options.json = true; });
    for (const CLI::Option* given : parent->get_options()) {
        const std::string name = given->get_name();
        const bool common = name == "--config" || name == "--url" || name == "--token-file" || name == "--json";
        if (given->count() == 0 || common || !parent->got_subcommand(&verb)) continue;
        throw CLI::ValidationError(name, "write it behind \"" + verb.get_name() + "\"");
    }
}

}  // namespace

Result<Json> perform(const OperationOptions& options, const OperationInfo& operation, const Json& given) {
    if (!options.url.empty()) {
        AdminAddress host{options.url, "", ""};
        while (host.url.ends_with('/')) host.url.pop_back();
        if (options.token_file.empty()) {
            return Error{
                Errc::invalid, "--url needs --token-file (or WEIR_TOKEN_FILE) with a token of that host", "", {}};
        }
        WEIR_TRY(host.token, read_token(options.token_file));
        return call_host(host, operation, given);
    }
    // A running host is found whatever is wrong in the file by now: it runs with what it read before.
    if (const auto data_dir = config::find_data_dir(options.config)) {
        WEIR_TRY(const auto running, local_host(*data_dir));
        if (running) {
            auto answer = call_host(*running, operation, given);
            // It is just stopping, or another process has its id: what only looks can look at the journal.
            if (answer || answer.error().code != "HTTP_CONNECT") return answer;
        }
    }
    Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) {
        print_problems(configuration.loaded.problems, options.json);
        return Error{Errc::invalid, "", kTold, {}};
    }
    auto config = std::make_shared<const config::Config>(std::move(*configuration.loaded.config));
    return perform_here(options, std::move(config), operation, given);
}

void add_operation(CLI::App& verb, int& exit_code, const OperationVerb& what) {
    auto options = std::make_shared<OperationOptions>();
    const OperationInfo& operation = admin::operation(what.operation);
    add_config_option(verb, *options);
    add_json_option(verb, *options);
    verb.add_option("--url", options->url, "ask the host at this address instead of the one of the configuration");
    verb.add_option("--token-file", options->token_file, "file with the token for --url")->envname("WEIR_TOKEN_FILE");
    const auto parameters = admin::parameters(what.operation);
    options->values.resize(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const bool left_out = std::ranges::find(what.left_out, parameters[i].name) != what.left_out.end();
        if (!left_out) add_parameter(verb, operation, parameters[i], options->values[i]);
    }
    verb.callback([options, what, &verb, &exit_code] {
        if (!verb.get_subcommands().empty()) return;
        take_from_parent(verb, *options);
        exit_code = run(*options, what);
    });
}

}  // namespace weir::app
