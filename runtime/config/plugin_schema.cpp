#include "runtime/config/plugin_schema.hpp"

#include <algorithm>
#include <set>

#include "runtime/config/resolve.hpp"
#include "runtime/config/schema_judge.hpp"
#include "runtime/config/schema_values.hpp"

namespace weir::config {
namespace {

using nlohmann::json;

// What keys a map may have, from a schema and everything in it that applies to the same map.
struct KnownKeys {
    std::set<std::string, std::less<>> names;
    std::set<const json*> seen;  // schemas that were looked at; they may refer to each other
    bool open = false;
};

const json* member(const json& schema, const char* keyword) {
    const auto found = schema.find(keyword);
    return found == schema.end() ? nullptr : &*found;
}

bool is_broken(const Node& node) {
    return node.broken || std::any_of(node.items.begin(), node.items.end(), is_broken) ||
           std::any_of(node.members.begin(), node.members.end(), [](const Member& m) { return is_broken(m.value); });
}

class SchemaWalk {
  public:
    // `budget` counts down the schemas that are applied, over all walks of one connection or step.
    SchemaWalk(const json& root, const std::filesystem::path& folder, int& budget, Problems& problems)
        : root_(root), folder_(folder), budget_(budget), problems_(problems) {}

    [[nodiscard]] KnownKeys known_keys(const json& schema, bool outermost) const {
        KnownKeys known;
        collect_keys(schema, known);
        const bool says_nothing =
            known.names.empty() && !outermost && member(schema, "additionalProperties") == nullptr;
        known.open = known.open || says_nothing;
        return known;
    }

    // `whole`: the schema stands for the value by itself, so the keys it does not list are unknown; false for one of
    // several schemas that apply to the same value.
    void check(Node& node, const json& schema, const std::string& name, const Location& owner, bool whole = true) {
        const json* target = follow_reference(root_, schema);
        if (target == nullptr || depth_ > kDepthMax || --budget_ < 0) {
            problems_.add(owner, "bad_plugin_schema",
                          label(name) + "the plugin's schema refers to nothing, or to itself without end");
            return;
        }
        ++depth_;
        if (*target == json(false)) {
            problems_.add(owner, "wrong_value", label(name) + "no value is allowed here");
        } else if (target == &schema) {
            if (schema.is_object()) check_object_schema(node, schema, name, owner, whole);
        } else if (has_flag(schema, "x-weir-secret")) {
            check_secret(node, name);
        } else {
            check(node, *target, name, owner, whole);
            // What stands beside a $ref applies as well (2020-12, 8.2.3.1).
            if (schema.size() > 1) check_object_schema(node, schema, name, owner, false);
        }
        --depth_;
    }

    void check_members(Node& node, const json& schema, const Location& owner) {
        fill_defaults(node, schema, owner);
        for (Member& entry : node.members) {
            if (const json* property = schema_of_key(schema, entry.key)) {
                check(entry.value, *property, entry.key, entry.where);
            }
        }
        check_required(node, schema, owner);
    }

    void check_applied(Node& node, const json& schema, const std::string& name, const Location& owner) {
        if (const json* all = member(schema, "allOf")) {
            for (const json& part : *all) check(node, part, name, owner, false);
        }
        for (const char* keyword : {"anyOf", "oneOf"}) {
            if (const json* branches = member(schema, keyword)) choose(node, *branches, name, owner);
        }
        if (const json* condition = member(schema, "if")) {
            const bool holds = trial(node, *condition, name, owner).empty();
            if (const json* then = member(schema, holds ? "then" : "else")) check(node, *then, name, owner, false);
        }
    }

  private:
    static constexpr int kDepthMax = 200;

    static std::string label(const std::string& name) { return name.empty() ? "" : name + ": "; }

    void check_object_schema(Node& node, const json& schema, const std::string& name, const Location& owner,
                             bool whole) {
        if (node.broken && node.is_scalar()) return;
        if (has_flag(schema, "x-weir-secret")) {
            check_secret(node, name);
            return;
        }
        if (!node.secret.empty()) {
            problems_.add(node.where, "secret_misplaced", label(name) + "a secret cannot stand here",
                          "the plugin would see its value; only keys that its page calls secret take one");
            return;
        }
        if (!check_value(node, schema, name, problems_)) return;
        if (node.kind == Node::Kind::string && has_flag(schema, "x-weir-path")) {
            node.text = absolute_path(folder_, node.text).string();
        }
        if (node.kind == Node::Kind::map) {
            if (whole) check_unknown(node, known_keys(schema, false));
            check_members(node, schema, owner);
        }
        if (const json* items = member(schema, "items"); items != nullptr && node.kind == Node::Kind::sequence) {
            for (Node& item : node.items) check(item, *items, name, item.where);
        }
        check_applied(node, schema, name, owner);
    }

