// Sends CloudEvents usage events over HTTP and prints what came back, as one JSON object:
//
//   weir_loadgen --url http://127.0.0.1:8080/v1/usage --connections 64 --events 100000
//
// Closed loop: each connection sends its next request when the last one is answered. With --rate it is an open loop:
// requests are due at fixed times and latency counts from when a request was due, not from when it could be sent, so
// that a server that stalls does not look fast (coordinated omission).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

struct Options {
    std::string url = "http://127.0.0.1:8080/v1/usage";
    std::string prefix = "load";
    std::string mode = "structured";
    std::string token;
    std::uint32_t connections = 64;
    std::uint32_t threads = 1;
    std::uint64_t events = 100'000;
    std::uint32_t batch = 1;
    std::uint64_t rate = 0;  // requests a second; 0: closed loop

    [[nodiscard]] std::uint64_t requests() const { return events / batch; }
};

struct Target {
    std::string host, port, path;
};

// "http://host:port/path"; this tool talks to a server next to it and needs no more.
Target parse_target(std::string_view url) {
    if (url.starts_with("http://")) url.remove_prefix(7);
    const auto slash = std::min(url.find('/'), url.size());
    const auto colon = std::min(url.find(':'), slash);
    Target target;
    target.host = url.substr(0, colon);
    target.port = colon < slash ? url.substr(colon + 1, slash - colon - 1) : "80";
    target.path = slash < url.size() ? url.substr(slash) : "/";
    return target;
}

// A request rendered once. Only the digits of the ids change from one use to the next.
class Message {
  public:
    static constexpr std::size_t kDigits = 12;

    Message(const Options& options, const Target& target) {
        std::string body = options.mode == "batch" ? "[" : "";
        std::vector<std::size_t> ids;
        for (std::uint32_t i = 0; i < options.batch; ++i) {
            if (i > 0) body += ',';
            append_event(body, options.prefix, ids);
        }
        if (options.mode == "batch") body += ']';
        const char* type =
            options.mode == "batch" ? "application/cloudevents-batch+json" : "application/cloudevents+json";
        text_ = fmt::format("POST {} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n",
                            target.path, target.host, target.port, type, body.size(),
                            options.token.empty() ? "" : "Authorization: Bearer " + options.token + "\r\n");
        for (const std::size_t id : ids) ids_.push_back(text_.size() + id);
        text_ += body;
    }
    // The message whose events are numbered from `first`.
    [[nodiscard]] const std::string& numbered(std::uint64_t first) {
        for (const std::size_t at : ids_) {
            std::uint64_t number = first++;
            for (std::size_t i = kDigits; i > 0; --i, number /= 10)
                text_[at + i - 1] = static_cast<char>('0' + number % 10);
        }
        return text_;
    }

  private:
    // About 428 bytes, what a metered API call comes to.
    static void append_event(std::string& body, const std::string& prefix, std::vector<std::size_t>& ids) {
        body += R"({"specversion":"1.0","id":")" + prefix + "-";
        ids.push_back(body.size());
        body.append(kDigits, '0');
        body += R"(","source":"/meters/api-gateway/eu-1","type":"io.weir.usage.event.recorded.v1",)"
                R"("subject":"customer-00042","time":"2026-06-01T16:00:00.123Z","datacontenttype":"application/json",)"
                R"("data":{"customer":"customer-00042","subscription":"sub-00042-1","metric":"api_calls",)"
                R"("quantity":"12.5","unit":"call","dims":{"region":"eu-1","plan":"scale","method":"POST"}}})";
    }

    std::string text_;
    std::vector<std::size_t> ids_;
};

// What the connections of one thread have seen.
struct Tally {
    std::map<int, std::uint64_t> statuses;  // 0: the connection failed
    std::vector<std::uint32_t> latencies_us;
};

// The requests c, c + n, c + 2n ... of n connections, one after the other.
class Connection {
  public:
    Connection(asio::io_context& context, const Options& options, const Target& target, std::uint32_t index,
               SteadyClock::time_point start, Tally& tally)
        : socket_(context),
          timer_(context),
          options_(options),
          message_(options, target),
          next_(index),
          start_(start),
          tally_(tally) {}

    void connect(const tcp::resolver::results_type& endpoints) {
        error_code error;
        for (const auto& entry : endpoints) {
            socket_.close(error);
            socket_.connect(entry.endpoint(), error);
            if (!error) break;
        }
        if (error) return failed();
        socket_.set_option(tcp::no_delay(true), error);
        wait_for_turn();
    }

