#include "runtime/app/check_tags.hpp"

#include <nlohmann/json.hpp>

namespace weir::app {

namespace {

using nlohmann::json;

json settings_of(const config::Step& step) { return json::parse(step.settings_json, nullptr, false); }

// Records of one branch may come into the other.
bool may_follow(const config::Step& first, const config::Step& then) {
    const auto is_within = [](const std::string& branch, const std::string& outer) {
        return outer.empty() || branch == outer || branch.starts_with(outer + "/");
    };
    return is_within(then.branch, first.branch) || is_within(first.branch, then.branch);
}

bool is_builtin(const config::Step& step, std::string_view transform) {
    return step.plugin == "weir" && step.transform == transform;
}

bool tags_personal(const config::Step& step) {
    return is_builtin(step, "tag") && settings_of(step).contains("personal");
}
bool reads_tags(const config::Step& step) {
    const json settings = settings_of(step);
    return is_builtin(step, "redact") && settings.is_object() && settings.value("tagged", false);
}
// With `pass` a map leaves where it is what it does not make anew.
bool moves_data(const config::Step& step) {
    if (is_builtin(step, "split")) return true;
    const json settings = settings_of(step);
    return is_builtin(step, "map") && settings.is_object() && !settings.value("pass", false);
}

// The step between a tag and `redact` that moves what the tag named; null: none does.
const config::Step* mover(const config::Route& route, std::size_t redact) {
    const config::Step* moved = nullptr;
    for (std::size_t i = redact; i-- > 0;) {
        const config::Step& step = route.steps[i];
        if (!may_follow(step, route.steps[redact])) continue;
        if (moves_data(step)) moved = &step;
        if (tags_personal(step) && moved != nullptr) return moved;
    }
    return nullptr;
}

}  // namespace

void check_tags(const config::Config& config, std::vector<config::Problem>& problems) {
    for (const config::Route& route : config.routes) {
        for (std::size_t i = 0; i < route.steps.size(); ++i) {
            if (!reads_tags(route.steps[i])) continue;
            const config::Step* step = mover(route, i);
            if (step == nullptr) continue;
            problems.push_back({route.steps[i].where, "moved_tags",
                                "redact: what was tagged before is elsewhere behind the " + step->transform + " at " +
                                    step->where.to_string(),
                                "put the tag behind that step, or redact before it"});
        }
    }
}

}  // namespace weir::app
