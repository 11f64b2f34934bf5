#include "runtime/config/steps.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/lane_names.hpp"
#include "runtime/config/check_keys.hpp"
#include "runtime/config/delivery.hpp"
#include "runtime/config/plugin_schema.hpp"
#include "runtime/config/values.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kBuiltin = "weir";

// "validate" or "vat@^1.2/validate".
struct TransformReference {
    PluginReference plugin;
    std::string name;
};

TransformReference split_transform(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return {{}, text};
    return {split_plugin_reference(text.substr(0, slash)), text.substr(slash + 1)};
}

bool is_builtin(const ComponentSchema& component, std::string_view name) {
    return component.plugin == kBuiltin && component.component == name;
}

Node text_node(std::string text, const Location& where) {
    Node node;
    node.kind = Node::Kind::string;
    node.text = std::move(text);
    node.where = node.text_at = where;
    return node;
}

}  // namespace

void StepReader::read(Node& steps, const std::filesystem::path& folder, Route& route) {
    folder_ = &folder;
    route_ = &route;
    branches_.clear();
    read_list(steps, "");
}

void StepReader::read_list(Node& steps, const std::string& branch) {
    for (Node& item : steps.items) {
        if (item.kind == Node::Kind::map && item.members.size() == 1) read_step(item.members.front(), branch);
    }
}

void StepReader::read_step(Member& written, const std::string& branch) {
    if (written.key == "wire_tap") return read_tap(written, branch);
    const ComponentSchema* component = find_transform(written);
    if (component == nullptr) return;
    if (written.value.kind == Node::Kind::null) written.value.kind = Node::Kind::map;  // "- normalize:"
    if (is_builtin(*component, "map")) {
        if (written.value.kind == Node::Kind::string) return use_mapping(written, written.value, *component, branch);
        const Member* mapping = written.value.find("mapping");
        if (mapping != nullptr && written.value.members.size() == 1) {
            return use_mapping(written, mapping->value, *component, branch);
        }
    }
    if (written.value.kind != Node::Kind::map) {
        problems_.add(written.value.where, "wrong_type",
                      component->component + ": expected a map of settings, found " + describe(written.value));
        return;
    }
    if (is_builtin(*component, "switch")) return read_switch(written, *component, branch);
    add(written, *component, branch);
}

void StepReader::add(Member& written, const ComponentSchema& component, const std::string& branch) {
    const auto schema = parse_schema(component, written.where, problems_);
    if (!schema) return;
    const nlohmann::json* const schemas[] = {&*schema};
    check_settings(written.value, written.where, schemas, *folder_, problems_);
    Step step;
    step.transform = component.component;
    step.plugin = component.plugin;
    step.plugin_range = split_transform(written.key).plugin.range;
    step.settings_json = to_json(written.value);
    step.branch = branch;
    step.where = written.where;
    step.places = places_of(written.value);
    step.parts = parts_of(written.value);
    step.literals = literals_of(written.value);
    route_->steps.push_back(std::move(step));
}

void StepReader::use_mapping(const Member& written, const Node& reference, const ComponentSchema& component,
                             const std::string& branch) {
    const Mapping* mapping = mappings_.find(reference.text, reference.where, problems_);
    if (mapping == nullptr) return;
    Step step;
    step.transform = component.component;
    step.plugin = component.plugin;
    step.plugin_range = split_transform(written.key).plugin.range;
    step.settings_json = mapping->settings_json;
    step.branch = branch;
    step.mapping = mapping->id();
    step.where = written.where;
    step.places = mapping->places;
    step.parts = mapping->parts;
    step.literals = mapping->literals;
    route_->steps.push_back(std::move(step));
}

