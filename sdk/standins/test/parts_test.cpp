// Quota, settings, store, idempotency, routes and requests: the parts that need no socket.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "../src/idempotency.hpp"
#include "../src/quota.hpp"
#include "../src/service.hpp"
#include "../src/time.hpp"

namespace weir::standin {
namespace {

std::string header(const Reply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
        if (key == name) return value;
    }
    return {};
}

TEST(Quota, LimitsTheRateInASlidingWindow) {
    Quota quota;
    const Json limits = {{"requests", 2}, {"per_seconds", 1}};
    for (const std::int64_t at : {0, 400}) {
        EXPECT_FALSE(quota.arrived(limits, at, 0));
        quota.left();
    }
    const auto refused = quota.arrived(limits, 500, 0);
    quota.left();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 429);
    EXPECT_EQ(header(*refused, "Retry-After"), "1");
    EXPECT_FALSE(quota.arrived(limits, 1000, 0)) << "the first has left the window";
    EXPECT_EQ(quota.stats()["violations"][0]["kind"], "rate");
    EXPECT_EQ(quota.stats()["max_per_second"], 3);
}

TEST(Quota, LimitsWhatIsInFlight) {
    Quota quota;
    const Json limits = {{"concurrency", 2}};
    EXPECT_FALSE(quota.arrived(limits, 0, 0));
    EXPECT_FALSE(quota.arrived(limits, 0, 0));
    EXPECT_TRUE(quota.arrived(limits, 0, 0));
    quota.left();
    quota.left();
    EXPECT_FALSE(quota.arrived(limits, 0, 0));
    EXPECT_EQ(quota.stats()["max_in_flight"], 3);
    EXPECT_EQ(quota.stats()["violations"].size(), 1);
}

