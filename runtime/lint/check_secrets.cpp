// Credentials that stand in the files. The messages say where and what kind, never the value.

#include "runtime/lint/check.hpp"
#include "runtime/lint/secrets.hpp"

namespace weir::lint {
namespace {

// The setting's name: the last part of the pointer that is no index.
std::string_view field_of(std::string_view pointer) {
    while (!pointer.empty()) {
        const std::size_t slash = pointer.rfind('/');
        const std::string_view part = pointer.substr(slash + 1);
        if (part.find_first_not_of("0123456789") != std::string_view::npos) return part;
        pointer = pointer.substr(0, slash);
    }
    return {};
}

constexpr std::string_view kRepair = "write ${secret:file:PATH} or ${env:NAME}, and replace the credential";

void check_connection(Check& check, const config::Connection& connection) {
    const Json settings = Json::parse(connection.settings_json, nullptr, false);
    for_each_text(settings, "", [&](const std::string& pointer, const std::string& text) {
        const auto literal = connection.literals.find(pointer);
        if (literal == connection.literals.end()) return;  // from the environment, or the plugin's own default
        const std::string_view what = secret_in(field_of(pointer), text);
        if (what.empty()) return;
        check.add(
            RuleId::SECRET_LITERAL, literal->second, "connection " + connection.name + ": " + pointer,
            std::string(field_of(pointer)) + " of connection " + quote(connection.name) + " holds " + std::string(what),
            std::string(kRepair));
    });
}

void check_step(Check& check, const RouteView& route, const StepView& step) {
    if (!step.step->mapping.empty()) return;  // once, where it stands
    for_each_text(step.settings, "", [&](const std::string& pointer, const std::string& text) {
        if (!step.step->literals.contains(pointer)) return;
        const std::string_view what = secret_in(field_of(pointer), text);
        if (what.empty()) return;
        check.add(
            RuleId::SECRET_LITERAL, route, step.place(pointer), step.step->transform + ": " + pointer,
            std::string(field_of(pointer)) + " of step " + quote(step.step->transform) + " holds " + std::string(what),
            std::string(kRepair));
    });
}

void check_mapping(Check& check, const config::Mapping& mapping) {
    const Json settings = Json::parse(mapping.settings_json, nullptr, false);
    for_each_text(settings, "", [&](const std::string& pointer, const std::string& text) {
        const std::string_view what = secret_in(field_of(pointer), text);
        const auto place = mapping.literals.find(pointer);
        if (what.empty() || place == mapping.literals.end()) return;
        check.add(RuleId::SECRET_LITERAL, place->second, "mapping " + mapping.id() + ": " + pointer,
                  std::string(field_of(pointer)) + " of mapping " + quote(mapping.id()) + " holds " + std::string(what),
                  std::string(kRepair));
    });
}

}  // namespace

void check_secrets(Check& check) {
    for (const auto& [name, connection] : check.config().connections) check_connection(check, connection);
    for (const config::Mapping& mapping : check.config().mappings) check_mapping(check, mapping);
    for (const RouteView& route : check.view().routes) {
        for (const StepView& step : route.steps) check_step(check, route, step);
    }
}

}  // namespace weir::lint
