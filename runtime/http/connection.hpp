// One client connection of the server: reads a request, hands it to its endpoint, writes the reply, and again.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http/request.hpp"
#include "runtime/http/response.hpp"
#include "runtime/http/server_core.hpp"
#include "runtime/http/stream.hpp"

namespace weir::http {

class IoThread;

// Lives in a slot of its IoThread and is touched by that thread only. At most one asynchronous operation is pending at
// any time, and while a request is with its endpoint none is: the request's views stand still until the reply.
class Connection {
  public:
    Connection(IoThread& io, std::uint32_t slot, Socket socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // `refuse`: there are too many; says 503 and closes.
    void start(bool refuse);
    // The reply to the request that is with its endpoint.
    void reply(std::string_view head, std::string_view body);
    // Ends what has waited too long.
    void sweep(std::int64_t now_ns);
    // The server stops: closes if no request has begun, otherwise after the reply.
    void drain();
    void close();

  private:
    enum class State : std::uint8_t { handshaking, reading, answering, writing, lingering, closed };
    enum class Next : std::uint8_t { request, body, linger };  // after a write
    enum class Parsed : std::uint8_t { need_more, complete, answered };

    // Every pending operation ends here: true when the connection goes on.
    [[nodiscard]] bool operation_ended();
    void handshake();
    void read();
    void on_read(error_code error, std::size_t size);
    void run();
    [[nodiscard]] Parsed parse();
    [[nodiscard]] bool on_header();
    [[nodiscard]] bool header_is_sound();
    void on_parse_error(error_code error);
    void dispatch();
    void fail(const Problem& problem);
    void send(std::string_view first, std::string_view second, Next next);
    void write_rest();
    void written();
    void linger();
    void discard();
    void begin_request();
    void set_deadline(std::chrono::milliseconds after);

    IoThread& io_;
    ServerCore& core_;
    Stream stream_;
    std::uint32_t slot_;
    State state_ = State::reading;
    Next next_ = Next::request;
    bool pending_ = false;  // an asynchronous operation has not ended
    bool running_ = false;  // run() is on the stack
    bool begun_ = false;    // a byte of the current request has arrived
    bool header_done_ = false;
    bool close_after_ = false;  // the client asked for it, or what it sent cannot be told from the next request
    std::int64_t deadline_ns_ = 0;
    std::size_t discarded_ = 0;
    boost::beast::flat_buffer buffer_;
    Request request_;
    std::optional<RequestParser> parser_;
    Endpoint* endpoint_ = nullptr;
    std::string remote_;
    std::string out_;  // what a write left over
    std::size_t out_sent_ = 0;
};

}  // namespace weir::http
