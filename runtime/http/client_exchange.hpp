// One request of the client on its way: a connection from the pool or a new one, write, read, and what that came to.
#pragma once

#include <weir/http.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/http/stream.hpp"
#include "runtime/http/url.hpp"

namespace weir::http {

class CallState;
class ClientThread;

// What one exchange came to, in storage of its own; `view` is what the plugin sees.
struct ExchangeResult {
    weir_http_result view{};
    std::string header_text;
    std::vector<weir_attr> headers;
    std::string body;
    std::string error_code;
    std::string error_message;

    void fail(std::string_view code, std::string_view message, bool sent);
    void publish();  // points `view` at the storage
};

// What is asked for. Views into the caller's request; the caller blocks until CallState::finished().
struct Job {
    std::uint64_t id = 0;
    Url url;
    bool head_method = false;
    std::string head;  // request line and fields, complete
    std::string_view body;
    std::uint64_t response_max = 0;
    std::optional<std::chrono::nanoseconds> timeout;  // from begin()
    ExchangeResult* result = nullptr;
    CallState* call = nullptr;
};

// An open connection and what it read beyond the last response.
struct ClientConnection {
    explicit ClientConnection(asio::io_context& context) : stream(Socket(context)) {}
    // Can it carry another request? A peer that closed, or that sent what nobody asked for, is found out here.
    [[nodiscard]] bool usable();

    Stream stream;
    boost::beast::flat_buffer buffer;
    std::int64_t idle_since_ns = 0;
};

// Touched by its ClientThread only. It ends once: the call is told when no operation uses its views any more, the
// object goes when no handler can still come (a name being looked up cannot be called back).
class ClientExchange {
  public:
    ClientExchange(ClientThread& thread, const Job& job);
    ClientExchange(const ClientExchange&) = delete;
    ClientExchange& operator=(const ClientExchange&) = delete;

    void begin();
    void cancel(std::string_view code);
    // From the pool: a connection that another exchange gave back, or the right to open one.
    void use(std::unique_ptr<ClientConnection> connection);
    void connect();
    [[nodiscard]] const Job& job() const noexcept { return job_; }

  private:
    enum class Phase : std::uint8_t { waiting, connecting, exchanging, ended };
    using Parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

    // Wraps a handler: counts it, and calls `next` only while the exchange has not ended.
    template <class Next>
    auto tracked(Next next);

    void arm(std::chrono::nanoseconds after);
    void on_timer();
    void on_resolved(error_code error, const tcp::resolver::results_type& endpoints);
    template <class Endpoints>
    void connect_to(const Endpoints& endpoints);
    void on_connected(error_code error);
    void handshake();
    void write();
    void on_written(error_code error, std::size_t size);
    void read();
    void on_read(error_code error);
    void take_response();
    void on_write_failed(error_code error);
    void fail(std::string_view code, std::string_view message);
    void fail_read(error_code error);
    void end(bool reusable);
    void settle();
    [[nodiscard]] bool all_written() const noexcept { return written_ == job_.head.size() + job_.body.size(); }

    ClientThread& thread_;
    Job job_;
    Phase phase_ = Phase::waiting;
    std::unique_ptr<ClientConnection> connection_;
    tcp::resolver resolver_;
    asio::steady_timer timer_;
    std::optional<std::chrono::steady_clock::time_point> deadline_;
    std::optional<Parser> parser_;
    std::size_t written_ = 0;
    std::uint32_t handlers_ = 0;  // that can still come
    std::uint32_t interim_responses_ = 0;
    bool reused_ = false;       // the connection has carried a request before
    bool sent_ = false;         // a byte of the request may have left this machine
    bool holds_place_ = false;  // one of the pool's connections is ours
    bool writing_ = false;      // an operation reads the job's views
    bool told_ = false;
    bool removed_ = false;
};

}  // namespace weir::http
