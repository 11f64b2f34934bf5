// The sockets of one stand-in: the port that is tested against, and the control port that no fault touches.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

#include "site.hpp"

namespace weir::standin {

class Connection;

// The io_context's thread.
class Server {
  public:
    using Tcp = boost::asio::ip::tcp;

    Server(boost::asio::io_context& io, std::shared_ptr<Site> site);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens on `main`, and on a free port of the same address for control. `unavailable`: the port is taken.
    [[nodiscard]] Status start(const Tcp::endpoint& main);
    // http://127.0.0.1:8080
    [[nodiscard]] std::string url() const { return url_of(main_endpoint_); }
    [[nodiscard]] std::string control_url() const { return url_of(control_.local_endpoint()); }
    [[nodiscard]] const std::shared_ptr<Site>& site() const noexcept { return site_; }
    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] bool is_down() const;

  private:
    [[nodiscard]] Status listen(Tcp::acceptor& acceptor, const Tcp::endpoint& endpoint);
    [[nodiscard]] static std::string url_of(const Tcp::endpoint& endpoint);
    void accept(Tcp::acceptor& acceptor, bool control);
    void accepted(Tcp::socket socket, bool control);
    // Closes, or opens again, the main port as the faults say.
    void apply_down();

    boost::asio::io_context& io_;
    const std::shared_ptr<Site> site_;
    Tcp::acceptor main_;
    Tcp::acceptor control_;
    Tcp::endpoint main_endpoint_;
    boost::asio::steady_timer down_timer_;
    std::vector<std::weak_ptr<Connection>> connections_;  // of the main port
};

}  // namespace weir::standin
