#include "runtime/http/client_exchange.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/http/client_call.hpp"
#include "runtime/http/client_thread.hpp"

namespace weir::http {

namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t kHeaderBytesMax = 64 * 1024;
constexpr std::uint32_t kInterimResponsesMax = 16;  // 100 (Continue), 103 (Early Hints)

void append_lower(std::string& out, std::string_view text) {
    const auto begin = out.size();
    out.append(text);
    std::transform(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
                   out.begin() + static_cast<std::ptrdiff_t>(begin),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
}

// What the macro SSL_set_tlsext_host_name does, without its C cast. OpenSSL copies the name.
void set_server_name(SSL* ssl, std::string name) {
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

}  // namespace

void ExchangeResult::fail(std::string_view code, std::string_view message, bool sent) {
    error_code = code;
    error_message = message;
    view.sent = sent ? WEIR_HTTP_SENT_MAYBE : WEIR_HTTP_SENT_NOTHING;
}

void ExchangeResult::publish() {
    const auto text = [](const std::string& s) { return s.empty() ? weir_str{} : weir_str{s.data(), s.size()}; };
    view.headers = headers.data();
    view.header_count = static_cast<std::uint32_t>(headers.size());
    view.body = text(body);
    view.error_code = text(error_code);
    view.error_message = text(error_message);
}

bool ClientConnection::usable() {
    if (buffer.size() != 0) return false;
    char byte = 0;
    const auto got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && errno == EAGAIN;
}

ClientExchange::ClientExchange(ClientThread& thread, const Job& job)
    : thread_(thread), job_(job), resolver_(thread.context()), timer_(thread.context()) {}

template <class Next>
auto ClientExchange::tracked(Next next) {
    ++handlers_;
    return [this, next](error_code error, auto&&... results) {
        --handlers_;
        if (phase_ != Phase::ended) next(error, results...);
        settle();
    };
}

void ClientExchange::begin() {
    if (job_.timeout) {
        deadline_ = std::chrono::steady_clock::now() + *job_.timeout;
        arm(*job_.timeout);
    }
    thread_.acquire(*this);
}

void ClientExchange::arm(std::chrono::nanoseconds after) {
    timer_.expires_after(after);
    timer_.async_wait(tracked([this](error_code error) {
        if (!error) on_timer();
    }));
}

void ClientExchange::on_timer() {
    // An expiry that was already on its way when the timer was set anew.
    if (timer_.expiry() > std::chrono::steady_clock::now()) return;
    const bool overall = deadline_ && *deadline_ <= std::chrono::steady_clock::now();
    if (!overall && phase_ == Phase::connecting) return fail("HTTP_CONNECT", "no connection within the time allowed");
    if (overall) fail("HTTP_TIMEOUT", "no complete response within the time allowed");
}

void ClientExchange::cancel(std::string_view code) {
    if (phase_ != Phase::ended) fail(code, "the call ended before the response was complete");
}

void ClientExchange::use(std::unique_ptr<ClientConnection> connection) {
    holds_place_ = true;
    reused_ = true;
    connection_ = std::move(connection);
    write();
}

void ClientExchange::connect() {
    holds_place_ = true;
    phase_ = Phase::connecting;
    reused_ = false;
    connection_ = std::make_unique<ClientConnection>(thread_.context());
    std::chrono::nanoseconds limit = thread_.options().connect_timeout;
    if (deadline_) limit = std::min<std::chrono::nanoseconds>(limit, *deadline_ - std::chrono::steady_clock::now());
    arm(limit);
    error_code not_an_address;
    const auto address = asio::ip::make_address(job_.url.host, not_an_address);
    if (!not_an_address) return connect_to(std::array{tcp::endpoint(address, job_.url.port)});
    resolver_.async_resolve(job_.url.host, std::to_string(job_.url.port), tcp::resolver::numeric_service,
                            tracked([this](error_code error, const tcp::resolver::results_type& endpoints) {
                                on_resolved(error, endpoints);
                            }));
}

void ClientExchange::on_resolved(error_code error, const tcp::resolver::results_type& endpoints) {
    if (error) return fail("HTTP_CONNECT", "host \"" + job_.url.host + "\": " + error.message());
    connect_to(endpoints);
}

template <class Endpoints>
void ClientExchange::connect_to(const Endpoints& endpoints) {
    asio::async_connect(connection_->stream.socket(), endpoints,
                        tracked([this](error_code error, auto&&) { on_connected(error); }));
}

void ClientExchange::on_connected(error_code error) {
    if (error) {
        return fail("HTTP_CONNECT",
                    "connect to \"" + job_.url.host + ":" + std::to_string(job_.url.port) + "\": " + error.message());
    }
    error_code ignored;
    connection_->stream.socket().set_option(tcp::no_delay(true), ignored);
    if (job_.url.tls) return handshake();
    write();
}

void ClientExchange::handshake() {
    connection_->stream.enable_tls(thread_.tls());
    TlsStream& tls = *connection_->stream.tls();
    error_code not_an_address;
    asio::ip::make_address(job_.url.host, not_an_address);
    // RFC 6066 section 3: no addresses in server_name.
    if (not_an_address) set_server_name(tls.native_handle(), job_.url.host);
    error_code ignored;
    tls.set_verify_callback(asio::ssl::host_name_verification(job_.url.host), ignored);
    tls.async_handshake(asio::ssl::stream_base::client, tracked([this](error_code error) {
                            if (error) return fail("HTTP_TLS", "\"" + job_.url.host + "\": " + error.message());
                            write();
                        }));
}

void ClientExchange::write() {
    if (phase_ != Phase::exchanging) {
        phase_ = Phase::exchanging;
        // The connect timeout is over, the exchange's own goes on.
        if (deadline_) {
            arm(*deadline_ - std::chrono::steady_clock::now());
        } else {
            timer_.cancel();
        }
    }
    // How much of a failed TLS write has left is not told; of a plain one it is.
    if (connection_->stream.tls() != nullptr) sent_ = true;
    const std::string_view head = std::string_view(job_.head).substr(std::min(written_, job_.head.size()));
    const std::string_view body = job_.body.substr(written_ > job_.head.size() ? written_ - job_.head.size() : 0);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head.data(), head.size()),
                                                    asio::buffer(body.data(), body.size())};
    writing_ = true;
    connection_->stream.async_write_some(buffers, [this](error_code error, std::size_t size) {
        writing_ = false;
        tracked([this](error_code e, std::size_t n) { on_written(e, n); })(error, size);
    });
}

