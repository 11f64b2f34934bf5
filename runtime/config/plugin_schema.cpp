#include "runtime/config/plugin_schema.hpp"

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
    bool open = false;
};

const json* member(const json& schema, const char* keyword) {
    const auto found = schema.find(keyword);
    return found == schema.end() ? nullptr : &*found;
}

class SchemaWalk {
  public:
    SchemaWalk(const json& root, const std::filesystem::path& folder, Problems& problems)
        : root_(root), folder_(folder), problems_(problems) {}

    [[nodiscard]] KnownKeys known_keys(const json& schema, bool outermost) const {
        KnownKeys known;
        collect_keys(schema, known, 0);
        const bool says_nothing =
            known.names.empty() && !outermost && member(schema, "additionalProperties") == nullptr;
        known.open = known.open || says_nothing;
        return known;
    }

    // `whole`: the schema stands for the value, rather than being one of several that apply to it; then defaults of
    // unknown keys are judged here.
    void check(Node& node, const json& schema, const std::string& name, const Location& owner, bool whole = true) {
        const json* target = follow_reference(root_, schema);
        if (target == nullptr || depth_ > kDepthMax) {
            problems_.add(owner, "bad_plugin_schema", label(name) + "the plugin's schema refers to nothing");
            return;
        }
        ++depth_;
        if (target->is_object()) {
            check_object_schema(node, *target, name, owner, whole);
        } else if (*target == json(false)) {
            problems_.add(owner, "wrong_value", label(name) + "no value is allowed here");
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
        if (schema.value("x-weir-secret", false)) {
            check_secret(node, name);
            return;
        }
        if (!node.secret.empty()) {
            problems_.add(node.where, "secret_misplaced", label(name) + "a secret cannot stand here",
                          "the plugin would see its value; only keys that its page calls secret take one");
            return;
        }
        if (!check_value(node, schema, name, problems_)) return;
        if (node.kind == Node::Kind::string && schema.value("x-weir-path", false)) {
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
    void collect_keys(const json& schema, KnownKeys& known, int depth) const {
        const json* target = depth > kDepthMax ? nullptr : follow_reference(root_, schema);
        if (target == nullptr || !target->is_object()) return;
        if (const json* properties = member(*target, "properties")) {
            for (const auto& property : properties->items()) known.names.insert(property.key());
        }
        const json* additional = member(*target, "additionalProperties");
        if ((additional != nullptr && *additional != json(false)) || member(*target, "patternProperties") != nullptr) {
            known.open = true;  // what matches no pattern is left to the judge
        }
        for (const char* keyword : {"allOf", "anyOf", "oneOf"}) {
            if (const json* parts = member(*target, keyword)) {
                for (const json& part : *parts) collect_keys(part, known, depth + 1);
            }
        }
        for (const char* keyword : {"if", "then", "else"}) {
            if (const json* part = member(*target, keyword)) collect_keys(*part, known, depth + 1);
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
            const json* target = follow_reference(root_, property.value());
            if (target == nullptr || !target->is_object() || node.find(property.key()) != nullptr) continue;
            if (const json* value = member(*target, "default")) {
                node.members.push_back({property.key(), owner, node_from_json(*value, owner)});
            }
        }
    }

    void check_required(const Node& node, const json& schema, const Location& owner) {
        const json* required = member(schema, "required");
        if (required == nullptr || !required->is_array()) return;
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
        SchemaWalk walk(root_, folder_, found);
        walk.depth_ = depth_;
        walk.check(copy, schema, name, owner, false);
        return found;
    }

    // Applies the first branch that fits; when none does, reports what is wrong with the one that is nearest: a branch
    // of another type is farther than any of the right type.
    void choose(Node& node, const json& branches, const std::string& name, const Location& owner) {
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
    Problems& problems_;
    int depth_ = 0;
};

}  // namespace

void check_settings(Node& settings, const Location& owner, std::span<const json* const> schemas,
                    const std::filesystem::path& folder, Problems& problems) {
    Problems found;
    KnownKeys known;
    for (const json* schema : schemas) {
        SchemaWalk walk(*schema, folder, found);
        const KnownKeys more = walk.known_keys(*schema, true);
        known.names.insert(more.names.begin(), more.names.end());
        known.open = known.open || more.open;
        walk.check(settings, *schema, "", owner, false);
    }
    if (!schemas.empty()) SchemaWalk(*schemas.front(), folder, found).check_unknown(settings, known);
    // The judge knows all of JSON Schema, but not where things stand: it is asked when nothing was found.
    for (const json* schema : schemas) {
        if (found.empty()) judge(settings, owner, *schema, found);
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

json without_secrets(const json& schema) {
    if (schema.is_object() && schema.contains("x-weir-secret") && schema["x-weir-secret"] == json(true)) {
        return json::object();
    }
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
