#include "runtime/app/flagged_settings.hpp"

#include <nlohmann/json.hpp>

namespace weir::app {

std::vector<std::string> flagged_settings(const plugin::Registry& registry, const config::Step& step,
                                          std::string_view flag) {
    std::vector<std::string> names;
    const auto candidate = registry.find(step.plugin, step.plugin_range);
    if (!candidate) return names;
    for (const plugin::ComponentManifest& component : (*candidate)->manifest.components) {
        if (component.name != step.transform || component.kind != "transform") continue;
        const auto schema = nlohmann::json::parse(component.config_schema_json, nullptr, false);
        const auto properties = schema.is_object() ? schema.find("properties") : schema.end();
        if (properties == schema.end()) continue;
        for (const auto& [name, property] : properties->items()) {
            if (property.is_object() && property.value(flag, false)) names.push_back(name);
        }
    }
    return names;
}

}  // namespace weir::app
