// webhook_vectors.json: what each scheme's senders sign, and every way in which a request can be wrong. The first of
// each scheme is the vendor's published or our documented vector; the rest follow from it.
#include "webhook.hpp"

#include "codec.hpp"
#include "source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <weir/testing.hpp>

#include <fstream>

extern const weir_component source;

namespace http_plugin {
namespace {

using nlohmann::json;
using weir::testing::FakeHost;
using weir::testing::FakeListener;
using weir::testing::Harness;
using weir::testing::Reply;

constexpr std::int64_t kNow = 1'782'864'000;
constexpr std::string_view kBody = R"({"id":"evt_weir_0001","object":"event","type":"invoice.finalized"})";

WebhookConfig config_of(const std::string& scheme) {
    WebhookConfig config;
    config.scheme = scheme;
    config.secrets.push_back({"s"});
    return config;
}

WebhookVerdict judged(const Webhook& webhook, const std::map<std::string, std::string>& headers, std::string_view body,
                      std::int64_t now, const std::vector<std::string>& secrets) {
    const auto header = [&](std::string_view name) -> std::string_view {
        const auto found = headers.find(std::string(name));
        return found == headers.end() ? std::string_view{} : std::string_view(found->second);
    };
    const std::vector<std::string_view> views(secrets.begin(), secrets.end());
    return webhook.verify(header, body, now, views);
}

std::string jira_signature(std::string_view secret, std::string_view body) {
    std::string text = "sha256=";
    append_hex_encoded(text, hmac_sha256(secret, body));
    return text;
}

TEST(Webhook, judges_every_vector) {
    std::ifstream file("plugins/http/test/webhook_vectors.json");
    ASSERT_TRUE(file);
    const json vectors = json::parse(file);
    ASSERT_GE(vectors.size(), 79u);
    std::map<std::string, int> good;
    for (const json& vector : vectors) {
        const std::string name = vector["scheme"].get<std::string>() + ": " + vector["case"].get<std::string>();
        const Webhook webhook(config_of(vector["scheme"]));
        const auto verdict =
            judged(webhook, vector["headers"], vector["body"].get<std::string>(), vector["now_s"], vector["secrets"]);
        EXPECT_EQ(code_of(verdict), vector["expect"].get<std::string>()) << name;
        good[vector["scheme"]] += verdict == WebhookVerdict::good ? 1 : 0;
    }
    EXPECT_EQ(good.size(), 8u);
    for (const auto& [scheme, count] : good) EXPECT_GE(count, 1) << scheme;
}

TEST(Webhook, says_when_a_header_cannot_be_read) {
    const std::vector<std::string> secrets{"whsec_test_weir"};
    const auto stripe = [&](const std::string& header) {
        return judged(Webhook(config_of("stripe")), {{"stripe-signature", header}}, kBody, kNow, secrets);
    };
    const std::string good = "f4587d664a8ca565dde5a951358f6b334d382f29aa69a26c2787eab3db67adda";
    EXPECT_EQ(stripe("t=1782864000,v1=" + good), WebhookVerdict::good);
    EXPECT_EQ(stripe("t=1782864000, v0=abc, v1=" + good), WebhookVerdict::good) << "an older scheme beside it";
    EXPECT_EQ(stripe("t=1782864000,v1=zz,v1=" + good), WebhookVerdict::good) << "one that is none beside it";
    EXPECT_EQ(stripe("t=1782864000,v1=00,v1=zz"), WebhookVerdict::mismatch);
    for (const std::string& header :
         {std::string("nonsense"), std::string("t=1782864000"), "v1=" + good, std::string("t=1782864000,v1=xyz"),
          "t=soon,v1=" + good, "t=99999999999999999999,v1=" + good, "t=-1,v1=" + good}) {
        EXPECT_EQ(stripe(header), WebhookVerdict::malformed) << header;
    }
    EXPECT_EQ(judged(Webhook(config_of("jira")), {{"x-hub-signature", "sha1=00"}}, kBody, kNow, secrets),
              WebhookVerdict::malformed);
    EXPECT_EQ(judged(Webhook(config_of("lago")), {{"x-lago-signature", "AAAA"}, {"x-lago-signature-algorithm", "jwt"}},
                     kBody, kNow, secrets),
              WebhookVerdict::malformed);
    EXPECT_EQ(judged(Webhook(config_of("zendesk")),
                     {{"x-zendesk-webhook-signature", "AAAA"}, {"x-zendesk-webhook-signature-timestamp", "noon"}},
                     kBody, kNow, secrets),
              WebhookVerdict::malformed);
}

TEST(Webhook, an_empty_secret_grants_nobody_anything) {
    const std::string forged = jira_signature("", kBody);
    EXPECT_EQ(judged(Webhook(config_of("jira")), {{"x-hub-signature", forged}}, kBody, kNow, {""}),
              WebhookVerdict::mismatch);
}

std::string base64(std::string_view bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

// Standard Webhooks, asymmetric: made here with OpenSSL, judged by the library.
TEST(Webhook, takes_ed25519_signatures_of_standard_webhooks) {
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    ASSERT_NE(key, nullptr);
    std::string public_key(32, '\0');
    std::size_t size = public_key.size();
    ASSERT_EQ(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(public_key.data()), &size), 1);
    const std::string signed_text = "msg_1." + std::to_string(kNow) + "." + std::string(kBody);
    std::string signature(64, '\0');
    std::size_t length = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ASSERT_EQ(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key), 1);
    ASSERT_EQ(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &length,
                             reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size()),
              1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    const Webhook webhook(config_of("standard-webhooks"));
    std::map<std::string, std::string> headers{{"webhook-id", "msg_1"},
                                               {"webhook-timestamp", std::to_string(kNow)},
                                               {"webhook-signature", "v1,AAAA v1a," + base64(signature)}};
    const std::vector<std::string> secrets{"whpk_" + base64(public_key)};
    EXPECT_EQ(judged(webhook, headers, kBody, kNow, secrets), WebhookVerdict::good);
    EXPECT_EQ(judged(webhook, headers, std::string(kBody) + " ", kNow, secrets), WebhookVerdict::mismatch);
    EXPECT_EQ(judged(webhook, headers, kBody, kNow, {"whsec_" + base64("other")}), WebhookVerdict::mismatch);
}

TEST(Webhook, any_other_sender_is_configuration) {
    WebhookConfig config = config_of("hmac");
    config.header = "X-Segment-Signature";
    config.algorithm = "sha1";
    // echo -n '{}' | openssl dgst -sha1 -hmac key
    EXPECT_EQ(judged(Webhook(config), {{"x-segment-signature", "5ef2fe1bb1bcc3be0ff0f1a6f1cb8c1f8f2d3f5b"}}, "{}", kNow,
                     {"key"}),
              WebhookVerdict::mismatch);
    config.algorithm = "sha256";
    config.signed_ = "{id}|{timestamp}|{body}";
    config.timestamp_header = "X-Time";
    config.id_header = "X-Id";
    config.encoding = Encoding::base64;
    const std::string signature = base64(hmac_sha256("key", "7|" + std::to_string(kNow) + "|{}"));
    std::map<std::string, std::string> headers{
        {"x-segment-signature", signature}, {"x-time", std::to_string(kNow)}, {"x-id", "7"}};
    EXPECT_EQ(judged(Webhook(config), headers, "{}", kNow, {"key"}), WebhookVerdict::good);
    headers.erase("x-id");
    EXPECT_EQ(judged(Webhook(config), headers, "{}", kNow, {"key"}), WebhookVerdict::missing);
}

TEST(Webhook, refuses_a_configuration_that_verifies_nothing) {
    const auto pointer_of = [](const WebhookConfig& config) -> std::string {
        try {
            const Webhook made(config);
        } catch (const weir::ConfigError& error) {
            return error.pointer();
        }
        return "";
    };
    EXPECT_EQ(pointer_of(config_of("strype")), "/webhook/scheme");
    WebhookConfig config = config_of("stripe");
    config.secrets.clear();
    EXPECT_EQ(pointer_of(config), "/webhook/secrets");
    config = config_of("hmac");
    EXPECT_EQ(pointer_of(config), "/webhook/header");
    config.header = "x";
    config.signed_ = "{timestamp}";
    EXPECT_EQ(pointer_of(config), "/webhook/signed");
    config.signed_ = "{timestamp}{body}";
    EXPECT_EQ(pointer_of(config), "/webhook/timestamp_header");
}

// ---------------------------------------------------------------------------------------------- the source

class WebhookSource : public ::testing::Test {
  protected:
    void make(const std::string& scheme, json more = json::object()) {
        more["path"] = "/in";
        more["webhook"] = {{"scheme", scheme}, {"secrets", {{{"$secret", "hook"}}}}};
        host_.secrets.values["hook"] = "whsec_test_weir";
        host_.set_wall(kNow * 1'000'000'000);
        harness_.emplace(host_, ::source, more);
        ASSERT_TRUE(*harness_) << harness_->error.message;
        ASSERT_EQ(harness_->start(), WEIR_OK);
    }
    Reply send(std::map<std::string, std::string> headers, std::string body = std::string(kBody)) {
        FakeListener::Incoming request;
        request.path = "/in";
        request.headers = {{"content-length", std::to_string(body.size())}};
        for (const auto& [name, value] : headers) request.headers.emplace_back(name, value);
        request.body = std::move(body);
        const std::uint64_t id = host_.listener.send(std::move(request));
        harness_->ack_all();
        return host_.listener.reply(id).value_or(Reply{.status = 0});
    }
    static inline const std::map<std::string, std::string> kStripe{
        {"stripe-signature", "t=1782864000,v1=f4587d664a8ca565dde5a951358f6b334d382f29aa69a26c2787eab3db67adda"}};
    static inline const std::map<std::string, std::string> kXero{
        {"x-xero-signature", "GFqquXd5Ft9sOfYbUfMvm8iWlRP4Epu+RcPY6GteG4I="}};

    FakeHost host_;
    std::optional<Harness> harness_;
};

TEST_F(WebhookSource, makes_a_record_of_the_body_as_it_is) {
    make("stripe", {{"type", "com.stripe"}, {"source", "stripe/acme"}, {"subject_pointer", "/object"}});
    EXPECT_EQ(send(kStripe).status, 202);
    ASSERT_EQ(harness_->submits.size(), 1u);
    const auto& record = harness_->submits.front().records.front();
    EXPECT_EQ(record.id, "evt_weir_0001");
    EXPECT_EQ(record.type, "com.stripe.invoice.finalized");
    EXPECT_EQ(record.source, "stripe/acme");
    EXPECT_EQ(record.subject, "event");
    EXPECT_EQ(record.payload, kBody);
}

TEST_F(WebhookSource, takes_nothing_that_is_not_signed) {
    make("stripe");
    EXPECT_EQ(send({}).status, 401);
    EXPECT_EQ(send(kStripe, std::string(kBody) + " ").status, 401);
    EXPECT_EQ(send({{"stripe-signature", "x"}}).status, 400);
    host_.set_wall((kNow + 301) * 1'000'000'000);
    const Reply late = send(kStripe);
    EXPECT_EQ(late.status, 401);
    EXPECT_EQ(late.body.find("OLD"), std::string::npos) << "the answer does not say why";
    host_.secrets.values.erase("hook");
    EXPECT_EQ(send(kStripe).status, 503) << "nobody can tell now";
    EXPECT_TRUE(harness_->submits.empty());
}

TEST_F(WebhookSource, answers_200_where_the_sender_wants_it_and_names_records_by_their_digest) {
    make("xero");
    EXPECT_EQ(send(kXero).status, 200);
    EXPECT_EQ(send({{"x-xero-signature", "AAAA"}}).status, 401) << "the intent to receive is tested with wrong ones";
    ASSERT_EQ(harness_->submits.size(), 1u);
    EXPECT_EQ(harness_->submits.front().records.front().id.size(), 64u);
    EXPECT_EQ(harness_->submits.front().records.front().type, "webhook.xero");
}

TEST_F(WebhookSource, keeps_a_signed_body_that_is_no_json_out_with_a_reason) {
    make("jira");
    const std::string signature = jira_signature("whsec_test_weir", "not json");
    const Reply reply = send({{"x-hub-signature", signature}}, "not json");
    EXPECT_EQ(reply.status, 400);
    EXPECT_NE(reply.body.find("NOT_JSON"), std::string::npos);
}

}  // namespace
}  // namespace http_plugin
