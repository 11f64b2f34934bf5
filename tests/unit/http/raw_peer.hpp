// Plain blocking sockets for tests: what goes over the wire stands in the test, byte by byte.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace weir::http::test {

// A connected socket. Reads end after ten seconds, so that a broken server fails a test instead of hanging it.
class RawSocket {
  public:
    explicit RawSocket(int fd);
    RawSocket(RawSocket&& other) noexcept;
    RawSocket& operator=(RawSocket&&) = delete;
    ~RawSocket();
    [[nodiscard]] static RawSocket connect(std::uint16_t port);

    void send(std::string_view bytes);
    // What is there, at least one byte; "" at the end of the stream.
    [[nodiscard]] std::string read_some();
    // Up to and including `end`.
    [[nodiscard]] std::string read_until(std::string_view end);
    [[nodiscard]] std::string read_exactly(std::size_t size);
    [[nodiscard]] std::string read_to_end();
    // Closes with a reset: what the peer sends from now on is refused.
    void reset();
    void close();

  private:
    int fd_;
    std::string buffered_;
};

struct RawResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // lower case
    std::string body;
};
[[nodiscard]] RawResponse read_response(RawSocket& socket, bool has_body = true);

// Plays the server: each accepted connection is given to the next script, on a thread of its own.
class ScriptedServer {
  public:
    using Script = std::function<void(RawSocket&)>;
    explicit ScriptedServer(std::vector<Script> scripts);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string url(std::string_view path = "/") const;
    // Closes the listening socket: connecting is refused.
    void stop_listening();

  private:
    const std::vector<Script> scripts_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

// Reads one request with its Content-Length body; returns head and body.
[[nodiscard]] std::string read_request(RawSocket& socket);
[[nodiscard]] std::string plain_response(int status, std::string_view body, std::string_view fields = "");

}  // namespace weir::http::test
