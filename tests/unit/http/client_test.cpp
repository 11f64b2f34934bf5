#include "runtime/http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "raw_peer.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using test::plain_response;
using test::RawSocket;
using test::read_request;
using test::ScriptedServer;
using testing::HasSubstr;
using testing::Not;

std::string_view view(weir_str text) { return {text.data, text.size}; }
weir_str str(std::string_view text) { return {text.data(), text.size()}; }

struct Outcome {
    int status = 0;
    std::uint32_t sent = 0;
    std::string body;
    std::string code;
    std::string message;
    std::map<std::string, std::string> headers;
};

struct TestCall : weir_call {
    TestCall() : weir_call{} {
        struct_size = sizeof(weir_call);
        weir_call::cancelled = [](const weir_call* self) noexcept -> std::uint32_t {
            return static_cast<const TestCall*>(self)->cancel.load() ? 1 : 0;
        };
    }
    std::atomic<bool> cancel{false};
};

// `url` must outlive the request: a view of it is kept.
weir_http_request request_to(std::string_view url, std::string_view method = "POST", std::string_view body = "hello") {
    weir_http_request request{};
    request.method = str(method);
    request.url = str(url);
    request.body = str(body);
    return request;
}

class ClientTest : public testing::Test {
  protected:
    void start(ClientOptions options = {}) {
        options.clock = &clock_;
        auto started = Client::start(options);
        ASSERT_TRUE(started) << started.error().message;
        client_ = std::move(*started);
    }
    std::vector<Outcome> exchange(const std::vector<weir_http_request>& requests, std::uint32_t parallel = 1) {
        if (client_ == nullptr) start();
        const weir_svc_http* service = client_->service();
        weir_http_exchange* raw = nullptr;
        weir_error error{};
        EXPECT_EQ(service->exchange(service, nullptr, &call_, requests.data(), sizeof(weir_http_request),
                                    static_cast<std::uint32_t>(requests.size()), parallel, &raw, &error),
                  WEIR_OK);
        std::vector<Outcome> outcomes;
        for (std::uint32_t i = 0; i < requests.size(); ++i) {
            const weir_http_result& result = *service->result(raw, i);
            Outcome& out = outcomes.emplace_back();
            out.status = result.status;
            out.sent = result.sent;
            out.body = view(result.body);
            out.code = view(result.error_code);
            out.message = view(result.error_message);
            for (std::uint32_t h = 0; h < result.header_count; ++h) {
                out.headers[std::string(view(result.headers[h].key))] = view(result.headers[h].value);
            }
        }
        EXPECT_EQ(service->result(raw, static_cast<std::uint32_t>(requests.size())), nullptr);
        service->release(raw);
        return outcomes;
    }
    Outcome exchange(const weir_http_request& request) { return exchange(std::vector{request}).front(); }

