#include "runtime/routetest/read_expect.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "runtime/base/text.hpp"
#include "runtime/routetest/form.hpp"

namespace weir::routetest {

namespace {

std::map<std::string, std::string> read_codes(const config::Node* node, std::string_view name,
                                              config::Problems& problems) {
    std::map<std::string, std::string> codes;
    if (node == nullptr || !is_map(*node, name, problems)) return codes;
    for (const config::Member& member : node->members) {
        if (auto text = read_text(member.value, member.key, problems)) codes[member.key] = std::move(*text);
    }
    return codes;
}

// A code; or codes by destination or step; a list where one place has several, for parts of the record.
std::map<std::string, std::vector<ExpectedEnd>> read_ends(const config::Node* node, std::string_view name,
                                                          config::Problems& problems) {
    std::map<std::string, std::vector<ExpectedEnd>> ends;
    if (node == nullptr || !is_map(*node, name, problems)) return ends;
    const auto add = [&](const std::string& id, const std::string& place, const config::Node& codes) {
        if (codes.kind == config::Node::Kind::sequence) {
            for (std::string& code : read_texts(codes, id, problems)) ends[id].push_back({place, std::move(code)});
        } else if (auto code = read_text(codes, id, problems)) {
            ends[id].push_back({place, std::move(*code)});
        }
    };
    for (const config::Member& member : node->members) {
        if (member.value.kind != config::Node::Kind::map) {
            add(member.key, "", member.value);
            continue;
        }
        for (const config::Member& place : member.value.members) add(member.key, place.key, place.value);
    }
    return ends;
}

std::map<std::string, std::uint32_t> read_counts(const config::Node* node, std::string_view name,
                                                 config::Problems& problems) {
    std::map<std::string, std::uint32_t> counts;
    if (node == nullptr || !is_map(*node, name, problems)) return counts;
    for (const config::Member& member : node->members) {
        if (const auto count = read_count(member.value, member.key, problems)) counts[member.key] = *count;
    }
    return counts;
}

Json read_envelope(const config::Node& node, const Form& form) {
    Json envelope{Json::Kind::object, {}, {}, {}};
    for (const config::Member& member : node.members) {
        const std::string& key = member.key;
        if (key == "data" || key == "data_contains" || key == "data_file" || key == "text") continue;
        if (key == "attributes") {
            if (!is_map(member.value, key, form.problems())) continue;
            Json attributes{Json::Kind::object, {}, {}, {}};
            for (const config::Member& one : member.value.members)
                attributes.set(one.key, Json::string(one.value.text));
            envelope.set(key, std::move(attributes));
        } else if (auto text = read_text(member.value, key, form.problems())) {
            const auto time = key == "time" ? parse_time(*text) : std::nullopt;
            envelope.set(key, Json::string(time ? format_time(*time) : std::move(*text)));
        }
    }
    return envelope;
}

ExpectedDelivery read_delivery(const config::Node& node, const std::filesystem::path& folder,
                               config::Problems& problems) {
    const Form form(node, "a delivery",
                    {"id", "source", "type", "subject", "key", "schema", "content_type", "correlation_id",
                     "causation_id", "time", "attributes", "data", "data_contains", "data_file", "text"},
                    problems);
    ExpectedDelivery delivery;
    delivery.where = node.where;
    delivery.envelope = read_envelope(node, form);
    if (const config::Node* data = form.find("data")) delivery.data = json_of(*data);
    if (const config::Node* data = form.find("data_contains")) delivery.data_contains = json_of(*data);
    delivery.text = form.text("text");
    if (const config::Node* name = form.find("data_file")) {
        const auto text = read_data_file(*name, folder, problems);
        auto data = text ? parse_json(*text) : std::nullopt;
        if (text && !data) problems.add(name->where, "not_json", config::quote(name->text) + " is not JSON");
        delivery.data = std::move(data);
    }
    if (delivery.data && delivery.data_contains) {
        problems.add(node.where, "both", "a delivery has either \"data\" or \"data_contains\"");
    }
    return delivery;
}

void read_deliveries(const config::Node& node, const std::vector<std::string_view>& destinations,
                     const std::filesystem::path& folder, config::Problems& problems, Expectation& expect) {
    if (!is_map(node, "deliveries", problems)) return;
    for (const config::Member& member : node.members) {
        if (std::ranges::find(destinations, member.key) == destinations.end()) {
            add_unknown(problems, member.where, "destination", member.key, destinations);
        }
        std::vector<ExpectedDelivery>& list = expect.deliveries[member.key];
        if (!is_list(member.value, member.key, problems)) continue;
        for (const config::Node& item : member.value.items) list.push_back(read_delivery(item, folder, problems));
    }
}

std::map<std::string, std::string> read_filtered(const config::Node& node, config::Problems& problems) {
    if (node.kind == config::Node::Kind::map) return read_codes(&node, "filtered", problems);
    std::map<std::string, std::string> codes;
    for (std::string& id : read_texts(node, "filtered", problems)) codes[std::move(id)] = "";
    return codes;
}

}  // namespace

std::optional<std::string> read_data_file(const config::Node& name, const std::filesystem::path& folder,
                                          config::Problems& problems) {
    const auto text = read_text(name, "data_file", problems);
    if (!text) return std::nullopt;
    std::ifstream in(folder / *text, std::ios::binary);
    if (!in) {
        problems.add(name.where, "unreadable_file", "cannot read " + config::quote((folder / *text).string()));
        return std::nullopt;
    }
    std::ostringstream content;
    content << in.rdbuf();
    return std::move(content).str();
}

Expectation read_expect(const config::Node& node, const std::vector<std::string_view>& destinations,
                        const std::filesystem::path& folder, config::Problems& problems) {
    const Form form(node, "expect",
                    {"deliveries", "filtered", "held", "dead", "messages", "attempts", "probes", "suppressed",
                     "pending", "trace", "exact_numbers"},
                    problems);
    Expectation expect;
    expect.where = node.where;
    if (const config::Node* one = form.find("deliveries")) {
        read_deliveries(*one, destinations, folder, problems, expect);
    }
    if (const config::Node* one = form.find("filtered")) expect.filtered = read_filtered(*one, problems);
    expect.held = read_ends(form.find("held"), "held", problems);
    expect.dead = read_ends(form.find("dead"), "dead", problems);
    expect.messages = read_codes(form.find("messages"), "messages", problems);
    expect.attempts = read_counts(form.find("attempts"), "attempts", problems);
    expect.probes = read_counts(form.find("probes"), "probes", problems);
    if (const auto count = form.count("suppressed")) expect.suppressed = *count;
    if (const config::Node* one = form.find("pending")) expect.pending = read_texts(*one, "pending", problems);
    if (const config::Node* one = form.find("trace"); one != nullptr && is_map(*one, "trace", problems)) {
        for (const config::Member& member : one->members) {
            expect.trace[member.key] = read_texts(member.value, member.key, problems);
        }
    }
    expect.exact_numbers = form.flag("exact_numbers").value_or(false);
    return expect;
}

}  // namespace weir::routetest
