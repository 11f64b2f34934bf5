#include "../src/faults.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::standin {
namespace {

Json json(std::string_view text) {
    auto read = parse_json(text);
    EXPECT_TRUE(read.ok()) << text;
    return read.ok() ? *read : Json();
}

// "y" for each request that the fault hit.
std::string hits(std::string_view match, int requests, std::int64_t step_ms = 0) {
    Faults faults;
    const auto id = faults.add({{"match", json(match)}, {"do", {{"status", 500}}}}, 0);
    EXPECT_TRUE(id.ok()) << (id.ok() ? "" : id.error().message);
    std::string text;
    for (int i = 0; i < requests; ++i) text += faults.plan("POST", "/v1/entries", i * step_ms).answer ? 'y' : '-';
    return text;
}

TEST(Faults, HitWhatTheyMatch) {
    EXPECT_EQ(hits("{}", 3), "yyy");
    EXPECT_EQ(hits(R"({"nth":2})", 4), "-y--");
    EXPECT_EQ(hits(R"({"every":3})", 7), "--y--y-");
    EXPECT_EQ(hits(R"({"count":2})", 4), "yy--");
    EXPECT_EQ(hits(R"({"every":2,"count":1})", 5), "-y---");
    EXPECT_EQ(hits(R"({"for_seconds":0.25})", 4, 100), "yyy-");
    EXPECT_EQ(hits(R"({"method":"GET"})", 2), "--");
    EXPECT_EQ(hits(R"({"method":"POST","path":"/v1/*"})", 2), "yy");
    EXPECT_EQ(hits(R"({"path":"/v2/*"})", 2), "--");
    EXPECT_EQ(hits(R"({"probability":0})", 3), "---");
    EXPECT_EQ(hits(R"({"probability":"1"})", 3), "yyy");
}

TEST(Faults, ChanceIsSeededAndAboutRight) {
    const std::string first = hits(R"({"probability":0.25,"seed":3})", 4000);
    EXPECT_EQ(hits(R"({"probability":0.25,"seed":3})", 4000), first);
    EXPECT_NE(hits(R"({"probability":0.25,"seed":4})", 4000), first);
    const auto count = std::count(first.begin(), first.end(), 'y');
    EXPECT_NEAR(static_cast<double>(count), 1000.0, 150.0);
}

TEST(Faults, SeveralAreMergedTheFirstWins) {
    Faults faults;
    ASSERT_TRUE(faults.add(json(R"({"do":{"slow":{"before_ms":5}},"name":"slow"})"), 0).ok());
    ASSERT_TRUE(faults.add(json(R"({"do":{"status":503,"retry_after":9},"name":"first"})"), 0).ok());
    ASSERT_TRUE(faults.add(json(R"({"do":{"status":500}})"), 0).ok());
    const Plan plan = faults.plan("GET", "/", 0);
    EXPECT_EQ(plan.slow_before_ms, 5);
    ASSERT_TRUE(plan.answer);
    EXPECT_EQ(plan.answer->reply.status, 503);
    EXPECT_EQ(plan.answer->reply.headers, (decltype(Reply::headers){{"Retry-After", "9"}}));
    EXPECT_EQ(plan.names, (std::vector<std::string>{"slow", "first", "fault-3"}));
}

TEST(Faults, DownHoldsForItsTime) {
    Faults faults;
    int changes = 0;
    faults.on_change([&changes] { ++changes; });
    const auto id = faults.add(json(R"({"match":{"for_seconds":2},"do":{"down":"refuse"}})"), 1000);
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(faults.down(1000), Down::refuse);
    EXPECT_EQ(faults.down(2999), Down::refuse);
    EXPECT_EQ(faults.down(3000), Down::no);
    EXPECT_EQ(faults.down_until(), 3000);
    EXPECT_TRUE(faults.plan("GET", "/", 1000).names.empty()) << "requests are not what it hits";
    EXPECT_TRUE(faults.remove(*id));
    EXPECT_FALSE(faults.remove(*id));
    EXPECT_EQ(changes, 2);
}

TEST(Faults, DownAcceptCountsConnections) {
    Faults faults;
    ASSERT_TRUE(faults.add(json(R"({"match":{"count":1},"do":{"down":"accept"}})"), 0).ok());
    EXPECT_EQ(faults.down(0), Down::accept);
    faults.connection_refused();
    EXPECT_EQ(faults.down(0), Down::no);
}

TEST(Faults, RefuseWhatTheyDoNotKnow) {
    for (const char* text :
         {R"({})", R"({"do":{}})", R"({"do":{"status":99}})", R"({"do":{"status":"500"}})", R"({"do":{"bang":1}})",
          R"({"do":{"status":500},"wat":1})", R"({"match":{"nht":1},"do":{"status":500}})",
          R"({"match":{"nth":-1},"do":{"status":500}})", R"({"match":{"probability":2},"do":{"status":500}})",
          R"({"match":{"for_seconds":"soon"},"do":{"status":500}})", R"({"do":{"cut":{"at":"middle"}}})",
          R"({"do":{"slow":{"before_ms":"1"}}})", R"({"do":{"slow":{},"cut":{}}})", R"({"do":{"down":"x"}})",
          R"([])"}) {
        Faults faults;
        const auto id = faults.add(json(text), 0);
        ASSERT_FALSE(id.ok()) << text;
        EXPECT_EQ(id.error().code, "INVALID_FAULT") << text;
        EXPECT_TRUE(faults.list(0).empty());
    }
}

TEST(MatchesPattern, StarsStandForAnything) {
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("/v1/*/post", "/v1/entries/JE-1/post"));
    EXPECT_TRUE(matches_pattern("*a*b*", "xxaxxbxx"));
    EXPECT_FALSE(matches_pattern("/v1/entries", "/v1/entries/1"));
    EXPECT_FALSE(matches_pattern("*a", "ab"));
    EXPECT_FALSE(matches_pattern("", "a"));
}

}  // namespace
}  // namespace weir::standin
