// Vectors that were computed independently of this code (Python's hmac, and for Stripe its own library).
#include "../src/signatures.hpp"

#include <gtest/gtest.h>

#include "../src/webhooks.hpp"

namespace weir::standin {
namespace {

constexpr std::string_view kBody = R"({"id":"evt_weir_0001","object":"event","type":"invoice.finalized"})";
constexpr std::string_view kSecret = "whsec_test_weir";
constexpr std::string_view kStandardSecret = "whsec_d2Vpci1zdGFuZGFyZC13ZWJob29rcy10ZXN0LWtleSE=";
constexpr std::int64_t kTime = 1782864000;  // 2026-07-01T00:00:00Z
constexpr std::string_view kStripe = "t=1782864000,v1=f4587d664a8ca565dde5a951358f6b334d382f29aa69a26c2787eab3db67adda";

TEST(Signatures, Stripe) {
    EXPECT_EQ(stripe_signature(kSecret, kTime, kBody), kStripe);
    EXPECT_NE(stripe_signature("whsec_other", kTime, kBody), kStripe);
    EXPECT_NE(stripe_signature(kSecret, kTime + 1, kBody), kStripe);
    EXPECT_NE(stripe_signature(kSecret, kTime, std::string(kBody) + " "), kStripe);
}

TEST(Signatures, StandardWebhooks) {
    EXPECT_EQ(standard_webhooks_signature(kStandardSecret, "msg_weir_1", kTime, kBody),
              "v1,lkf2Hpwgu53SBOlSCGUnGgqzhBOnCCIi6jpCcb545TE=");
    EXPECT_NE(standard_webhooks_signature(kStandardSecret, "msg_weir_2", kTime, kBody),
              "v1,lkf2Hpwgu53SBOlSCGUnGgqzhBOnCCIi6jpCcb545TE=");
    EXPECT_FALSE(standard_webhooks_signature("d2Vpci0=", "msg", kTime, kBody)) << "no whsec_";
    EXPECT_FALSE(standard_webhooks_signature("whsec_not base64", "msg", kTime, kBody));
}

TEST(Signatures, Zendesk) {
    EXPECT_EQ(zendesk_signature(kSecret, "2026-07-01T00:00:00Z", kBody),
              "dCX9IQcPlVyKFq/tpFHhiSeawdhraFWBZHMMjNc0xmM=");
}

// RFC 4231 test case 2, RFC 4648 section 10, FIPS 180-2 appendix B.1.
TEST(Signatures, Digests) {
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
    EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
    EXPECT_EQ(from_base64("Zm9vYmE="), "fooba");
    EXPECT_EQ(from_base64("Zm9vYmFy"), "foobar");
    EXPECT_FALSE(from_base64("Zm9"));
    EXPECT_FALSE(from_base64(""));
}

TEST(Signatures, HeadersOfEachScheme) {
    const auto value = [](const std::string& scheme, std::string_view secret, std::string_view name) {
        const auto headers = sign_webhook(scheme, std::string(secret), "msg_weir_1", kTime, std::string(kBody));
        if (!headers.ok()) return headers.error().message;
        for (const auto& [key, text] : *headers) {
            if (key == name) return text;
        }
        return std::string("none");
    };
    EXPECT_EQ(value("stripe", kSecret, "Stripe-Signature"), kStripe);
    EXPECT_EQ(value("standard", kStandardSecret, "webhook-id"), "msg_weir_1");
    EXPECT_EQ(value("standard", kStandardSecret, "webhook-timestamp"), "1782864000");
    EXPECT_EQ(value("standard", kStandardSecret, "webhook-signature"),
              "v1,lkf2Hpwgu53SBOlSCGUnGgqzhBOnCCIi6jpCcb545TE=");
    EXPECT_EQ(value("zendesk", kSecret, "X-Zendesk-Webhook-Signature-Timestamp"), "2026-07-01T00:00:00Z");
    EXPECT_EQ(value("zendesk", kSecret, "X-Zendesk-Webhook-Signature"), "dCX9IQcPlVyKFq/tpFHhiSeawdhraFWBZHMMjNc0xmM=");
    EXPECT_NE(value("standard", "plain", "webhook-id").find("whsec_"), std::string::npos);
}

}  // namespace
}  // namespace weir::standin
