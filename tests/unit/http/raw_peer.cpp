#include "raw_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace weir::http::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

void require(bool condition, const char* what) {
    if (!condition) throw std::runtime_error(what);
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
    return text;
}

std::map<std::string, std::string> parse_fields(std::string_view head) {
    std::map<std::string, std::string> fields;
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
        const std::size_t end = head.find("\r\n", at);
        const std::string_view line = head.substr(at, end - at);
        const std::size_t colon = line.find(": ");
        if (colon != std::string_view::npos) {
            fields[lowered(std::string(line.substr(0, colon)))] = line.substr(colon + 2);
        }
        at = end + 2;
    }
    return fields;
}

}  // namespace

RawSocket::RawSocket(int fd) : fd_(fd) {
    const timeval ten_seconds{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &ten_seconds, sizeof ten_seconds);
}
RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffered_(std::move(other.buffered_)) {}
RawSocket::~RawSocket() { close(); }

RawSocket RawSocket::connect(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    require(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
    return RawSocket(fd);
}

void RawSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the peer closed; what it said is still to be read
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string RawSocket::read_some() {
    if (!buffered_.empty()) return std::exchange(buffered_, {});
    char bytes[65536];
    const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
    require(got >= 0 || errno == ECONNRESET, "no bytes within ten seconds");
    return got <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(got));
}

std::string RawSocket::read_until(std::string_view end) {
    std::string bytes;
    for (;;) {
        const std::size_t at = bytes.find(end);
        if (at != std::string::npos) {
            buffered_ = bytes.substr(at + end.size());
            bytes.resize(at + end.size());
            return bytes;
        }
        const std::string more = read_some();
        if (more.empty()) return bytes;
        bytes += more;
    }
}

std::string RawSocket::read_exactly(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
        const std::string more = read_some();
        if (more.empty()) return bytes;
        bytes += more;
    }
    buffered_ = bytes.substr(size);
    bytes.resize(size);
    return bytes;
}

std::string RawSocket::read_to_end() {
    std::string bytes;
    for (std::string more = read_some(); !more.empty(); more = read_some()) bytes += more;
    return bytes;
}

void RawSocket::reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void RawSocket::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

RawResponse read_response(RawSocket& socket, bool has_body) {
    const std::string head = socket.read_until("\r\n\r\n");
    RawResponse response;
    if (head.size() < 12) return response;
    std::from_chars(head.data() + 9, head.data() + 12, response.status);
    response.headers = parse_fields(head);
    const auto length = response.headers.find("content-length");
    if (has_body && length != response.headers.end()) response.body = socket.read_exactly(std::stoul(length->second));
    return response;
}

std::string read_request(RawSocket& socket) {
    std::string head = socket.read_until("\r\n\r\n");
    const auto fields = parse_fields(head);
    const auto length = fields.find("content-length");
    if (length != fields.end()) head += socket.read_exactly(std::stoul(length->second));
    return head;
}

std::string plain_response(int status, std::string_view body, std::string_view fields) {
    return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    require(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
    require(::listen(listener_, 64) == 0, "listen");
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
        for (const Script& script : scripts_) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            threads_.emplace_back([fd, &script] {
                RawSocket socket(fd);
                script(socket);
            });
        }
    });
}

ScriptedServer::~ScriptedServer() {
    stop_listening();
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
}

void ScriptedServer::stop_listening() { ::shutdown(listener_, SHUT_RDWR); }

std::string ScriptedServer::url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

}  // namespace weir::http::test
