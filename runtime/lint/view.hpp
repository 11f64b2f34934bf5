// A configuration as the rules look at it: settings parsed once, steps in relation to destinations, contracts along the
// way.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/config.hpp"

namespace weir::lint {

using Json = nlohmann::json;

// A contract that a step names.
struct NamedContract {
    std::string pointer;  // in the step's settings: "/into"
    std::string as;       // "into", "schema"
    std::string reference;
};

struct StepView {
    const config::Step* step = nullptr;
    std::size_t index = 0;  // in the route
    Json settings;

    // One of the host's own steps.
    [[nodiscard]] bool is(std::string_view transform) const;
    // "validate", whatever plugin it comes from.
    [[nodiscard]] bool validates() const { return step->transform == "validate"; }
    // The contract that the data has behind it: a map's `into`. "" for none.
    [[nodiscard]] std::string contract() const;
    // All it names: a map's `from` and `into`, what a plugin's step validates by.
    [[nodiscard]] std::vector<NamedContract> contracts() const;
    // Leaves the shape of the data as it is.
    [[nodiscard]] bool keeps_shape() const;
    // Where the value at `pointer` of the settings stands; the step's own place when that is not known.
    [[nodiscard]] const config::Location& place(std::string_view pointer) const;
};

struct RouteView {
    const config::Route* route = nullptr;
    const config::Connection* from = nullptr;  // null only for a configuration that was not checked
    std::vector<StepView> steps;

    // Records on their way to `to` may pass the step.
    [[nodiscard]] static bool is_before(const StepView& step, const config::Destination& to);
    // What names a contract between source and destination, in order.
    [[nodiscard]] std::vector<std::string> contracts_to(const config::Destination& to) const;
    // What the data is when it gets there, or "".
    [[nodiscard]] std::string contract_at(const config::Destination& to) const;
};

struct ConfigView {
    const config::Config* config = nullptr;
    std::vector<RouteView> routes;

    [[nodiscard]] const config::Connection* connection(const std::string& name) const;
    // Postings, invoices, credits or payments go there. Never so for a wire tap.
    [[nodiscard]] bool moves_money(const RouteView& route, const config::Destination& to) const;
    [[nodiscard]] bool moves_money(const RouteView& route) const;
    [[nodiscard]] bool moves_money() const;
};

[[nodiscard]] ConfigView view_of(const config::Config& config);

// "canonical/invoice" of "canonical/invoice@1.2".
[[nodiscard]] std::string_view contract_name(std::string_view reference);
// The text of a key; "" where there is none.
[[nodiscard]] std::string text_at(const Json& settings, const char* key);

// Calls `visit(pointer, text)` for every text in `json`.
void for_each_text(const Json& json, const std::string& pointer, const auto& visit) {
    if (json.is_string()) return visit(pointer, json.get_ref<const std::string&>());
    if (json.is_object()) {
        for (const auto& [key, value] : json.items()) for_each_text(value, pointer + "/" + key, visit);
    }
    if (json.is_array()) {
        for (std::size_t i = 0; i < json.size(); ++i) for_each_text(json[i], pointer + "/" + std::to_string(i), visit);
    }
}

}  // namespace weir::lint
