#include "runtime/app/host.hpp"

#include <weir/http.h>
#include <weir/http_listener.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "runtime/base/log.hpp"
#include "runtime/journal/inspect.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::app {

namespace {

class JournalState final : public plugin::StateReader {
  public:
    explicit JournalState(journal::Journal& journal) : journal_(journal) {}
    Result<std::optional<std::string>> get(std::string_view scope, std::string_view key) override {
        return journal_.state_get(scope, key);
    }

  private:
    journal::Journal& journal_;
};

flow::RetryPolicy policy_of(const config::RetrySettings& settings) {
    return {settings.first_delay, settings.max_delay,    settings.multiplier,
            settings.jitter,      settings.max_attempts, settings.max_probes};
}

std::string step_label(std::size_t index, const config::Step& step) {
    return "step " + std::to_string(index + 1) + " (" + step.transform + ")";
}

// Seeds jitter only.
std::uint64_t seed_of(const Clock& clock, journal::LaneId lane) {
    return static_cast<std::uint64_t>(clock.wall_ns()) ^ (std::uint64_t{lane} << 48);
}

}  // namespace

Host::Host(Configuration configuration) : configuration_(std::move(configuration)) {}

Host::~Host() {
    if (running_) stop(std::chrono::milliseconds{0});
    sources_.clear();  // before the server whose requests they answer
}

Result<std::unique_ptr<Host>> Host::build(Configuration configuration) {
    std::unique_ptr<Host> host(new Host(std::move(configuration)));
    WEIR_CHECK_OK(host->open_journal());
    WEIR_CHECK_OK(host->start_http());
    host->engine_ =
        std::make_unique<flow::ThreadedEngine>(flow::ThreadedEngine::Settings{}, *host->journal_, host->clock_);
    WEIR_CHECK_OK(host->make_sources());
    for (const config::Route& route : host->config().routes) {
        if (auto status = host->make_route(route); !status) {
            return std::move(status).error().in("route " + route.name);
        }
    }
    host->warn_about_orphans();
    return host;
}

Status Host::open_journal() {
    const config::JournalSettings& settings = config().journal;
    journal::Options options;
    options.backend = settings.backend;
    options.dir = config().data_dir / "journal";
    options.clock = &clock_;
    options.segment_bytes = settings.segment_bytes;
    options.retention_age = settings.retention_age;
    options.retention_bytes = settings.retention_bytes;
    options.disk_reserve_bytes = settings.disk_reserve_bytes;
    std::error_code ec;
    std::filesystem::create_directories(config().data_dir, ec);
    if (ec) {
        return Error{Errc::unavailable, "data_dir " + config().data_dir.string() + ": " + ec.message(), "data_dir", {}};
    }
    WEIR_TRY(journal_, journal::open_journal(options));
    state_ = std::make_unique<JournalState>(*journal_);
    context_.clock = &clock_;
    context_.state = state_.get();
    context_.secrets = [this](std::string_view name) { return secret(name); };
    return ok();
}

bool Host::listens() const { return !config().http.listen.empty(); }

Status Host::start_http() {
    http::ClientOptions client;
    client.clock = &clock_;
    WEIR_TRY(http_client_, http::Client::start(client));
    context_.services.emplace(WEIR_SVC_HTTP, plugin::Service{http_client_->service()});
    if (!listens()) return ok();
    const config::HttpSettings& settings = config().http;
    http::ServerOptions server;
    server.listen = settings.listen;
    server.threads =
        settings.threads != 0 ? settings.threads : std::clamp(std::thread::hardware_concurrency() / 2, 1u, 8u);
    server.body_max = settings.body_max;
    server.connections_max = settings.connections_max;
    server.idle_timeout = settings.idle_timeout;
    server.tls_certificate = settings.tls_certificate;
    server.tls_key = settings.tls_key;
    WEIR_TRY(http_server_, http::Server::start(server));
    context_.services.emplace(WEIR_SVC_HTTP_LISTENER, plugin::Service{http_server_->service()});
    return ok();
}

Result<std::shared_ptr<const plugin::Library>> Host::library(const std::string& id, const std::string& range) {
    WEIR_TRY(const plugin::Candidate* candidate, configuration_.registry.find(id, range));
    WEIR_TRY(auto loaded, configuration_.registry.load(*candidate));
    used_plugins_[id] = loaded->manifest().version;
    return loaded;
}

Result<Host::Component> Host::component(const std::string& id, const std::string& range, std::uint32_t kind,
                                        const std::string& name) {
    WEIR_TRY(auto loaded, library(id, range));
    const weir_component* found = loaded->component(kind, name);
    if (found == nullptr) {
        return Error{Errc::not_found,
                     "plugin \"" + id + "\" has no component \"" + name + "\" of this kind",
                     "unknown_component",
                     {}};
    }
    return Component{std::move(loaded), found};
}