TEST(Quota, NotesCallsBeforeRetryAfter) {
    Quota quota;
    Reply reply = problem(429, "X", "");
    reply.headers.emplace_back("Retry-After", "30");
    quota.answered(Json::object(), reply, 1000);
    EXPECT_FALSE(quota.arrived(Json::object(), 1050, 100)) << "was under way";
    EXPECT_TRUE(quota.stats()["violations"].empty());
    EXPECT_FALSE(quota.arrived(Json::object(), 30'999, 100));
    EXPECT_FALSE(quota.arrived(Json::object(), 31'000, 100));
    ASSERT_EQ(quota.stats()["violations"].size(), 1);
    EXPECT_EQ(quota.stats()["violations"][0]["early_ms"], 1);
}

TEST(Settings, ArePatchedWholeOrNot) {
    Settings settings{{{"drafts", false}, {"auth", "none"}, {"quota", {{"requests", 0}}}, {"customers", {{"A", 1}}}}};
    EXPECT_TRUE(settings.patch({{"quota", {{"requests", 5}}}, {"customers", {{"B", 2}, {"A", nullptr}}}}).ok());
    EXPECT_EQ(settings.at("quota")["requests"], 5);
    EXPECT_EQ(settings.at("customers"), Json({{"B", 2}}));
    for (const Json& bad : {Json{{"nope", 1}}, Json{{"drafts", 1}}, Json{{"quota", {{"request", 1}}}},
                            Json{{"quota", {{"requests", -1}}}}, Json{{"quota", {{"requests", "5"}}}},
                            Json{{"auth", nullptr}}, Json::array()}) {
        EXPECT_FALSE(settings.patch(bad).ok()) << bad;
    }
    EXPECT_FALSE(settings.patch({{"auth", "session"}, {"nope", 1}}).ok());
    EXPECT_EQ(settings.text("auth"), "none");
    settings.reset();
    EXPECT_EQ(settings.at("quota")["requests"], 0);
}

class StoreTest : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(path_); }
    const std::string path_ =
        (std::filesystem::temp_directory_path() / ("weir-standin-store-" + std::to_string(::getpid()))).string();
};

TEST_F(StoreTest, KeepsWhatWasCommittedAndCutsATornLine) {
    {
        Store store;
        ASSERT_TRUE(store.open(path_).ok());
        store.put("a", "1", {{"x", "1.10"}});
        store.put("a", "2", 2);
        ASSERT_TRUE(store.commit().ok());
        store.erase("a", "2");
        EXPECT_EQ(store.next_id("n", "N-"), "N-00000001");
        ASSERT_TRUE(store.commit().ok());
        store.put("a", "3", 3);  // never committed
    }
    std::ofstream(path_, std::ios::app) << R"([["a","4",)";
    for (int round = 0; round < 2; ++round) {
        Store store;
        ASSERT_TRUE(store.open(path_).ok());
        EXPECT_EQ(*store.find("a", "1"), Json({{"x", "1.10"}}));
        EXPECT_EQ(store.collection("a").size(), 1);
        EXPECT_EQ(store.next_number("n"), 2 + round);
        ASSERT_TRUE(store.commit().ok());
    }
}

TEST_F(StoreTest, RefusesAFileThatIsNone) {
    std::ofstream(path_) << "not json\n";
    Store store;
    const Status opened = store.open(path_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().errc, Errc::corrupt);
    EXPECT_NE(opened.error().message.find("line 1"), std::string::npos);
}

Request request(std::string target, std::string body = {}) {
    Request made;
    made.method = "POST";
    made.target = std::move(target);
    made.body = std::move(body);
    made.split_target();
    return made;
}

TEST(Idempotency, AnswersAsTheDraftSays) {
    Store store;
    Idempotency keys(store);
    const Request first = request("/v1/entries", "{}"), other = request("/v1/entries", "{ }");
    EXPECT_FALSE(keys.begin("k", first));
    EXPECT_EQ(keys.begin("k", first)->status, 409);
    const Reply reply = json_reply(201, {{"id", "JE-1"}});
    keys.end("k", first, &reply);
    const auto again = keys.begin("k", first);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, 201);
    EXPECT_EQ(again->body, reply.body);
    EXPECT_EQ(keys.begin("k", other)->status, 422);
}

TEST(Idempotency, ForgetsRefusals) {
    Store store;
    Idempotency keys(store);
    const Request first = request("/v1/entries", "{}");
    EXPECT_FALSE(keys.begin("k", first));
    const Reply refused = problem(422, "X", "");
    keys.end("k", first, &refused);
    EXPECT_FALSE(keys.begin("k", first));
    keys.end("k", first, nullptr);
    EXPECT_FALSE(keys.begin("k", request("/v1/entries", "other")));
}

TEST(Router, FindsEndpointsByMethodAndPath) {
    const Router router(
        {{"GET", "/v1/a/{id}", "", Effect::reads, {}}, {"POST", "/v1/a/{id}/post", "", Effect::writes, {}}});
    EXPECT_EQ(router.find(request("/v1/a/x%2Fy/post?q=1")).parameters, std::vector<std::string>{"x/y"});
    EXPECT_EQ(router.find(request("/v1/a/x")).allowed, "GET");
    for (const char* none : {"/v1/a", "/v1/a/b/c/d", "/", "v1", ""}) {
        const auto match = router.find(request(none));
        EXPECT_EQ(match.endpoint, nullptr) << none;
        EXPECT_EQ(match.allowed, "") << none;
    }
}

TEST(Request, SplitsItsTarget) {
    const Request made = request("/a%20b/c+d?x=1&y=a%2Fb+c&flag&x=2&bad=%zz%4");
    EXPECT_EQ(made.path, "/a b/c+d");
    EXPECT_EQ(made.query_value("x"), "2");
    EXPECT_EQ(made.query_value("y"), "a/b c");
    EXPECT_EQ(made.query_value("flag", "none"), "");
    EXPECT_EQ(made.query_value("bad"), "%zz%4");
    EXPECT_EQ(made.query_value("none", "otherwise"), "otherwise");
}

TEST(Time, DaysAndPeriods) {
    EXPECT_EQ(rfc3339(1782864000), "2026-07-01T00:00:00Z");
    EXPECT_TRUE(is_day("2024-02-29"));
    for (const char* bad : {"2026-02-29", "2026-6-30", "2026-06-31", "", "2026-06-3x", "2026/06/30"})
        EXPECT_FALSE(is_day(bad)) << bad;
    EXPECT_TRUE(is_period("2026-06"));
    for (const char* bad : {"2026-13", "2026-6", "2026", "2026-06-01"}) EXPECT_FALSE(is_period(bad)) << bad;
}

}  // namespace
}  // namespace weir::standin
