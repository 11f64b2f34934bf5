#include "runtime/http/connection.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <array>

#include "runtime/http/io_thread.hpp"

namespace weir::http {

namespace http = boost::beast::http;

namespace {

// Room for a batch of a hundred events in one read; without it Beast's buffer grows through many small reads.
constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::uint32_t kHeaderCountMax = 100;
// How long, and how much, a client that is being closed may still send. Closing with unread bytes would make the kernel
// send a reset, which can destroy the reply on its way (RFC 9112 section 9.6).
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::size_t kLingerBytesMax = 4u << 20;
constexpr std::chrono::milliseconds kHandshakeTimeout{10'000};

std::string describe(Socket& socket) {
    error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return {};
    const std::string address = remote.address().to_string();
    const std::string port = std::to_string(remote.port());
    return remote.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

Problem problem_of(error_code error) {
    if (error == http::error::header_limit) {
        return {431, "HEADER_TOO_LARGE", "the header fields are larger than this server takes"};
    }
    if (error == http::error::body_limit) {
        return {413, "PAYLOAD_TOO_LARGE", "the body is larger than this endpoint takes"};
    }
    return {400, "BAD_REQUEST", "not an HTTP/1.1 request"};
}

}  // namespace

Connection::Connection(IoThread& io, std::uint32_t slot, Socket socket)
    : io_(io), core_(io.core()), stream_(std::move(socket)), slot_(slot), remote_(describe(stream_.socket())) {}

void Connection::set_deadline(std::chrono::milliseconds after) {
    deadline_ns_ = core_.clock.mono_ns() + std::chrono::nanoseconds(after).count();
}

void Connection::start(bool refuse) {
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    stream_.socket().non_blocking(true, ignored);
    if (refuse) {
        // Before a TLS handshake there is nobody to talk to.
        if (core_.tls != nullptr) return close();
        return fail({503, "TOO_MANY_CONNECTIONS", "this server has as many connections as it takes"});
    }
    buffer_.reserve(kReadSize);
    if (core_.tls != nullptr) return handshake();
    begin_request();
    read();
}

bool Connection::operation_ended() {
    pending_ = false;
    if (state_ != State::closed) return true;
    io_.remove(slot_);
    return false;
}

void Connection::close() {
    if (state_ == State::closed) return;
    const bool with_endpoint = state_ == State::answering;
    state_ = State::closed;
    stream_.close();
    if (with_endpoint) {
        // The request's views are promised until respond(): the connection stays in its slot until the server is gone.
        io_.abandon_exchange(slot_);
    } else if (!pending_) {
        io_.remove(slot_);
    }
}

void Connection::handshake() {
    state_ = State::handshaking;
    set_deadline(kHandshakeTimeout);
    stream_.enable_tls(*core_.tls);
    pending_ = true;
    stream_.tls()->async_handshake(asio::ssl::stream_base::server, [this](error_code error) {
        if (!operation_ended()) return;
        if (error) return close();
        begin_request();
        read();
    });
}

void Connection::begin_request() {
    state_ = State::reading;
    begun_ = false;
    header_done_ = false;
    close_after_ = false;
    endpoint_ = nullptr;
    request_.clear();
    parser_.emplace(request_, core_.options.header_bytes_max, kHeaderCountMax);
    set_deadline(core_.options.idle_timeout);
}

void Connection::read() {
    pending_ = true;
    stream_.async_read_some(buffer_.prepare(kReadSize),
                            [this](error_code error, std::size_t size) { on_read(error, size); });
}

void Connection::on_read(error_code error, std::size_t size) {
    if (!operation_ended()) return;
    if (error) return close();  // the client left; half a request has no one to answer to
    buffer_.commit(size);
    run();
}

// Goes on until more bytes are needed, a reply is awaited or a write waits. A loop, not recursion: a client may send
// many requests at once and each may be answered at once.
void Connection::run() {
    if (running_) return;
    running_ = true;
    while (state_ == State::reading) {
        const Parsed parsed = parse();
        if (parsed == Parsed::need_more) break;
        if (parsed == Parsed::complete) dispatch();
    }
    running_ = false;
    if (state_ == State::reading && !pending_) read();
}

Connection::Parsed Connection::parse() {
    while (!parser_->is_done()) {
        if (buffer_.size() == 0) return Parsed::need_more;
        if (!begun_) {
            begun_ = true;
            set_deadline(core_.options.body_timeout);
        }
        error_code error;
        buffer_.consume(parser_->put(buffer_.data(), error));
        if (error == http::error::need_more) {
            // Beast bounds the header, not a chunk's extensions.
            if (buffer_.size() <= core_.options.header_bytes_max + kReadSize) return Parsed::need_more;
            error = http::error::header_limit;
        }
        if (error) return on_parse_error(error), Parsed::answered;
        if (parser_->is_header_done() && !header_done_ && !on_header()) return Parsed::answered;
    }
    return Parsed::complete;
}

// The header is complete. False: something was sent, and what comes next is another turn of run().
bool Connection::on_header() {
    header_done_ = true;
    close_after_ = !parser_->keep_alive() || request_.header_count("upgrade") != 0;
    if (!header_is_sound()) return false;
    endpoint_ = core_.endpoints.find(request_.path());
    if (endpoint_ == nullptr) {
        fail({404, "NOT_FOUND", "nothing listens on this path"});
        return false;
    }
    if (!endpoint_->open()) {
        fail({503, "UNAVAILABLE", "the source of this path is not running"});
        return false;
    }
    parser_->limit_body(endpoint_->body_max());
    parser_->eager(true);
    const auto length = parser_->content_length();
    if (length && *length > endpoint_->body_max()) {
        on_parse_error(http::error::body_limit);  // before a client that waits for 100 (Continue) sends it
        return false;
    }
    if (!parser_->is_done() && buffer_.size() == 0 && request_.header_count("expect") != 0) {
        send("HTTP/1.1 100 Continue\r\n\r\n", {}, Next::body);
        return false;
    }
    return true;
}

// What two readers of one byte stream could understand differently is refused (RFC 9112 section 11.2).
bool Connection::header_is_sound() {
    const std::size_t codings = request_.header_count("transfer-encoding");
    if (codings > 1 || (codings == 1 && !boost::beast::iequals(request_.header("transfer-encoding"), "chunked"))) {
        close_after_ = true;
        fail({501, "BAD_TRANSFER_ENCODING", "the only transfer coding this server takes is chunked"});
        return false;
    }
    const std::size_t hosts = request_.header_count("host");
    if (hosts > 1 || (hosts == 0 && parser_->keep_alive())) {
        close_after_ = true;
        fail({400, "BAD_HOST", "expected exactly one Host field"});
        return false;
    }
    const std::string_view expect = request_.header("expect");
    if (!expect.empty() && !boost::beast::iequals(expect, "100-continue")) {
        fail({417, "EXPECTATION_FAILED", "the only expectation this server meets is 100-continue"});
        return false;
    }
    return true;
}

void Connection::on_parse_error(error_code error) {
    close_after_ = true;
    fail(problem_of(error));
}

void Connection::dispatch() {
    const auto& headers = request_.attributes();
    weir_http_incoming incoming{};
    const auto view = [](std::string_view text) { return weir_str{text.data(), text.size()}; };
    incoming.struct_size = sizeof incoming;
    incoming.header_count = static_cast<std::uint32_t>(headers.size());
    incoming.headers = headers.data();
    incoming.method = view(request_.method());
    incoming.path = view(request_.path());
    if (request_.has_query()) incoming.query = view(request_.query());
    incoming.remote = view(remote_);
    incoming.body = view(request_.body);
    incoming.id = io_.open_exchange(slot_);
    state_ = State::answering;
    if (!io_.with_local_replies([&] { return endpoint_->handle(incoming); })) {
        io_.abandon_exchange(slot_);
        fail({503, "UNAVAILABLE", "the source of this path is not running"});
    }
}

// `head` ends with the empty line; what only the connection knows is put before it.
void Connection::reply(std::string_view head, std::string_view body) {
    if (state_ != State::answering) return;
    if (request_.head()) body = {};
    if (!close_after_ && !core_.draining.load(std::memory_order_relaxed)) return send(head, body, Next::request);
    std::string closing(head.substr(0, head.size() - 2));
    closing += "Connection: close\r\n\r\n";
    closing += body;
    send(closing, {}, Next::linger);
}

void Connection::fail(const Problem& problem) {
    // The rest of this request would be read as the next one.
    if (!parser_ || !parser_->is_done()) close_after_ = true;
    std::string bytes;
    const std::size_t head_size = append_problem(bytes, problem);
    state_ = State::answering;
    reply(std::string_view(bytes).substr(0, head_size), std::string_view(bytes).substr(head_size));
}

// Writes head and body at once when the socket takes them, which is nearly always; keeps the rest.
void Connection::send(std::string_view first, std::string_view second, Next next) {
    state_ = State::writing;
    next_ = next;
    std::size_t sent = 0;
    if (stream_.tls() == nullptr) {
        error_code error;
        const std::array<asio::const_buffer, 2> buffers{asio::buffer(first.data(), first.size()),
                                                        asio::buffer(second.data(), second.size())};
        sent = stream_.socket().write_some(buffers, error);
        if (error && error != asio::error::would_block && error != asio::error::try_again) return close();
        if (sent == first.size() + second.size()) return written();
    }
    out_.assign(first).append(second);
    out_sent_ = sent;
    set_deadline(core_.options.body_timeout);
    write_rest();
}

void Connection::write_rest() {
    pending_ = true;
    asio::async_write(stream_, asio::buffer(out_.data() + out_sent_, out_.size() - out_sent_),
                      [this](error_code error, std::size_t) {
                          if (!operation_ended()) return;
                          if (error) return close();
                          written();
                      });
}

void Connection::written() {
    if (next_ == Next::linger) return linger();
    if (next_ == Next::request) {
        begin_request();
    } else {
        state_ = State::reading;
    }
    run();  // returns at once when called from inside run()
}

void Connection::linger() {
    state_ = State::lingering;
    set_deadline(kLingerTime);
    if (stream_.tls() != nullptr) {
        pending_ = true;
        stream_.tls()->async_shutdown([this](error_code) {
            if (operation_ended()) close();
        });
        return;
    }
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    discard();
}

void Connection::discard() {
    buffer_.clear();
    pending_ = true;
    stream_.async_read_some(buffer_.prepare(kReadSize), [this](error_code error, std::size_t size) {
        if (!operation_ended()) return;
        discarded_ += size;
        if (error || discarded_ > kLingerBytesMax) return close();
        discard();
    });
}

void Connection::sweep(std::int64_t now_ns) {
    // A request that is with its endpoint has no deadline here: the source owes the reply.
    if (state_ == State::answering || state_ == State::closed || now_ns < deadline_ns_) return;
    if (state_ != State::reading || !begun_) return close();
    // A read is pending; it would run beside the reply's linger, so the last word is said without waiting for room.
    std::string bytes;
    append_problem(bytes, {408, "REQUEST_TIMEOUT", "the request did not arrive in time"});
    bytes.insert(bytes.find("\r\n") + 2, "Connection: close\r\n");
    if (stream_.tls() == nullptr) {
        error_code ignored;
        stream_.socket().write_some(asio::buffer(bytes), ignored);
    }
    close();
}

void Connection::drain() {
    if (state_ == State::handshaking || (state_ == State::reading && !begun_)) close();
}

}  // namespace weir::http
