// weir contract: what data looks like, in which version, and whom a change of it hurts.

#include <cstdio>
#include <filesystem>
#include <optional>

#include "runtime/admin/json.hpp"
#include "runtime/app/configuration.hpp"
#include "runtime/app/table.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/canonical/bundle.hpp"
#include "runtime/canonical/compatibility.hpp"
#include "runtime/canonical/dictionary.hpp"
#include "runtime/canonical/registry.hpp"
#include "runtime/canonical/schema_rules.hpp"
#include "runtime/canonical/text_file.hpp"

namespace weir::app {

namespace {

using admin::Json;
using admin::write_json;
using canonical::Contract;
using canonical::Contracts;
using canonical::Problem;

constexpr std::uintmax_t kSchemaBytesMax = 1 << 20;

struct ContractOptions : CommonOptions {
    ContractOptions() { config.clear(); }  // only the one that is asked for
    std::vector<std::string> dirs;
    std::string name;
    std::string other;
    std::string mode = "full";
};

int fail(const std::string& message, int exit_code) {
    std::fprintf(stderr, "weir: %s\n", message.c_str());
    return exit_code;
}

std::chrono::sys_days today() {
    const SystemClock clock;
    return std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(clock.wall_ns())));
}

// weir's own contracts, those of --config and those of --dir; what is wrong with a file of them goes to standard error.
// Nullopt: there is no such configuration.
std::optional<Contracts> load(const ContractOptions& options) {
    std::optional<Contracts> contracts;
    if (options.config.empty()) {
        contracts = Contracts::builtin();
    } else {
        // What is wrong with its routes is for weir check.
        const Configuration configuration = load_configuration(options.config);
        if (configuration.contracts == nullptr) {
            print_problems(configuration.loaded.problems, false);
            return std::nullopt;
        }
        contracts = *configuration.contracts;
    }
    for (const std::string& dir : options.dirs) {
        for (const Problem& problem : contracts->add_dir(dir))
            std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    }
    return contracts;
}

// "canonical/invoice@1", or without a version the highest there is.
const Contract* find(const Contracts& contracts, const std::string& name) {
    const Contract* contract = name.find('@') == std::string::npos ? contracts.latest(name) : contracts.find(name);
    return contract != nullptr || name.find('/') != std::string::npos ? contract : find(contracts, "canonical/" + name);
}

int no_contract(const Contracts& contracts, const std::string& name) {
    std::string known;
    for (const std::string& one : contracts.names()) known += (known.empty() ? "" : ", ") + one;
    return fail("there is no contract \"" + name + "\"; there are " + known, kUsage);
}

Json as_json(const Contract& contract) {
    const auto date = [](const auto& day) { return day ? Json(canonical::format_date(*day)) : Json(); };
    return {{"name", contract.name},
            {"version", contract.version.to_string()},
            {"title", contract.title},
            {"owner", contract.owner},
            {"owner_kind", contract.owner_kind},
            {"state", to_string(contract.state_on(today()))},
            {"deprecated", date(contract.deprecated_on)},
            {"sunset", date(contract.sunset_on)},
            {"successor", contract.successor},
            {"personal", contract.personal},
            {"file", contract.file}};
}

int list(const ContractOptions& options) {
    const auto loaded = load(options);
    if (!loaded) return kUsage;
    const Contracts& contracts = *loaded;
    Json listed = Json::array();
    Table table({"NAME", "VERSION", "STATE", "OWNER", "WHAT"});
    for (const Contract* contract : contracts.all()) {
        listed.push_back(as_json(*contract));
        table.add({contract->name, contract->version.to_string(), std::string(to_string(contract->state_on(today()))),
                   contract->owner, contract->title});
    }
    options.json ? static_cast<void>(std::puts(write_json(Json{{"contracts", listed}}, 2).c_str())) : table.print();
    return kDone;
}

int show(const ContractOptions& options) {
    const auto loaded = load(options);
    if (!loaded) return kUsage;
    const Contracts& contracts = *loaded;
    const Contract* contract = find(contracts, options.name);
    if (contract == nullptr) return no_contract(contracts, options.name);
    if (!options.json) {
        std::puts(contract->schema_text.c_str());
        return kDone;
    }
    Json shown = as_json(*contract);
    shown["schema"] = Json::parse(contract->schema_text);
    std::puts(write_json(shown, 2).c_str());
    return kDone;
}

