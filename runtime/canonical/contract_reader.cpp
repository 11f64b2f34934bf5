#include "runtime/canonical/contract_reader.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <weir/json.hpp>

#include "runtime/base/json_pointer.hpp"
#include "runtime/canonical/bundle.hpp"
#include "runtime/canonical/compatibility.hpp"
#include "runtime/canonical/dictionary.hpp"
#include "runtime/canonical/schema_rules.hpp"
#include "runtime/canonical/text_file.hpp"

namespace weir::canonical {

namespace {

constexpr std::uintmax_t kFileBytesMax = 1 << 20;

// "acme/order": parts of lower case letters, digits, "_" and "-".
bool is_name(std::string_view name) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/';
    };
    return !name.empty() && name.front() != '/' && name.back() != '/' && name.find("//") == std::string_view::npos &&
           std::ranges::all_of(name, good);
}

std::string quoted(const Json& value) { return value.dump().substr(0, 80); }

}  // namespace

void ContractReader::read_builtin(const BuiltinSchema& schema) {
    Contract contract;
    contract.name = schema.name;
    contract.version = parse_version(schema.version).value_or(Version{});
    read_text(std::move(contract), schema.text);
}

void ContractReader::read_dir(const std::filesystem::path& dir) {
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (auto at = std::filesystem::recursive_directory_iterator(dir, error);
         !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
        if (at->path().extension() == ".json" && at->is_regular_file()) files.push_back(at->path());
    }
    if (error) problems_.push_back({dir.string(), 0, 0, "cannot read the directory: " + error.message()});
    std::ranges::sort(files);
    for (const auto& file : files) read_file(dir, file);
}

void ContractReader::read_file(const std::filesystem::path& dir, const std::filesystem::path& file) {
    Contract contract;
    contract.file = file.string();
    contract.name = file.parent_path().lexically_relative(dir).generic_string();
    const auto refuse = [&](std::string why) { problems_.push_back({file.string(), 0, 0, std::move(why)}); };
    if (!is_name(contract.name)) {
        return refuse("expected <name>/<version>.json with a name like \"acme/order\", found \"" + contract.name +
                      "\"");
    }
    if (contract.name == "canonical" || contract.name.starts_with("canonical/")) {
        return refuse("\"" + contract.name + "\": names that begin with \"canonical\" are weir's own");
    }
    const auto version = parse_version(file.stem().string());
    if (!version) return refuse("expected a file name like 1.0.0.json, found \"" + file.filename().string() + "\"");
    contract.version = *version;
    const auto text = read_text_file(file, kFileBytesMax);
    if (!text.ok()) return refuse(text.error().message);
    read_text(std::move(contract), *text);
}

void ContractReader::report(const Contract& contract, std::string_view pointer, std::string message) {
    JsonParser parser;
    const auto document = parser.parse(contract.source_text);
    std::size_t offset = 0;
    if (document.ok()) {
        // Of a member that is missing, its object.
        JsonValue place = document->pointer(pointer);
        while (!place.exists() && !pointer.empty()) {
            pointer = pointer.substr(0, pointer.rfind('/'));
            place = document->pointer(pointer);
        }
        offset = static_cast<std::size_t>(place.raw().data() - contract.source_text.data());
    }
    const std::string file = contract.file.empty() ? contract.reference() : contract.file;
    problems_.push_back(problem_at(file, contract.source_text, offset, std::move(message)));
}

void ContractReader::read_text(Contract contract, std::string_view text) {
    contract.source_text = text;
    JsonParser parser;  // refuses what JSON readers disagree about: keys that stand twice
    if (const auto document = parser.parse(contract.source_text); !document.ok()) {
        problems_.push_back(problem_at(contract.file, contract.source_text, json_error_offset(document.error().message),
                                       "not JSON: " + document.error().message));
        return;
    }
    Json schema = Json::parse(text, nullptr, false);
    const std::size_t before = problems_.size();
    if (!schema.is_object()) {
        report(contract, "", "expected a JSON Schema, an object, found " + quoted(schema));
        return;
    }
    if (const auto found = contracts_.contracts_.find(contract.name);
        found != contracts_.contracts_.end() && found->second.contains(contract.version)) {
        report(contract, "",
               "there is a contract " + contract.reference() + " already: " + found->second.at(contract.version).file);
        return;
    }
    for (const RuleProblem& problem : check_rules(schema)) report(contract, problem.pointer, problem.message);
    read_annotation(contract, schema);
    if (problems_.size() != before) return;
    read_.emplace_back(contract.name, contract.version);
    contracts_.contracts_[contract.name].emplace(contract.version, std::move(contract));
}

