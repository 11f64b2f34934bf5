#include "runtime/http/url.hpp"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

struct Good {
    const char* text;
    const char* origin;
    const char* target;
    const char* authority;
};

TEST(Url, is_taken_apart) {
    constexpr Good kCases[] = {
        {"http://example.com", "http://example.com:80", "/", "example.com"},
        {"https://Example.COM/a?b=c#d", "https://example.com:443", "/a?b=c", "example.com"},
        {"HTTP://a:8080?x", "http://a:8080", "/?x", "a:8080"},
        {"https://a:443/", "https://a:443", "/", "a"},
        {"http://[::1]:81/x", "http://::1:81", "/x", "[::1]:81"},
        {"http://[::1]/x", "http://::1:80", "/x", "[::1]"},
    };
    for (const Good& good : kCases) {
        const auto url = parse_url(good.text);
        ASSERT_TRUE(url) << good.text << ": " << url.error().message;
        EXPECT_EQ(url->origin(), good.origin);
        EXPECT_EQ(url->target, good.target);
        EXPECT_EQ(url->authority, good.authority);
    }
}

TEST(Url, is_refused_where_two_readers_could_disagree) {
    for (const char* text : {"", "example.com", "ftp://a/", "http://", "http:///x", "http://a:0/", "http://a:65536/",
                             "http://a:/", "http://a:8x/", "http://user:secret@a/", "http://a b/", "http://a/ b",
                             "http://a/\r\nX: y", "http://[::1/", "http://a\\b/", "http://a/\x7f"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, "HTTP_BAD_URL");
        EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
    }
}

TEST(Url, error_does_not_show_the_query) {
    EXPECT_EQ(parse_url("ftp://a/x?key=topsecret").error().message.find("topsecret"), std::string::npos);
}

TEST(HostPattern, matches_names_ports_and_subdomains) {
    const Url url = parse_url("https://api.example.com:8443/").value();
    EXPECT_TRUE(host_matches(url, "api.example.com"));
    EXPECT_TRUE(host_matches(url, "API.example.com:8443"));
    EXPECT_TRUE(host_matches(url, "*.example.com"));
    EXPECT_FALSE(host_matches(url, "api.example.com:443"));
    EXPECT_FALSE(host_matches(url, "example.com"));
    EXPECT_FALSE(host_matches(parse_url("http://example.com").value(), "*.example.com"));
    EXPECT_FALSE(host_matches(parse_url("http://evilexample.com").value(), "*.example.com"));
}

}  // namespace
}  // namespace weir::http
