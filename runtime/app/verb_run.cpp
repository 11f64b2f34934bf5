// weir run: build the host, start it, stop it when a signal says so.

#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <thread>

#include "runtime/app/host.hpp"
#include "runtime/app/verbs.hpp"
#include "runtime/base/log.hpp"

namespace weir::app {

namespace {

struct RunOptions : CommonOptions {
    log::Level level = log::Level::info;
    log::Format format = log::Format::text;
};

// Before any thread starts, so that all of them inherit it: signals come to sigwait() and nowhere else.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
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

int run(const RunOptions& options) {
    const sigset_t signals = block_signals();
    log::configure(options.level, options.format);
    Configuration configuration = load_configuration(options.config);
    if (!configuration.loaded.config) return print_problems(configuration.loaded.problems, options.json);
    const auto deadline = configuration.loaded.config->stop_deadline;

    auto host = Host::build(std::move(configuration));
    if (!host) {
        std::fprintf(stderr, "weir: %s\n", host.error().message.c_str());
        return host.error().errc == Errc::invalid ? kUsage : kFailed;
    }
    std::printf("weir %s\n%s", WEIR_VERSION, (*host)->summary().c_str());
    if (auto status = (*host)->start(); !status) {
        std::fprintf(stderr, "weir: %s\n", status.error().message.c_str());
        return status.error().errc == Errc::invalid ? kUsage : kFailed;
    }
    std::printf("ready%s%s\n", (*host)->address().empty() ? "" : "  ", (*host)->address().c_str());
    std::fflush(stdout);

    int signal = 0;
    sigwait(&signals, &signal);
    end_at_second_signal(signals);
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
    const std::map<std::string, log::Level> levels{{"trace", log::Level::trace},
                                                   {"debug", log::Level::debug},
                                                   {"info", log::Level::info},
                                                   {"warn", log::Level::warn},
                                                   {"error", log::Level::error}};
    const std::map<std::string, log::Format> formats{{"text", log::Format::text}, {"json", log::Format::json}};
    verb.add_option("--log-level", options->level, "trace, debug, info, warn or error")
        ->transform(CLI::CheckedTransformer(levels, CLI::ignore_case))
        ->default_str("info");
    verb.add_option("--log-format", options->format, "text or json (one object a line)")
        ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case))
        ->default_str("text");
    verb.callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace weir::app
