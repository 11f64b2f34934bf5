#include "runtime/app/check_tables.hpp"

#include <string>
#include <string_view>
#include <weir/json.hpp>

#include "runtime/app/flagged_settings.hpp"
#include "runtime/config/problems.hpp"

namespace weir::app {

namespace {

void check_step(const config::Config& config, const config::Step& step, const plugin::Registry& registry,
                std::vector<config::Problem>& problems) {
    const auto flagged = flagged_settings(registry, step, "x-weir-table");
    if (flagged.empty()) return;
    JsonParser parser;
    const auto settings = parser.parse(step.settings_json);
    if (!settings) return;
    for (const std::string& setting : flagged) {
        const auto name = (*settings)[setting].string();
        if (!name || config.tables.contains(std::string(*name))) continue;
        std::vector<std::string_view> names;
        for (const auto& [known, table] : config.tables) names.push_back(known);
        const auto place = step.places.find("/" + setting);
        problems.push_back({place == step.places.end() ? step.where : place->second,
                            "unknown_table",
                            step.transform + ": there is no table " + config::quote(*name),
                            names.empty() ? "there are no tables" : config::suggest(*name, std::move(names)),
                            {}});
    }
}

}  // namespace

void check_tables(const config::Config& config, const plugin::Registry& registry,
                  std::vector<config::Problem>& problems) {
    for (const config::Route& route : config.routes) {
        for (const config::Step& step : route.steps) {
            if (step.plugin != "weir") check_step(config, step, registry, problems);  // its steps ask by themselves
        }
    }
}

}  // namespace weir::app
