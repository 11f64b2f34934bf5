// One thread of the client: its io_context, the pools of the hosts it serves, and the exchanges under way.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "runtime/http/client.hpp"
#include "runtime/http/client_exchange.hpp"

namespace weir::http {

class ClientThread {
  public:
    ClientThread(const ClientOptions& options, asio::ssl::context& tls);
    ~ClientThread();
    ClientThread(const ClientThread&) = delete;
    ClientThread& operator=(const ClientThread&) = delete;

    // [any] `job.call` hears when it ended.
    void start(const Job& job);
    // [any] Ends the exchange of this id if it is still under way. `code` is a literal.
    void cancel(std::uint64_t id, std::string_view code);
    void cancel_all();

    // Below: this thread.
    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }
    [[nodiscard]] asio::ssl::context& tls() noexcept { return tls_; }
    // Gives the exchange a connection, the right to open one, or a place in the queue.
    void acquire(ClientExchange& exchange);
    // Takes back what acquire gave: nullptr when the connection is no longer usable.
    void give_back(const Url& url, std::unique_ptr<ClientConnection> connection);
    void leave_queue(ClientExchange& exchange);
    void remove(std::uint64_t id);

  private:
    struct Pool {
        std::vector<std::unique_ptr<ClientConnection>> idle;  // the last one used is the first one taken
        std::uint32_t connections = 0;                        // idle and in use
        std::deque<ClientExchange*> waiting;
    };

    void run();
    std::unique_ptr<ClientConnection> take_idle(Pool& pool);
    void arm_sweep();
    void sweep();

    const ClientOptions& options_;
    asio::ssl::context& tls_;
    asio::io_context context_{1};
    asio::executor_work_guard<Executor> work_{context_.get_executor()};
    asio::steady_timer sweep_timer_{context_};
    bool sweeping_ = false;
    std::map<std::string, Pool> pools_;                                             // by origin
    std::unordered_map<std::uint64_t, std::unique_ptr<ClientExchange>> exchanges_;  // by Job::id
    std::thread thread_;
};

}  // namespace weir::http
