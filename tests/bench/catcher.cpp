// A target for measurements: takes what weir's http sink sends, answers with a document number, and writes down when
// each event came:
//
//   weir_catcher --events 10000 --out arrivals.txt        prints its port, ends after so many events
//
// A line per event: "<number of the event> <CLOCK_MONOTONIC, ns>". The number is the digits at the end of `ce-id`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

struct Arrivals {
    std::uint64_t expected = 0;
    std::vector<std::pair<std::uint64_t, std::int64_t>> seen;  // number, ns
};

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

// The value of a header field, names compared without case.
std::string_view field(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();
         at = head.find("\r\n", at + 2)) {
        const std::string_view line = head.substr(at + 2);
        if (line.size() <= name.size() || line[name.size()] != ':') continue;
        const bool same = std::equal(name.begin(), name.end(), line.begin(),
                                     [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
        if (!same) continue;
        std::string_view value = line.substr(name.size() + 1);
        value = value.substr(0, value.find("\r\n"));
        while (value.starts_with(' ')) value.remove_prefix(1);
        return value;
    }
    return {};
}

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket socket, asio::io_context& context, Arrivals& arrivals)
        : socket_(std::move(socket)), context_(context), arrivals_(arrivals) {}

    void read() {
        const std::size_t used = buffer_.size();
        buffer_.resize(used + 16384);
        socket_.async_read_some(asio::buffer(buffer_.data() + used, 16384),
                                [self = shared_from_this(), used](error_code error, std::size_t n) {
                                    self->buffer_.resize(used + n);
                                    if (!error) self->take();
                                });
    }

  private:
    void take() {
        const std::string_view text = buffer_;
        const auto head_end = text.find("\r\n\r\n");
        if (head_end == std::string_view::npos) return read();
        const std::string_view head = text.substr(0, head_end + 2);
        std::size_t length = 0;
        const std::string_view written = field(head, "content-length");
        std::from_chars(written.data(), written.data() + written.size(), length);
        if (text.size() < head_end + 4 + length) return read();
        const std::string_view id = field(head, "ce-id");
        std::uint64_t number = 0;
        std::from_chars(id.data() + std::min(id.size(), id.find_last_of('-') + 1), id.data() + id.size(), number);
        arrivals_.seen.emplace_back(number, now_ns());
        buffer_.erase(0, head_end + 4 + length);
        const std::string body = fmt::format("{{\"number\":\"DOC-{}\"}}", arrivals_.seen.size());
        answer_ = fmt::format("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                              body.size(), body);
        asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](error_code error, std::size_t) {
            if (self->arrivals_.seen.size() >= self->arrivals_.expected) self->context_.stop();
            if (!error) self->take();
        });
    }

    tcp::socket socket_;
    asio::io_context& context_;
    Arrivals& arrivals_;
    std::string buffer_;
    std::string answer_;
};

void accept(tcp::acceptor& acceptor, asio::io_context& context, Arrivals& arrivals) {
    acceptor.async_accept([&](error_code error, tcp::socket socket) {
        if (!error) {
            error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            std::make_shared<Session>(std::move(socket), context, arrivals)->read();
        }
        accept(acceptor, context, arrivals);
    });
}

}  // namespace

int main(int argc, char** argv) {
    Arrivals arrivals;
    std::string out;
    CLI::App app("Takes events over HTTP and writes down when they came");
    app.add_option("--events", arrivals.expected, "ends after so many")->required();
    app.add_option("--out", out, "file to write")->required();
    CLI11_PARSE(app, argc, argv);

    asio::io_context context(1);
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    fmt::print("{}\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    arrivals.seen.reserve(arrivals.expected);
    accept(acceptor, context, arrivals);
    context.run();
    std::FILE* file = std::fopen(out.c_str(), "w");
    if (file == nullptr) return 1;
    for (const auto& [number, ns] : arrivals.seen) fmt::print(file, "{} {}\n", number, ns);
    return std::fclose(file) == 0 ? 0 : 1;
}
