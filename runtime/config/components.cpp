#include "runtime/config/components.hpp"

#include <algorithm>
#include <set>

namespace weir::config {

bool Components::has_plugin(std::string_view id) const {
    return std::any_of(all_.begin(), all_.end(), [&](const ComponentSchema& c) { return c.plugin == id; });
}

std::string_view Components::limit_of(std::string_view plugin) const {
    const auto limit = limits_.find(plugin);
    return limit == limits_.end() ? std::string_view{} : std::string_view(limit->second);
}

std::vector<const ComponentSchema*> Components::highest(std::string_view plugin, std::string_view range) const {
    std::vector<const ComponentSchema*> found;
    std::optional<Version> best;
    for (const ComponentSchema& component : all_) {
        if (component.plugin != plugin) continue;
        const auto version = parse_version(component.version);
        if (!version || !in_range(*version, range) || !in_range(*version, limit_of(plugin))) continue;
        if (best && *version < *best) continue;
        if (!best || *version > *best) found.clear();
        best = version;
        found.push_back(&component);
    }
    return found;
}

std::vector<const ComponentSchema*> Components::of(std::string_view plugin, std::string_view range,
                                                   const Location& where, Problems& problems) const {
    auto found = highest(plugin, range);
    if (!found.empty()) return found;
    if (!has_plugin(plugin)) {
        std::vector<std::string_view> ids;
        for (const ComponentSchema& component : all_) ids.push_back(component.plugin);
        problems.add(where, "unknown_plugin", "unknown plugin " + quote(plugin), suggest(plugin, std::move(ids)));
        return found;
    }
    std::set<std::string_view> versions;
    for (const ComponentSchema& component : all_) {
        if (component.plugin == plugin) versions.insert(component.version);
    }
    std::string there;
    for (const std::string_view version : versions)
        there += (there.empty() ? "there is " : ", ") + std::string(version);
    std::string wanted(range);
    if (const auto limit = limit_of(plugin); !limit.empty()) {
        wanted += (wanted.empty() ? "" : " and ") + std::string(limit);
    }
    problems.add(where, "plugin_version", "no version of plugin " + quote(plugin) + " is in " + quote(wanted), there);
    return found;
}

std::vector<const ComponentSchema*> Components::transforms(std::string_view name) const {
    std::set<std::string_view> plugins;
    for (const ComponentSchema& component : all_) {
        if (component.kind == "transform" && component.component == name) plugins.insert(component.plugin);
    }
    std::vector<const ComponentSchema*> found;
    for (const std::string_view plugin : plugins) {
        for (const ComponentSchema* component : highest(plugin, "")) {
            if (component->kind == "transform" && component->component == name) found.push_back(component);
        }
    }
    return found;
}

std::vector<std::string_view> Components::transform_names() const {
    std::vector<std::string_view> names;
    for (const ComponentSchema& component : all_) {
        if (component.kind == "transform") names.push_back(component.component);
    }
    return names;
}

}  // namespace weir::config
