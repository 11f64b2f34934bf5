#include "source.hpp"

#include "codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <weir/testing.hpp>

#include <fstream>

extern const weir_component source;

namespace http_plugin {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using weir::testing::FakeHost;
using weir::testing::FakeListener;
using weir::testing::Harness;
using weir::testing::Reply;
using weir::testing::Sent;

constexpr std::string_view kEvent = R"({"specversion":"1.0","id":"1","source":"s","type":"t","data":{"a":1}})";

FakeListener::Incoming post(std::string body, std::string type = "application/cloudevents+json") {
    FakeListener::Incoming request;
    request.path = "/in";
    request.headers = {{"content-type", std::move(type)}, {"content-length", std::to_string(body.size())}};
    request.body = std::move(body);
    return request;
}

std::string header_of(const Reply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
        if (key == name) return value;
    }
    return "";
}

// A source on /in in a host whose journal is the test.
class Intake {
  public:
    explicit Intake(json config = json::object()) : harness_(host, ::source, with_path(std::move(config))) {
        EXPECT_TRUE(harness_) << harness_.error.message;
        EXPECT_EQ(harness_.start(), WEIR_OK) << harness_.error.message;
    }
    Reply send(FakeListener::Incoming request) {
        const std::uint64_t id = host.listener.send(std::move(request));
        harness_.ack_all();
        return host.listener.reply(id).value_or(Reply{.status = 0});
    }
    static json with_path(json config) {
        config["path"] = "/in";
        return config;
    }

    FakeHost host;
    Harness harness_;
};

void expect_record(const Sent& sent, const json& expected, const std::string& name) {
    const std::pair<const char*, const std::string*> fields[] = {{"id", &sent.id},
                                                                 {"source", &sent.source},
                                                                 {"type", &sent.type},
                                                                 {"subject", &sent.subject},
                                                                 {"schema", &sent.schema},
                                                                 {"content_type", &sent.content_type},
                                                                 {"key", &sent.key},
                                                                 {"payload", &sent.payload},
                                                                 {"correlation_id", &sent.correlation_id},
                                                                 {"causation_id", &sent.causation_id}};
    for (const auto& [field, value] : fields) {
        if (expected.contains(field)) {
            EXPECT_EQ(*value, expected[field].get<std::string>()) << name << ": " << field;
        }
    }
    if (expected.contains("time")) {
        EXPECT_EQ(sent.time_unix_ns, expected["time"].get<std::int64_t>()) << name;
    }
    if (expected.contains("attrs")) {
        json attrs = json::object();
        for (const auto& [key, value] : sent.attrs) attrs[key] = value;
        EXPECT_EQ(attrs, expected["attrs"]) << name;
    }
}

// The cases stand in bodies.json: request, answer, records.
TEST(HttpSourceBodies, come_to_what_the_table_says) {
    std::ifstream file("plugins/http/test/bodies.json");
    const json cases = json::parse(file);
    ASSERT_GT(cases.size(), 40u);
    for (const json& c : cases) {
        const std::string name = c["name"].get<std::string>();
        json config = c.value("config", json::object());
        config.update({{"max_depth", 4}, {"max_event_bytes", 100}, {"max_events", 5}});
        Intake intake(config);
        FakeListener::Incoming request = post(c["body"].get<std::string>(), c["type"].get<std::string>());
        const json headers = c.value("headers", json::object());
        for (const auto& [key, value] : headers.items()) {
            request.headers.emplace_back(key, value.get<std::string>());
        }
        const Reply reply = intake.send(request);
        EXPECT_EQ(reply.status, c["status"].get<int>()) << name << ": " << reply.body;
        const json answer = json::parse(reply.body, nullptr, false);
        if (c.contains("answer")) {
            EXPECT_EQ(answer, c["answer"]) << name;
        }
        if (c.contains("code")) {
            EXPECT_EQ(answer.value("code", ""), c["code"].get<std::string>()) << name << ": " << reply.body;
            EXPECT_EQ(header_of(reply, "content-type"), "application/problem+json") << name;
            EXPECT_TRUE(intake.harness_.submits.empty()) << name;
        }
        if (c.contains("items")) {
            EXPECT_EQ(answer["items"].size(), c["items"].get<std::size_t>()) << name;
        }
        if (!c.contains("records")) continue;
        std::vector<Sent> records;
        if (!intake.harness_.submits.empty()) records = intake.harness_.submits.front().records;
        ASSERT_EQ(records.size(), c["records"].size()) << name;
        for (std::size_t i = 0; i < records.size(); ++i) expect_record(records[i], c["records"][i], name);
    }
}