void ContractReader::read_annotation(Contract& contract, const Json& schema) {
    const auto text_of = [](const Json& object, const char* key) {
        const auto found = object.find(key);
        return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    contract.title = text_of(schema, "title");
    contract.description = text_of(schema, "description");
    contract.owner_kind = text_of(schema, "x-weir-owner");
    const std::string root = "/x-weir-contract";
    const auto annotation = schema.find("x-weir-contract");
    if (annotation == schema.end() || !annotation->is_object()) {
        return report(contract, root, "expected \"x-weir-contract\" with name, version and owner");
    }
    for (const auto& [key, value] : annotation->items()) {
        constexpr std::string_view kKnown[] = {"name", "version", "owner", "deprecated", "sunset", "successor"};
        const std::string at = root + '/' + pointer_token(key);
        if (std::ranges::find(kKnown, key) == std::end(kKnown)) {
            report(contract, at,
                   "\"" + key +
                       "\" is not known; there are name, version, owner, deprecated, sunset, "
                       "successor");
        } else if (!value.is_string() || value.get<std::string>().empty()) {
            report(contract, at, "\"" + key + "\": expected a string, found " + quoted(value));
        }
    }
    const auto same = [&](const char* key, const std::string& expected) {
        if (const std::string found = text_of(*annotation, key); found != expected) {
            report(contract, root + '/' + key,
                   std::string(key) + ": found \"" + found + "\", expected \"" + expected + "\" as the file is named");
        }
    };
    same("name", contract.name);
    same("version", contract.version.to_string());
    contract.owner = text_of(*annotation, "owner");
    if (contract.owner.empty()) report(contract, root, "expected \"owner\": who answers for the contract");
    contract.successor = text_of(*annotation, "successor");
    const auto date = [&](const char* key) -> std::optional<std::chrono::sys_days> {
        const std::string text = text_of(*annotation, key);
        const auto day = parse_date(text);
        if (!text.empty() && !day) {
            report(contract, root + '/' + key,
                   std::string(key) + ": found \"" + text + "\", expected a date like \"2026-12-31\"");
        }
        return day;
    };
    contract.deprecated_on = date("deprecated");
    contract.sunset_on = date("sunset");
    if (contract.sunset_on && contract.deprecated_on && *contract.sunset_on < *contract.deprecated_on) {
        report(contract, root + "/sunset",
               "sunset " + format_date(*contract.sunset_on) + " is before deprecated " +
                   format_date(*contract.deprecated_on));
    }
}

// False: a reference leads nowhere.
bool ContractReader::complete(Contract& contract) {
    const auto source = [&](std::string_view reference) -> std::optional<std::string> {
        const Contract* found = contracts_.find(reference);
        if (found != nullptr) contract.includes.emplace_back(reference);
        return found == nullptr ? std::nullopt : std::optional(found->source_text);
    };
    auto bundled = bundle(contract.source_text, source);
    if (!bundled.ok()) {
        const std::string& message = bundled.error().message;
        report(contract, message.starts_with('/') ? message.substr(0, message.find(": ")) : "", message);
        return false;
    }
    Json schema = Json::parse(*bundled);
    std::string bad;
    visit_schemas(schema, "", [&](Json& node, const std::string& pointer) {
        if (!bad.empty() || !node.is_object() || !node.contains("$ref")) return;
        const auto reference = node["$ref"].get<std::string>();
        const bool is_pointer = reference == "#" || reference.starts_with("#/");
        if (is_pointer && resolve_reference(schema, reference) != nullptr) return;
        bad = pointer;
        report(contract, pointer + "/$ref",
               "found \"" + reference +
                   "\", expected a reference to something that is "
                   "there: \"#/$defs/name\" or \"canonical/money@1\"");
    });
    if (!bad.empty()) return false;
    contract.schema_text = std::move(*bundled);
    for (const Field& field : fields_of(contract.schema_text, Depth::everything)) {
        if (field.personal) contract.personal.push_back(field.pointer);
    }
    return true;
}

void ContractReader::check_successor(const Contract& contract) {
    if (contract.successor.empty() || contracts_.find(contract.successor) != nullptr) return;
    report(contract, "/x-weir-contract/successor", "successor: there is no contract \"" + contract.successor + "\"");
}

// Each version of a major must be good for who reads or writes the one before.
void ContractReader::check_versions(const std::string& name) {
    const Contract* before = nullptr;
    for (const auto& [version, contract] : contracts_.contracts_[name]) {
        const Contract* const old = std::exchange(before, &contract);
        if (old == nullptr || old->version.major != version.major) continue;
        const auto difference = diff(old->schema_text, contract.schema_text);
        if (!difference.ok()) continue;  // both were read before
        const Level level = difference->level();
        for (const Change& change : difference->changes) {
            if (change.level != Level::major) continue;
            report(contract, "",
                   "breaks " + old->reference() + " at " + (change.pointer.empty() ? "/" : change.pointer) + ": " +
                       change.message + "; it needs a new major version");
        }
        if (level == Level::minor && version.minor == old->version.minor) {
            report(contract, "",
                   "differs from " + old->reference() + " by more than words; it needs a new minor version");
        }
    }
}

std::vector<Problem> ContractReader::finish() && {
    std::set<std::string> names;
    for (const auto& [name, version] : read_) {
        auto& versions = contracts_.contracts_[name];
        if (complete(versions.at(version))) {
            names.insert(name);
        } else {
            versions.erase(version);
            if (versions.empty()) contracts_.contracts_.erase(name);
        }
    }
    for (const std::string& name : names) {
        for (const auto& [version, contract] : contracts_.contracts_[name]) check_successor(contract);
        check_versions(name);
    }
    std::ranges::stable_sort(problems_, {}, [](const Problem& p) { return std::tuple(p.file, p.line, p.column); });
    return std::move(problems_);
}

}  // namespace weir::canonical