// The plugin gets the conditions; the steps of a branch follow as steps of the route that only its records pass.
void StepReader::read_switch(Member& written, const ComponentSchema& component, const std::string& branch) {
    struct Branch {
        std::string path;
        Node steps;
    };
    std::vector<Branch> found;
    const std::string prefix = branch.empty() ? "" : branch + "/";
    if (Member* branches = written.value.find("branches")) {
        for (Node& one : branches->value.items) {
            const Member* name = one.find("name");
            if (name == nullptr || name->value.kind != Node::Kind::string) continue;
            Branch next{prefix + name->value.text, {}};
            if (Member* steps = one.find("steps")) {
                if (steps->value.kind == Node::Kind::sequence) {
                    next.steps = std::move(steps->value);
                } else {
                    problems_.add(steps->value.where, "wrong_type",
                                  "steps: expected a list of steps, found " + describe(steps->value));
                }
                std::erase_if(one.members, [](const Member& member) { return member.key == "steps"; });
            }
            found.push_back(std::move(next));
        }
    }
    const Member* otherwise = written.value.find("otherwise");
    if (otherwise != nullptr && otherwise->value.text != "reject" && otherwise->value.text != "drop") {
        branches_.push_back(prefix + otherwise->value.text);
    }
    if (!prefix.empty()) written.value.members.push_back({"prefix", written.where, text_node(prefix, written.where)});
    add(written, component, branch);
    for (Branch& one : found) {
        branches_.push_back(one.path);
        read_list(one.steps, one.path);
    }
}

void StepReader::read_tap(const Member& written, const std::string& branch) {
    check_section(written.value, written.where, SectionId::wire_tap, problems_);
    if (written.value.kind != Node::Kind::map) return;
    const Values values(&written.value, SectionId::wire_tap, *folder_);
    Destination tap;
    tap.connection = values.text("connection");
    tap.name = std::string(kTapPrefix) + (values.text("name").empty() ? tap.connection : values.text("name"));
    tap.branch = branch;
    tap.steps = route_->steps.size();
    tap.optional = true;
    tap.where = written.where;
    read_delivery(values, *folder_, tap, problems_);
    if (const Node* connection = values.node("connection"); connection != nullptr && !tap.connection.empty()) {
        tap.where = connection->where;
        connections_.use(tap.connection, "sink", connection->where, problems_);
    }
    const auto same = std::ranges::find(route_->to, tap.name, &Destination::name);
    if (same != route_->to.end()) {
        problems_.add(tap.where, "duplicate_destination", "the route has the wire tap " + quote(tap.name) + " twice",
                      "give one of them a name; first at " + same->where.to_string());
    }
    route_->to.push_back(std::move(tap));
}

const ComponentSchema* StepReader::find_transform(const Member& written) {
    const TransformReference reference = split_transform(written.key);
    if (!reference.plugin.id.empty()) {
        return find_in_plugin(written, reference.plugin.id, reference.plugin.range, reference.name);
    }
    const auto found = components_.transforms(reference.name);
    if (found.size() == 1) return found.front();
    if (found.empty()) {
        std::vector<std::string_view> names = components_.transform_names();
        names.push_back("wire_tap");
        problems_.add(written.where, "unknown_transform", "unknown transform " + quote(reference.name),
                      suggest(reference.name, std::move(names)));
        return nullptr;
    }
    std::string names;
    for (const ComponentSchema* component : found) {
        names += (names.empty() ? "" : " or ") + component->plugin + "/" + component->component;
    }
    problems_.add(written.where, "ambiguous_transform", "several plugins have a transform " + quote(reference.name),
                  "write " + names);
    return nullptr;
}

const ComponentSchema* StepReader::find_in_plugin(const Member& written, const std::string& plugin,
                                                  const std::string& range, const std::string& name) {
    if (!is_version_range(range)) {
        problems_.add(
            written.where, "wrong_value",
            "expected a version such as 1.2.3 or a range such as ^1.2 or ~1.2 after @, found " + quote(range));
        return nullptr;
    }
    std::vector<std::string_view> names;
    const auto of_plugin = components_.of(plugin, range, written.where, problems_);
    for (const ComponentSchema* component : of_plugin) {
        if (component->kind != "transform") continue;
        if (component->component == name) return component;
        names.push_back(component->component);
    }
    if (!of_plugin.empty()) {
        problems_.add(written.where, "unknown_transform",
                      "plugin " + quote(plugin) + " has no transform " + quote(name), suggest(name, std::move(names)));
    }
    return nullptr;
}

}  // namespace weir::config