TEST(HttpSource, refuses_a_body_that_is_not_utf8) {
    Intake intake;
    const Reply reply = intake.send(post("{\"specversion\":\"1.0\",\"id\":\"\xff\"}"));
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr("INVALID_UTF8"));
}

TEST(HttpSource, never_breaks_on_a_cut_or_changed_body) {
    Intake intake;
    const std::string whole = "[" + std::string(kEvent) + "]";
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        EXPECT_EQ(intake.send(post(whole.substr(0, cut), "application/cloudevents-batch+json")).status, 400);
        for (const char c : {'"', '\\', '{', ']', '\0', ' '}) {
            std::string changed = whole;
            changed[cut] = c;
            const int status = intake.send(post(changed, "application/cloudevents-batch+json")).status;
            EXPECT_TRUE(status == 202 || status == 400) << changed;
        }
    }
}

TEST(HttpSource, answers_only_when_the_record_is_durable) {
    Intake intake;
    const std::uint64_t id = intake.host.listener.send(post(std::string(kEvent)));
    EXPECT_FALSE(intake.host.listener.reply(id));
    intake.harness_.ack_all();
    EXPECT_EQ(intake.host.listener.reply(id)->status, 202);
}

TEST(HttpSource, tells_what_became_of_the_records) {
    struct Case {
        std::uint32_t kind;
        int status;
        const char* body;
    };
    for (const Case& c : {Case{WEIR_OUT_OK, 202, "accepted"},
                          {WEIR_OUT_DUPLICATE, 202, "duplicate"},
                          {WEIR_OUT_REJECTED, 422, "QUOTA"},
                          {WEIR_OUT_RETRY, 503, "NOT_STORED"}}) {
        Intake intake;
        const std::uint64_t id = intake.host.listener.send(post(std::string(kEvent)));
        intake.harness_.ack(intake.harness_.submits.at(0).token, c.kind, c.kind == WEIR_OUT_REJECTED ? "QUOTA" : "");
        const auto reply = intake.host.listener.reply(id);
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, c.status);
        EXPECT_THAT(reply->body, HasSubstr(c.body));
        EXPECT_EQ(header_of(*reply, "retry-after"), c.status == 503 ? "1" : "");
    }
}

TEST(HttpSource, lists_duplicates_and_held_records_under_their_place_in_the_request) {
    Intake intake;
    const std::string event(kEvent);
    const std::uint64_t id = intake.host.listener.send(
        post("[" + event + ",{}," + event + "," + event + "]", "application/cloudevents-batch+json"));
    std::vector<weir_outcome> items(3);
    items[0].kind = WEIR_OUT_OK;
    items[1].kind = WEIR_OUT_DUPLICATE;
    items[2].kind = WEIR_OUT_REJECTED;
    items[2].code = weir::str("CONFLICT");
    intake.harness_.ack(intake.harness_.submits.at(0).token, WEIR_OUT_OK, {}, items);
    const json answer = json::parse(intake.host.listener.reply(id)->body);
    EXPECT_EQ(answer["accepted"], 1);
    EXPECT_EQ(answer["duplicates"], 1);
    EXPECT_EQ(answer["held"], 1);
    EXPECT_EQ(answer["rejected"], 1);
    EXPECT_EQ(answer["items"][0]["index"], 1);
    EXPECT_EQ(answer["items"][1], json({{"index", 2}, {"status", "duplicate"}}));
    EXPECT_EQ(answer["items"][2], json({{"index", 3}, {"status", "held"}, {"code", "CONFLICT"}}));
}

