#include <gtest/gtest.h>
#include <weir/testing.hpp>

extern const weir_component enrich;

namespace {

using nlohmann::json;
using std::chrono::seconds;
using weir::testing::FakeHost;
using weir::testing::Harness;
using weir::testing::In;
using weir::testing::Reply;
using weir::testing::SeenRequest;

constexpr std::int64_t kSecond = 1'000'000'000;

class EnrichTest : public testing::Test {
  protected:
    EnrichTest() {
        host_.http.answer = [this](const SeenRequest&) { return reply_; };
    }
    json config(json more = json::object()) {
        json all{{"url", "https://crm.example/c/{subject}"}, {"into", "customer"}, {"fresh_for", "60s"}};
        all.update(more);
        return all;
    }
    std::size_t asked() const { return host_.http.requests.size(); }
    static In record(std::string subject = "acme", std::string payload = "{}") {
        return {.payload = std::move(payload), .subject = std::move(subject)};
    }
    static std::string stale_mark(const weir::testing::Sent& sent) {
        std::string mark;
        for (const auto& [key, value] : sent.attrs) {
            if (key == "enrichstale") mark += mark.empty() ? value : "," + value;
        }
        return mark;
    }

    FakeHost host_;
    Reply reply_{.body = R"( {"id": "C-1", "limit": 12345678901234567.89} )"};
};

TEST_F(EnrichTest, puts_the_answer_into_the_payload_as_it_was_sent) {
    host_.secrets.values["crm"] = "t0ken";
    Harness h(host_, ::enrich,
              config({{"bearer", {{"$secret", "crm"}}}, {"headers", {{"X-Env", "t"}}}, {"timeout", "2s"}}));
    ASSERT_TRUE(h) << h.error.message;
    In in = record("K\u00f6ln/1?", R"({"amount":12345678901234567.89, "n": 1.0 })");
    in.attrs = {{"sequence", "7"}};
    ASSERT_TRUE(h.transform({in}).at(0).ok());
    EXPECT_EQ(h.sent.at(0).payload,
              R"({"amount":12345678901234567.89, "n": 1.0,"customer":{"id": "C-1", "limit": 12345678901234567.89} })");
    EXPECT_EQ(h.sent[0].attrs, in.attrs) << "nothing marks a fresh value";
    const SeenRequest& seen = host_.http.requests.at(0);
    EXPECT_EQ(seen.method, "GET");
    EXPECT_EQ(seen.url, "https://crm.example/c/K%C3%B6ln%2F1%3F");
    EXPECT_EQ(seen.header("Authorization"), "Bearer t0ken");
    EXPECT_EQ(seen.header("X-Env"), "t");
    EXPECT_EQ(seen.timeout_ns, 2 * kSecond);
    EXPECT_EQ(host_.log_text().find("t0ken"), std::string::npos);
    EXPECT_EQ(host_.http.open_exchanges, 0);
    EXPECT_EQ(h.breaches, 0);
}

TEST_F(EnrichTest, asks_once_per_value_and_not_while_it_is_fresh) {
    Harness h(host_, ::enrich, config({{"pointer", "/id"}}));
    const auto verdicts = h.transform({record("a"), record("b"), record("a"), record("a")});
    for (const auto& verdict : verdicts) EXPECT_TRUE(verdict.ok());
    EXPECT_EQ(asked(), 2u);
    host_.advance(seconds(59));
    ASSERT_TRUE(h.transform({record("a")}).at(0).ok());
    EXPECT_EQ(asked(), 2u);
    host_.advance(seconds(1));
    reply_.body = R"({"id":"C-2"})";
    ASSERT_TRUE(h.transform({record("a")}).at(0).ok());
    EXPECT_EQ(asked(), 3u);
    EXPECT_EQ(h.sent.back().payload, R"({"customer":"C-2"})");
}

TEST_F(EnrichTest, a_value_survives_a_restart) {
    { EXPECT_TRUE(Harness(host_, ::enrich, config()).transform({record()}).at(0).ok()); }
    Harness next(host_, ::enrich, config());
    EXPECT_TRUE(next.transform({record()}).at(0).ok());
    EXPECT_EQ(asked(), 1u);
    Harness other(host_, ::enrich, config({{"pointer", "/id"}}));
    ASSERT_TRUE(other.transform({record()}).at(0).ok());
    EXPECT_EQ(other.sent.at(0).payload, R"({"customer":"C-1"})") << "another part is another value";
}

TEST_F(EnrichTest, uses_the_last_value_marked_while_the_source_is_down_and_then_waits) {
    Harness h(host_, ::enrich, config({{"stale_for", "1h"}, {"pointer", "/id"}}));
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    reply_ = Reply::failure("HTTP_CONNECT", false);
    host_.advance(seconds(90));
    In in = record();
    in.attrs = {{"sequence", "7"}};
    ASSERT_TRUE(h.transform({in}).at(0).ok());
    EXPECT_EQ(h.sent.back().payload, R"({"customer":"C-1"})");
    EXPECT_EQ(h.sent.back().attrs, (weir::testing::Headers{{"sequence", "7"}, {"enrichstale", "90"}}));
    host_.advance(seconds(3660 - 90 - 1));
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    EXPECT_EQ(stale_mark(h.sent.back()), "3659");
    host_.advance(seconds(1));
    const auto verdict = h.transform({record()}).at(0);
    EXPECT_EQ(verdict.kind, std::uint32_t{WEIR_OUT_THROTTLED}) << "beyond staleness";
    EXPECT_EQ(verdict.code, "LOOKUP_UNAVAILABLE");
    EXPECT_EQ(h.sent.size(), 3u);
    reply_ = {.body = R"({"id":"C-3"})"};
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    EXPECT_EQ(stale_mark(h.sent.back()), "");
    EXPECT_EQ(asked(), 5u) << "a source that is down is asked each time";
}

TEST_F(EnrichTest, a_mark_of_an_earlier_step_stays_where_it_is_older) {
    Harness h(host_, ::enrich, config({{"stale_for", "1h"}}));
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    reply_ = {.status = 500};
    host_.advance(seconds(100));
    In in = record();
    for (const auto& [before, after] : {std::pair{"99", "100"}, {"101", "101"}, {"1000", "1000"}}) {
        in.attrs = {{"enrichstale", before}};
        ASSERT_TRUE(h.transform({in}).at(0).ok());
        EXPECT_EQ(stale_mark(h.sent.back()), after);
    }
}

TEST_F(EnrichTest, tells_what_an_answer_means) {
    struct Case {
        Reply reply;
        std::uint32_t kind;
        const char* code;
        std::uint32_t error_class = WEIR_CLASS_DEFAULT;
        std::int64_t retry_after_ns = 0;
    };
    const Case cases[] = {
        {{.status = 429, .headers = {{"retry-after", "7"}}}, WEIR_OUT_THROTTLED, "LOOKUP_UNAVAILABLE", 0, 7 * kSecond},
        {{.status = 503, .headers = {{"retry-after", "99999999999999999999"}}},
         WEIR_OUT_THROTTLED,
         "LOOKUP_UNAVAILABLE",
         0,
         86'400 * kSecond},
        {{.status = 503, .headers = {{"retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"}}},
         WEIR_OUT_THROTTLED,
         "LOOKUP_UNAVAILABLE"},
        {{.status = 500}, WEIR_OUT_THROTTLED, "LOOKUP_UNAVAILABLE"},
        {{.status = 401}, WEIR_OUT_THROTTLED, "LOOKUP_UNAVAILABLE"},
        {Reply::failure("HTTP_TIMEOUT", true), WEIR_OUT_THROTTLED, "LOOKUP_UNAVAILABLE"},
        {{.status = 200, .body = "<html>"}, WEIR_OUT_THROTTLED, "LOOKUP_UNAVAILABLE"},
        {{.status = 404}, WEIR_OUT_REJECTED, "LOOKUP_NOT_FOUND", WEIR_CLASS_BUSINESS},
        {{.status = 410}, WEIR_OUT_REJECTED, "LOOKUP_NOT_FOUND", WEIR_CLASS_BUSINESS},
        {{.status = 200, .body = R"({"name":"x"})"}, WEIR_OUT_REJECTED, "LOOKUP_NOT_FOUND", WEIR_CLASS_BUSINESS},
        {{.status = 400}, WEIR_OUT_REJECTED, "LOOKUP_REFUSED", WEIR_CLASS_TECHNICAL},
        {{.status = 302}, WEIR_OUT_REJECTED, "LOOKUP_REFUSED", WEIR_CLASS_TECHNICAL},
        {Reply::failure("HTTP_RESPONSE_TOO_LARGE", true), WEIR_OUT_REJECTED, "LOOKUP_REFUSED", WEIR_CLASS_TECHNICAL},
    };
    for (const Case& c : cases) {
        reply_ = c.reply;
        Harness h(host_, ::enrich, config({{"pointer", "/id"}}));
        const auto verdict = h.transform({record()}).at(0);
        EXPECT_EQ(verdict.kind, c.kind) << c.reply.status << c.reply.error_code;
        EXPECT_EQ(verdict.code, c.code) << c.reply.status;
        EXPECT_EQ(verdict.error_class, c.error_class) << c.reply.status;
        EXPECT_EQ(verdict.retry_after_ns, c.retry_after_ns) << c.reply.status;
    }
}

TEST_F(EnrichTest, leaves_a_source_alone_for_as_long_as_it_asks) {
    Harness h(host_, ::enrich, config());
    reply_ = {.status = 429, .headers = {{"retry-after", "30"}}};
    (void)h.transform({record("a")});
    reply_ = {.body = "1"};
    host_.advance(seconds(10));
    const auto verdict = h.transform({record("b")}).at(0);
    EXPECT_EQ(verdict.kind, std::uint32_t{WEIR_OUT_THROTTLED});
    EXPECT_EQ(verdict.retry_after_ns, 20 * kSecond);
    EXPECT_EQ(asked(), 1u);
    host_.advance(seconds(20));
    EXPECT_TRUE(h.transform({record("b")}).at(0).ok());
}

TEST_F(EnrichTest, the_missing_are_rejected_null_or_dropped) {
    reply_ = {.status = 404};
    Harness null(host_, ::enrich, config({{"missing", "null"}}));
    ASSERT_TRUE(null.transform({record()}).at(0).ok());
    EXPECT_EQ(null.sent.at(0).payload, R"({"customer":null})");
    Harness drop(host_, ::enrich, config({{"missing", "drop"}}));
    EXPECT_EQ(drop.transform({record()}).at(0).kind, std::uint32_t{WEIR_OUT_FILTERED});
    EXPECT_TRUE(drop.sent.empty());
}

TEST_F(EnrichTest, forgets_a_value_once_the_source_says_it_is_gone) {
    Harness h(host_, ::enrich, config({{"stale_for", "1h"}}));
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    host_.advance(seconds(61));
    reply_ = {.status = 404};
    EXPECT_EQ(h.transform({record()}).at(0).kind, std::uint32_t{WEIR_OUT_REJECTED});
    reply_ = {.status = 500};
    EXPECT_EQ(h.transform({record()}).at(0).kind, std::uint32_t{WEIR_OUT_THROTTLED});
}

TEST_F(EnrichTest, a_batch_that_waits_does_not_ask_again_for_what_it_has) {
    host_.http.answer = [this](const SeenRequest& request) {
        return request.url.ends_with("/a") ? Reply{.body = "1"} : reply_;
    };
    reply_ = {.status = 500};
    Harness h(host_, ::enrich, config({{"concurrency", 1}}));
    auto verdicts = h.transform({record("a"), record("b")});
    EXPECT_TRUE(verdicts.at(0).ok());
    EXPECT_EQ(verdicts.at(1).kind, std::uint32_t{WEIR_OUT_THROTTLED});
    host_.state.values.clear();  // as the host does when a record of the call waits
    reply_ = {.body = "2"};
    verdicts = h.transform({record("a"), record("b")});
    EXPECT_TRUE(verdicts.at(0).ok() && verdicts.at(1).ok());
    EXPECT_EQ(asked(), 3u);
    EXPECT_EQ(host_.state.values.size(), 2u) << "and now both are kept";
}

TEST_F(EnrichTest, does_not_try_all_the_others_when_nobody_answers) {
    reply_ = Reply::failure("HTTP_TIMEOUT", true);
    Harness h(host_, ::enrich, config({{"concurrency", 2}}));
    std::vector<In> many;
    for (int i = 0; i < 100; ++i) many.push_back(record("c" + std::to_string(i)));
    for (const auto& verdict : h.transform(many)) EXPECT_EQ(verdict.kind, std::uint32_t{WEIR_OUT_THROTTLED});
    EXPECT_EQ(asked(), 2u);
}

TEST_F(EnrichTest, a_stop_does_not_wait_for_the_others) {
    Harness* running = nullptr;
    host_.http.answer = [&](const SeenRequest&) {
        running->stop();
        return Reply{.body = "1"};
    };
    Harness h(host_, ::enrich, config({{"concurrency", 1}}));
    running = &h;
    const auto verdicts = h.transform({record("a"), record("b"), record("c")});
    EXPECT_TRUE(verdicts.at(0).ok());
    EXPECT_EQ(verdicts.at(2).kind, std::uint32_t{WEIR_OUT_THROTTLED});
    EXPECT_EQ(asked(), 1u);
}

TEST_F(EnrichTest, a_record_it_cannot_look_up_for_does_not_hold_up_the_others) {
    Harness h(host_, ::enrich, config());
    In tombstone{.subject = "a", .tombstone = true};
    const auto verdicts = h.transform({record(""), record(".."), record("a", R"({"customer":1})"),
                                       record("a", R"({"n":1,"n":2})"), tombstone, record("a")});
    EXPECT_EQ(verdicts.at(0).code, "LOOKUP_KEY_INVALID");
    EXPECT_EQ(verdicts.at(1).code, "LOOKUP_KEY_INVALID");
    EXPECT_EQ(verdicts.at(2).code, "MEMBER_EXISTS");
    EXPECT_EQ(verdicts.at(3).code, "DUPLICATE_KEY");
    EXPECT_TRUE(verdicts.at(4).ok());
    EXPECT_TRUE(verdicts.at(5).ok());
    EXPECT_EQ(asked(), 1u);
    EXPECT_EQ(h.breaches, 0);
}

TEST_F(EnrichTest, does_not_trust_a_value_from_the_future) {
    Harness h(host_, ::enrich, config());
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    host_.set_wall(host_.wall_unix_ns(&host_) - kSecond);
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    EXPECT_EQ(asked(), 2u);
}

TEST_F(EnrichTest, asks_nobody_in_a_dry_run) {
    Harness h(host_, ::enrich, config());
    h.call_flags = WEIR_CALL_DRY_RUN;
    ASSERT_TRUE(h.transform({record()}).at(0).ok());
    EXPECT_EQ(h.sent.at(0).payload, R"({"customer":null})");
    EXPECT_EQ(asked(), 0u);
}

TEST_F(EnrichTest, refuses_wrong_settings) {
    const auto pointer = [&](json more) {
        return std::string(Harness(host_, ::enrich, config(std::move(more))).error.pointer);
    };
    EXPECT_EQ(pointer({{"url", "ftp://x/"}}), "/url");
    EXPECT_EQ(pointer({{"url", "https://x/{payload}"}}), "/url");
    EXPECT_EQ(pointer({{"url", "https://x/{id"}}), "/url");
    EXPECT_EQ(pointer({{"pointer", "id"}}), "/pointer");
    EXPECT_EQ(pointer({{"into", ""}}), "/into");
    EXPECT_EQ(pointer({{"concurrency", 0}}), "/concurrency");
}

}  // namespace
