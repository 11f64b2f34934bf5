#include "runtime/app/workshop.hpp"

#include <weir/http.h>
#include <weir/http_listener.h>
#include <weir/lookup.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <utility>

#include "runtime/flow/gated_http.hpp"

namespace weir::app {

namespace {

// Steps are numbered as they are written.
std::string step_label(const config::Route& route, std::size_t index) {
    const config::Step& step = route.steps[index];
    if (step.implied) return "(" + step.transform + ")";
    const auto before = std::span(route.steps).first(index);
    const auto number = std::ranges::count(before, false, &config::Step::implied) + 1;
    return "step " + std::to_string(number) + " (" + step.transform + ")";
}

// One field of a fingerprint; lengths keep neighbours apart.
void add_field(std::string& print, std::string_view field) {
    print += std::to_string(field.size());
    print += ':';
    print += field;
}

void add_retry(std::string& print, const config::RetrySettings& retry) {
    add_field(print,
              fmt::format("{} {} {} {} {} {} {}", retry.first_delay.count(), retry.max_delay.count(), retry.multiplier,
                          retry.jitter, retry.max_attempts, retry.max_probes, retry.deadline.count()));
}

}  // namespace

Workshop::Workshop(Configuration configuration, const Services& services)
    : config_(std::make_shared<const config::Config>(std::move(*configuration.loaded.config))),
      registry_(std::move(configuration.registry)),
      services_(services),
      contracts_(std::move(configuration.contracts)),
      tables_(std::move(configuration.tables)),
      lookups_(tables_, services.cross_references) {
    context_.services.emplace(WEIR_SVC_LOOKUP, plugin::Service{static_cast<const weir_svc_lookup*>(&lookups_)});
    context_.clock = services.clock;
    context_.state = services.state;
    context_.secrets = services_.secrets ? services_.secrets : [this](std::string_view name) { return secret(name); };
    context_.services.emplace(WEIR_SVC_HTTP, plugin::Service{services.http});
    if (services.http_listener != nullptr) {
        context_.services.emplace(WEIR_SVC_HTTP_LISTENER, plugin::Service{services.http_listener});
    }
}

Result<Component> Workshop::component(const std::string& id, const std::string& range, std::uint32_t kind,
                                      const std::string& name) const {
    return find_component(registry_, id, range, kind, name);
}

Result<std::string> Workshop::secret(std::string_view name) const {
    if (name.starts_with("env:")) {
        const char* value = std::getenv(std::string(name.substr(4)).c_str());
        if (value == nullptr) return Error{Errc::not_found, "secret \"" + std::string(name) + "\" is not set", "", {}};
        return std::string(value);
    }
    const auto file = config_->secret_files.find(std::string(name));
    if (file == config_->secret_files.end()) {
        return Error{Errc::not_found, "no secret \"" + std::string(name) + "\" is configured", "", {}};
    }
    std::ifstream in(file->second, std::ios::binary);
    if (!in) {
        return Error{Errc::unavailable, "secret file " + file->second + " cannot be read", "secret_unreadable", {}};
    }
    std::ostringstream text;
    text << in.rdbuf();
    std::string value = std::move(text).str();
    // An editor's last newline is not part of the secret.
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
    return value;
}

// ---------------------------------------------------------------------------------------------- instances

Result<std::vector<flow::Step>> Workshop::make_steps(const config::Route& route, std::size_t most) const {
    const auto context = shared_context();
    std::vector<flow::Step> steps;
    for (std::size_t i = 0; i < std::min(most, route.steps.size()); ++i) {
        const config::Step& configured = route.steps[i];
        flow::Step step;
        step.label = step_label(route, i);
        step.scope = route.name + "/" + step.label;
        step.branch = configured.branch;
        auto made = component(configured.plugin, configured.plugin_range, WEIR_KIND_TRANSFORM, configured.transform);
        if (!made) return std::move(made).error().in(step.label);
        // A wire tap runs the steps before it a second time.
        if (most != SIZE_MAX && (traits_of(*made->component, configured.settings_json) & WEIR_TRAIT_PURE) == 0) {
            return Error{
                Errc::invalid,
                "a wire_tap cannot stand behind " + step.label + ", which is not pure: put it before that step",
                "impure_tap",
                {}};
        }
        auto transform = plugin::make_transform(made->library, *made->component, context, step.scope,
                                                configured.settings_json, step.scope);
        if (!transform) return std::move(transform).error().in(step.label);
        step.transform = std::move(*transform);
        steps.push_back(std::move(step));
    }
    return steps;
}

Result<bool> Workshop::keeps_state(const config::Route& route) const {
    for (const config::Step& step : route.steps) {
        WEIR_TRY(const auto made, component(step.plugin, step.plugin_range, WEIR_KIND_TRANSFORM, step.transform));
        if ((traits_of(*made.component, step.settings_json) & WEIR_TRAIT_PURE) == 0) return true;
    }
    return false;
}

Result<flow::SinkFactory> Workshop::sink_factory(const config::Route& route, const config::Destination& to,
                                                 std::shared_ptr<flow::ConnectionGate> gate,
                                                 flow::ConnectionGate::Caller caller) const {
    const config::Connection& connection = config_->connections.at(to.connection);
    WEIR_TRY(auto made, component(connection.plugin, connection.plugin_range, WEIR_KIND_SINK, connection.component));
    // What the instances of this destination use, and keep.
    struct Kit {
        std::shared_ptr<const Workshop> workshop;
        std::shared_ptr<flow::ConnectionGate> gate;
        flow::GatedHttp http;
        plugin::HostContext context;
    };
    auto kit = std::make_shared<Kit>(
        Kit{shared_from_this(), gate, flow::GatedHttp(*services_.http, *gate, caller, *services_.clock), context_});
    kit->context.services.insert_or_assign(WEIR_SVC_HTTP, plugin::Service{&kit->http});
    return flow::SinkFactory([kit, made, instance = route.name + "/" + to.name, &connection] {
        return plugin::make_sink(made.library, *made.component, {kit, &kit->context}, instance,
                                 connection.settings_json);
    });
}

std::shared_ptr<const plugin::HostContext> Workshop::shared_context() const { return {shared_from_this(), &context_}; }

Result<Component> Workshop::source_component(const config::Connection& connection) const {
    return component(connection.plugin, connection.plugin_range, WEIR_KIND_SOURCE, connection.component);
}

Result<std::unique_ptr<plugin::SourceHandle>> Workshop::make_source(const config::Connection& connection,
                                                                    const Component& component,
                                                                    plugin::Intake& intake) const {
    return plugin::make_source(component.library, *component.component, shared_context(), connection.name + "/source",
                               connection.settings_json, intake);
}

// ---------------------------------------------------------------------------------------------- what changed

std::string Workshop::plugin_print(const std::string& id, const std::string& range) const {
    const auto candidate = registry_.find(id, range);
    return candidate ? (*candidate)->sha256 : std::string("absent");
}

std::string Workshop::fingerprint(const config::Connection& source) const {
    std::string print;
    add_field(print, plugin_print(source.plugin, source.plugin_range));
    add_field(print, source.component);
    add_field(print, source.settings_json);
    return print;
}

std::string Workshop::fingerprint(const config::Route& route) const {
    std::string print;
    for (const std::string* field :
         {&route.owner, &route.from, &route.key, &route.priority, &route.provides.object, &route.provides.key}) {
        add_field(print, *field);
    }
    for (const config::Predecessor& one : route.after) {
        add_field(print, one.object.object + "\n" + one.object.key + "\n" + std::to_string(one.wait.count()));
    }
    if (!route.steps.empty()) {
        for (const auto& [name, table] : *tables_) add_field(print, name + " " + std::to_string(table.digest));
    }
    for (const config::Step& step : route.steps) {
        add_field(print, "step");
        add_field(print, plugin_print(step.plugin, step.plugin_range));
        add_field(print, step.transform);
        add_field(print, step.branch);
        add_field(print, step.settings_json);
    }
    for (const config::Destination& to : route.to) {
        add_field(print, "to");
        add_field(print, to.name);
        add_field(print, to.connection);
        add_field(print, to.branch);
        add_field(print, std::to_string(to.steps));
        add_field(print, fingerprint(config_->connections.at(to.connection)));
        add_field(print,
                  fmt::format("{} {} {} {}", to.batch_records, to.deadline.count(), to.linger.count(), to.optional));
        add_retry(print, to.retry);
        for (const config::RetryRule& rule : to.retry_rules) {
            for (const std::string& code : rule.codes) add_field(print, code);
            add_retry(print, rule.retry);
        }
    }
    return print;
}

std::map<std::string, std::string> Workshop::used_plugins() const {
    std::map<std::string, std::string> used;
    const auto add = [&](const std::string& id, const std::string& range) {
        if (const auto candidate = registry_.find(id, range)) used[id] = (*candidate)->manifest.version;
    };
    for (const config::Route& route : config_->routes) {
        const config::Connection& from = config_->connections.at(route.from);
        add(from.plugin, from.plugin_range);
        for (const config::Step& step : route.steps) add(step.plugin, step.plugin_range);
        for (const config::Destination& to : route.to) {
            const config::Connection& connection = config_->connections.at(to.connection);
            add(connection.plugin, connection.plugin_range);
        }
    }
    return used;
}

}  // namespace weir::app