TEST(HttpSource, ignores_an_ack_that_comes_twice) {
    Intake intake;
    EXPECT_EQ(intake.send(post(std::string(kEvent))).status, 202);
    intake.harness_.ack(intake.harness_.submits.at(0).token);
    intake.harness_.ack(12345);
    EXPECT_EQ(intake.host.listener.breaches(), 0);
}

TEST(HttpSource, asks_to_come_again_when_the_host_has_no_room) {
    Intake intake;
    intake.harness_.inlet_full = true;
    Reply reply = intake.send(post(std::string(kEvent)));
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(header_of(reply, "retry-after"), "1");
    intake.harness_.inlet_full = false;
    intake.harness_.busy_submits = 1;
    reply = intake.send(post(std::string(kEvent)));
    EXPECT_EQ(reply.status, 503);
    EXPECT_TRUE(intake.harness_.submits.empty());
}

TEST(HttpSource, refuses_methods_lengths_and_codings_it_does_not_take) {
    Intake intake;
    FakeListener::Incoming get = post("");
    get.method = "GET";
    const Reply reply = intake.send(get);
    EXPECT_EQ(reply.status, 405);
    EXPECT_EQ(header_of(reply, "allow"), "POST, OPTIONS");

    FakeListener::Incoming endless = post("");
    endless.headers.pop_back();
    EXPECT_EQ(intake.send(endless).status, 411);

    FakeListener::Incoming packed = post(std::string(kEvent));
    packed.headers.emplace_back("content-encoding", "gzip");
    const Reply refused = intake.send(packed);
    EXPECT_EQ(refused.status, 415);
    EXPECT_EQ(header_of(refused, "accept-encoding"), "identity");
    EXPECT_THAT(header_of(intake.send(post("a", "text/csv")), "accept"), HasSubstr("application/cloudevents+json"));
}

TEST(HttpSource, limits_the_rate) {
    Intake intake(json{{"rate", {{"per_second", 2}, {"burst", 2}}}});
    const std::string event(kEvent);
    EXPECT_EQ(intake.send(post(event)).status, 202);
    EXPECT_EQ(intake.send(post(event)).status, 202);
    const Reply reply = intake.send(post(event));
    EXPECT_EQ(reply.status, 429);
    EXPECT_EQ(header_of(reply, "retry-after"), "1");
}

TEST(HttpSource, takes_any_of_several_bearer_tokens) {
    Intake intake(json{{"auth", {{"mode", "bearer"}, {"secrets", {{{"$secret", "old"}}, {{"$secret", "new"}}}}}}});
    intake.host.secrets.values["old"] = "token-1";
    intake.host.secrets.values["new"] = "token-2";
    const auto send = [&](const char* authorization) {
        FakeListener::Incoming request = post(std::string(kEvent));
        if (authorization != nullptr) request.headers.emplace_back("authorization", authorization);
        return intake.send(request);
    };
    EXPECT_EQ(send("Bearer token-1").status, 202);
    EXPECT_EQ(send("bearer  token-2").status, 202);
    for (const char* wrong : {"Bearer token-3", "Bearer token-", "Bearer ", "Basic token-1", "token-1"}) {
        const Reply reply = send(wrong);
        EXPECT_EQ(reply.status, 401) << wrong;
        EXPECT_EQ(header_of(reply, "www-authenticate"), "Bearer");
    }
    EXPECT_EQ(send(nullptr).status, 401);
    intake.host.secrets.values.erase("new");
    EXPECT_EQ(send("Bearer token-1").status, 202) << "one that is there is enough";
    EXPECT_EQ(send("Bearer token-2").status, 503) << "it may be the one that cannot be had";
}

