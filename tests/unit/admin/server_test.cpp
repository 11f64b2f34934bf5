// The administration API as clients see it.
#include <fcntl.h>
#include <sys/stat.h>

#include <sstream>

#include "runtime/admin/router.hpp"
#include "tests/unit/admin/server_fixture.hpp"

namespace weir::admin::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using AdminServer = ServerTest;

TEST_F(AdminServer, answers_live_to_anybody_and_nothing_else) {
    EXPECT_EQ(get("/live", "").status, 200);
    for (const OperationInfo& operation : operations()) {
        if (operation.id == OperationId::live) continue;
        const HttpAnswer answer = ask({std::string(operation.method), std::string(operation.path)});
        EXPECT_EQ(answer.status, 401) << operation.path;
        EXPECT_THAT(answer.headers.at("www-authenticate"), HasSubstr("Bearer"));
        clock_.advance(60 * kSecond);
    }
    EXPECT_EQ(get("/nowhere", "").status, 401) << "who has no token is not told what is here";
}

TEST_F(AdminServer, gives_each_role_what_it_may) {
    EXPECT_EQ(get("/v1/status", "viewer").status, 200);
    const Json pause{{"route", "orders"}, {"reason", "maintenance"}};
    EXPECT_EQ(post("/v1/pause", pause, "viewer").status, 403);
    EXPECT_EQ(post("/v1/pause", pause, "operator").status, 200);
    EXPECT_EQ(post("/v1/reload", {{"reason", "r"}}, "approver").status, 403);
    EXPECT_EQ(post("/v1/reload", {{"reason", "r"}}, "admin").status, 200);
}

TEST_F(AdminServer, takes_items_in_the_path) {
    const HttpAnswer shown = get("/v1/dead-letters/orders%2Ferp%2F1.0");
    EXPECT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(shown.json()["code"], "http_503");
    const HttpAnswer assigned = post("/v1/exceptions/orders%2Ferp%2F2.0/assign", {{"to", "mia"}, {"reason", "hers"}});
    EXPECT_EQ(assigned.status, 200) << assigned.body;
    EXPECT_EQ(get("/v1/exceptions?assignee=mia").json()["exceptions"].size(), 1u);
    EXPECT_EQ(get("/v1/dead-letters/orders%2Ferp%2F8.0").status, 404);
    EXPECT_EQ(get("/v1/dead-letters/nonsense").status, 400);
}

TEST_F(AdminServer, errors_are_problems_with_a_code) {
    const HttpAnswer answer = get("/v1/dead-letters?limit=0");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
    const Json problem = answer.json();
    EXPECT_EQ(problem["status"], 400);
    EXPECT_EQ(problem["code"], "BAD_PARAMETER");
    EXPECT_EQ(problem["title"], "Bad Request");
    EXPECT_EQ(get("/v1/dead-letters?limit=x").status, 400);
    EXPECT_EQ(get("/v1/dead-letters?limit=1&limit=2").status, 400);
    EXPECT_EQ(get("/v1/dead-letters?route=%zz").status, 400);
    EXPECT_EQ(get("/v1/dead-letters?route=%ff").status, 400);
    EXPECT_EQ(get("/v1/nowhere").status, 404);
    EXPECT_EQ(ask({"DELETE", "/v1/status", tokens_["admin"]}).status, 405);
    EXPECT_EQ(post("/v1/redrive", {{"items", {"orders/erp/4.0"}}, {"reason", "r"}}).status, 409);
}

TEST_F(AdminServer, bodies_are_json_objects_of_bounded_size) {
    const auto send = [&](const std::string& body, const std::string& type = "application/json") {
        return ask({"POST", "/v1/pause", tokens_["admin"], body, type}).status;
    };
    EXPECT_EQ(send("{"), 400);
    EXPECT_EQ(send("[]"), 400);
    EXPECT_EQ(send(R"({"route":"orders","route":"orders","reason":"r"})"), 400);
    EXPECT_EQ(send(R"({"route":"orders","reason":"r"})", "text/plain"), 415);
    EXPECT_EQ(send("{\"route\":\"" + std::string(2u << 20, 'a') + "\"}"), 413);
    EXPECT_EQ(ask({"GET", "/v1/status", tokens_["admin"], "{}"}).status, 400);
    EXPECT_EQ(send(R"({"route":"orders","reason":"r"})", "application/json; charset=utf-8"), 200);
}

TEST_F(AdminServer, redrives_with_the_name_of_the_token_in_the_audit) {
    const HttpAnswer answer =
        post("/v1/redrive", {{"items", {"orders/erp/1.0"}}, {"reason", "the ERP is back"}}, "operator");
    EXPECT_EQ(answer.json()["redriven"], 1) << answer.body;
    const Json entries = get("/v1/audit", "viewer").json()["entries"];
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0]["actor"], "token:operator");
    EXPECT_EQ(entries[0]["role"], "operator");
    EXPECT_EQ(entries[0]["reason"], "the ERP is back");
}

