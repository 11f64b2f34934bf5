#include "runtime/http/client_thread.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

#include "runtime/base/log.hpp"

namespace weir::http {

ClientThread::ClientThread(const ClientOptions& options, asio::ssl::context& tls) : options_(options), tls_(tls) {
    thread_ = std::thread([this] { run(); });
}

ClientThread::~ClientThread() {
    work_.reset();
    context_.stop();
    thread_.join();
}

void ClientThread::run() {
    for (;;) {
        try {
            context_.run();
            return;
        } catch (const std::exception& e) {  // out of memory in one handler must not take the others with it
            log::error("http client thread caught an exception", {{"what", e.what()}});
        }
    }
}

void ClientThread::start(const Job& job) {
    asio::post(context_, [this, &job] {
        auto& exchange = exchanges_[job.id];
        exchange = std::make_unique<ClientExchange>(*this, job);
        exchange->begin();
    });
}

void ClientThread::cancel(std::uint64_t id, std::string_view code) {
    asio::post(context_, [this, id, code] {
        const auto found = exchanges_.find(id);
        if (found != exchanges_.end()) found->second->cancel(code);
    });
}

void ClientThread::cancel_all() {
    asio::post(context_, [this] {
        for (const auto& [id, exchange] : exchanges_) exchange->cancel("HTTP_CANCELLED");
    });
}

void ClientThread::remove(std::uint64_t id) {
    // Not now: the exchange's own function is on the stack.
    asio::post(context_, [this, id] { exchanges_.erase(id); });
}

void ClientThread::acquire(ClientExchange& exchange) {
    Pool& pool = pools_[exchange.job().url.origin()];
    if (auto connection = take_idle(pool)) return exchange.use(std::move(connection));
    if (pool.connections >= options_.connections_per_host_max) return pool.waiting.push_back(&exchange);
    ++pool.connections;
    exchange.connect();
}

std::unique_ptr<ClientConnection> ClientThread::take_idle(Pool& pool) {
    const std::int64_t oldest_ns = options_.clock->mono_ns() - std::chrono::nanoseconds(options_.idle_timeout).count();
    while (!pool.idle.empty()) {
        auto connection = std::move(pool.idle.back());
        pool.idle.pop_back();
        if (connection->idle_since_ns >= oldest_ns && connection->usable()) return connection;
        --pool.connections;
    }
    return nullptr;
}

void ClientThread::give_back(const Url& url, std::unique_ptr<ClientConnection> connection) {
    Pool& pool = pools_[url.origin()];
    if (pool.waiting.empty()) {
        if (connection == nullptr) {
            --pool.connections;
            return;
        }
        connection->idle_since_ns = options_.clock->mono_ns();
        pool.idle.push_back(std::move(connection));
        if (!sweeping_) arm_sweep();
        return;
    }
    ClientExchange& next = *pool.waiting.front();
    pool.waiting.pop_front();
    if (connection != nullptr && connection->usable()) return next.use(std::move(connection));
    next.connect();  // in the place of the one that is gone
}

void ClientThread::leave_queue(ClientExchange& exchange) {
    auto& waiting = pools_[exchange.job().url.origin()].waiting;
    waiting.erase(std::remove(waiting.begin(), waiting.end(), &exchange), waiting.end());
}

void ClientThread::arm_sweep() {
    sweeping_ = true;
    sweep_timer_.expires_after(options_.idle_timeout);
    sweep_timer_.async_wait([this](error_code error) {
        if (!error) sweep();
    });
}

// Closes connections that nobody wanted for long; the timer stops with the last of them.
void ClientThread::sweep() {
    const std::int64_t oldest_ns = options_.clock->mono_ns() - std::chrono::nanoseconds(options_.idle_timeout).count();
    bool some_left = false;
    for (auto& [origin, pool] : pools_) {
        const auto kept = std::remove_if(pool.idle.begin(), pool.idle.end(),
                                         [&](const auto& connection) { return connection->idle_since_ns < oldest_ns; });
        pool.connections -= static_cast<std::uint32_t>(pool.idle.end() - kept);
        pool.idle.erase(kept, pool.idle.end());
        some_left = some_left || !pool.idle.empty();
    }
    sweeping_ = false;
    if (some_left) arm_sweep();
}

}  // namespace weir::http