Result<std::string> Host::secret(std::string_view name) const {
    if (name.starts_with("env:")) {
        const char* value = std::getenv(std::string(name.substr(4)).c_str());
        if (value == nullptr) return Error{Errc::not_found, "secret \"" + std::string(name) + "\" is not set", "", {}};
        return std::string(value);
    }
    const auto file = config().secret_files.find(std::string(name));
    if (file == config().secret_files.end()) {
        return Error{Errc::not_found, "no secret \"" + std::string(name) + "\" is configured", "", {}};
    }
    std::ifstream in(file->second, std::ios::binary);
    if (!in)
        return Error{Errc::unavailable, "secret file " + file->second + " cannot be read", "secret_unreadable", {}};
    std::ostringstream text;
    text << in.rdbuf();
    std::string value = std::move(text).str();
    // An editor's last newline is not part of the secret.
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
    return value;
}

Status Host::make_sources() {
    std::set<std::string> used;
    for (const config::Route& route : config().routes) used.insert(route.from);
    for (const std::string& name : used) {
        const config::Connection& connection = config().connections.at(name);
        WEIR_TRY(const journal::StreamId stream, journal_->open_stream(name));
        streams_[name] = stream;
        auto made = component(connection.plugin, connection.plugin_range, WEIR_KIND_SOURCE, connection.component);
        if (!made) return std::move(made).error().in("connection " + name);
        const bool stable_ids = (made->component->traits & WEIR_TRAIT_STABLE_IDS) != 0;
        auto intake = std::make_unique<flow::StreamIntake>(*journal_, stream, stable_ids);
        auto source = plugin::make_source(made->library, *made->component, context_, name + "/source",
                                          connection.settings_json, *intake);
        if (!source) return std::move(source).error().in("connection " + name);
        sources_.push_back(std::make_unique<SourceRunner>(name, std::move(intake), std::move(*source), clock_));
        WEIR_TRY(const auto cursors, journal_->cursors(stream));
        WEIR_CHECK_OK(sources_.back()->resume(cursors));
    }
    return ok();
}

Result<std::vector<flow::Step>> Host::make_steps(const config::Route& route) {
    std::vector<flow::Step> steps;
    for (std::size_t i = 0; i < route.steps.size(); ++i) {
        const config::Step& configured = route.steps[i];
        flow::Step step;
        step.label = step_label(i, configured);
        step.scope = route.name + "/" + step.label;
        auto made = component(configured.plugin, configured.plugin_range, WEIR_KIND_TRANSFORM, configured.transform);
        if (!made) return std::move(made).error().in(step.label);
        auto transform = plugin::make_transform(made->library, *made->component, context_, step.scope,
                                                configured.settings_json, step.scope);
        if (!transform) return std::move(transform).error().in(step.label);
        step.transform = std::move(*transform);
        steps.push_back(std::move(step));
    }
    return steps;
}

// Steps that are not all pure cannot be run again after a crash: what they made has to be journaled.
Result<bool> Host::keeps_state(const config::Route& route) {
    for (const config::Step& step : route.steps) {
        WEIR_TRY(const auto made, component(step.plugin, step.plugin_range, WEIR_KIND_TRANSFORM, step.transform));
        if ((made.component->traits & WEIR_TRAIT_PURE) == 0) return true;
    }
    return false;
}

Status Host::make_route(const config::Route& route) {
    journal::StreamId stream = streams_.at(route.from);
    WEIR_TRY(const journal::LaneId steps_lane, journal_->open_lane(route.name, "", stream, route.from_begin));
    WEIR_TRY(const bool staged, keeps_state(route));
    if (staged) {
        WEIR_TRY(stream, make_stager(route, stream, steps_lane));
    }
    bool first = true;
    for (const config::Destination& to : route.to) {
        if (auto status = make_destination(route, to, stream, steps_lane, staged, first); !status) {
            return std::move(status).error().in("destination " + to.connection);
        }
        first = false;
    }
    return ok();
}

Result<journal::StreamId> Host::make_stager(const config::Route& route, journal::StreamId stream,
                                            journal::LaneId steps_lane) {
    WEIR_TRY(const journal::StreamId into, journal_->open_stream(route.name + "/staged"));
    WEIR_TRY(auto steps, make_steps(route));
    WEIR_TRY(auto state, journal_->lane_state(steps_lane));
    flow::Reader::Settings settings;
    settings.route = route.name;
    settings.stream = stream;
    settings.steps_lane = steps_lane;
    settings.writes_aside = false;  // in the same transaction as outputs and position
    settings.groups_max = 1;
    flow::Reader reader(settings, std::move(steps), *journal_, clock_, state.progress.position);
    engine_->add(route.name, std::make_unique<flow::Stager>(flow::Stager::Settings{route.name, steps_lane, into},
                                                            std::move(reader), *journal_, clock_, state.progress));
    return into;
}