TEST_F(AdminServer, lets_verbs_of_this_machine_in_and_says_who) {
    start();
    struct stat info {};
    ASSERT_EQ(::stat((dir_.path() / "admin" / "local.token").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    HttpQuestion question{"POST", "/v1/pause", local_token(), R"({"route":"orders","reason":"r"})"};
    question.user = "mia";
    EXPECT_EQ(ask(question).status, 200);
    EXPECT_EQ(audit()[0].entry.actor, "local:mia");
    question.token = tokens_["admin"];
    EXPECT_EQ(ask(question).status, 200);
    EXPECT_EQ(audit()[1].entry.actor, "token:admin") << "others cannot say they are mia";
    const std::string before = local_token();
    server_.reset();
    EXPECT_FALSE(std::filesystem::exists(dir_.path() / "host.json"));
    EXPECT_FALSE(std::filesystem::exists(dir_.path() / "admin" / "local.token"));
    start();
    EXPECT_NE(local_token(), before);
}

TEST_F(AdminServer, locks_out_who_guesses) {
    const HttpQuestion guess{"GET", "/v1/status", "weir_guess"};
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(guess).status, 401);
    const HttpAnswer locked = ask(guess);
    EXPECT_EQ(locked.status, 429);
    EXPECT_EQ(locked.headers.at("retry-after"), "60");
    EXPECT_EQ(get("/live", "").status, 200) << "a probe is no guess";
    clock_.advance(61 * kSecond);
    EXPECT_EQ(get("/v1/status").status, 200);
}

TEST_F(AdminServer, is_ready_when_the_host_is) {
    EXPECT_EQ(get("/ready", "viewer").status, 200);
    host_->ready = false;
    const HttpAnswer answer = get("/ready", "viewer");
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.body, HasSubstr("connection erp"));
}

TEST_F(AdminServer, tells_prometheus_everything_once) {
    clock_.advance(5 * kSecond);
    const HttpAnswer answer = get("/metrics", "viewer");
    EXPECT_THAT(answer.headers.at("content-type"), HasSubstr("version=0.0.4"));
    for (const char* line :
         {"weir_build_info{version=\"9.9.9\"} 1",
          "weir_records_accepted_total{route=\"orders\",destination=\"erp\"} 10",
          "weir_records_dead{route=\"orders\",destination=\"erp\"} 2",
          "weir_account_unbalanced{route=\"orders\",destination=\"erp\"} 0",
          "weir_exceptions{route=\"orders\",owner=\"finance\",code=\"PERIOD_CLOSED\"} 1",
          "weir_open_oldest_age_seconds{route=\"orders\",state=\"dead\"} 5",
          "weir_connection_breaker{connection=\"erp\"} 2",
          "weir_connection_quota_used{connection=\"erp\",window=\"per_minute\"} 12", "weir_journal_available 1",
          "weir_lane_lag_records{route=\"orders\",destination=\"erp\"} 1", "weir_more 1"}) {
        EXPECT_THAT(answer.body, HasSubstr(std::string(line) + "\n")) << answer.body;
    }
    std::map<std::string, int> types;
    std::istringstream lines(answer.body);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# TYPE ")) ++types[line];
    }
    for (const auto& [type, count] : types) EXPECT_EQ(count, 1) << type;
}

TEST_F(AdminServer, opens_metrics_only_when_told_to) {
    EXPECT_EQ(get("/metrics", "").status, 401);
    server_.reset();
    ServerOptions options;
    options.open_metrics = true;
    start(options);
    EXPECT_EQ(get("/metrics", "").status, 200);
    EXPECT_EQ(get("/v1/status", "").status, 401);
}

TEST_F(AdminServer, describes_itself_as_openapi) {
    const Json document = get("/v1/openapi.json", "viewer").json();
    EXPECT_EQ(document["openapi"], "3.1.0");
    for (const OperationInfo& operation : operations()) {
        const std::string method = operation.method == "GET" ? "get" : "post";
        const Json& told = document["paths"][std::string(operation.path)][method];
        EXPECT_EQ(told["operationId"], operation.name);
        EXPECT_EQ(told["security"].empty(), operation.role == Role::anybody);
        EXPECT_EQ(told.contains("requestBody"), operation.method == "POST");
    }
}

TEST_F(AdminServer, forbids_caches_and_sniffing) {
    const HttpAnswer answer = get("/v1/status");
    EXPECT_EQ(answer.headers.at("cache-control"), "no-store");
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
}

TEST_F(AdminServer, a_listener_that_is_taken_is_said) {
    start();
    ServerOptions options;
    options.listen = server_->address().substr(7);
    options.data_dir = dir_.path();
    const auto second = Server::start(options, plant_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().errc, Errc::unavailable);
}

TEST(Router, decodes_percent) {
    EXPECT_EQ(*percent_decoded("a%2Fb%20c"), "a/b c");
    EXPECT_EQ(*percent_decoded("%41"), "A");
    for (const char* bad : {"%", "%4", "%zz", "a%4"}) EXPECT_FALSE(percent_decoded(bad).ok()) << bad;
    EXPECT_EQ(find_operation("GET", "/v1/dead-letters/").operation, nullptr);
    EXPECT_EQ(find_operation("GET", "//v1/status").operation, nullptr);
    EXPECT_EQ(find_operation("GET", "/v1/status/").operation, nullptr);
    EXPECT_EQ(find_operation("GET", "").operation, nullptr);
    EXPECT_TRUE(find_operation("PUT", "/v1/status").wrong_method);
}

}  // namespace
}  // namespace weir::admin::testing
