// weir-standin: an ERP, a billing service and a support desk on loopback, for testing routes without sandboxes.
#include <CLI/CLI.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <charconv>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

#include "kinds.hpp"
#include "server.hpp"

namespace {

using weir::Status;
using weir::standin::Json;

struct Options {
    std::string kind;
    std::string listen = "127.0.0.1:0";
    std::string state;
    std::string port_file;
    std::string config;
    std::string auth;
};

weir::Error invalid(const std::string& message) { return {weir::Errc::invalid, message, {}, {}}; }

weir::Result<boost::asio::ip::tcp::endpoint> parse_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    const auto bad = [&text] {
        return invalid("--listen \"" + text + "\": expected an address such as 127.0.0.1:8080");
    };
    if (colon == std::string::npos) return bad();
    boost::system::error_code error;
    std::string host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = boost::asio::ip::make_address(host, error);
    unsigned port = 0;
    const char* end = text.data() + text.size();
    if (error || std::from_chars(text.data() + colon + 1, end, port).ptr != end || port > 65535) return bad();
    if (!address.is_loopback()) {
        return invalid("--listen \"" + text +
                       "\": expected a loopback address: the endpoints under /_/ ask nobody who they are");
    }
    return boost::asio::ip::tcp::endpoint{address, static_cast<std::uint16_t>(port)};
}

weir::Result<Json> read_config(const Options& options) {
    Json config = Json::object();
    if (!options.config.empty()) {
        std::ifstream in(options.config, std::ios::binary);
        if (!in) return invalid("--config \"" + options.config + "\": cannot be read");
        auto read = weir::standin::parse_json(std::string{std::istreambuf_iterator<char>(in), {}});
        if (!read.ok()) return std::move(read).error().in("--config \"" + options.config + "\"");
        config = std::move(*read);
    }
    if (!options.auth.empty()) config["auth"] = options.auth;
    return config;
}

// A site with its sockets.
struct Standin {
    std::shared_ptr<weir::standin::Site> site;
    std::unique_ptr<weir::standin::Server> server;
};

// With `all`, `config` has an object per kind, and the state file's name gets the kind.
weir::Result<Standin> start(boost::asio::io_context& io, const std::string& kind, const Options& options,
                            const Json& config, const boost::asio::ip::tcp::endpoint& at) {
    Standin standin;
    standin.site = weir::standin::make_site(kind, io);
    WEIR_CHECK_OK(standin.site->settings.patch(config));
    if (!options.state.empty()) {
        const std::string path = options.kind == "all" ? options.state + "." + kind : options.state;
        WEIR_CHECK_OK(standin.site->store.open(path));
    }
    standin.server = std::make_unique<weir::standin::Server>(io, standin.site);
    WEIR_CHECK_OK(standin.server->start(at));
    return standin;
}

weir::Result<std::vector<Standin>> start_all(boost::asio::io_context& io, const Options& options) {
    WEIR_TRY(auto address, parse_address(options.listen));
    WEIR_TRY(const Json config, read_config(options));
    std::vector<Standin> running;
    for (const std::string& kind : weir::standin::kinds()) {
        if (options.kind != "all" && options.kind != kind) continue;
        Json own = options.kind == "all" ? config.value(kind, Json::object()) : config;
        if (options.kind == "all" && !options.auth.empty()) own["auth"] = options.auth;
        WEIR_TRY(auto standin, start(io, kind, options, own, address));
        running.push_back(std::move(standin));
        // One port each: the next ones, or any.
        if (address.port() != 0) address.port(static_cast<std::uint16_t>(address.port() + 1));
    }
    return running;
}

Status announce(const std::vector<Standin>& running, const Options& options) {
    Json services = Json::array();
    for (const Standin& standin : running) {
        services.push_back(
            {{"kind", standin.site->kind}, {"url", standin.server->url()}, {"control", standin.server->control_url()}});
    }
    const std::string line = Json{{"ready", true}, {"services", services}}.dump();
    std::cout << line << std::endl;
    if (options.port_file.empty()) return weir::ok();
    // Under another name first: whoever waits for the file never reads half of it.
    const std::string unfinished = options.port_file + ".new";
    std::ofstream(unfinished) << line << "\n";
    if (std::rename(unfinished.c_str(), options.port_file.c_str()) != 0) {
        return invalid("--print-port-file \"" + options.port_file + "\": cannot be written");
    }
    return weir::ok();
}

Status run(const Options& options) {
    boost::asio::io_context io{1};
    WEIR_TRY(const auto running, start_all(io, options));
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
    WEIR_CHECK_OK(announce(running, options));
    io.run();
    return weir::ok();
}

constexpr const char* kFooter = R"(Example:
  weir-standin erp --listen 127.0.0.1:8090
  curl -s http://127.0.0.1:8090/_/endpoints
  curl -s http://127.0.0.1:8090/_/faults -d '{"match":{"every":3},"do":{"status":429,"retry_after":30}}'

Prints {"ready":true,"services":[{"kind","url","control"}]} when it is ready. Endpoints below /_/ need no
authentication, on both ports; no fault touches the control port.)";

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"An ERP, a billing service and a support desk on loopback, with faults to switch on", "weir-standin"};
    app.add_option("kind", options.kind, "erp, billing, support, or all three")
        ->required()
        ->check(CLI::IsMember({"erp", "billing", "support", "all"}));
    app.add_option("--listen", options.listen, "loopback address and port; port 0: any free one")
        ->capture_default_str();
    app.add_option("--state", options.state, "keep documents in this file over restarts (all: FILE.erp, ...)");
    app.add_option("--print-port-file", options.port_file, "write the ready line to this file, too");
    app.add_option("--config", options.config, "JSON file of settings (all: an object per kind)");
    app.add_option("--auth", options.auth, "who may call")->check(CLI::IsMember({"none", "session"}));
    app.footer(kFooter);
    CLI11_PARSE(app, argc, argv);
    try {
        const Status done = run(options);
        if (done.ok()) return 0;
        std::cerr << "weir-standin: " << done.error().message << "\n";
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "weir-standin: " << error.what() << "\n";
    }
    return 1;
}
