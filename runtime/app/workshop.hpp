// Makes instances of sources, steps and sinks from one configuration. A reload makes a new workshop; instances keep
// the one they came from alive, so that a sink that has to be made again later is made from its own configuration.
#pragma once

#include <weir/http.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/app/component.hpp"
#include "runtime/app/configuration.hpp"
#include "runtime/flow/connection_gate.hpp"
#include "runtime/flow/pipeline.hpp"
#include "runtime/plugin/handles.hpp"

namespace weir::app {

// What instances of every configuration use; the host's, and outlives them.
struct Services {
    const Clock* clock = nullptr;
    plugin::StateReader* state = nullptr;
    const weir_svc_http* http = nullptr;
    const void* http_listener = nullptr;  // null: nothing listens
    canonical::CrossReferences* cross_references = nullptr;
    plugin::SecretLookup secrets;  // empty: the environment and files, as the configuration says
};

// Immutable; any thread.
class Workshop : public std::enable_shared_from_this<Workshop> {
  public:
    Workshop(Configuration configuration, const Services& services);
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;

    [[nodiscard]] const config::Config& config() const noexcept { return *config_; }
    [[nodiscard]] std::shared_ptr<const config::Config> shared_config() const noexcept { return config_; }

    [[nodiscard]] Result<Component> component(const std::string& id, const std::string& range, std::uint32_t kind,
                                              const std::string& name) const;

    // All steps, or for a wire tap the first `most`: `invalid` with code impure_tap when one of these is not pure.
    [[nodiscard]] Result<std::vector<flow::Step>> make_steps(const config::Route& route,
                                                             std::size_t most = SIZE_MAX) const;
    // Steps that are not all pure cannot be run again after a crash: what they made has to be journaled.
    [[nodiscard]] Result<bool> keeps_state(const config::Route& route) const;
    // Makes sinks of one destination. Their requests pass the gate as `caller`'s.
    [[nodiscard]] Result<flow::SinkFactory> sink_factory(const config::Route& route, const config::Destination& to,
                                                         std::shared_ptr<flow::ConnectionGate> gate,
                                                         flow::ConnectionGate::Caller caller) const;
    // Also whether its ids are stable.
    [[nodiscard]] Result<Component> source_component(const config::Connection& connection) const;
    [[nodiscard]] Result<std::unique_ptr<plugin::SourceHandle>> make_source(const config::Connection& connection,
                                                                            const Component& component,
                                                                            plugin::Intake& intake) const;

    // Everything a route, or a source, is made from, as text: what has the same text need not be made anew.
    [[nodiscard]] std::string fingerprint(const config::Route& route) const;
    [[nodiscard]] std::string fingerprint(const config::Connection& source) const;
    // id -> version of what the configuration uses.
    [[nodiscard]] std::map<std::string, std::string> used_plugins() const;

  private:
    // Keeps the workshop: whoever has the context has the tables, contracts and secrets behind it.
    [[nodiscard]] std::shared_ptr<const plugin::HostContext> shared_context() const;
    [[nodiscard]] Result<std::string> secret(std::string_view name) const;
    [[nodiscard]] std::string plugin_print(const std::string& id, const std::string& range) const;

    std::shared_ptr<const config::Config> config_;
    plugin::Registry registry_;
    Services services_;
    std::shared_ptr<const canonical::Contracts> contracts_;
    std::shared_ptr<const Tables> tables_;
    Lookups lookups_;
    plugin::HostContext context_;
};

}  // namespace weir::app