Status Host::make_destination(const config::Route& route, const config::Destination& to, journal::StreamId stream,
                              journal::LaneId steps_lane, bool staged, bool first) {
    const config::Connection& connection = config().connections.at(to.connection);
    WEIR_TRY(auto made, component(connection.plugin, connection.plugin_range, WEIR_KIND_SINK, connection.component));
    const std::string instance = route.name + "/" + to.connection;
    // What a new instance is made from when one broke.
    flow::SinkFactory factory = [this, made, instance, settings = connection.settings_json] {
        return plugin::make_sink(made.library, *made.component, context_, instance, settings);
    };
    WEIR_TRY(auto sink, factory());

    flow::LaneSettings lane;
    WEIR_TRY(lane.id, journal_->open_lane(route.name, to.connection, stream, route.from_begin || staged));
    WEIR_TRY(lane.key, flow::KeySelector::parse(route.key));
    lane.route = route.name;
    lane.destination = to.connection;
    lane.retry = policy_of(to.retry);
    lane.limits = sink->limits();
    if (to.batch_records != 0)
        lane.limits.max_batch_records = std::min(lane.limits.max_batch_records, to.batch_records);
    lane.traits = sink->traits();
    lane.can_resolve = sink->can_resolve();
    lane.window_records = std::max<std::size_t>(lane.window_records, 4ull * lane.limits.max_batch_records);
    WEIR_TRY(auto state, journal_->lane_state(lane.id));
    const journal::LaneId lane_id = lane.id;
    flow::Lane resumed(std::move(lane), std::move(state), flow::now_of(clock_), seed_of(clock_, lane_id));

    flow::Reader::Settings reading;
    reading.route = route.name;
    reading.stream = stream;
    reading.steps_lane = steps_lane;
    reading.writes_aside = first && !staged;
    std::vector<flow::Step> steps;
    if (!staged) {
        WEIR_TRY(steps, make_steps(route));
    }
    auto reader = std::make_unique<flow::Reader>(reading, std::move(steps), *journal_, clock_, resumed.next_offset());
    flow::LaneWorker::Settings worker;
    worker.deadline = to.deadline;
    engine_->add(instance, std::move(reader),
                 std::make_unique<flow::LaneWorker>(worker, std::move(resumed), std::move(factory), std::move(sink),
                                                    *journal_, clock_));
    return ok();
}

// A route that is gone from the configuration may have left deliveries behind. Nothing is dropped, but nobody works on
// them either: say so.
void Host::warn_about_orphans() {
    auto inspector = journal::inspect_journal(config().data_dir / "journal");
    if (!inspector) return;
    auto accounts = (*inspector)->accounts();
    if (!accounts) return;
    std::set<std::pair<std::string, std::string>> known;
    for (const config::Route& route : config().routes) {
        known.emplace(route.name, "");
        for (const config::Destination& to : route.to) known.emplace(route.name, to.connection);
    }
    for (const journal::LaneAccount& account : *accounts) {
        if (account.pending == 0 || known.contains({account.route, account.destination})) continue;
        log::warn("deliveries wait for a route that is not configured",
                  {{"route", account.route}, {"destination", account.destination}, {"pending", account.pending}});
    }
}

Status Host::start() {
    running_ = true;
    engine_->start();
    for (auto& source : sources_) WEIR_CHECK_OK(source->start());
    return ok();
}

bool Host::stop(std::chrono::milliseconds deadline) {
    running_ = false;
    const std::int64_t end = clock_.mono_ns() + std::chrono::nanoseconds(deadline).count();
    const auto left = [&] { return std::chrono::nanoseconds(std::max<std::int64_t>(0, end - clock_.mono_ns())); };
    for (auto& source : sources_) source->stop();
    // Requests that were taken are still answered: their records are on the way to the disk.
    if (http_server_) http_server_->stop(std::chrono::duration_cast<std::chrono::milliseconds>(left()));
    const bool settled = engine_->drain(left());
    engine_->stop();
    return settled;
}

std::string Host::address() const {
    if (!http_server_) return "";
    const std::string& listen = config().http.listen;
    const std::string scheme = config().http.tls_certificate.empty() ? "http://" : "https://";
    return scheme + listen.substr(0, listen.rfind(':') + 1) + std::to_string(http_server_->port());
}

std::string Host::summary() const {
    std::string text = "  config   " + config().file.string() + "\n  journal  " +
                       (config().data_dir / "journal").string() + " (" + config().journal.backend + ")\n  plugins ";
    for (const auto& [id, version] : used_plugins_) text += " " + id + "@" + version;
    text += '\n';
    for (const config::Route& route : config().routes) {
        text += "  route    " + route.name + ": " + route.from;
        for (const config::Step& step : route.steps) text += " -> " + step.transform;
        text += " ->";
        for (const config::Destination& to : route.to) text += " " + to.connection;
        text += '\n';
    }
    return text;
}

}  // namespace weir::app
