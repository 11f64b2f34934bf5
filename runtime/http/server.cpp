#include "runtime/http/server.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>
#include <vector>

#include "runtime/base/log.hpp"
#include "runtime/http/io_thread.hpp"
#include "runtime/http/tls.hpp"

namespace weir::http {

namespace {

using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

// Out of file descriptors: trying at once would spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::uint32_t kThreadsMax = 64;            // an exchange id has 8 bits for the thread
constexpr std::uint32_t kConnectionsMax = 1u << 20;  // and 24 for the slot

void fill(weir_error* out, const Error& error) {
    if (out == nullptr) return;
    const auto copy = [](char* to, std::size_t size, std::string_view from) {
        const std::size_t n = std::min(size - 1, from.size());
        std::memcpy(to, from.data(), n);
        to[n] = '\0';
    };
    copy(out->code, sizeof out->code, error.code);
    copy(out->pointer, sizeof out->pointer, "/path");
    copy(out->message, sizeof out->message, error.message);
}

Result<tcp::endpoint> parse_listen(std::string_view text) {
    const Error bad{
        Errc::invalid,
        "listen: not an address and port: \"" + std::string(text) + "\", expected \"127.0.0.1:8080\" or \"[::1]:8080\"",
        "bad_listen",
        {}};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad;
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (failed != std::errc{} || end != digits.data() + digits.size()) return bad;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    error_code error;
    const auto address = asio::ip::make_address(std::string(host), error);
    if (error) return bad;
    return tcp::endpoint(address, port);
}

class HttpServer final : public Server {
  public:
    explicit HttpServer(const ServerOptions& options) : core_(options) {
        service_.server = this;
        service_.struct_size = sizeof(weir_svc_http_listener);
        service_.listen = listen;
        service_.respond = respond;
        service_.unlisten = unlisten;
    }
    ~HttpServer() override { stop(std::chrono::milliseconds{0}); }

