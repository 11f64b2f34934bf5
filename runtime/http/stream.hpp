// A TCP connection with or without TLS on top, on one io_context. What both the server and the client read and write.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <utility>

namespace weir::http {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
// The concrete executor: any_io_executor would cost an indirect call and a copy per operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket&>;

// Models Asio's AsyncReadStream and AsyncWriteStream for plain handlers. One thread: that of its io_context.
class Stream {
  public:
    using executor_type = Executor;

    explicit Stream(Socket socket) : socket_(std::move(socket)) {}
    Stream(Socket socket, asio::ssl::context& tls) : Stream(std::move(socket)) { enable_tls(tls); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    void enable_tls(asio::ssl::context& context) { tls_ = std::make_unique<TlsStream>(socket_, context); }
    [[nodiscard]] Socket& socket() noexcept { return socket_; }
    // nullptr for plain TCP.
    [[nodiscard]] TlsStream* tls() noexcept { return tls_.get(); }
    [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
        socket_.async_read_some(buffers, std::forward<Handler>(handler));
    }
    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
        socket_.async_write_some(buffers, std::forward<Handler>(handler));
    }

    // Pending operations end with operation_aborted. No close_notify: what we send is delimited by its length.
    void close() noexcept {
        error_code ignored;
        socket_.close(ignored);
    }

  private:
    Socket socket_;
    std::unique_ptr<TlsStream> tls_;
};

}  // namespace weir::http