    SystemClock clock_;
    TestCall call_;
    std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, sends_the_request_as_it_stands_and_reads_the_response) {
    std::string seen;
    ScriptedServer server({[&](RawSocket& peer) {
        seen = read_request(peer);
        peer.send(plain_response(201, "made", "Location: /things/7\r\n"));
    }});
    call_.traceparent = str("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    const std::string url = server.url("/things?x=1");
    const weir_attr headers[] = {{str("Content-Type"), str("text/plain")}, {str("Content-Length"), str("99")}};
    weir_http_request request = request_to(url);
    request.headers = headers;
    request.header_count = 2;
    const Outcome outcome = exchange(request);
    EXPECT_EQ(outcome.status, 201);
    EXPECT_EQ(outcome.sent, std::uint32_t{WEIR_HTTP_SENT_MAYBE});
    EXPECT_EQ(outcome.body, "made");
    EXPECT_EQ(outcome.headers.at("location"), "/things/7");
    EXPECT_EQ(seen, "POST /things?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                        "\r\nUser-Agent: weir\r\nContent-Type: text/plain\r\n"
                        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
                        "Content-Length: 5\r\n\r\nhello");
}

TEST_F(ClientTest, keeps_the_connection) {
    ScriptedServer server({[](RawSocket& peer) {
        for (int i = 0; i < 3; ++i) {
            static_cast<void>(read_request(peer));
            peer.send(plain_response(200, std::to_string(i)));
        }
    }});
    const std::string url = server.url();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(exchange(request_to(url)).body, std::to_string(i));
}

TEST_F(ClientTest, opens_a_new_connection_where_the_old_one_was_closed) {
    std::promise<void> closed;
    ScriptedServer server({[&](RawSocket& peer) {
                               static_cast<void>(read_request(peer));
                               peer.send(plain_response(200, "first"));
                               peer.close();
                               closed.set_value();
                           },
                           [](RawSocket& peer) {
                               static_cast<void>(read_request(peer));
                               peer.send(plain_response(200, "second"));
                           }});
    const std::string url = server.url();
    EXPECT_EQ(exchange(request_to(url)).body, "first");
    closed.get_future().wait();
    EXPECT_EQ(exchange(request_to(url)).body, "second");
}

TEST_F(ClientTest, does_not_reuse_a_connection_that_says_close_or_more_than_one_response) {
    const auto once = [](std::string bytes) {
        return [bytes](RawSocket& peer) {
            static_cast<void>(read_request(peer));
            peer.send(bytes);
            static_cast<void>(peer.read_to_end());
        };
    };
    ScriptedServer server({once(plain_response(200, "a", "Connection: close\r\n")),
                           once(plain_response(200, "b") + plain_response(200, "smuggled")),
                           once("HTTP/1.0 200 x\r\nContent-Length: 1\r\n\r\nc"), once(plain_response(200, "d"))});
    const std::string url = server.url();
    for (const char* body : {"a", "b", "c", "d"}) EXPECT_EQ(exchange(request_to(url)).body, body);
    client_.reset();
}

TEST_F(ClientTest, tells_surely_not_sent_from_may_be_sent) {
    std::string refused;
    {
        const ScriptedServer server({});
        refused = server.url();
    }
    const Outcome nothing = exchange(request_to(refused));
    EXPECT_EQ(nothing.code, "HTTP_CONNECT");
    EXPECT_EQ(nothing.status, 0);
    EXPECT_EQ(nothing.sent, std::uint32_t{WEIR_HTTP_SENT_NOTHING});

    struct Case {
        const char* name;
        const char* answer;  // before the connection is closed
        const char* code;
    };
    constexpr Case kCases[] = {
        {"close after the request", "", "HTTP_CUT"},
        {"close inside the header", "HTTP/1.1 200 OK\r\nConte", "HTTP_CUT"},
        {"close after the header", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP_CUT"},
        {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "HTTP_CUT"},
        {"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "HTTP_CUT"},
        {"garbage", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP_BAD_RESPONSE"},
        {"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP_BAD_RESPONSE"},
    };
    for (const Case& c : kCases) {
        ScriptedServer server({[&](RawSocket& peer) {
            static_cast<void>(read_request(peer));
            peer.send(c.answer);
        }});
        const std::string url = server.url();
        const Outcome outcome = exchange(request_to(url));
        EXPECT_EQ(outcome.code, c.code) << c.name << ": " << outcome.message;
        EXPECT_EQ(outcome.status, 0) << c.name;
        EXPECT_EQ(outcome.sent, std::uint32_t{WEIR_HTTP_SENT_MAYBE}) << c.name;
    }
}

TEST_F(ClientTest, does_not_repeat_a_request_that_was_sent_on_a_pooled_connection) {
    std::atomic<int> requests{0};
    ScriptedServer server({[&](RawSocket& peer) {
                               static_cast<void>(read_request(peer));
                               peer.send(plain_response(200, ""));
                               static_cast<void>(read_request(peer));
                               ++requests;  // applied, and the answer is lost
                           },
                           [&](RawSocket&) { ++requests; }});
    const std::string url = server.url();
    EXPECT_EQ(exchange(request_to(url)).status, 200);
    const Outcome outcome = exchange(request_to(url));
    EXPECT_EQ(outcome.code, "HTTP_CUT");
    EXPECT_EQ(outcome.sent, std::uint32_t{WEIR_HTTP_SENT_MAYBE});
    client_.reset();
    server.stop_listening();
    EXPECT_EQ(requests.load(), 1);
}

TEST_F(ClientTest, reads_an_answer_that_came_before_the_whole_request) {
    ScriptedServer server({[](RawSocket& peer) {
        static_cast<void>(peer.read_until("\r\n\r\n"));
        peer.send(plain_response(413, "too much", "Connection: close\r\n"));
        static_cast<void>(peer.read_to_end());
    }});
    const std::string url = server.url();
    const std::string body(4u << 20, 'x');
    EXPECT_EQ(exchange(request_to(url, "POST", body)).status, 413);
    client_.reset();
}

TEST_F(ClientTest, skips_interim_responses) {
    ScriptedServer server({[](RawSocket& peer) {
        static_cast<void>(read_request(peer));
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
                  plain_response(200, "final"));
    }});
    const std::string url = server.url();
    EXPECT_EQ(exchange(request_to(url)).body, "final");
}

TEST_F(ClientTest, reads_every_kind_of_body) {
    struct Case {
        const char* method;
        const char* answer;
        const char* body;
    };
    constexpr Case kCases[] = {
        {"POST", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"},
        {"POST", "HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
        {"POST", "HTTP/1.1 204 No Content\r\n\r\n", ""},
        {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", ""},
        {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", ""},
    };
    for (const Case& c : kCases) {
        ScriptedServer server({[&](RawSocket& peer) {
            static_cast<void>(read_request(peer));
            peer.send(c.answer);
        }});
        const std::string url = server.url();
        const Outcome outcome = exchange(request_to(url, c.method, ""));
        EXPECT_EQ(outcome.code, "") << c.answer << outcome.message;
        EXPECT_EQ(outcome.body, c.body) << c.answer;
    }
}

TEST_F(ClientTest, tells_the_status_of_a_response_that_is_too_large) {
    for (const char* answer : {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n"}) {
        ScriptedServer server({[&](RawSocket& peer) {
            static_cast<void>(read_request(peer));
            peer.send(answer);
            static_cast<void>(peer.read_to_end());
        }});
        const std::string url = server.url();
        weir_http_request request = request_to(url);
        request.response_max = 10;
        const Outcome outcome = exchange(request);
        EXPECT_EQ(outcome.code, "HTTP_RESPONSE_TOO_LARGE");
        EXPECT_EQ(outcome.status, 200);
        EXPECT_EQ(outcome.body, "");
    }
}

TEST_F(ClientTest, gives_up_at_the_timeout) {
    ScriptedServer server({[](RawSocket& peer) { static_cast<void>(peer.read_to_end()); }});
    const std::string url = server.url();
    weir_http_request request = request_to(url);
    request.timeout_ns = 20'000'000;
    const Outcome outcome = exchange(request);
    EXPECT_EQ(outcome.code, "HTTP_TIMEOUT");
    EXPECT_EQ(outcome.sent, std::uint32_t{WEIR_HTTP_SENT_MAYBE});
}

TEST_F(ClientTest, gives_up_at_the_calls_deadline) {
    ScriptedServer server({[](RawSocket& peer) { static_cast<void>(peer.read_to_end()); }});
    start();  // loading the trust store takes longer than the deadline
    call_.deadline_mono_ns = clock_.mono_ns() + 20'000'000;
    const std::string url = server.url();
    const auto outcomes = exchange({request_to(url), request_to(url)});
    EXPECT_EQ(outcomes[0].code, "HTTP_TIMEOUT");
    EXPECT_EQ(outcomes[0].sent, std::uint32_t{WEIR_HTTP_SENT_MAYBE});
    EXPECT_EQ(outcomes[1].code, "HTTP_TIMEOUT");
    EXPECT_EQ(outcomes[1].sent, std::uint32_t{WEIR_HTTP_SENT_NOTHING});
}

TEST_F(ClientTest, ends_when_the_call_is_cancelled) {
    ScriptedServer server({[&](RawSocket& peer) {
        static_cast<void>(read_request(peer));
        call_.cancel = true;
        static_cast<void>(peer.read_to_end());
    }});
    const std::string url = server.url();
    const auto outcomes = exchange({request_to(url), request_to(url)});
    EXPECT_EQ(outcomes[0].code, "HTTP_CANCELLED");
    EXPECT_EQ(outcomes[0].sent, std::uint32_t{WEIR_HTTP_SENT_MAYBE});
    EXPECT_EQ(outcomes[1].sent, std::uint32_t{WEIR_HTTP_SENT_NOTHING});
}

TEST_F(ClientTest, ends_its_calls_when_it_goes) {
    std::promise<void> arrived;
    ScriptedServer server({[&](RawSocket& peer) {
        static_cast<void>(read_request(peer));
        arrived.set_value();
        static_cast<void>(peer.read_to_end());
    }});
    start();
    const std::string url = server.url();
    const weir_http_request request = request_to(url);
    // The table goes with the client; its functions and the results stay.
    const weir_svc_http* self = client_->service();
    const weir_svc_http table = *self;
    std::thread calling([&] {
        weir_http_exchange* raw = nullptr;
        EXPECT_EQ(table.exchange(self, nullptr, &call_, &request, sizeof request, 1, 1, &raw, nullptr), WEIR_OK);
        EXPECT_EQ(view(table.result(raw, 0)->error_code), "HTTP_CANCELLED");
        table.release(raw);
    });
    arrived.get_future().wait();
    client_.reset();
    calling.join();
}

TEST_F(ClientTest, runs_as_many_at_a_time_as_it_may) {
    constexpr int kParallel = 4;
    std::latch all_here(kParallel);
    std::vector<ScriptedServer::Script> scripts(kParallel, [&](RawSocket& peer) {
        static_cast<void>(read_request(peer));
        all_here.arrive_and_wait();  // none is answered before all have come
        peer.send(plain_response(200, "", "Connection: close\r\n"));
    });
    ScriptedServer server(scripts);
    const std::string url = server.url();
    for (const Outcome& outcome : exchange(std::vector(kParallel, request_to(url)), kParallel)) {
        EXPECT_EQ(outcome.status, 200) << outcome.message;
    }
}

TEST_F(ClientTest, sends_one_after_the_other_when_asked_to) {
    std::vector<std::string> seen;
    ScriptedServer server({[&](RawSocket& peer) {
        for (int i = 0; i < 20; ++i) {
            seen.push_back(read_request(peer));
            peer.send(plain_response(200, std::to_string(i)));
        }
    }});
    const std::string url = server.url();
    std::vector<std::string> bodies;
    for (int i = 0; i < 20; ++i) bodies.push_back("body " + std::to_string(i));
    std::vector<weir_http_request> requests;
    for (const std::string& body : bodies) requests.push_back(request_to(url, "PUT", body));
    const auto outcomes = exchange(requests);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_THAT(seen[i], HasSubstr(bodies[i]));
        EXPECT_EQ(outcomes[i].body, std::to_string(i));
    }
}

TEST_F(ClientTest, waits_for_a_connection_when_the_host_has_its_share) {
    ClientOptions options;
    options.connections_per_host_max = 1;
    start(options);
    ScriptedServer server({[&](RawSocket& peer) {
                               static_cast<void>(read_request(peer));
                               peer.send(plain_response(200, "", "Connection: close\r\n"));
                           },
                           [&](RawSocket& peer) {
                               for (int i = 0; i < 2; ++i) {
                                   static_cast<void>(read_request(peer));
                                   peer.send(plain_response(200, ""));
                               }
                           }});
    const std::string url = server.url();
    for (const Outcome& outcome : exchange(std::vector(3, request_to(url)), 3)) EXPECT_EQ(outcome.status, 200);
}

TEST_F(ClientTest, refuses_what_is_no_request) {
    ClientOptions options;
    options.allowed_hosts = {"127.0.0.1", "*.example.com"};
    start(options);
    EXPECT_EQ(exchange(request_to("gopher://a/")).code, "HTTP_BAD_URL");
    EXPECT_EQ(exchange(request_to("http://evil.com/")).code, "HTTP_HOST_NOT_ALLOWED");
    EXPECT_EQ(exchange(request_to("http://127.0.0.1:1/", "GET /x HTTP/1.1\r\nX:")).code, "HTTP_BAD_REQUEST");
    weir_http_request request = request_to("http://127.0.0.1:1/");
    const weir_attr header{str("X-Key"), str("secret\r\nX-Admin: yes")};
    request.headers = &header;
    request.header_count = 1;
    const Outcome outcome = exchange(request);
    EXPECT_EQ(outcome.code, "HTTP_BAD_REQUEST");
    EXPECT_EQ(outcome.sent, std::uint32_t{WEIR_HTTP_SENT_NOTHING});
    EXPECT_THAT(outcome.message, Not(HasSubstr("secret")));
}

TEST_F(ClientTest, takes_requests_of_another_size) {
    ScriptedServer server({[](RawSocket& peer) {
        for (int i = 0; i < 2; ++i) peer.send(read_request(peer).empty() ? "" : plain_response(200, std::to_string(i)));
    }});
    start();
    struct Newer : weir_http_request {
        std::uint64_t added = 7;
    };
    const std::string url = server.url();
    Newer requests[2];
    for (Newer& request : requests) static_cast<weir_http_request&>(request) = request_to(url);
    const weir_svc_http* service = client_->service();
    weir_http_exchange* raw = nullptr;
    ASSERT_EQ(service->exchange(service, nullptr, &call_, requests, sizeof(Newer), 2, 1, &raw, nullptr), WEIR_OK);
    EXPECT_EQ(view(service->result(raw, 1)->body), "1");
    service->release(raw);
}

}  // namespace
}  // namespace weir::http
