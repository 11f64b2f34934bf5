#include "runtime/app/check_taps.hpp"

#include <weir/plugin.h>

#include <algorithm>
#include <span>

#include "runtime/app/component.hpp"

namespace weir::app {

namespace {

void check_tap(const config::Route& route, const config::Destination& tap, const plugin::Registry& registry,
               std::vector<config::Problem>& problems) {
    for (const config::Step& step : std::span(route.steps).first(std::min(tap.steps, route.steps.size()))) {
        const auto found =
            find_component(registry, step.plugin, step.plugin_range, WEIR_KIND_TRANSFORM, step.transform);
        if (!found) {
            problems.push_back({step.where, found.error().code, step.transform + ": " + found.error().message, ""});
            continue;
        }
        if ((traits_of(*found->component, step.settings_json) & WEIR_TRAIT_PURE) != 0) continue;
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