    void check_secret(Node& node, const std::string& name) {
        if (!node.secret.empty()) return;
        if (!node.env_secret.empty()) {
            node.secret = node.env_secret;
            node.text.clear();
            return;
        }
        // The value is not quoted: it may be the secret.
        problems_.add(node.where, "secret_literal", label(name) + "expected a reference to a secret, found a value",
                      "write ${secret:file:PATH} or ${env:NAME}");
    }

  public:
    void check_unknown(const Node& node, const KnownKeys& known) {
        if (known.open) return;
        for (const Member& entry : node.members) {
            if (known.names.contains(entry.key)) continue;
            const bool no_space = entry.value.kind == Node::Kind::null && entry.key.find(':') != std::string::npos;
            problems_.add(entry.where, "unknown_key", "unknown key " + quote(entry.key),
                          no_space ? "write a space after the colon"
                                   : suggest(entry.key, {known.names.begin(), known.names.end()}));
        }
    }

  private:
    void collect_keys(const json& schema, KnownKeys& known) const {
        if (!schema.is_object() || !known.seen.insert(&schema).second) return;
        if (member(schema, "$ref") != nullptr) {
            if (const json* target = follow_reference(root_, schema)) collect_keys(*target, known);
        }
        if (const json* properties = member(schema, "properties")) {
            for (const auto& property : properties->items()) known.names.insert(property.key());
        }
        const json* additional = member(schema, "additionalProperties");
        if ((additional != nullptr && *additional != json(false)) || member(schema, "patternProperties") != nullptr) {
            known.open = true;  // what matches no pattern is left to the judge
        }
        for (const char* keyword : {"allOf", "anyOf", "oneOf"}) {
            if (const json* parts = member(schema, keyword)) {
                for (const json& part : *parts) collect_keys(part, known);
            }
        }
        for (const char* keyword : {"if", "then", "else"}) {
            if (const json* part = member(schema, keyword)) collect_keys(*part, known);
        }
    }

    static const json* schema_of_key(const json& schema, const std::string& key) {
        if (const json* properties = member(schema, "properties")) {
            if (const json* property = member(*properties, key.c_str())) return property;
        }
        if (const json* patterns = member(schema, "patternProperties")) {
            for (const auto& pattern : patterns->items()) {
                if (matches(pattern.key(), key)) return &pattern.value();
            }
        }
        const json* additional = member(schema, "additionalProperties");
        return additional != nullptr && additional->is_object() ? additional : nullptr;
    }

    void fill_defaults(Node& node, const json& schema, const Location& owner) {
        const json* properties = member(schema, "properties");
        if (properties == nullptr) return;
        for (const auto& property : properties->items()) {
            if (node.find(property.key()) != nullptr) continue;
            if (const json* value = default_of(property.value())) {
                node.members.push_back({property.key(), owner, node_from_json(*value, owner)});
            }
        }
    }

    // Beside a $ref, or behind it.
    [[nodiscard]] const json* default_of(const json& property) const {
        if (!property.is_object()) return nullptr;
        if (const json* value = member(property, "default")) return value;
        const json* target = follow_reference(root_, property);
        return target != nullptr && target->is_object() ? member(*target, "default") : nullptr;
    }

    void check_required(const Node& node, const json& schema, const Location& owner) {
        const json* required = member(schema, "required");
        if (required == nullptr || !required->is_array() || node.broken) return;
        for (const json& key : *required) {
            if (!key.is_string() || node.find(key.get_ref<const std::string&>()) != nullptr) continue;
            const json* property = schema_of_key(schema, key.get_ref<const std::string&>());
            const json* target = property == nullptr ? nullptr : follow_reference(root_, *property);
            problems_.add(owner, "missing_key", "key " + quote(key.get_ref<const std::string&>()) + " is missing",
                          target == nullptr ? "" : expected_of(*target));
        }
    }

    // The problems that `schema` would raise with a copy of the node.
    Problems trial(const Node& node, const json& schema, const std::string& name, const Location& owner) {
        Problems found;
        Node copy = node;
        SchemaWalk walk(root_, folder_, budget_, found);
        walk.depth_ = depth_;
        walk.check(copy, schema, name, owner, false);
        return found;
    }

