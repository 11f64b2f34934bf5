#include "runtime/app/flagged_settings.hpp"

#include <nlohmann/json.hpp>

namespace weir::app {

namespace {

using nlohmann::json;

// null when the plugin is not there.
json schema_of(const plugin::Registry& registry, const config::Step& step) {
    const auto candidate = registry.find(step.plugin, step.plugin_range);
    if (!candidate) return {};
    for (const plugin::ComponentManifest& component : (*candidate)->manifest.components) {
        if (component.name != step.transform || component.kind != "transform") continue;
        return json::parse(component.config_schema_json, nullptr, false);
    }
    return {};
}

bool says(const json& schema, std::string_view flag) {
    const auto found = schema.is_object() ? schema.find(flag) : schema.end();
    return found != schema.end() && *found == true;
}

}  // namespace

bool is_flagged(const plugin::Registry& registry, const config::Step& step, std::string_view flag) {
    return says(schema_of(registry, step), flag);
}

std::vector<std::string> flagged_settings(const plugin::Registry& registry, const config::Step& step,
                                          std::string_view flag) {
    std::vector<std::string> names;
    const json schema = schema_of(registry, step);
    const auto properties = schema.is_object() ? schema.find("properties") : schema.end();
    if (properties == schema.end()) return names;
    for (const auto& [name, property] : properties->items()) {
        if (says(property, flag)) names.push_back(name);
    }
    return names;
}

}  // namespace weir::app
