#include "server.hpp"

#include <chrono>

#include "connection.hpp"
#include "time.hpp"

namespace weir::standin {

Server::Server(boost::asio::io_context& io, std::shared_ptr<Site> site)
    : io_(io), site_(std::move(site)), main_(io), control_(io), down_timer_(io) {
    site_->faults.on_change([this] { apply_down(); });
}

Server::~Server() {
    site_->faults.on_change({});
    for (const auto& weak : connections_) {
        if (const auto connection = weak.lock()) connection->close();
    }
}

std::string Server::url_of(const Tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return "http://" + (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
           std::to_string(endpoint.port());
}

Status Server::listen(Tcp::acceptor& acceptor, const Tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) return ok();
    acceptor.close();
    return Error{Errc::unavailable, "listen on " + url_of(endpoint) + ": " + error.message(), "listen", {}};
}

Status Server::start(const Tcp::endpoint& main) {
    WEIR_CHECK_OK(listen(main_, main));
    main_endpoint_ = main_.local_endpoint();
    WEIR_CHECK_OK(listen(control_, {main.address(), 0}));
    accept(main_, false);
    accept(control_, true);
    return ok();
}

bool Server::is_down() const { return site_->faults.down(mono_ms()) != Down::no; }

void Server::accept(Tcp::acceptor& acceptor, bool control) {
    acceptor.async_accept([this, &acceptor, control](const boost::system::error_code& error, Tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted) return;
        if (!error) accepted(std::move(socket), control);
        if (acceptor.is_open()) accept(acceptor, control);
    });
}

void Server::accepted(Tcp::socket socket, bool control) {
    if (!control && is_down()) {
        site_->faults.connection_refused();
        boost::system::error_code ignored;
        socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
        return;
    }
    auto connection = std::make_shared<Connection>(*this, std::move(socket), control);
    if (!control) {
        std::erase_if(connections_, [](const auto& old) { return old.expired(); });
        connections_.push_back(connection);
    }
    connection->start();
}

void Server::apply_down() {
    const Down down = site_->faults.down(mono_ms());
    if (down != Down::no) {
        for (const auto& weak : connections_) {
            if (const auto connection = weak.lock()) connection->close_if_idle();
        }
        if (const auto until = site_->faults.down_until()) {
            down_timer_.expires_after(std::chrono::milliseconds(std::max<std::int64_t>(0, *until - mono_ms()) + 1));
            down_timer_.async_wait([this](const boost::system::error_code& error) {
                if (!error) apply_down();
            });
        }
    }
    if (down == Down::refuse) {
        main_.close();
    } else if (!main_.is_open() && main_endpoint_.port() != 0) {
        const Status opened = listen(main_, main_endpoint_);
        // Somebody took the port meanwhile: better to end than to be silently away.
        if (!opened.ok()) throw std::runtime_error(opened.error().message);
        accept(main_, false);
    }
}

}  // namespace weir::standin
