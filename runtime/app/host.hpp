// The host: everything a configuration describes, built, started, switched to another configuration, and stopped.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "runtime/admin/plant.hpp"
#include "runtime/app/configuration.hpp"
#include "runtime/app/source_runner.hpp"
#include "runtime/app/workshop.hpp"
#include "runtime/flow/predecessors.hpp"
#include "runtime/flow/threaded_engine.hpp"
#include "runtime/http/client.hpp"
#include "runtime/http/server.hpp"
#include "runtime/journal/inspect.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::app {

class Host final : public admin::LiveHost {
  public:
    // Loads plugins, opens the journal, makes every instance. Errors name the connection or route they concern.
    [[nodiscard]] static Result<std::unique_ptr<Host>> build(Configuration configuration);
    ~Host() override;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    // Lanes first, then sources: what was accepted before goes on before more comes in.
    [[nodiscard]] Status start();
    // Stops sources, delivers what can be delivered until the deadline, stops the rest. True: everything accepted is
    // settled.
    bool stop(std::chrono::milliseconds deadline);

    // What `weir run` tells before it begins to log: a few lines.
    [[nodiscard]] std::string summary() const;
    // "http://127.0.0.1:8080", or "" when nothing listens.
    [[nodiscard]] std::string address() const;
    // What operations work on while this host runs.
    [[nodiscard]] admin::Plant plant();

    // LiveHost
    [[nodiscard]] std::shared_ptr<void> hold_switches() override;
    void take_up(const std::vector<journal::DeliveryRow>& rows) override;
    void set_route_paused(std::string_view route, bool paused) override;
    void set_connection_paused(std::string_view connection, bool paused) override;
    [[nodiscard]] admin::ReloadReport reload() override;
    [[nodiscard]] std::vector<admin::DestinationStatus> destinations() override;
    [[nodiscard]] std::vector<admin::ConnectionStatus> connections() override;
    [[nodiscard]] admin::HealthReport health() override;
    [[nodiscard]] std::shared_ptr<const config::Config> config() override;
    [[nodiscard]] std::string metrics() override;

  private:
    // A connection that routes deliver to. Lives from the first configuration that names it to the end of the host:
    // what was used of a quota stays used.
    struct Target {
        std::shared_ptr<flow::ConnectionGate> gate;
        std::shared_ptr<flow::PostedObjects> posted;
    };
    struct RunningRoute {
        std::string fingerprint;
        std::shared_ptr<std::atomic<bool>> paused;
        std::vector<std::string> pipes;  // names in the engine
    };
    struct RunningSource {
        std::string fingerprint;
        std::unique_ptr<SourceRunner> runner;
        std::shared_ptr<const Workshop> workshop;
    };
    // A route whose instances exist, with nothing of it running.
    struct PreparedDestination {
        const config::Destination* to = nullptr;
        std::vector<flow::Step> steps;
        flow::SinkFactory factory;
        std::unique_ptr<plugin::SinkHandle> sink;  // null: an optional destination that could not be made
        flow::ConnectionGate::Caller caller = 0;
    };
    struct PreparedRoute {
        std::shared_ptr<const Workshop> workshop;
        const config::Route* route = nullptr;
        bool staged = false;
        std::vector<flow::Step> staged_steps;
        std::vector<PreparedDestination> destinations;
    };
    struct PreparedSource {
        const config::Connection* connection = nullptr;
        RunningSource source;
    };
    struct Lanes {  // of one route
        journal::StreamId stream = 0;
        journal::LaneId steps = 0;
        std::vector<flow::LaneName> destinations;
        std::shared_ptr<flow::AsideBook> aside;
    };

    Host() = default;
    [[nodiscard]] Status open_journal(const config::Config& config);
    [[nodiscard]] Status start_http(const config::Config& config);

    // host_routes.cpp
    [[nodiscard]] Target& target(const config::Connection& connection);
    [[nodiscard]] Result<PreparedRoute> prepare(const std::shared_ptr<const Workshop>& workshop,
                                                const config::Route& route);
    [[nodiscard]] Status prepare_destination(PreparedRoute& prepared, const config::Destination& to);
    [[nodiscard]] Status install(PreparedRoute&& prepared);
    [[nodiscard]] Result<Lanes> open_lanes(const PreparedRoute& prepared);
    [[nodiscard]] Result<journal::StreamId> install_stager(PreparedRoute& prepared, const Lanes& lanes);
    [[nodiscard]] Status install_destination(PreparedRoute& prepared, PreparedDestination& destination,
                                             const Lanes& lanes, bool first, RunningRoute& running);
    [[nodiscard]] flow::LaneSettings lane_settings(const PreparedRoute& prepared,
                                                   const PreparedDestination& destination, journal::LaneId lane);
    void uninstall(const std::string& route);
    [[nodiscard]] Result<PreparedSource> prepare_source(const std::shared_ptr<const Workshop>& workshop,
                                                        const std::string& connection);
    [[nodiscard]] Status install_source(PreparedSource&& prepared, bool start);
    [[nodiscard]] bool marked_paused(const std::string& what);
    void warn_about_orphans();

    // host_reload.cpp
    struct Change;
    [[nodiscard]] Result<Change> plan_change(std::shared_ptr<const Workshop> workshop, admin::ReloadReport& report);
    void switch_to(Change&& change, admin::ReloadReport& report);
    void fall_back(const std::string& route, const Error& error, admin::ReloadReport& report);

    // In the order of construction: what stands later may use what stands before.
    SystemClock clock_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<journal::Inspector> inspector_;  // null: the memory backend, whose tables nobody else can read
    std::unique_ptr<plugin::StateReader> state_;
    std::unique_ptr<canonical::CrossReferences> cross_references_;
    std::unique_ptr<http::Client> http_client_;
    std::unique_ptr<http::Server> http_server_;
    Services services_;
    std::string address_;

    std::mutex reload_mutex_;                   // one reload at a time
    std::shared_mutex switch_mutex_;            // shared: lanes stay; exclusive: they are being switched
    std::shared_ptr<const Workshop> workshop_;  // guarded by switch_mutex_, like the three below
    std::map<std::string, Target> targets_;
    std::unique_ptr<flow::ThreadedEngine> engine_;
    std::map<std::string, RunningRoute> routes_;
    std::map<std::string, RunningSource> sources_;
    std::atomic<bool> running_{false};
};

}  // namespace weir::app
