#include "post.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <charconv>
#include <memory>
#include <optional>

namespace weir::standin {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = boost::asio::ip::tcp;

struct Url {
    Tcp::endpoint endpoint;
    std::string host;
    std::string target;
};

std::optional<Url> parse_url(const std::string& text) {
    constexpr std::string_view kScheme = "http://";
    if (!text.starts_with(kScheme)) return std::nullopt;
    const std::string rest = text.substr(kScheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    Url url{{}, rest.substr(0, slash), slash == rest.size() ? "/" : rest.substr(slash)};
    const std::size_t colon = url.host.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    std::string name = url.host.substr(0, colon);
    if (name == "localhost") name = "127.0.0.1";
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(name, error);
    std::uint16_t port = 0;
    const char* end = url.host.data() + url.host.size();
    if (error || std::from_chars(url.host.data() + colon + 1, end, port).ptr != end) return std::nullopt;
    url.endpoint = {address, port};
    return url;
}

// Keeps itself alive until it has called `done`.
class Post : public std::enable_shared_from_this<Post> {
    // A handler that goes on with `next`, or ends with 0.
    template <class Next>
    auto step(Next next) {
        return [self = shared_from_this(), next](const beast::error_code& error, auto&&...) {
            if (error) return self->done_(0);
            next(*self);
        };
    }

  public:
    Post(boost::asio::io_context& io, std::function<void(int)> done) : stream_(io), done_(std::move(done)) {}

    void start(const Url& url, const std::vector<std::pair<std::string, std::string>>& headers, std::string body,
               std::chrono::milliseconds timeout) {
        request_.method(http::verb::post);
        request_.target(url.target);
        request_.set(http::field::host, url.host);
        for (const auto& [name, value] : headers) request_.set(name, value);
        request_.body() = std::move(body);
        request_.prepare_payload();
        stream_.expires_after(timeout);
        stream_.async_connect(url.endpoint, step([](Post& self) { self.write(); }));
    }

  private:
    void write() {
        http::async_write(stream_, request_, step([](Post& self) { self.read(); }));
    }
    void read() {
        http::async_read(stream_, buffer_, response_,
                         step([](Post& self) { self.done_(static_cast<int>(self.response_.result_int())); }));
    }

    beast::tcp_stream stream_;
    http::request<http::string_body> request_;
    http::response<http::string_body> response_;
    beast::flat_buffer buffer_;
    std::function<void(int)> done_;
};

}  // namespace

bool is_postable(const std::string& url) { return parse_url(url).has_value(); }

void post(boost::asio::io_context& io, const std::string& url,
          const std::vector<std::pair<std::string, std::string>>& headers, std::string body,
          std::chrono::milliseconds timeout, std::function<void(int)> done) {
    const auto parsed = parse_url(url);
    if (!parsed) {
        boost::asio::post(io, [done = std::move(done)] { done(0); });
        return;
    }
    std::make_shared<Post>(io, std::move(done))->start(*parsed, headers, std::move(body), timeout);
}

}  // namespace weir::standin