    Status open();
    [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
    [[nodiscard]] const weir_svc_http_listener* service() const noexcept override { return &service_; }
    [[nodiscard]] Result<std::uint64_t> listen_to_rest(const weir_http_endpoint& endpoint) override {
        return core_.endpoints.add_rest(endpoint, core_.options.body_max);
    }
    void stop(std::chrono::milliseconds deadline) override;

  private:
    struct Service : weir_svc_http_listener {
        HttpServer* server = nullptr;
    };

    static HttpServer& of(const void* self) {
        return *static_cast<const Service*>(static_cast<const weir_svc_http_listener*>(self))->server;
    }
    static weir_status listen(const void* self, const weir_host*, const weir_http_endpoint* endpoint,
                              std::uint64_t* number, weir_error* error) noexcept;
    static weir_status respond(const void* self, std::uint64_t id, const weir_http_reply* reply) noexcept;
    static void unlisten(const void* self, std::uint64_t number) noexcept { of(self).core_.endpoints.close(number); }

    Status bind(const tcp::endpoint& address);
    void accept();
    void on_accept(IoThread& io, error_code error, Socket socket);

    ServerCore core_;
    Service service_{};
    std::uint16_t port_ = 0;
    std::vector<std::unique_ptr<IoThread>> threads_;
    std::unique_ptr<Acceptor> acceptor_;  // on the first thread
    std::unique_ptr<asio::steady_timer> accept_pause_;
    std::mutex stop_mutex_;
    bool stopped_ = false;  // guarded by stop_mutex_
};

weir_status HttpServer::listen(const void* self, const weir_host*, const weir_http_endpoint* endpoint,
                               std::uint64_t* number, weir_error* error) noexcept {
    ServerCore& core = of(self).core_;
    auto added = core.endpoints.add(*endpoint, core.options.body_max);
    if (!added) {
        fill(error, added.error());
        return WEIR_E_CONFIG;
    }
    *number = *added;
    return WEIR_OK;
}

weir_status HttpServer::respond(const void* self, std::uint64_t id, const weir_http_reply* reply) noexcept {
    HttpServer& server = of(self);
    const ExchangeId exchange = ExchangeId::unpack(id);
    if (exchange.thread >= server.threads_.size()) return WEIR_E_NOT_FOUND;
    return server.threads_[exchange.thread]->respond(exchange, *reply);
}

Status HttpServer::open() {
    const ServerOptions& options = core_.options;
    if (options.threads == 0 || options.threads > kThreadsMax || options.connections_max > kConnectionsMax) {
        return Error{Errc::invalid, "http: expected 1 to 64 threads and at most 1048576 connections", "bad_limits", {}};
    }
    WEIR_TRY(const tcp::endpoint address, parse_listen(options.listen));
    if (!options.tls_certificate.empty()) {
        WEIR_TRY(core_.tls, server_tls(options.tls_certificate, options.tls_key));
    }
    for (std::uint32_t i = 0; i < options.threads; ++i) {
        threads_.push_back(std::make_unique<IoThread>(core_, static_cast<std::uint8_t>(i)));
    }
    WEIR_CHECK_OK(bind(address));
    asio::post(acceptor_->get_executor(), [this] { accept(); });
    return ok();
}

Status HttpServer::bind(const tcp::endpoint& address) {
    asio::io_context& context = threads_.front()->context();
    acceptor_ = std::make_unique<Acceptor>(context);
    accept_pause_ = std::make_unique<asio::steady_timer>(context);
    error_code error;
    const auto failed = [&](std::string_view what) {
        const bool taken = error == asio::error::address_in_use;
        return Error{taken ? Errc::unavailable : Errc::invalid,
                     "listen \"" + core_.options.listen + "\": " + std::string(what) + ": " + error.message(),
                     taken ? "address_in_use" : "listen_failed",
                     {}};
    };
    acceptor_->open(address.protocol(), error);
    if (error) return failed("open");
    // A restart must not wait for the old connections' TIME_WAIT. Not SO_REUSEPORT: it would let two hosts share a
    // port.
    acceptor_->set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_->bind(address, error);
    if (error) return failed("bind");
    acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (error) return failed("listen");
    port_ = acceptor_->local_endpoint(error).port();
    return ok();
}

// To the thread with the fewest connections.
void HttpServer::accept() {
    const auto least = std::min_element(threads_.begin(), threads_.end(), [](const auto& a, const auto& b) {
        return a->connection_count() < b->connection_count();
    });
    IoThread& io = **least;
    acceptor_->async_accept(io.context(),
                            [this, &io](error_code error, Socket socket) { on_accept(io, error, std::move(socket)); });
}

void HttpServer::on_accept(IoThread& io, error_code error, Socket socket) {
    if (!acceptor_->is_open()) return;
    if (!error) {
        io.adopt(std::move(socket));
        return accept();
    }
    if (error == asio::error::connection_aborted) return accept();
    log::warn("http accept failed", {{"reason", error.message()}});
    accept_pause_->expires_after(kAcceptPause);
    accept_pause_->async_wait([this](error_code cancelled) {
        if (!cancelled && acceptor_->is_open()) accept();
    });
}

void HttpServer::stop(std::chrono::milliseconds deadline) {
    const std::lock_guard once(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    core_.draining.store(true);
    if (acceptor_) {
        asio::post(acceptor_->get_executor(), [this] {
            error_code ignored;
            acceptor_->close(ignored);
            accept_pause_->cancel();
        });
    }
    for (const auto& thread : threads_) thread->drain();
    {
        std::unique_lock lock(core_.gone_mutex);
        core_.gone.wait_for(lock, deadline, [&] { return core_.connections.load() == 0; });
    }
    for (const auto& thread : threads_) thread->close_all();
    for (const auto& thread : threads_) thread->join();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
    auto server = std::make_unique<HttpServer>(options);
    WEIR_CHECK_OK(server->open());
    return std::unique_ptr<Server>(std::move(server));
}

}  // namespace weir::http