void ClientExchange::on_written(error_code error, std::size_t size) {
    written_ += size;
    sent_ = sent_ || size != 0;
    if (error) return on_write_failed(error);
    if (!all_written()) return write();
    read();
}

void ClientExchange::on_write_failed(error_code error) {
    if (sent_) return read();  // the peer may have answered early and closed (RFC 9112 section 9.5)
    // A pooled connection that the peer closed in the meantime, found out before a byte was sent.
    if (reused_) return connect();
    fail("HTTP_CUT", "sending: " + error.message());
}

void ClientExchange::read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(job_.response_max);
    if (job_.head_method) parser_->skip(true);
    http::async_read(connection_->stream, connection_->buffer, *parser_,
                     tracked([this](error_code error, std::size_t) { on_read(error); }));
}

void ClientExchange::on_read(error_code error) {
    const bool interim = parser_->is_header_done() && parser_->get().result_int() < 200;
    if (!error && interim) {
        if (parser_->get().result_int() == 101 || ++interim_responses_ > kInterimResponsesMax) {
            return fail("HTTP_BAD_RESPONSE", "an interim response that was not asked for");
        }
        return read();
    }
    if (error) return fail_read(error);
    take_response();
    end(parser_->keep_alive() && !parser_->need_eof() && all_written());
}

void ClientExchange::fail_read(error_code error) {
    if (error == http::error::body_limit) {
        take_response();  // the status is known, and it decides more than the body would
        job_.result->body.clear();
        return fail("HTTP_RESPONSE_TOO_LARGE",
                    "the response is larger than " + std::to_string(job_.response_max) + " bytes");
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message) {
        return fail("HTTP_CUT", "the peer closed the connection before the response was complete");
    }
    if (error.category() == make_error_code(http::error::bad_version).category()) {
        return fail("HTTP_BAD_RESPONSE", "not an HTTP/1.1 response: " + error.message());
    }
    fail("HTTP_CUT", "receiving: " + error.message());
}

void ClientExchange::take_response() {
    ExchangeResult& result = *job_.result;
    auto& response = parser_->get();
    result.view.status = static_cast<std::int32_t>(response.result_int());
    result.view.sent = WEIR_HTTP_SENT_MAYBE;
    std::size_t size = 0;
    for (const auto& field : response) size += field.name_string().size() + field.value().size();
    result.header_text.reserve(size);  // the views below point into it
    for (const auto& field : response) {
        const std::size_t name = result.header_text.size();
        append_lower(result.header_text, field.name_string());
        const std::size_t value = result.header_text.size();
        result.header_text.append(field.value());
        const char* text = result.header_text.data();
        result.headers.push_back({{text + name, value - name}, {text + value, result.header_text.size() - value}});
    }
    result.body = std::move(response.body());
}

void ClientExchange::fail(std::string_view code, std::string_view message) {
    job_.result->fail(code, message, sent_);
    end(false);
}

// The result stands. What is still pending is called back.
void ClientExchange::end(bool reusable) {
    if (phase_ == Phase::waiting) thread_.leave_queue(*this);
    phase_ = Phase::ended;
    timer_.cancel();
    resolver_.cancel();
    if (!reusable && connection_ != nullptr) connection_->stream.close();
    if (reusable)
        thread_.give_back(job_.url, std::exchange(connection_, nullptr));
    else if (holds_place_)
        thread_.give_back(job_.url, nullptr);
    holds_place_ = false;
    settle();
}

void ClientExchange::settle() {
    if (phase_ != Phase::ended) return;
    if (!told_ && !writing_) {
        told_ = true;
        job_.result->publish();
        job_.call->finished();
    }
    if (!removed_ && handlers_ == 0 && !writing_) {
        removed_ = true;
        thread_.remove(job_.id);
    }
}

}  // namespace weir::http
