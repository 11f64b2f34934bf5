#include "sink.hpp"

#include <gtest/gtest.h>
#include <weir/testing.hpp>

extern const weir_component sink;

namespace http_plugin {
namespace {

using nlohmann::json;
using weir::testing::FakeHost;
using weir::testing::Harness;
using weir::testing::In;
using weir::testing::Reply;
using weir::testing::SeenRequest;
using weir::testing::Verdict;

class HttpSinkTest : public testing::Test {
  protected:
    // The verdict on one record that the target answers with `reply`.
    weir::testing::Verdict verdict_on(const Reply& reply, json config = json::object(), In in = {.payload = "{}"}) {
        host_.http.answer = [&](const SeenRequest&) { return reply; };
        config["url"] = "https://erp.example.com/v1/entries";
        Harness harness(host_, ::sink, config);
        EXPECT_TRUE(harness) << harness.error.message;
        const auto verdicts = harness.deliver({std::move(in)});
        EXPECT_EQ(harness.breaches, 0);
        EXPECT_EQ(host_.http.open_exchanges, 0);
        return verdicts.empty() ? weir::testing::Verdict{} : verdicts[0];
    }
    FakeHost host_;
};

TEST_F(HttpSinkTest, sends_the_payload_with_its_key) {
    host_.secrets.values["erp"] = "t0ken";
    host_.secrets.values["api"] = "k3y";
    const auto verdict = verdict_on({.status = 201, .body = R"({"entry":{"id":7}})"},
                                    {{"bearer", {{"$secret", "erp"}}},
                                     {"secret_headers", {{"X-Api-Key", {{"$secret", "api"}}}}},
                                     {"headers", {{"X-Env", "test"}}},
                                     {"external_ref_header", "X-Ref"},
                                     {"timeout", "5s"},
                                     {"remote_id", "json:/entry/id"}},
                                    {.payload = R"({"a":1.10})", .content_type = "application/vnd.x+json"});
    EXPECT_TRUE(verdict.ok());
    EXPECT_EQ(verdict.remote_id, "7");
    const SeenRequest& seen = host_.http.requests.at(0);
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.url, "https://erp.example.com/v1/entries");
    EXPECT_EQ(seen.body, R"({"a":1.10})");
    EXPECT_EQ(seen.header("Content-Type"), "application/vnd.x+json");
    EXPECT_EQ(seen.header("Idempotency-Key"), "00112233445566778899aabbccddeeff");
    EXPECT_EQ(seen.header("X-Ref"), "WR-ABCDEFGHIJKLMNOP");
    EXPECT_EQ(seen.header("Authorization"), "Bearer t0ken");
    EXPECT_EQ(seen.header("X-Api-Key"), "k3y");
    EXPECT_EQ(seen.header("X-Env"), "test");
    EXPECT_EQ(seen.timeout_ns, 5'000'000'000);
}

TEST_F(HttpSinkTest, sends_attributes_in_cloudevents_mode) {
    In in{.payload = "{}", .id = "e 1", .key = "k", .type = "t", .source = "/s", .subject = "K\u00f6ln"};
    in.attrs = {{"sequence", "7"}};
    in.time_unix_ns = 1780329600000000000;
    EXPECT_TRUE(verdict_on({.status = 204}, {{"mode", "cloudevents"}}, in).ok());
    const SeenRequest& seen = host_.http.requests.at(0);
    EXPECT_EQ(seen.header("ce-specversion"), "1.0");
    EXPECT_EQ(seen.header("ce-id"), "e%201");
    EXPECT_EQ(seen.header("ce-source"), "/s");
    EXPECT_EQ(seen.header("ce-subject"), "K%C3%B6ln");
    EXPECT_EQ(seen.header("ce-partitionkey"), "k");
    EXPECT_EQ(seen.header("ce-sequence"), "7");
    EXPECT_EQ(seen.header("ce-time"), "2026-06-01T16:00:00Z");
    EXPECT_EQ(seen.header("Content-Type"), "application/json");
}

TEST_F(HttpSinkTest, tells_what_a_status_means) {
    struct Case {
        Reply reply;
        std::uint32_t kind;
        const char* code;
        std::uint32_t error_class = WEIR_CLASS_DEFAULT;
        std::int64_t retry_after_ns = 0;
    };
    const Case cases[] = {
        {{.status = 200}, WEIR_OUT_OK, ""},
        {{.status = 400}, WEIR_OUT_REJECTED, "HTTP_REJECTED"},
        {{.status = 401}, WEIR_OUT_RETRY, "HTTP_AUTH"},
        {{.status = 409}, WEIR_OUT_REJECTED, "HTTP_CONFLICT"},
        {{.status = 308}, WEIR_OUT_REJECTED, "HTTP_REDIRECT", WEIR_CLASS_TECHNICAL},
        {{.status = 429, .headers = {{"retry-after", "7"}}}, WEIR_OUT_THROTTLED, "HTTP_THROTTLED", 0, 7'000'000'000},
        {{.status = 503}, WEIR_OUT_RETRY, "HTTP_UNAVAILABLE"},
        {{.status = 503, .headers = {{"retry-after", "2"}}}, WEIR_OUT_THROTTLED, "HTTP_UNAVAILABLE", 0, 2'000'000'000},
        {{.status = 500}, WEIR_OUT_RETRY_UNKNOWN, "HTTP_SERVER_ERROR"},
        {{.status = 504}, WEIR_OUT_RETRY_UNKNOWN, "HTTP_SERVER_ERROR"},
        {Reply::failure("HTTP_CONNECT", false), WEIR_OUT_RETRY, "HTTP_CONNECT"},
        {Reply::failure("HTTP_TIMEOUT", false), WEIR_OUT_RETRY, "HTTP_TIMEOUT"},
        {Reply::failure("HTTP_TIMEOUT", true), WEIR_OUT_RETRY_UNKNOWN, "HTTP_TIMEOUT"},
        {Reply::failure("HTTP_CUT", true), WEIR_OUT_RETRY_UNKNOWN, "HTTP_CUT"},
        {Reply::failure("HTTP_BAD_REQUEST", false), WEIR_OUT_REJECTED, "HTTP_BAD_REQUEST", WEIR_CLASS_TECHNICAL},
    };
    for (const Case& c : cases) {
        const auto verdict = verdict_on(c.reply);
        EXPECT_EQ(verdict.kind, c.kind) << c.reply.status << c.reply.error_code;
        EXPECT_EQ(verdict.code, c.code) << c.reply.status;
        EXPECT_EQ(verdict.error_class, c.error_class) << c.reply.status;
        EXPECT_EQ(verdict.retry_after_ns, c.retry_after_ns) << c.reply.status;
        if (c.reply.status != 200) {
            EXPECT_EQ(verdict.remote_status, c.reply.status);
        }
    }
}

TEST_F(HttpSinkTest, takes_a_conflict_for_a_duplicate_where_it_is_told_to) {
    const auto verdict = verdict_on({.status = 409, .headers = {{"location", "/entries/7"}}},
                                    {{"conflict_is_delivered", true}, {"remote_id", "header:Location"}});
    EXPECT_EQ(verdict.kind, std::uint32_t{WEIR_OUT_DUPLICATE});
    EXPECT_EQ(verdict.remote_id, "/entries/7");
}

TEST_F(HttpSinkTest, holds_back_what_follows_an_unsettled_record_of_its_key) {
    host_.http.answer = [](const SeenRequest& request) { return Reply{.status = request.body == "1" ? 503 : 200}; };
    Harness harness(host_, ::sink, {{"url", "http://a/"}});
    const auto verdicts = harness.deliver(
        {{.payload = "1", .key = "a"}, {.payload = "2", .key = "b"}, {.payload = "3", .key = "a"}, {.payload = "4"}});
    EXPECT_EQ(verdicts[0].kind, std::uint32_t{WEIR_OUT_RETRY});
    EXPECT_EQ(verdicts[1].kind, std::uint32_t{WEIR_OUT_OK});
    EXPECT_EQ(verdicts[2].kind, std::uint32_t{WEIR_OUT_THROTTLED});
    EXPECT_EQ(verdicts[2].code, "BEHIND_EARLIER");
    EXPECT_EQ(verdicts[3].kind, std::uint32_t{WEIR_OUT_OK});
    EXPECT_EQ(host_.http.requests.size(), 3u);
}

TEST_F(HttpSinkTest, gives_up_order_only_for_concurrency) {
    const Harness one(host_, ::sink, {{"url", "http://a/"}});
    EXPECT_EQ(one.limits().order, std::uint32_t{WEIR_ORDER_PER_KEY});
    Harness many(host_, ::sink, {{"url", "http://a/"}, {"concurrency", 4}});
    EXPECT_EQ(many.limits().order, std::uint32_t{WEIR_ORDER_NONE});
    host_.http.answer = [](const SeenRequest& request) { return Reply{.status = request.body == "2" ? 400 : 200}; };
    const auto verdicts = many.deliver({{.payload = "1"}, {.payload = "2"}, {.payload = "3"}});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_EQ(verdicts[1].kind, std::uint32_t{WEIR_OUT_REJECTED});
    EXPECT_TRUE(verdicts[2].ok());
}

TEST_F(HttpSinkTest, sends_nothing_in_a_dry_run) {
    Harness harness(host_, ::sink, {{"url", "http://a/"}});
    harness.call_flags = WEIR_CALL_DRY_RUN;
    EXPECT_TRUE(harness.deliver({{.payload = "1"}})[0].ok());
    EXPECT_TRUE(host_.http.requests.empty());
}

TEST_F(HttpSinkTest, waits_for_a_secret_and_sends_nothing_without_it) {
    Harness harness(host_, ::sink, {{"url", "http://a/"}, {"bearer", {{"$secret", "missing"}}}});
    const auto verdicts = harness.deliver({{.payload = "1"}});
    EXPECT_EQ(harness.status, WEIR_E_RETRY);
    EXPECT_STREQ(harness.error.code, "SECRET_UNAVAILABLE");
    EXPECT_EQ(verdicts[0].kind, std::uint32_t{WEIR_OUT_UNSET});
    EXPECT_TRUE(host_.http.requests.empty());
}

TEST_F(HttpSinkTest, resolves_by_the_key_by_asking_or_not_at_all) {
    Harness plain(host_, ::sink, {{"url", "http://a/"}});
    EXPECT_EQ(plain.resolve({{.payload = "1"}})[0].kind, std::uint32_t{WEIR_OUT_RETRY_UNKNOWN});
    Harness keyed(host_, ::sink, {{"url", "http://a/"}, {"idempotent", true}});
    EXPECT_EQ(keyed.resolve({{.payload = "1"}})[0].kind, std::uint32_t{WEIR_OUT_RETRY});
    EXPECT_TRUE(host_.http.requests.empty());

    Harness asking(
        host_, ::sink,
        {{"url", "http://a/"}, {"probe_url", "http://a/find/{external_ref}?id={id}"}, {"remote_id", "json:/id"}});
    const auto ask = [&](Reply reply) {
        host_.http.answer = [reply](const SeenRequest&) { return reply; };
        return asking.resolve({{.payload = "1", .id = "a/b"}})[0];
    };
    const auto found = ask({.status = 200, .body = R"({"id":"X-1"})"});
    EXPECT_TRUE(found.ok());
    EXPECT_EQ(found.remote_id, "X-1");
    EXPECT_EQ(host_.http.requests.back().method, "GET");
    EXPECT_EQ(host_.http.requests.back().url, "http://a/find/WR-ABCDEFGHIJKLMNOP?id=a%2Fb");
    EXPECT_EQ(ask({.status = 404}).kind, std::uint32_t{WEIR_OUT_RETRY});
    EXPECT_EQ(ask({.status = 500}).kind, std::uint32_t{WEIR_OUT_RETRY_UNKNOWN});
    EXPECT_EQ(ask(Reply::failure("HTTP_CONNECT", false)).kind, std::uint32_t{WEIR_OUT_RETRY_UNKNOWN});
}

TEST_F(HttpSinkTest, says_where_its_configuration_is_wrong) {
    const std::pair<json, const char*> cases[] = {
        {{{"url", "erp.example.com"}}, "/url"},
        {{{"url", "http://a/"}, {"statuses", {{"7xx", "retry"}}}}, "/statuses/7xx"},
        {{{"url", "http://a/"}, {"remote_id", "body"}}, "/remote_id"},
        {{{"url", "http://a/"}, {"probe_url", "http://a/{ref}"}}, "/probe_url"},
        {{{"url", "http://a/"}, {"concurrency", 0}}, "/concurrency"},
        {{{"url", "http://a/"}, {"bearer", "t0ken"}}, "/bearer"},
    };
    for (const auto& [config, pointer] : cases) {
        const Harness harness(host_, ::sink, config);
        EXPECT_FALSE(harness) << config;
        EXPECT_STREQ(harness.error.pointer, pointer) << harness.error.message;
    }
}

}  // namespace
}  // namespace http_plugin
