// One connection of a client: reads a request, has it answered, and again.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>

#include "exchange.hpp"
#include "server.hpp"

namespace weir::standin {

// The io_context's thread. Keeps itself alive while an operation is pending or a request is with its exchange.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(Server& server, boost::asio::ip::tcp::socket socket, bool control);

    void start() { read_header(); }
    // `down`: resets it unless a request is being read or answered.
    void close_if_idle();
    // The client sees the end. Lets go of the exchange, which holds this connection until it has answered.
    void close();

  private:
    using error_code = boost::system::error_code;

    void read_header();
    void on_header();
    void say_continue();
    void read_body();
    void on_request();
    void respond(const Reply& reply);
    void write(std::string bytes, std::function<void()> next);
    void fail(const error_code& error);
    void reset();  // the client sees a reset

    [[nodiscard]] Request head() const;

    Server& server_;
    boost::asio::ip::tcp::socket socket_;
    const bool control_;
    bool busy_ = false;
    boost::beast::flat_buffer buffer_;
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    std::shared_ptr<Exchange> exchange_;  // nullptr: a control request
    std::string out_;
};

}  // namespace weir::standin
