#include "runtime/http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "raw_peer.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using test::RawResponse;
using test::RawSocket;
using test::read_response;
using testing::HasSubstr;
using testing::StartsWith;

std::string_view view(weir_str text) { return {text.data, text.size}; }

// A source that keeps what came in until the test answers, or answers at once.
class Intake {
  public:
    using AtOnce = std::function<void(const weir_http_incoming&)>;

    Intake(Server& server, std::string path, std::uint64_t body_max = 0, AtOnce at_once = {})
        : service_(server.service()), at_once_(std::move(at_once)) {
        const weir_http_endpoint endpoint{sizeof endpoint, 0, {path.data(), path.size()}, body_max, &handle, this};
        weir_error error{};
        error.struct_size = sizeof error;
        status = service_->listen(service_, nullptr, &endpoint, &number_, &error);
        message = error.message;
    }
    ~Intake() { close(); }
    void close() {
        if (status == WEIR_OK) service_->unlisten(service_, number_);
    }
    // The next request's id; waits for it.
    std::uint64_t next() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, 10s, [&] { return !ids_.empty(); }));
        const std::uint64_t id = ids_.front();
        ids_.pop_front();
        return id;
    }
    weir_status answer(std::uint64_t id, int code = 202, std::string_view body = "ok") const {
        const weir_attr header{{"x-test", 6}, {"yes", 3}};
        const weir_http_reply reply{sizeof reply, code, &header, 1, 0, {body.data(), body.size()}};
        return service_->respond(service_, id, &reply);
    }
    std::vector<std::string> bodies() {
        const std::lock_guard lock(mutex_);
        return bodies_;
    }

    weir_status status = WEIR_OK;
    std::string message;

  private:
    static void handle(void* arg, const weir_http_incoming* request) noexcept {
        auto& self = *static_cast<Intake*>(arg);
        {
            const std::lock_guard lock(self.mutex_);
            self.bodies_.emplace_back(view(request->body));
            if (!self.at_once_) self.ids_.push_back(request->id);
            self.changed_.notify_all();
        }
        if (self.at_once_) self.at_once_(*request);
    }
    const weir_svc_http_listener* service_;
    AtOnce at_once_;
    std::uint64_t number_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::uint64_t> ids_;
    std::vector<std::string> bodies_;
};

// Answers with method, path, query and body, and repeats the x-echo field.
Intake::AtOnce echo(Server& server) {
    return [service = server.service()](const weir_http_incoming& request) {
        std::string body = std::string(view(request.method)) + " " + std::string(view(request.path)) + "?" +
                           std::string(view(request.query)) + " " + std::string(view(request.body));
        std::string field;
        for (std::uint32_t i = 0; i < request.header_count; ++i) {
            if (view(request.headers[i].key) == "x-echo") field = view(request.headers[i].value);
        }
        const weir_attr header{{"x-echo", 6}, {field.data(), field.size()}};
        const weir_http_reply reply{sizeof reply, 200, &header, 1, 0, {body.data(), body.size()}};
        service->respond(service, request.id, &reply);
    };
}

ServerOptions local_options() {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    return options;
}

class ServerTest : public testing::Test {
  protected:
    void start(ServerOptions options = local_options()) {
        auto started = Server::start(options);
        ASSERT_TRUE(started) << started.error().message;
        server_ = std::move(*started);
    }
    RawSocket connect() { return RawSocket::connect(server_->port()); }
    std::unique_ptr<Server> server_;
};

constexpr std::string_view kGet = "GET /e HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(ServerTest, answers_404_and_keeps_the_connection) {
    start();
    RawSocket client = connect();
    for (int i = 0; i < 2; ++i) {
        client.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
        const RawResponse response = read_response(client);
        EXPECT_EQ(response.status, 404);
        EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
        EXPECT_THAT(response.body, HasSubstr(R"("code":"NOT_FOUND")"));
    }
}

TEST_F(ServerTest, gives_the_whole_request_to_its_endpoint) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    RawSocket client = connect();
    client.send("POST /e?a=1&b HTTP/1.1\r\nHost: h\r\nX-Echo: Value\r\nContent-Length: 5\r\n\r\nhello");
    const RawResponse response = read_response(client);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST /e?a=1&b hello");
    EXPECT_EQ(response.headers.at("x-echo"), "Value");
}

