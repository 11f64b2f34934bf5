#include "tests/routes/scenario.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace weir::test {

namespace {

// A misspelt key would make a test that tests nothing.
void only(const YAML::Node& node, const std::set<std::string>& allowed, const std::string& where) {
    for (const auto& pair : node) {
        if (!allowed.contains(pair.first.as<std::string>())) {
            throw std::runtime_error(where + ": unknown key \"" + pair.first.as<std::string>() + "\"");
        }
    }
}

template <class Map>
Map as_map(const YAML::Node& node) {
    return node ? node.as<Map>() : Map{};
}

TargetOptions read_target(const YAML::Node& node, const std::string& where) {
    TargetOptions options;
    if (!node) return options;
    only(node, {"atomic", "resolves", "idempotent", "order", "max_batch"}, where);
    if (node["atomic"]) options.atomic = node["atomic"].as<bool>();
    if (node["resolves"]) options.resolves = node["resolves"].as<bool>();
    if (node["idempotent"]) options.idempotent = node["idempotent"].as<bool>();
    if (node["max_batch"]) options.max_batch = node["max_batch"].as<std::uint32_t>();
    if (node["order"]) {
        const auto order = node["order"].as<std::string>();
        options.order = order == "none"    ? std::uint32_t{WEIR_ORDER_NONE}
                        : order == "total" ? std::uint32_t{WEIR_ORDER_TOTAL}
                                           : std::uint32_t{WEIR_ORDER_PER_KEY};
    }
    return options;
}

GivenRecord read_given(const YAML::Node& node, const std::string& where) {
    only(node, {"id", "source", "subject", "payload", "hold"}, where);
    GivenRecord record;
    record.id = node["id"].as<std::string>();
    if (node["source"]) record.source = node["source"].as<std::string>();
    if (node["subject"]) record.subject = node["subject"].as<std::string>();
    if (node["payload"]) record.payload = node["payload"].as<std::string>();
    if (node["hold"]) record.hold = node["hold"].as<std::string>();
    return record;
}

Expectation read_expect(const YAML::Node& node, const std::string& where) {
    only(node, {"booked", "order", "held", "dead", "filtered", "attempts", "probed", "new_instance"}, where);
    Expectation expect;
    expect.booked = as_map<std::vector<std::string>>(node["booked"]);
    expect.order = as_map<std::map<std::string, std::vector<std::string>>>(node["order"]);
    expect.held = as_map<std::map<std::string, std::string>>(node["held"]);
    expect.dead = as_map<std::map<std::string, std::string>>(node["dead"]);
    expect.attempts = as_map<std::map<std::string, int>>(node["attempts"]);
    if (node["filtered"]) expect.filtered = node["filtered"].as<std::uint64_t>();
    if (node["probed"]) expect.probed = node["probed"].as<bool>();
    if (node["new_instance"]) expect.new_instance = node["new_instance"].as<bool>();
    return expect;
}

}  // namespace

Scenario load_scenario(const std::filesystem::path& file) {
    const YAML::Node root = YAML::LoadFile(file.string());
    const std::string where = file.filename().string();
    only(root, {"title", "why", "route", "target", "given", "replies", "cannot_tell", "expect"}, where);
    Scenario scenario;
    scenario.file = file;
    scenario.title = root["title"].as<std::string>();
    scenario.why = root["why"].as<std::string>();
    if (const auto route = root["route"]) {
        only(route, {"key", "steps", "max_attempts", "max_probes", "rules"}, where);
        if (route["key"]) scenario.key = route["key"].as<std::string>();
        scenario.steps = as_map<std::vector<std::string>>(route["steps"]);
        flow::RetryPolicy& common = scenario.retry.common;
        if (route["max_attempts"]) common.max_attempts = route["max_attempts"].as<std::uint32_t>();
        if (route["max_probes"]) common.max_probes = route["max_probes"].as<std::uint32_t>();
        for (const auto& rule : route["rules"]) {
            only(rule, {"codes", "max_attempts"}, where);
            flow::RetryPolicy policy = common;
            policy.max_attempts = rule["max_attempts"].as<std::uint32_t>();
            scenario.retry.rules.push_back({rule["codes"].as<std::vector<std::string>>(), policy});
        }
    }
    scenario.target = read_target(root["target"], where);
    for (const auto& record : root["given"]) scenario.given.push_back(read_given(record, where));
    scenario.replies = as_map<std::map<std::string, std::vector<std::string>>>(root["replies"]);
    scenario.cannot_tell = as_map<std::map<std::string, int>>(root["cannot_tell"]);
    scenario.expect = read_expect(root["expect"], where);
    return scenario;
}

std::vector<Scenario> load_scenarios(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<Scenario> scenarios;
    scenarios.reserve(files.size());
    for (const auto& file : files) scenarios.push_back(load_scenario(file));
    return scenarios;
}

}  // namespace weir::test
