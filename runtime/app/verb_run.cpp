// weir run: build the host, start it, stop it when a signal says so.

#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <thread>

#include "runtime/admin/server.hpp"
#include "runtime/app/host.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/base/log.hpp"

namespace weir::app {

namespace {

struct RunOptions : CommonOptions {
    std::optional<log::Level> level;  // not given: as the configuration says
    std::optional<log::Format> format;
};

const std::map<std::string, log::Level> kLevels{{"trace", log::Level::trace},
                                                {"debug", log::Level::debug},
                                                {"info", log::Level::info},
                                                {"warn", log::Level::warn},
                                                {"error", log::Level::error}};
const std::map<std::string, log::Format> kFormats{{"text", log::Format::text}, {"json", log::Format::json}};

// Before any thread starts, so that all of them inherit it: signals come to sigwait() and nowhere else.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    // A write beyond the file size limit fails with EFBIG, which the journal treats as a full disk.
    std::signal(SIGXFSZ, SIG_IGN);
    return signals;
}

// A second signal does not wait for the first one's deadline.
void end_at_second_signal(const sigset_t& signals) {
    std::thread([signals] {
        int signal = 0;
        sigwait(&signals, &signal);
        log::warn("stopped at once by a second signal");
        log::flush();
        std::_Exit(kFailed);
    }).detach();
}

// Waits for a signal that ends the host; SIGHUP reads the configuration again.
int wait_for_end(const sigset_t& signals, Host& host) {
    for (;;) {
        int signal = 0;
        sigwait(&signals, &signal);
        if (signal != SIGHUP) return signal;
        for (const std::string& problem : host.reload().problems) {
            log::warn("configuration refused", {{"problem", problem}});
        }
    }
}

Result<std::unique_ptr<admin::Server>> start_admin(Host& host) {
    const auto config = host.config();
    if (config->admin_listen.empty()) return std::unique_ptr<admin::Server>();
    admin::ServerOptions options;
    options.listen = config->admin_listen;
    options.data_dir = config->data_dir;
    options.version = WEIR_VERSION;
    options.open_metrics = config->admin_open_metrics;
    return admin::Server::start(options, host.plant());
}

int failed(const Error& error) {
    std::fprintf(stderr, "weir: %s\n", error.message.c_str());
    return error.errc == Errc::invalid ? kUsage : kFailed;
}

int run(const RunOptions& options) {
    const sigset_t signals = block_signals();
    log::configure(options.level.value_or(log::Level::info), options.format.value_or(log::Format::text));
    Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) return print_problems(configuration.loaded.problems, options.json);
    const auto deadline = configuration.loaded.config->stop_deadline;
    const config::LogSettings& log_settings = configuration.loaded.config->log;
    log::configure(options.level.value_or(kLevels.at(log_settings.level)),
                   options.format.value_or(kFormats.at(log_settings.format)));

    auto host = Host::build(std::move(configuration));
    if (!host) return failed(host.error());
    std::printf("weir %s\n%s", WEIR_VERSION, (*host)->summary().c_str());
    if (auto status = (*host)->start(); !status) return failed(status.error());
    auto admin = start_admin(**host);
    if (!admin) return failed(std::move(admin).error().in("admin"));
    if (*admin) std::printf("  admin    %s\n", (*admin)->address().c_str());
    std::printf("ready%s%s\n", (*host)->address().empty() ? "" : "  ", (*host)->address().c_str());
    std::fflush(stdout);

    const int signal = wait_for_end(signals, **host);
    end_at_second_signal(signals);
    if (*admin) (*admin)->stop();
    log::info("stopping", {{"signal", signal}, {"deadline_ms", deadline.count()}});
    const bool settled = (*host)->stop(deadline);
    host->reset();
    log::info("stopped", {{"settled", settled ? "all" : "the rest goes on at the next start"}});
    log::flush();
    return kDone;
}

}  // namespace

void add_run(CLI::App& verb, int& exit_code) {
    auto options = std::make_shared<RunOptions>();
    add_config_option(verb, *options);
    verb.add_option("--log-level", options->level, "trace, debug, info, warn or error")
        ->transform(CLI::CheckedTransformer(kLevels, CLI::ignore_case))
        ->default_str("as configured");
    verb.add_option("--log-format", options->format, "text or json (one object a line)")
        ->transform(CLI::CheckedTransformer(kFormats, CLI::ignore_case))
        ->default_str("as configured");
    verb.callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace weir::app