TEST_F(ServerTest, reads_a_request_however_it_is_cut) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    const std::string request =
        "POST /e HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n"
        "X-Echo: trailer\r\n\r\n";
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        RawSocket client = connect();
        client.send(std::string_view(request).substr(0, cut));
        client.send(std::string_view(request).substr(cut));
        const RawResponse response = read_response(client);
        ASSERT_EQ(response.body, "POST /e? hello") << "cut at " << cut;
        ASSERT_EQ(response.headers.at("x-echo"), "") << "a trailer is not a header field";
    }
}

TEST_F(ServerTest, answers_pipelined_requests_in_order) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    RawSocket client = connect();
    std::string requests;
    for (int i = 0; i < 500; ++i) {
        requests += "POST /e?" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
    }
    client.send(requests);
    for (int i = 0; i < 500; ++i) ASSERT_EQ(read_response(client).body, "POST /e?" + std::to_string(i) + " ab");
}

TEST_F(ServerTest, goes_on_after_a_404_among_pipelined_requests) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    RawSocket client = connect();
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet));
    EXPECT_EQ(read_response(client).status, 404);
    EXPECT_EQ(read_response(client).status, 200);
}

TEST_F(ServerTest, answers_from_another_thread) {
    start();
    Intake intake(*server_, "/e");
    RawSocket client = connect();
    client.send(kGet);
    EXPECT_EQ(intake.answer(intake.next()), WEIR_OK);
    const RawResponse response = read_response(client);
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.headers.at("x-test"), "yes");
    EXPECT_EQ(response.body, "ok");
}

TEST_F(ServerTest, refuses_a_second_or_late_answer) {
    start();
    Intake intake(*server_, "/e");
    RawSocket client = connect();
    client.send(kGet);
    const std::uint64_t first = intake.next();
    EXPECT_EQ(intake.answer(first), WEIR_OK);
    EXPECT_EQ(intake.answer(first), WEIR_E_NOT_FOUND);
    EXPECT_EQ(read_response(client).status, 202);
    client.send(kGet);
    const std::uint64_t second = intake.next();
    EXPECT_EQ(intake.answer(first, 500), WEIR_E_NOT_FOUND) << "the slot has another exchange now";
    EXPECT_EQ(intake.answer(second), WEIR_OK);
    EXPECT_EQ(read_response(client).status, 202);
    EXPECT_EQ(intake.answer(0), WEIR_E_NOT_FOUND);
    EXPECT_EQ(intake.answer(~std::uint64_t{0}), WEIR_E_NOT_FOUND);
}

TEST_F(ServerTest, says_continue_before_the_body) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    RawSocket client = connect();
    client.send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab");
    EXPECT_EQ(read_response(client).body, "POST /e? ab");
}