  private:
    void wait_for_turn() {
        if (next_ >= options_.requests()) return;
        if (options_.rate == 0) {
            due_ = SteadyClock::now();
            return send();
        }
        due_ = start_ + std::chrono::nanoseconds(next_ * 1'000'000'000 / options_.rate);
        if (due_ <= SteadyClock::now()) return send();
        timer_.expires_at(due_);
        timer_.async_wait([this](error_code error) {
            if (!error) send();
        });
    }
    void send() {
        const std::string& text = message_.numbered(next_ * options_.batch);
        next_ += options_.connections;
        asio::async_write(socket_, asio::buffer(text), [this](error_code error, std::size_t) {
            if (error) return failed();
            receive();
        });
    }
    void receive() {
        const std::size_t used = answer_.size();
        answer_.resize(used + 4096);
        socket_.async_read_some(asio::buffer(answer_.data() + used, 4096),
                                [this, used](error_code error, std::size_t n) {
                                    answer_.resize(used + n);
                                    if (error) return failed();
                                    if (!complete()) return receive();
                                    wait_for_turn();
                                });
    }
    // Takes one response off the front; false: more is needed.
    bool complete() {
        const std::string_view answer = answer_;
        const auto head = answer.find("\r\n\r\n");
        if (head == std::string_view::npos) return false;
        std::size_t length = 0;
        if (const auto at = answer.find("Content-Length: "); at < head) {
            std::from_chars(answer.data() + at + 16, answer.data() + head, length);
        }
        if (answer.size() < head + 4 + length) return false;
        int status = 0;
        std::from_chars(answer.data() + 9, answer.data() + 12, status);
        ++tally_.statuses[status];
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - due_);
        tally_.latencies_us.push_back(static_cast<std::uint32_t>(took.count()));
        answer_.erase(0, head + 4 + length);
        return true;
    }
    void failed() { ++tally_.statuses[0]; }

    tcp::socket socket_;
    asio::steady_timer timer_;
    const Options& options_;
    Message message_;
    std::uint64_t next_;
    SteadyClock::time_point start_;
    SteadyClock::time_point due_;
    Tally& tally_;
    std::string answer_;
};

// Every threads-th connection.
void run_thread(const Options& options, const Target& target, std::uint32_t thread, SteadyClock::time_point start,
                Tally& tally) {
    asio::io_context context(1);
    const auto endpoints = tcp::resolver(context).resolve(target.host, target.port);
    std::vector<std::unique_ptr<Connection>> connections;
    for (std::uint32_t c = thread; c < options.connections; c += options.threads) {
        connections.push_back(std::make_unique<Connection>(context, options, target, c, start, tally));
        connections.back()->connect(endpoints);
    }
    context.run();
}

double quantile_ms(const std::vector<std::uint32_t>& sorted_us, std::size_t percent) {
    if (sorted_us.empty()) return 0;
    return sorted_us[std::min(sorted_us.size() - 1, sorted_us.size() * percent / 100)] / 1000.0;
}

void print(const Options& options, const std::vector<Tally>& tallies, double seconds, SteadyClock::time_point start) {
    Tally all;
    for (const Tally& tally : tallies) {
        for (const auto& [status, count] : tally.statuses) all.statuses[status] += count;
        all.latencies_us.insert(all.latencies_us.end(), tally.latencies_us.begin(), tally.latencies_us.end());
    }
    std::sort(all.latencies_us.begin(), all.latencies_us.end());
    std::string statuses;
    for (const auto& [status, count] : all.statuses) {
        statuses += fmt::format("{}\"{}\":{}", statuses.empty() ? "" : ",", status, count);
    }
    const std::uint64_t requests = all.latencies_us.size();
    fmt::print(
        "{{\"requests\":{},\"events\":{},\"seconds\":{:.3f},\"requests_per_second\":{:.0f},"
        "\"events_per_second\":{:.0f},\"p50_ms\":{:.3f},\"p99_ms\":{:.3f},\"max_ms\":{:.3f},\"start_ns\":{},"
        "\"statuses\":{{{}}}}}\n",
        requests, requests * options.batch, seconds, static_cast<double>(requests) / seconds,
        static_cast<double>(requests * options.batch) / seconds, quantile_ms(all.latencies_us, 50),
        quantile_ms(all.latencies_us, 99), quantile_ms(all.latencies_us, 100), start.time_since_epoch().count(),
        statuses);
}

void add_options(CLI::App& app, Options& options) {
    app.add_option("--url", options.url, "http://host:port/path");
    app.add_option("--connections", options.connections)->check(CLI::PositiveNumber);
    app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
    app.add_option("--events", options.events, "all together; whole requests only");
    app.add_option("--batch", options.batch, "events per request, with --mode batch")->check(CLI::PositiveNumber);
    app.add_option("--mode", options.mode)->check(CLI::IsMember({"structured", "batch"}));
    app.add_option("--prefix", options.prefix, "of the event ids, which are numbered from 0");
    app.add_option("--token", options.token, "sent as Authorization: Bearer");
    app.add_option("--rate", options.rate, "requests a second, an open loop; 0: as fast as answers come");
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Sends CloudEvents over HTTP and prints what came back");
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);
    if (options.mode == "structured") options.batch = 1;
    options.threads = std::min(options.threads, options.connections);

    const Target target = parse_target(options.url);
    std::vector<Tally> tallies(options.threads);
    std::vector<std::thread> threads;
    const auto start = SteadyClock::now();
    for (std::uint32_t t = 0; t < options.threads; ++t) {
        threads.emplace_back([&, t] { run_thread(options, target, t, start, tallies[t]); });
    }
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> took = SteadyClock::now() - start;
    print(options, tallies, took.count(), start);
}
