// `weir schema`: one JSON Schema 2020-12 for main files, route files and included files, with the plugins' schemas in
// it.
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "runtime/config/components.hpp"
#include "runtime/config/config.hpp"
#include "runtime/config/keys.hpp"

namespace weir::config {
namespace {

using Json = nlohmann::ordered_json;

// References are replaced before values are checked, so wherever a number may stand, one may stand too.
constexpr const char* kReferencePattern = R"(\$\{env:[A-Za-z_])";
constexpr const char* kNamePattern = "^[a-z0-9][a-z0-9._-]{0,63}$";
constexpr const char* kRangePattern = R"([\^~]?[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]+)?)";

Json reference_to(std::string_view definition) { return {{"$ref", "#/$defs/" + std::string(definition)}}; }

Json text_matching(std::string pattern) {
    return {{"type", "string"}, {"anyOf", {{{"pattern", std::move(pattern)}}, {{"pattern", kReferencePattern}}}}};
}

Json number_schema(const Key& key, const char* type) {
    Json number = {{"type", type}};
    const auto [low, high] = bounds_of(key);
    if (!low.empty()) number["minimum"] = Json::parse(low);
    if (!high.empty()) number["maximum"] = Json::parse(high);
    return {{"anyOf", {number, {{"type", "string"}, {"pattern", kReferencePattern}}}}};
}

Json choice_schema(const Key& key) {
    Json choices = Json::array();
    for (const std::string_view choice : choices_of(key)) choices.push_back(choice);
    return {{"anyOf", {{{"enum", choices}}, {{"type", "string"}, {"pattern", kReferencePattern}}}}};
}

Json record_key_schema() {
    std::string names;
    for (const std::string_view name : record_attributes()) names += (names.empty() ? "" : "|") + std::string(name);
    return text_matching("^record\\.(" + names + ")$");
}

Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json scalar_schema(const Key& key) {
    switch (key.type) {
        case Type::name:
            return text_matching(kNamePattern);
        case Type::boolean:
            return {{"anyOf", {{{"type", "boolean"}}, {{"type", "string"}, {"pattern", kReferencePattern}}}}};
        case Type::integer:
            return number_schema(key, "integer");
        case Type::ratio:
            return number_schema(key, "number");
        case Type::duration:
            return text_matching("^[0-9]+(ms|s|m|h|d)$");
        case Type::size:
            return {{"anyOf", {{{"const", 0}}, text_matching("^(0|[0-9]+(B|KiB|MiB|GiB|TiB))$")}}};
        case Type::listen:
            return text_matching(R"(^(\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z.-]+):[0-9]{1,5}$)");
        case Type::choice:
            return choice_schema(key);
        case Type::plugin_id:
            return text_matching(kNamePattern);
        case Type::plugin_reference:
            return text_matching("^[a-z0-9][a-z0-9._-]{0,63}(@" + std::string(kRangePattern) + ")?$");
        case Type::version_range:
            return text_matching("^" + std::string(kRangePattern) + "$");
        case Type::version:
            return text_matching(R"(^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$)");
        case Type::date:
            return text_matching("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
        case Type::record_key:
            return record_key_schema();
        default:
            return {{"type", "string"}, {"minLength", 1}};
    }
}

Json key_schema(const Key& key) {
    switch (key.type) {
        case Type::paths:
        case Type::strings:
            return list_of({{"type", "string"}, {"minLength", 1}});
        case Type::steps:
            return list_of(reference_to("step"));
        case Type::settings:
            return {{"type", "object"}};
        case Type::section:
            return reference_to(key.detail);
        case Type::sections:
            return list_of(reference_to(key.detail));
        case Type::section_or_sections: {
            Json list = list_of(reference_to(key.detail));
            list["minItems"] = 1;
            return {{"anyOf", {reference_to(key.detail), list}}};
        }
        case Type::sections_by_name:
            return {{"type", "object"},
                    {"propertyNames", {{"pattern", kNamePattern}}},
                    {"additionalProperties", reference_to(key.detail)}};
        default:
            return scalar_schema(key);
    }
}

Json section_schema(const Section& section) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Key& key : keys_of(section.id)) {
        Json property = key_schema(key);
        property["description"] = key.about;
        if (!key.fallback.empty()) property["default"] = key.fallback;
        properties[std::string(key.name)] = std::move(property);
        if (key.required) required.push_back(key.name);
    }
    Json schema = {{"type", "object"}, {"description", section.about}, {"properties", properties}};
    if (!required.empty()) schema["required"] = required;
    // A connection also has its plugin's keys, which conditions below bring in.
    schema[section.id == SectionId::connection ? "unevaluatedProperties" : "additionalProperties"] = false;
    return schema;
}

std::string definition_name(const ComponentSchema& component) {
    return component.kind + "." + component.plugin + "." + component.component;
}

bool is_open(const Json& schema) {
    return schema.contains("additionalProperties") || schema.contains("patternProperties");
}

// The component's schema as a resource of its own, so that its "#/$defs/..." still lead into it.
Json component_schema(const ComponentSchema& component) {
    Json schema = Json::parse(component.config_schema_json, nullptr, false);
    if (!schema.is_object()) schema = Json::object();
    schema["$id"] = "weir:" + component.kind + "/" + component.plugin + "/" + component.component;
    schema.erase("$schema");
    if (component.kind == "transform") {
        if (!is_open(schema)) schema["unevaluatedProperties"] = false;
    } else if (schema.contains("additionalProperties") && schema["additionalProperties"] == Json(false)) {
        schema.erase("additionalProperties");  // the connection's own keys stand in the same map
    }
    return schema;
}

std::string escape_regex(std::string_view id) {
    std::string out;
    for (const char c : id) {
        if (c == '.') out += '\\';
        out += c;
    }
    return out;
}

Json plugin_is(const std::string& id) {
    return {{"required", {"plugin"}}, {"properties", {{"plugin", {{"pattern", "^" + escape_regex(id) + "(@|$)"}}}}}};
}

// if plugin (and component, when it is written) then the component's keys. Several components of one plugin: any of
// them.
Json connection_conditions(const std::vector<ComponentSchema>& components) {
    std::map<std::string, Json> by_plugin;
    for (const ComponentSchema& component : components) {
        if (component.kind == "transform") continue;
        Json& branches = by_plugin.try_emplace(component.plugin, Json::array()).first->second;
        branches.push_back({{"properties", {{"component", {{"const", component.component}}}}},
                            {"allOf", {reference_to(definition_name(component))}}});
    }
    Json conditions = Json::array();
    for (auto& [id, branches] : by_plugin) {
        conditions.push_back({{"if", plugin_is(id)}, {"then", {{"anyOf", branches}}}});
    }
    return conditions;
}

Json step_schema(const std::vector<ComponentSchema>& components) {
    Json properties = Json::object();
    for (const ComponentSchema& component : components) {
        if (component.kind != "transform") continue;
        const Json settings = {{"anyOf", {reference_to(definition_name(component)), {{"type", "null"}}}}};
        Json& plain = properties[component.component];
        if (plain.is_null()) plain = {{"anyOf", Json::array()}};
        plain["anyOf"].push_back(settings);
        properties[component.plugin + "/" + component.component] = settings;
    }
    return {{"type", "object"},
            {"description", "One transform with its settings."},
            {"minProperties", 1},
            {"maxProperties", 1},
            {"properties", properties},
            {"patternProperties", {{"^[a-z0-9][a-z0-9._-]*@[^/]+/", Json::object()}}},
            {"additionalProperties", false}};
}

// An editor knows one version of each plugin: the one that a configuration without ranges gets.
std::vector<ComponentSchema> newest(const std::vector<ComponentSchema>& all) {
    const Components components(all);
    std::set<std::string> plugins;
    for (const ComponentSchema& component : all) plugins.insert(component.plugin);
    std::vector<ComponentSchema> out;
    Problems ignored;
    for (const std::string& plugin : plugins) {
        for (const ComponentSchema* component : components.of(plugin, "", {}, ignored)) out.push_back(*component);
    }
    return out;
}

}  // namespace

std::string schema_json(const std::vector<ComponentSchema>& all) {
    const std::vector<ComponentSchema> components = newest(all);
    Json definitions = Json::object();
    for (const Section& section : sections()) definitions[std::string(section.name)] = section_schema(section);
    if (Json conditions = connection_conditions(components); !conditions.empty()) {
        definitions["connection"]["allOf"] = std::move(conditions);
    }
    definitions["step"] = step_schema(components);
    for (const ComponentSchema& component : components) {
        definitions[definition_name(component)] = component_schema(component);
    }
    const Json schema = {
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"title", "weir configuration"},
        {"if", {{"required", {"route"}}}},
        {"then", reference_to("route")},
        {"else", {{"if", {{"required", {"weir"}}}}, {"then", reference_to("top")}, {"else", reference_to("fragment")}}},
        {"$defs", std::move(definitions)}};
    return schema.dump(2) + "\n";
}

}  // namespace weir::config