TEST_F(ServerTest, refuses_a_large_body_before_it_is_sent) {
    start();
    Intake intake(*server_, "/e", 10);
    RawSocket client = connect();
    client.send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    const RawResponse response = read_response(client);
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(response.headers.at("connection"), "close");
    client.send(std::string(100'000, 'x'));  // what a client that did not wait would send is taken in
    EXPECT_EQ(client.read_some(), "");
    EXPECT_TRUE(intake.bodies().empty());
}

TEST_F(ServerTest, refuses_a_large_chunked_body) {
    start();
    Intake intake(*server_, "/e", 10);
    RawSocket client = connect();
    client.send(
        "POST /e HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n");
    EXPECT_EQ(read_response(client).status, 413);
    EXPECT_TRUE(intake.bodies().empty());
}

TEST_F(ServerTest, takes_a_body_of_exactly_the_limit) {
    start();
    const Intake intake(*server_, "/e", 10, echo(*server_));
    RawSocket client = connect();
    client.send("POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789");
    EXPECT_EQ(read_response(client).body, "POST /e? 0123456789");
}

TEST_F(ServerTest, refuses_large_and_many_headers) {
    start();
    std::string many = "GET /e HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 200; ++i) many += "a" + std::to_string(i) + ": b\r\n";
    for (const std::string& request : {"GET /e HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
                                       many + "\r\n", "GET /" + std::string(70'000, 'x') + " HTTP/1.1\r\n"}) {
        RawSocket client = connect();
        client.send(request);
        EXPECT_EQ(read_response(client).status, 431);
    }
}

TEST_F(ServerTest, refuses_what_two_readers_could_understand_differently) {
    start();
    Intake intake(*server_, "/e");
    struct Case {
        const char* fields;
        int status;
    };
    constexpr Case kCases[] = {
        {"Host: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400},
        {"Host: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n", 400},
        {"Host: h\r\nContent-Length: +3\r\n", 400},
        {"Host: h\r\nTransfer-Encoding: gzip\r\n", 501},
        {"Host: h\r\nTransfer-Encoding: gzip, chunked\r\n", 501},
        {"Host: h\r\nHost: i\r\n", 400},
        {"X: y\r\n", 400},
        {"Host: h\r\nExpect: magic\r\n", 417},
        {"Host: h\r\nBad Name: x\r\n", 400},
    };
    for (const Case& c : kCases) {
        RawSocket client = connect();
        client.send("POST /e HTTP/1.1\r\n" + std::string(c.fields) + "\r\n");
        EXPECT_EQ(read_response(client).status, c.status) << c.fields;
    }
    EXPECT_TRUE(intake.bodies().empty());
}

TEST_F(ServerTest, answers_garbage_with_400_and_closes) {
    start();
    RawSocket client = connect();
    client.send("\x16\x03\x01 hello\r\n\r\n");
    const std::string answer = client.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
}

TEST_F(ServerTest, ends_a_request_that_does_not_come) {
    ServerOptions options = local_options();
    options.body_timeout = 30ms;
    start(options);
    RawSocket client = connect();
    client.send("POST /e HTTP/1.1\r\nHost: h\r\n");
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_F(ServerTest, closes_an_idle_connection) {
    ServerOptions options = local_options();
    options.idle_timeout = 30ms;
    start(options);
    RawSocket client = connect();
    EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(ServerTest, lets_a_source_take_its_time) {
    ServerOptions options = local_options();
    options.idle_timeout = options.body_timeout = 10ms;
    start(options);
    Intake intake(*server_, "/e");
    RawSocket waiting = connect();
    waiting.send(kGet);
    const std::uint64_t id = intake.next();
    RawSocket idle = connect();
    EXPECT_EQ(idle.read_to_end(), "");  // the sweep has passed over both
    EXPECT_EQ(intake.answer(id), WEIR_OK);
    EXPECT_EQ(read_response(waiting).status, 202);
}

TEST_F(ServerTest, refuses_more_connections_than_it_takes) {
    ServerOptions options = local_options();
    options.connections_max = 2;
    start(options);
    RawSocket first = connect();
    RawSocket second = connect();
    for (RawSocket* client : {&first, &second}) {
        client->send(kGet);
        EXPECT_EQ(read_response(*client).status, 404);
    }
    {
        RawSocket third = connect();
        const RawResponse response = read_response(third);
        EXPECT_EQ(response.status, 503);
        EXPECT_EQ(response.headers.at("retry-after"), "1");
    }
    first.close();
    for (int status = 0; status != 404;) {  // the place comes free when the server has seen the end
        RawSocket next = connect();
        next.send(kGet);
        status = read_response(next).status;
        ASSERT_TRUE(status == 404 || status == 503) << status;
    }
}

TEST_F(ServerTest, sends_no_body_to_head) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    RawSocket client = connect();
    client.send("HEAD /e HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet));
    const RawResponse head = read_response(client, false);
    EXPECT_EQ(head.headers.at("content-length"), "9");
    EXPECT_EQ(read_response(client).body, "GET /e? ");
}

TEST_F(ServerTest, passes_options_to_the_source) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    RawSocket client = connect();
    client.send("OPTIONS /e HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(read_response(client).body, "OPTIONS /e? ");
}

TEST_F(ServerTest, closes_when_the_client_asks_for_it) {
    start();
    const Intake intake(*server_, "/e", 0, echo(*server_));
    for (const char* request : {"GET /e HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /e HTTP/1.0\r\n\r\n"}) {
        RawSocket client = connect();
        client.send(request);
        const RawResponse response = read_response(client);
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.headers.at("connection"), "close");
        EXPECT_EQ(client.read_some(), "");
    }
}

TEST_F(ServerTest, sends_500_instead_of_a_malformed_reply) {
    start();
    Intake intake(*server_, "/e");
    RawSocket client = connect();
    client.send(kGet);
    const weir_attr header{{"x", 1}, {"a\r\nSet-Cookie: b", 16}};
    const weir_http_reply reply{sizeof reply, 200, &header, 1, 0, {}};
    EXPECT_EQ(server_->service()->respond(server_->service(), intake.next(), &reply), WEIR_E_PROTOCOL);
    const RawResponse response = read_response(client);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.headers.count("set-cookie"), 0u);
}

TEST_F(ServerTest, writes_a_large_reply_to_a_slow_reader) {
    start();
    Intake intake(*server_, "/e");
    RawSocket client = connect();
    client.send(kGet);
    const std::string body(20u << 20, 'x');
    EXPECT_EQ(intake.answer(intake.next(), 200, body), WEIR_OK);
    EXPECT_EQ(read_response(client).body.size(), body.size());
    client.send(kGet);
    EXPECT_EQ(intake.answer(intake.next()), WEIR_OK);
    EXPECT_EQ(read_response(client).status, 202);
}

TEST_F(ServerTest, refuses_a_taken_or_malformed_path) {
    start();
    const Intake first(*server_, "/e");
    EXPECT_EQ(first.status, WEIR_OK);
    const Intake second(*server_, "/e");
    EXPECT_EQ(second.status, WEIR_E_CONFIG);
    EXPECT_EQ(second.message, "path \"/e\" is taken by another source");
    for (const char* path : {"", "e", "/a b", "/a?b", "/\x80"}) {
        EXPECT_EQ(Intake(*server_, path).status, WEIR_E_CONFIG) << path;
    }
}

TEST_F(ServerTest, answers_503_once_the_source_has_left) {
    start();
    RawSocket client = connect();
    {
        Intake intake(*server_, "/e");
        client.send(kGet);
        const std::uint64_t id = intake.next();
        intake.close();
        EXPECT_EQ(intake.answer(id), WEIR_OK) << "an open exchange may still be answered";
        EXPECT_EQ(read_response(client).status, 202);
    }
    client.send(kGet);
    EXPECT_EQ(read_response(client).status, 503);
    const Intake again(*server_, "/e", 0, echo(*server_));
    client.send(kGet);
    EXPECT_EQ(read_response(client).status, 200);
}

TEST_F(ServerTest, survives_a_client_that_leaves_while_its_request_is_out) {
    start();
    Intake intake(*server_, "/e");
    RawSocket gone = connect();
    gone.send(kGet);
    const std::uint64_t id = intake.next();
    gone.reset();
    static_cast<void>(intake.answer(id));  // WEIR_OK or not: the server cannot know yet
    EXPECT_EQ(intake.answer(id), WEIR_E_NOT_FOUND);
    RawSocket client = connect();
    client.send(kGet);
    EXPECT_EQ(intake.answer(intake.next()), WEIR_OK);
    EXPECT_EQ(read_response(client).status, 202);
}

TEST_F(ServerTest, finishes_open_requests_when_it_stops) {
    start();
    Intake intake(*server_, "/e");
    RawSocket idle = connect();
    RawSocket client = connect();
    client.send(kGet);
    const std::uint64_t id = intake.next();
    std::thread stopping([&] { server_->stop(10s); });
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_EQ(intake.answer(id), WEIR_OK);
    const RawResponse response = read_response(client);
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.headers.at("connection"), "close");
    client.close();
    stopping.join();
}

TEST_F(ServerTest, gives_up_on_open_requests_at_the_deadline) {
    start();
    Intake intake(*server_, "/e");
    RawSocket client = connect();
    client.send(kGet);
    const std::uint64_t id = intake.next();
    server_->stop(1ms);
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(intake.answer(id), WEIR_E_NOT_FOUND);
}

TEST_F(ServerTest, says_that_its_address_is_taken) {
    start();
    ServerOptions options;
    options.listen = "127.0.0.1:" + std::to_string(server_->port());
    const auto second = Server::start(options);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().errc, Errc::unavailable);
    EXPECT_EQ(second.error().code, "address_in_use");
}

TEST_F(ServerTest, refuses_a_malformed_address) {
    for (const char* listen : {"", "8080", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", "nohost:1", "[::1:1"}) {
        ServerOptions options;
        options.listen = listen;
        const auto started = Server::start(options);
        ASSERT_FALSE(started) << listen;
        EXPECT_EQ(started.error().errc, Errc::invalid);
    }
}

// Every request is answered by the same other thread in bursts, as the journal does after a commit.
TEST_F(ServerTest, flushes_bursts_of_answers_from_another_thread) {
    ServerOptions options = local_options();
    options.threads = 3;
    start(options);
    constexpr int kClients = 24;
    constexpr int kRequests = 100;
    Intake intake(*server_, "/e");
    std::thread answering([&] {
        for (int i = 0; i < kClients * kRequests; ++i) {
            if (intake.answer(intake.next(), 202, "body " + std::to_string(i)) != WEIR_OK) ADD_FAILURE();
        }
    });
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (int c = 0; c < kClients; ++c) {
        clients.emplace_back([&] {
            RawSocket client = connect();
            for (int i = 0; i < kRequests; ++i) {
                client.send("POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
                if (read_response(client).status == 202) ++answered;
            }
        });
    }
    for (std::thread& client : clients) client.join();
    answering.join();
    EXPECT_EQ(answered.load(), kClients * kRequests);
}

}  // namespace
}  // namespace weir::http