    // True after it was told: each branch only asks for a key of its own, and none of them is there.
    bool lacks_all(const Node& node, const json& branches, const std::string& name, const Location& owner) {
        std::string keys;
        for (const json& branch : branches) {
            const json* required = branch.is_object() ? member(branch, "required") : nullptr;
            if (required == nullptr || required->size() != 1 || !required->front().is_string()) return false;
            const auto& key = required->front().get_ref<const std::string&>();
            if (node.find(key) != nullptr) return false;
            keys += (keys.empty() ? "" : &branch == &branches.back() ? " or " : ", ") + quote(key);
        }
        if (node.kind != Node::Kind::map || node.broken || branches.size() < 2) return false;
        problems_.add(owner, "missing_key", label(name) + "key " + keys + " is missing");
        return true;
    }

    // Applies the first branch that fits; when none does, reports what is wrong with the one that is nearest: a branch
    // of another type is farther than any of the right type.
    void choose(Node& node, const json& branches, const std::string& name, const Location& owner) {
        if (lacks_all(node, branches, name, owner)) return;
        const json* nearest = nullptr;
        std::size_t fewest = 0;
        std::vector<std::string> types;
        for (const json& branch : branches) {
            const json* target = follow_reference(root_, branch);
            if (target != nullptr && target->is_object() && !type_fits(node, *target)) {
                types.push_back(type_names(*target));
                continue;
            }
            const std::size_t count = trial(node, branch, name, owner).size();
            if (nearest == nullptr || count < fewest) {
                nearest = &branch;
                fewest = count;
            }
            if (count == 0) break;
        }
        if (nearest != nullptr) return check(node, *nearest, name, owner, false);
        std::string expected;
        for (const std::string& type : types) {
            if (expected.find(type) == std::string::npos) expected += (expected.empty() ? "" : " or ") + type;
        }
        problems_.add(node.where, "wrong_type", label(name) + "expected " + expected + ", found " + describe(node));
    }

    const json& root_;
    const std::filesystem::path& folder_;
    int& budget_;
    Problems& problems_;
    int depth_ = 0;
};

}  // namespace

void check_settings(Node& settings, const Location& owner, std::span<const json* const> schemas,
                    const std::filesystem::path& folder, Problems& problems) {
    // A schema whose branches refer back to it would take time that grows with the power of its depth.
    constexpr int kAppliedMax = 1'000'000;

    int budget = kAppliedMax;
    Problems found;
    KnownKeys known;
    for (const json* schema : schemas) {
        SchemaWalk walk(*schema, folder, budget, found);
        const KnownKeys more = walk.known_keys(*schema, true);
        known.names.insert(more.names.begin(), more.names.end());
        known.open = known.open || more.open;
        walk.check(settings, *schema, "", owner, false);
    }
    if (!schemas.empty()) SchemaWalk(*schemas.front(), folder, budget, found).check_unknown(settings, known);
    // The judge knows all of JSON Schema, but not where things stand: it is asked when nothing was found.
    for (const json* schema : schemas) {
        if (found.empty() && !is_broken(settings)) judge(settings, owner, *schema, found);
    }
    problems.append(std::move(found));
}

std::optional<json> parse_schema(const ComponentSchema& component, const Location& where, Problems& problems) {
    if (component.config_schema_json.empty()) return json::object();
    json schema = json::parse(component.config_schema_json, nullptr, false);
    if (schema.is_object()) return schema;
    problems.add(where, "bad_plugin_schema",
                 "the schema of " + component.plugin + "/" + component.component + " is not a JSON object");
    return std::nullopt;
}

bool has_flag(const json& schema, const char* keyword) {
    const json* value = schema.is_object() ? member(schema, keyword) : nullptr;
    return value != nullptr && *value == json(true);
}

json without_secrets(const json& schema) {
    if (has_flag(schema, "x-weir-secret")) return json::object();
    json out = schema;
    if (schema.is_structured()) {
        for (json& part : out) part = without_secrets(part);
    }
    return out;
}

const json* follow_reference(const json& root, const json& schema) {
    constexpr int kHopsMax = 32;

    const json* at = &schema;
    for (int hop = 0; hop < kHopsMax; ++hop) {
        if (!at->is_object()) return at;
        const auto reference = at->find("$ref");
        if (reference == at->end()) return at;
        if (!reference->is_string()) return nullptr;
        const auto& target = reference->get_ref<const std::string&>();
        if (!target.starts_with('#')) return nullptr;
        try {  // a pointer that is malformed or leads nowhere: nlohmann has no other way to say so
            at = &root.at(json::json_pointer(target.substr(1)));
        } catch (const json::exception&) {
            return nullptr;
        }
    }
    return nullptr;
}

}  // namespace weir::config
