#include "runtime/lint/secrets.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::lint {
namespace {

// In pieces, so that scanners of the repository do not take them for real ones.
const std::string kRandom = "9f8E7d6C5b4A3928170f";

TEST(Secrets, are_known_by_their_prefix) {
    EXPECT_EQ(secret_in("key",
                        "sk_"
                        "live_" +
                            kRandom),
              "a Stripe key");
    EXPECT_EQ(secret_in("url",
                        "https://hooks.example.com/?t=xoxb"
                        "-1234567890-abc"),
              "a Slack token");
    EXPECT_EQ(secret_in("x",
                        "AKIA"
                        "IOSFODNN7EXAMPLE"),
              "an AWS access key");
    EXPECT_EQ(secret_in("x",
                        "ghp"
                        "_" +
                            kRandom + kRandom),
              "a GitHub token");
    EXPECT_EQ(secret_in("pem",
                        "-----BEGIN "
                        "RSA PRIVATE KEY-----\nMII"),
              "a private key");
    EXPECT_EQ(secret_in("x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w"),
              "a JSON web token");
}

TEST(Secrets, are_known_by_their_place) {
    EXPECT_EQ(secret_in("authorization", "Bearer " + kRandom), "an Authorization header");
    EXPECT_EQ(secret_in("authorization", "Basic dXNlcjpwYXNzd29yZA=="), "an Authorization header");
    EXPECT_EQ(secret_in("url", "https://user:pass@erp.example.com/x"), "a password in a URL");
    EXPECT_EQ(secret_in("url", "amqp://a:b@host"), "a password in a URL");
    EXPECT_EQ(secret_in("api_token", kRandom), "a random looking value");
    EXPECT_EQ(secret_in("clientSecret", kRandom), "a random looking value");
}

TEST(Secrets, are_not_everything) {
    EXPECT_EQ(secret_in("path", kRandom), "");
    EXPECT_EQ(secret_in("token_file", "/run/secrets/erp-token-2026"), "");
    EXPECT_EQ(secret_in("token", "record.data.tokens"), "");
    EXPECT_EQ(secret_in("tokens", "decimal(record.data.tokens1) * 3"), "");
    EXPECT_EQ(secret_in("password", "changeit"), "");
    EXPECT_EQ(secret_in("url", "https://erp.example.com/user:1/a@b"), "");
    EXPECT_EQ(secret_in("url", "https://user@erp.example.com/"), "");
    EXPECT_EQ(secret_in("about", "Bearer of good news"), "");
    EXPECT_EQ(secret_in("name", "task_live_report_of_2026"), "");
    EXPECT_EQ(secret_in("pem", "-----BEGIN CERTIFICATE-----\nMII"), "");
    EXPECT_EQ(secret_in("token", ""), "");
}

}  // namespace
}  // namespace weir::lint