// A name of a contract, or a file with a schema.
Result<std::string> schema_of(const Contracts& contracts, const std::string& which) {
    if (const Contract* contract = find(contracts, which)) return contract->schema_text;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(which, ignored)) {
        return Error{Errc::not_found, "\"" + which + "\" is neither a contract nor a file", "", {}};
    }
    auto text = canonical::read_text_file(which, kSchemaBytesMax);
    if (!text) return std::move(text).error().in(which);
    const auto source = [&](std::string_view reference) -> std::optional<std::string> {
        const Contract* contract = contracts.find(reference);
        return contract == nullptr ? std::nullopt : std::optional(contract->source_text);
    };
    auto bundled = canonical::bundle(*text, source);
    if (!bundled) return std::move(bundled).error().in(which);
    const auto problems = canonical::check_rules(canonical::Json::parse(*bundled));
    if (!problems.empty()) {
        return Error{Errc::invalid, which + ": " + problems.front().pointer + ": " + problems.front().message, "", {}};
    }
    return bundled;
}

void print_difference(const canonical::Difference& difference, canonical::Mode mode) {
    Table table({"WHERE", "CHANGE", "BREAKS", "WHAT"});
    for (const canonical::Change& change : difference.changes) {
        const char* breaks = change.breaks_readers && change.breaks_writers ? "readers, writers"
                             : change.breaks_readers                        ? "readers"
                             : change.breaks_writers                        ? "writers"
                                                                            : "";
        table.add({change.pointer.empty() ? "/" : change.pointer, change.kind, breaks, change.message});
    }
    if (!table.empty()) table.print();
    const canonical::Level level = difference.level(mode);
    if (level == canonical::Level::none) {
        std::puts("no difference");
    } else {
        std::printf("%s: it needs a new %s version\n", difference.compatible(mode) ? "compatible" : "breaking",
                    std::string(to_string(level)).c_str());
    }
}

int diff(const ContractOptions& options) {
    const auto loaded = load(options);
    if (!loaded) return kUsage;
    const Contracts& contracts = *loaded;
    const canonical::Mode mode = canonical::parse_mode(options.mode).value_or(canonical::Mode::full);
    const auto before = schema_of(contracts, options.name);
    if (!before) return fail(before.error().message, kUsage);
    const auto after = schema_of(contracts, options.other);
    if (!after) return fail(after.error().message, kUsage);
    const auto difference = canonical::diff(*before, *after);
    if (!difference) return fail(difference.error().message, kUsage);
    if (options.json) {
        Json changes = Json::array();
        for (const canonical::Change& change : difference->changes) {
            changes.push_back({{"pointer", change.pointer},
                               {"kind", change.kind},
                               {"breaks_readers", change.breaks_readers},
                               {"breaks_writers", change.breaks_writers},
                               {"level", to_string(change.level)},
                               {"message", change.message}});
        }
        const Json answer{{"compatible", difference->compatible(mode)},
                          {"mode", options.mode},
                          {"level", to_string(difference->level(mode))},
                          {"changes", changes}};
        std::puts(write_json(answer, 2).c_str());
    } else {
        print_difference(*difference, mode);
    }
    return difference->compatible(mode) ? kDone : kFailed;
}

int check(const ContractOptions& options) {
    Contracts contracts = Contracts::builtin();
    const std::size_t own = contracts.all().size();
    const std::vector<Problem> problems = contracts.add_dir(options.name);
    const std::size_t read = contracts.all().size() - own;
    if (options.json) {
        Json listed = Json::array();
        for (const Problem& problem : problems) {
            listed.push_back({{"file", problem.file},
                              {"line", problem.line},
                              {"column", problem.column},
                              {"message", problem.message}});
        }
        std::puts(write_json(Json{{"contracts", read}, {"problems", listed}}, 2).c_str());
        return problems.empty() ? kDone : kUsage;
    }
    for (const Problem& problem : problems) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    if (problems.empty()) std::printf("%zu contract%s, nothing wrong\n", read, read == 1 ? "" : "s");
    return problems.empty() ? kDone : kUsage;
}

