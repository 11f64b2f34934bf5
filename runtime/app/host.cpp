#include "runtime/app/host.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/base/log.hpp"
#include "runtime/flow/journal_state.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::app {

Host::~Host() {
    if (running_) stop(std::chrono::milliseconds{0});
    sources_.clear();  // before the server whose requests they answer
}

Result<std::unique_ptr<Host>> Host::build(Configuration configuration) {
    std::unique_ptr<Host> host(new Host());
    const config::Config config = *configuration.loaded.config;
    WEIR_CHECK_OK(host->open_journal(config));
    WEIR_CHECK_OK(host->start_http(config));
    host->services_.clock = &host->clock_;
    host->services_.state = host->state_.get();
    WEIR_TRY(host->cross_references_, canonical::CrossReferences::open(config.data_dir / "xref.db", host->clock_));
    host->services_.cross_references = host->cross_references_.get();
    host->services_.http = host->http_client_->service();
    if (host->http_server_) host->services_.http_listener = host->http_server_->service();
    host->workshop_ = std::make_shared<const Workshop>(std::move(configuration), host->services_);
    host->engine_ =
        std::make_unique<flow::ThreadedEngine>(flow::ThreadedEngine::Settings{}, *host->journal_, host->clock_);

    std::set<std::string> sources;
    for (const config::Route& route : host->workshop_->config().routes) sources.insert(route.from);
    for (const std::string& name : sources) {
        auto prepared = host->prepare_source(host->workshop_, name);
        Status status = prepared ? host->install_source(std::move(*prepared), false) : Status(prepared.error());
        if (!status) return std::move(status).error().in("connection " + name);
    }
    for (const config::Route& route : host->workshop_->config().routes) {
        auto prepared = host->prepare(host->workshop_, route);
        Status status = prepared ? host->install(std::move(*prepared)) : Status(prepared.error());
        if (!status) return std::move(status).error().in("route " + route.name);
    }
    host->warn_about_orphans();
    return host;
}

Status Host::open_journal(const config::Config& config) {
    const config::JournalSettings& settings = config.journal;
    journal::Options options;
    options.backend = settings.backend;
    options.dir = config.data_dir / "journal";
    options.clock = &clock_;
    options.segment_bytes = settings.segment_bytes;
    options.identity_memory_bytes = settings.identity_memory_bytes;
    options.retention_age = settings.retention_age;
    options.retention_bytes = settings.retention_bytes;
    options.disk_reserve_bytes = settings.disk_reserve_bytes;
    std::error_code ec;
    std::filesystem::create_directories(config.data_dir, ec);
    if (ec) {
        return Error{Errc::unavailable, "data_dir " + config.data_dir.string() + ": " + ec.message(), "data_dir", {}};
    }
    WEIR_TRY(journal_, journal::open_journal(options));
    if (auto inspector = journal::inspect_journal(options.dir)) inspector_ = std::move(*inspector);
    state_ = std::make_unique<flow::JournalState>(*journal_);
    return ok();
}

Status Host::start_http(const config::Config& config) {
    http::ClientOptions client;
    client.clock = &clock_;
    WEIR_TRY(http_client_, http::Client::start(client));
    const config::HttpSettings& settings = config.http;
    if (settings.listen.empty()) return ok();
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
    const std::string scheme = settings.tls_certificate.empty() ? "http://" : "https://";
    address_ =
        scheme + settings.listen.substr(0, settings.listen.rfind(':') + 1) + std::to_string(http_server_->port());
    return ok();
}

// A route that is gone from the configuration may have left deliveries behind. Nothing is dropped, but nobody works on
// them either: say so.
void Host::warn_about_orphans() {
    if (!inspector_) return;
    auto accounts = inspector_->accounts();
    if (!accounts) return;
    std::set<std::pair<std::string, std::string>> known;
    for (const config::Route& route : workshop_->config().routes) {
        known.emplace(route.name, "");
        for (const config::Destination& to : route.to) known.emplace(route.name, to.name);
    }
    for (const journal::LaneAccount& account : *accounts) {
        if (account.pending == 0 || known.contains({account.route, account.destination})) continue;
        log::warn("deliveries wait for a route that is not configured",
                  {{"route", account.route}, {"destination", account.destination}, {"pending", account.pending}});
    }
}

Status Host::start() {
    const std::unique_lock switching(switch_mutex_);
    running_ = true;
    engine_->start();
    for (auto& [name, source] : sources_) WEIR_CHECK_OK(source.runner->start());
    return ok();
}

bool Host::stop(std::chrono::milliseconds deadline) {
    const std::scoped_lock reloading(reload_mutex_);
    running_ = false;
    const std::int64_t end = clock_.mono_ns() + std::chrono::nanoseconds(deadline).count();
    const auto left = [&] { return std::chrono::nanoseconds(std::max<std::int64_t>(0, end - clock_.mono_ns())); };
    for (auto& [name, source] : sources_) source.runner->stop();
    // Requests that were taken are still answered: their records are on the way to the disk.
    if (http_server_) http_server_->stop(std::chrono::duration_cast<std::chrono::milliseconds>(left()));
    const bool settled = engine_->drain(left());
    engine_->stop();
    return settled;
}

std::string Host::address() const { return address_; }

std::string Host::summary() const {
    const config::Config& config = workshop_->config();
    std::string text = "  config   " + config.file.string() + "\n  journal  " + (config.data_dir / "journal").string() +
                       " (" + config.journal.backend + ")\n  plugins ";
    for (const auto& [id, version] : workshop_->used_plugins()) text += " " + id + "@" + version;
    text += '\n';
    for (const config::Route& route : config.routes) {
        text += "  route    " + route.name + ": " + route.from;
        for (const config::Step& step : route.steps) text += " -> " + step.transform;
        text += " ->";
        for (const config::Destination& to : route.to) text += " " + to.name;
        text += '\n';
    }
    return text;
}

}  // namespace weir::app
