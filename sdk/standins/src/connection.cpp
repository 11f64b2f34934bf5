#include "connection.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>

#include <utility>

namespace weir::standin {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t kHeaderMax = 64 * 1024;
constexpr std::size_t kBodyMax = 32u << 20;

std::string serialize(const Reply& reply, bool keep_alive) {
    const auto status = static_cast<unsigned>(reply.status);
    std::string out = "HTTP/1.1 " + std::to_string(status) + " " +
                      std::string(http::obsolete_reason(http::int_to_status(status))) + "\r\n";
    for (const auto& [name, value] : reply.headers) out += name + ": " + value + "\r\n";
    if (status != 204) {
        if (!reply.content_type.empty()) out += "Content-Type: " + reply.content_type + "\r\n";
        out += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
    }
    if (!keep_alive) out += "Connection: close\r\n";
    out += "\r\n";
    return status == 204 ? out : out + reply.body;
}

}  // namespace

Connection::Connection(Server& server, boost::asio::ip::tcp::socket socket, bool control)
    : server_(server), socket_(std::move(socket)), control_(control) {
    error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void Connection::read_header() {
    busy_ = false;
    exchange_.reset();
    parser_.emplace();
    parser_->header_limit(kHeaderMax);
    parser_->body_limit(kBodyMax);
    http::async_read_header(socket_, buffer_, *parser_,
                            [self = shared_from_this()](const error_code& error, std::size_t /*size*/) {
                                if (error) return self->fail(error);
                                self->on_header();
                            });
}

Request Connection::head() const {
    const auto& from = parser_->get();
    Request request;
    request.method = from.method_string();
    request.target = from.target();
    for (const auto& field : from) request.headers[lower_case(field.name_string())] = field.value();
    request.split_target();
    return request;
}

void Connection::on_header() {
    busy_ = true;
    Request request = head();
    if (!request.is_control()) {
        if (control_) {
            return respond(problem(404, "CONTROL_PORT", "this port has /_/ only; the service is at " + server_.url()));
        }
        if (server_.is_down()) return reset();
        exchange_ = std::make_shared<Exchange>(server_.io(), server_.site(), std::move(request));
    }
    if (lower_case(std::string_view(parser_->get()[http::field::expect])) == "100-continue") return say_continue();
    read_body();
}

void Connection::say_continue() {
    write("HTTP/1.1 100 Continue\r\n\r\n", [self = shared_from_this()] { self->read_body(); });
}

void Connection::read_body() {
    if (exchange_ != nullptr && exchange_->plan().cut_request_at &&
        parser_->get().body().size() >= *exchange_->plan().cut_request_at) {
        return reset();
    }
    if (parser_->is_done()) return on_request();
    http::async_read_some(socket_, buffer_, *parser_,
                          [self = shared_from_this()](const error_code& error, std::size_t /*size*/) {
                              if (error) return self->fail(error);
                              self->read_body();
                          });
}

void Connection::on_request() {
    std::string body = std::move(parser_->get().body());
    if (exchange_ != nullptr) {
        // Also a body that is shorter than the fault's byte is cut, behind its end.
        if (exchange_->plan().cut_request_at) return reset();
        return exchange_->run(std::move(body),
                              [self = shared_from_this()](const Reply& reply) { self->respond(reply); });
    }
    Request request = head();
    request.body = std::move(body);
    respond(server_.site()->dispatch_control(std::move(request)));
}

void Connection::respond(const Reply& reply) {
    const bool keep_alive = parser_->get().keep_alive() && parser_->is_done();
    std::string bytes = serialize(reply, keep_alive);
    if (exchange_ != nullptr && exchange_->plan().cut_response_at) {
        bytes.resize(std::min(bytes.size(), *exchange_->plan().cut_response_at));
        if (bytes.empty()) return close();
        return write(std::move(bytes), [self = shared_from_this()] { self->close(); });
    }
    write(std::move(bytes), [self = shared_from_this(), keep_alive, status = reply.status] {
        if (self->exchange_ != nullptr) self->exchange_->finished(status);
        if (!keep_alive) return self->close();
        self->read_header();
    });
}

void Connection::write(std::string bytes, std::function<void()> next) {
    out_ = std::move(bytes);
    boost::asio::async_write(socket_, boost::asio::buffer(out_),
                             [self = shared_from_this(), next = std::move(next)](const error_code& error, std::size_t) {
                                 if (error) return self->close();
                                 next();
                             });
}

void Connection::fail(const error_code& error) {
    const bool is_protocol = error.category() == make_error_code(http::error::bad_method).category();
    if (!is_protocol || error == http::error::end_of_stream || error == http::error::partial_message) return close();
    exchange_.reset();
    const int status = error == http::error::body_limit ? 413 : error == http::error::header_limit ? 431 : 400;
    write(serialize(problem(status, "BAD_REQUEST", error.message()), false),
          [self = shared_from_this()] { self->close(); });
}

void Connection::close_if_idle() {
    if (!busy_) reset();
}

void Connection::reset() {
    error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    close();
}

void Connection::close() {
    exchange_.reset();
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace weir::standin
