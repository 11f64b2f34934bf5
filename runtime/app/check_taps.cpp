#include "runtime/app/check_taps.hpp"

#include <weir/plugin.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "runtime/app/component.hpp"
#include "runtime/app/flagged_settings.hpp"

namespace weir::app {

namespace {

// nullopt: only the plugin's code could say, or there is no such plugin.
std::optional<bool> is_pure(const plugin::Registry& registry, const config::Step& step) {
    const auto candidate = registry.find(step.plugin, step.plugin_range);
    if (!candidate) return std::nullopt;
    if ((*candidate)->builtin != nullptr) {
        const auto found =
            find_component(registry, step.plugin, step.plugin_range, WEIR_KIND_TRANSFORM, step.transform);
        if (!found) return std::nullopt;
        return (traits_of(*found->component, step.settings_json) & WEIR_TRAIT_PURE) != 0;
    }
    constexpr std::string_view kFlag = "x-weir-pure";
    if (is_flagged(registry, step, kFlag)) return true;
    const auto names = flagged_settings(registry, step, kFlag);
    if (names.empty()) return std::nullopt;
    const auto settings = nlohmann::json::parse(step.settings_json, nullptr, false);
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return settings.contains(name); });
}

void check_tap(const config::Route& route, const config::Destination& tap, const plugin::Registry& registry,
               std::vector<config::Problem>& problems) {
    for (const config::Step& step : std::span(route.steps).first(std::min(tap.steps, route.steps.size()))) {
        if (is_pure(registry, step).value_or(true)) continue;
        problems.push_back({tap.where, "impure_tap",
                            "a wire_tap cannot stand behind the " + step.transform + " at " + step.where.to_string() +
                                ", which is not pure: run again it may make something else",
                            "put the wire_tap before that step"});
        return;
    }
}

}  // namespace

void check_taps(const config::Config& config, const plugin::Registry& registry,
                std::vector<config::Problem>& problems) {
    for (const config::Route& route : config.routes) {
        for (const config::Destination& to : route.to) {
            if (to.is_tap()) check_tap(route, to, registry, problems);
        }
    }
}

}  // namespace weir::app
