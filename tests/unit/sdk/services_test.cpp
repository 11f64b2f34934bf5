#include <weir/sdk.hpp>
#include <weir/testing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using weir::testing::FakeHost;
using weir::testing::Harness;
using weir::testing::Reply;
using weir::testing::SeenRequest;

// Uses every service a transform or sink may use.
class Tally final : public weir::Transform<> {
  public:
    using Transform::Transform;
    void each(weir::Call& call, const weir::Record& in, weir::Emit& emit) override {
        const weir::State state(host(), call);
        const auto before = weir::unwrap(state.get("tally"));
        const std::string now = before.value_or("") + std::string(in.payload());
        weir::unwrap(state.put("tally", now));
        if (in.payload() == "!") throw weir::Fatal("STOP", "undo");
        emit(now);
    }
};
WEIR_COMPONENT(tally, Tally, 0)

TEST(State, is_read_back_within_the_call_and_committed_with_it) {
    Harness h(tally);
    h.transform({{.payload = "a"}, {.payload = "b"}});
    h.transform({{.payload = std::string(1000, 'c')}});
    EXPECT_EQ(h.sent.at(1).payload, "ab");
    h.transform({{.payload = "d"}});
    EXPECT_EQ(h.sent.back().payload.size(), 1003U) << "values larger than the first guess are read whole";
    h.transform({{.payload = "x"}, {.payload = "!"}});
    EXPECT_EQ(h.status, WEIR_E_FATAL);
    EXPECT_EQ(h.host.state.values.at("tally").size(), 1003U) << "a failed call leaves no state";
}

struct CallerConfig {
    std::string url = "https://erp.example/orders";
    weir::SecretRef token{"erp-token"};
};
WEIR_CONFIG(CallerConfig, url, token)

class Caller final : public weir::Sink<CallerConfig> {
  public:
    using Sink::Sink;
    void deliver(weir::Call& call, weir::Delivery& delivery) override {
        const auto token = weir::unwrap(secrets_.get(cfg().token));
        const std::string authorization = "Bearer " + std::string(token.reveal());
        for (const weir::Item item : delivery) {
            const auto exchange = weir::unwrap(http_.exchange(
                call, weir::HttpRequest{
                          .url = cfg().url,
                          .headers = {{"authorization", authorization}, {"idempotency-key", item.idempotency_key()}},
                          .body = item.payload()}));
            judge(item, exchange[0]);
        }
    }

  private:
    static void judge(const weir::Item& item, const weir::HttpResponse& response) {
        if (response.ok()) return item.delivered(response.header("location"));
        if (response.not_sent()) return item.retry(response.error_code(), response.error_message());
        item.unknown(response.error_code(), response.error_message(), {.status = response.status()});
    }
    weir::Secrets secrets_{host()};
    weir::HttpClient http_{host()};
};
WEIR_COMPONENT(caller, Caller, 0)

TEST(HttpClient, sends_through_the_host_and_tells_sent_from_not_sent) {
    Harness h(caller);
    h.host.secrets.values["erp-token"] = std::string(300, 's');
    h.host.http.answer = [](const SeenRequest& request) {
        if (request.body == "cut") return Reply::failure("HTTP_CUT", true);
        if (request.body == "refused") return Reply::failure("HTTP_CONNECT", false);
        return Reply{.status = 201, .headers = {{"location", "/orders/7"}}};
    };
    const auto v = h.deliver({{.payload = "ok"}, {.payload = "cut"}, {.payload = "refused"}});
    EXPECT_EQ(v.at(0).remote_id, "/orders/7");
    EXPECT_EQ(v.at(1).kind, std::uint32_t{WEIR_OUT_RETRY_UNKNOWN});
    EXPECT_EQ(v.at(1).code, "HTTP_CUT");
    EXPECT_EQ(v.at(2).kind, std::uint32_t{WEIR_OUT_RETRY});
    EXPECT_EQ(h.host.http.requests.at(0).header("authorization"), "Bearer " + std::string(300, 's'));
    EXPECT_EQ(h.host.http.open_exchanges, 0) << "every exchange was released";
}

TEST(Secrets, a_missing_one_is_an_error_that_names_it) {
    Harness h(caller);
    h.deliver({{.payload = "x"}});
    EXPECT_LT(h.status, 0);
    EXPECT_NE(std::string(h.error.message).find("\"erp-token\""), std::string::npos);
}

TEST(Host, a_needed_service_that_is_not_offered_is_a_configuration_error) {
    FakeHost host;
    host.refused_services.insert(WEIR_SVC_HTTP);
    Harness h(host, caller);
    EXPECT_FALSE(h);
    EXPECT_STREQ(h.error.code, "CONFIG");
    EXPECT_NE(std::string(h.error.message).find("weir.http/1"), std::string::npos);
}

TEST(Host, a_wrong_configuration_is_refused_with_its_pointer) {
    Harness h(caller, {{"url", 7}});
    EXPECT_FALSE(h);
    EXPECT_STREQ(h.error.code, "CONFIG");
    EXPECT_STREQ(h.error.pointer, "/url");
}

class Ticking final : public weir::Sink<> {
  public:
    using Sink::Sink;
    void start(weir::Call&) override {
        timer_.emplace(host(), std::chrono::seconds(1), std::chrono::seconds(1), [this](weir::Call&) {
            if (++ticks == 2) throw std::runtime_error("tick two");
        });
    }
    void deliver(weir::Call&, weir::Delivery&) override {}
    int ticks = 0;

  private:
    std::optional<weir::Timer> timer_;
};
WEIR_COMPONENT(ticking, Ticking, 0)

TEST(Timer, fires_on_the_hosts_clock_and_survives_what_its_function_throws) {
    FakeHost host;
    {
        Harness h(host, ticking);
        h.start();
        host.advance(std::chrono::milliseconds(4500));
        EXPECT_EQ(weir::detail::self<Ticking>(h.instance()).ticks, 4);
        EXPECT_NE(host.log_text().find("tick two"), std::string::npos);
        EXPECT_EQ(host.timers.armed(), 1U);
    }
    EXPECT_EQ(host.timers.armed(), 0U) << "nothing fires after destroy";
}

TEST(Call, knows_the_time_that_is_left) {
    FakeHost host;
    weir_call raw{};
    raw.struct_size = sizeof raw;
    const weir::Call call(&raw, &host);
    EXPECT_EQ(call.remaining(), std::chrono::nanoseconds::max());
    raw.deadline_mono_ns = host.mono_ns(&host) + 50;
    EXPECT_EQ(call.remaining().count(), 50);
    host.advance(std::chrono::seconds(1));
    EXPECT_EQ(call.remaining().count(), 0);
}

}  // namespace
