// The host: everything a configuration describes, built, started and stopped in order.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/app/configuration.hpp"
#include "runtime/app/source_runner.hpp"
#include "runtime/flow/threaded_engine.hpp"
#include "runtime/http/client.hpp"
#include "runtime/http/server.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::app {

class Host {
  public:
    // Loads plugins, opens the journal, makes every instance. Errors name the connection or route they concern.
    [[nodiscard]] static Result<std::unique_ptr<Host>> build(Configuration configuration);
    ~Host();
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

  private:
    explicit Host(Configuration configuration);

    [[nodiscard]] Status open_journal();
    [[nodiscard]] Status start_http();
    [[nodiscard]] Status make_sources();
    [[nodiscard]] Status make_route(const config::Route& route);
    [[nodiscard]] Status make_destination(const config::Route& route, const config::Destination& to,
                                          journal::StreamId stream, journal::LaneId steps_lane, bool staged,
                                          bool first);
    [[nodiscard]] Result<journal::StreamId> make_stager(const config::Route& route, journal::StreamId stream,
                                                        journal::LaneId steps_lane);
    [[nodiscard]] Result<bool> keeps_state(const config::Route& route);
    [[nodiscard]] Result<std::vector<flow::Step>> make_steps(const config::Route& route);
    [[nodiscard]] Result<std::shared_ptr<const plugin::Library>> library(const std::string& id,
                                                                         const std::string& range);
    struct Component {
        std::shared_ptr<const plugin::Library> library;
        const weir_component* component = nullptr;
    };
    [[nodiscard]] Result<Component> component(const std::string& id, const std::string& range, std::uint32_t kind,
                                              const std::string& name);
    [[nodiscard]] Result<std::string> secret(std::string_view name) const;
    [[nodiscard]] bool listens() const;
    void warn_about_orphans();

    // In the order of construction: what stands later may use what stands before.
    Configuration configuration_;
    SystemClock clock_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<plugin::StateReader> state_;
    std::unique_ptr<http::Client> http_client_;
    std::unique_ptr<http::Server> http_server_;
    plugin::HostContext context_;
    std::map<std::string, journal::StreamId> streams_;  // by source connection
    std::unique_ptr<flow::ThreadedEngine> engine_;
    std::vector<std::unique_ptr<SourceRunner>> sources_;
    std::map<std::string, std::string> used_plugins_;  // id -> version
    bool running_ = false;

    [[nodiscard]] const config::Config& config() const { return *configuration_.loaded.config; }
};

}  // namespace weir::app