TEST(HttpSource, grants_nobody_anything_for_an_empty_secret) {
    Intake intake(json{{"auth", {{"mode", "hmac"}, {"secrets", {{{"$secret", "empty"}}}}}}});
    intake.host.secrets.values["empty"] = "";
    FakeListener::Incoming request = post(std::string(kEvent));
    request.headers.emplace_back("x-signature", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    EXPECT_EQ(intake.send(request).status, 401);
}

// GitHub's published example: docs.github.com, "Validating webhook deliveries".
TEST(HttpSource, checks_a_signature_over_the_raw_body) {
    Intake intake(json{{"type", "t"},
                       {"auth",
                        {{"mode", "hmac"},
                         {"header", "X-Hub-Signature-256"},
                         {"prefix", "sha256="},
                         {"secrets", {{{"$secret", "hook"}}}}}}});
    intake.host.secrets.values["hook"] = "It's a Secret to Everybody";
    const auto send = [&](std::string body, const char* signature) {
        FakeListener::Incoming request = post(std::move(body), "text/plain");
        request.headers.emplace_back("x-hub-signature-256", signature);
        return intake.send(request).status;
    };
    constexpr const char* kGood = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    EXPECT_EQ(send("Hello, World!", kGood), 415) << "past the signature; the body is of no type we take";
    EXPECT_EQ(send("Hello, World?", kGood), 401);
    EXPECT_EQ(send("Hello, World!", kGood + 7), 401);
    EXPECT_EQ(send("Hello, World!", "sha256=zz"), 401);
    EXPECT_EQ(send("Hello, World!", "sha256="), 401);
}

TEST(Hmac, agrees_with_rfc_4231) {
    std::string expected;
    ASSERT_TRUE(append_hex_decoded(expected, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"), expected);
}

TEST(HttpSource, answers_the_webhook_handshake) {
    Intake intake(json{{"webhook_origins", {"events.example.com"}}, {"rate", {{"per_second", 2}}}});
    FakeListener::Incoming ask;
    ask.path = "/in";
    ask.method = "OPTIONS";
    EXPECT_EQ(intake.send(ask).status, 204);
    ask.headers = {{"webhook-request-origin", "events.example.com"}, {"webhook-request-rate", "1000"}};
    const Reply granted = intake.send(ask);
    EXPECT_EQ(granted.status, 200);
    EXPECT_EQ(header_of(granted, "webhook-allowed-origin"), "events.example.com");
    EXPECT_EQ(header_of(granted, "webhook-allowed-rate"), "120");
    ask.headers = {{"webhook-request-origin", "evil.example.com"}};
    const Reply refused = intake.send(ask);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(header_of(refused, "webhook-allowed-origin"), "");
}

TEST(HttpSource, says_where_its_configuration_is_wrong) {
    struct Case {
        json config;
        const char* pointer;
    };
    const Case cases[] = {
        {{{"path", "in"}}, "/path"},
        {{{"path", "/in"}, {"auth", {{"mode", "bearer"}}}}, "/auth/secrets"},
        {{{"path", "/in"}, {"auth", {{"secrets", {{{"$secret", "a"}}}}}}}, "/auth/mode"},
        {{{"path", "/in"}, {"auth", {{"mode", "digest"}}}}, "/auth/mode"},
        {{{"path", "/in"}, {"ndjson", "json"}}, "/type"},
        {{{"path", "/in"}, {"id_pointer", "id"}}, "/id_pointer"},
        {{{"path", "/in"}, {"max_depth", 5000}}, "/max_depth"},
        {{{"path", "/in"}, {"colour", "red"}}, "/colour"},
    };
    for (const Case& c : cases) {
        const Harness harness(::source, c.config);
        EXPECT_FALSE(harness) << c.config;
        EXPECT_STREQ(harness.error.pointer, c.pointer) << harness.error.message;
    }
}

}  // namespace
}  // namespace http_plugin