Json as_json(const canonical::Field& field) {
    return {{"field", field.pointer},     {"type", field.type},
            {"required", field.required}, {"unit", field.unit},
            {"sign", field.sign},         {"time", field.time},
            {"personal", field.personal}, {"key", field.key},
            {"values", field.values},     {"description", field.description}};
}

int dictionary(const ContractOptions& options) {
    const auto loaded = load(options);
    if (!loaded) return kUsage;
    const Contracts& contracts = *loaded;
    std::vector<const Contract*> wanted;
    if (options.name.empty()) {
        for (const std::string& name : contracts.names()) wanted.push_back(contracts.find(name));
    } else if (const Contract* contract = find(contracts, options.name)) {
        wanted.push_back(contract);
    } else {
        return no_contract(contracts, options.name);
    }
    Json listed = Json::array();
    for (const Contract* contract : wanted) {
        Json fields = Json::array();
        Table table({"FIELD", "TYPE", "REQUIRED", "UNIT", "SIGN", "TIME", "PERSONAL", "MEANING"});
        for (const auto& field : canonical::fields_of(contract->schema_text, canonical::Depth::own)) {
            fields.push_back(as_json(field));
            table.add({field.pointer, field.type, field.required ? "yes" : "", field.unit, field.sign, field.time,
                       field.personal ? "yes" : "", field.description});
        }
        listed.push_back({{"name", contract->name}, {"version", contract->version.to_string()}, {"fields", fields}});
        if (options.json) continue;
        std::printf("%s%s: %s\n", contract == wanted.front() ? "" : "\n", contract->reference().c_str(),
                    contract->description.c_str());
        table.print();
    }
    if (options.json) std::puts(write_json(Json{{"contracts", listed}}, 2).c_str());
    return kDone;
}

using Options = std::shared_ptr<ContractOptions>;

CLI::App& add_action(CLI::App& verb, const char* name, const char* about, const char* example, const Options& options,
                     int& exit_code, int (*run)(const ContractOptions&)) {
    CLI::App* action = verb.add_subcommand(name, about);
    action->footer(std::string("Example:\n  ") + example);
    add_json_option(*action, *options);
    action->callback([options, &exit_code, run] { exit_code = run(*options); });
    return *action;
}

void add_dir_option(CLI::App& action, const Options& options) {
    action.add_option("-c,--config", options->config, "a configuration, for the contracts of its directories");
    action.add_option("--dir", options->dirs, "a directory of further contracts: <name>/<version>.json");
}

}  // namespace

void add_contract(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<ContractOptions>();
    verb.require_subcommand(1);
    add_dir_option(add_action(verb, "list", "list contracts with version, state and owner", "weir contract list",
                              options, exit_code, list),
                   options);
    CLI::App& showing = add_action(verb, "show", "print the JSON Schema of one, with all it refers to",
                                   "weir contract show canonical/invoice@1", options, exit_code, show);
    add_dir_option(showing, options);
    showing.add_option("name", options->name, "name, name@1 or name@1.0.0")->required();
    CLI::App& comparing =
        add_action(verb, "diff", "say what changed between two; exit status 0: nobody breaks, 1: somebody does",
                   "weir contract diff acme/order@1.0.0 contracts/acme/order/1.1.0.json --mode backward", options,
                   exit_code, diff);
    add_dir_option(comparing, options);
    comparing.add_option("old", options->name, "a contract, or a file")->required();
    comparing.add_option("new", options->other, "a contract, or a file")->required();
    comparing
        .add_option(
            "--mode", options->mode,
            "who must be able to go on: backward (writers of the old), forward (readers of the old), full (both)")
        ->check(CLI::IsMember({"backward", "forward", "full"}))
        ->capture_default_str();
    add_action(verb, "check", "check a directory of contracts", "weir contract check contracts", options, exit_code,
               check)
        .add_option("dir", options->name, "the directory")
        ->required();
    CLI::App& looking =
        add_action(verb, "dictionary", "list fields with type, unit, sign, time basis and meaning",
                   "weir contract dictionary canonical/usage_event --json", options, exit_code, dictionary);
    add_dir_option(looking, options);
    looking.add_option("name", options->name, "of one contract; left out: of all");
}

}  // namespace weir::app
