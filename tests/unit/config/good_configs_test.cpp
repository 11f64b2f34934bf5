// tests/configs/good: loaded without problems, and what they say arrives where it belongs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path kFolder = std::filesystem::absolute("tests/configs/good");

Config loaded(const std::string& name) {
    LoadResult result = load("tests/configs/good/" + name, test_components(), test_environment());
    EXPECT_EQ(lines(result.problems), "");
    return result.config.value_or(Config{});
}

nlohmann::json settings(const Config& config, const std::string& connection) {
    return nlohmann::json::parse(config.connections.at(connection).settings_json);
}

// keys.def and the structs in config.hpp both state defaults; they must agree.
TEST(GoodConfigs, minimal_has_the_defaults_of_the_structs) {
    const Config config = loaded("minimal.yaml");
    const Config fresh;
    EXPECT_EQ(config.data_dir, kFolder / "data");
    EXPECT_EQ(config.http.listen, fresh.http.listen);
    EXPECT_EQ(config.http.threads, fresh.http.threads);
    EXPECT_EQ(config.http.body_max, fresh.http.body_max);
    EXPECT_EQ(config.http.connections_max, fresh.http.connections_max);
    EXPECT_EQ(config.http.idle_timeout, fresh.http.idle_timeout);
    EXPECT_EQ(config.http.tls_certificate, "");
    EXPECT_EQ(config.admin_listen, fresh.admin_listen);
    EXPECT_EQ(config.journal.backend, fresh.journal.backend);
    EXPECT_EQ(config.journal.segment_bytes, fresh.journal.segment_bytes);
    EXPECT_EQ(config.journal.identity_memory_bytes, fresh.journal.identity_memory_bytes);
    EXPECT_EQ(config.journal.retention_age, fresh.journal.retention_age);
    EXPECT_EQ(config.journal.retention_bytes, fresh.journal.retention_bytes);
    EXPECT_EQ(config.journal.disk_reserve_bytes, fresh.journal.disk_reserve_bytes);
    EXPECT_EQ(config.stop_deadline, fresh.stop_deadline);
    EXPECT_EQ(config.log.level, fresh.log.level);
    EXPECT_EQ(config.log.format, fresh.log.format);
    EXPECT_TRUE(config.connections.empty());
    EXPECT_TRUE(config.routes.empty());
}

TEST(GoodConfigs, a_destination_has_the_defaults_of_the_structs) {
    const Destination destination = loaded("full.yaml").routes.at(1).to.at(0);
    const Destination fresh;
    EXPECT_EQ(destination.batch_records, fresh.batch_records);
    EXPECT_EQ(destination.deadline, fresh.deadline);
    EXPECT_EQ(destination.retry.first_delay, fresh.retry.first_delay);
    EXPECT_EQ(destination.retry.max_delay, fresh.retry.max_delay);
    EXPECT_EQ(destination.retry.multiplier, fresh.retry.multiplier);
    EXPECT_EQ(destination.retry.jitter, fresh.retry.jitter);
    EXPECT_EQ(destination.retry.max_attempts, fresh.retry.max_attempts);
    EXPECT_EQ(destination.retry.max_probes, fresh.retry.max_probes);
}

TEST(GoodConfigs, full_sets_up_the_host) {
    const Config config = loaded("full.yaml");
    EXPECT_EQ(config.file, "tests/configs/good/full.yaml");
    EXPECT_EQ(config.data_dir, kFolder.parent_path() / "var/weir");
    EXPECT_THAT(config.plugin_dirs, ::testing::ElementsAre(kFolder / "plugins", "/opt/weir/plugins"));
    EXPECT_EQ(config.http.listen, "127.0.0.1:8080");
    EXPECT_EQ(config.http.threads, 4U);
    EXPECT_EQ(config.http.body_max, 16ull << 20);
    EXPECT_EQ(config.http.connections_max, 64U);
    EXPECT_EQ(config.http.idle_timeout, 90s);
    EXPECT_EQ(config.http.tls_certificate, (kFolder / "tls/cert.pem").string());
    EXPECT_EQ(config.http.tls_key, (kFolder / "tls/key.pem").string());
    EXPECT_EQ(config.admin_listen, "[::1]:0");
    EXPECT_EQ(config.journal.backend, "memory");
    EXPECT_EQ(config.journal.segment_bytes, 64ull << 20);
    EXPECT_EQ(config.journal.identity_memory_bytes, 16ull << 20);
    EXPECT_EQ(config.journal.retention_age, 2h);  // 90m, rounded up
    EXPECT_EQ(config.journal.retention_bytes, 10ull << 30);
    EXPECT_EQ(config.journal.disk_reserve_bytes, 128ull << 20);
    EXPECT_EQ(config.stop_deadline, 5s);
    EXPECT_EQ(config.log.level, "debug");
    EXPECT_EQ(config.log.format, "json");
}

TEST(GoodConfigs, full_gives_plugins_their_settings_without_secrets) {
    const Config config = loaded("full.yaml");
    const std::string file = (kFolder.parent_path() / "broken/parts/token.txt").string();
    EXPECT_EQ(settings(config, "usage"),
              nlohmann::json({{"path", "/v1/usage"},
                              {"token", {{"$secret", "env:WEIR_TEST_TOKEN"}}},
                              {"auth", {{"scheme", "none"}, {"keys", {{{"$secret", "file:" + file}}}}}},
                              {"max_events", 1000}}));
    EXPECT_EQ(config.connections.at("erp").settings_json,
              R"({"path":")" + (kFolder / "ledger.db").string() +
                  R"(","tolerance":0.10,"labels":{"team":"finance"},"timeout":"5s"})");
    EXPECT_EQ(config.secret_files, (std::map<std::string, std::string>{{"file:" + file, file}}));
    EXPECT_EQ(config.connections.at("erp").plugin, "books");
    EXPECT_EQ(config.connections.at("erp").plugin_range, "^2");
    EXPECT_EQ(config.connections.at("erp").component, "postings");
    EXPECT_EQ(config.connections.at("erp").where.to_string(), "tests/configs/good/full.yaml:28:3");
}

TEST(GoodConfigs, full_has_its_routes_in_the_order_of_the_files) {
    const Config config = loaded("full.yaml");
    ASSERT_EQ(config.routes.size(), 2U);
    const Route& inline_route = config.routes[0];
    EXPECT_EQ(inline_route.name, "inline");
    EXPECT_TRUE(inline_route.from_begin);
    EXPECT_EQ(inline_route.to.at(0).batch_records, 500U);
    EXPECT_EQ(inline_route.to.at(0).deadline, 10s);
    EXPECT_EQ(inline_route.to.at(0).retry.first_delay, 1s);
    EXPECT_EQ(inline_route.to.at(0).retry.max_delay, 1h);
    EXPECT_EQ(inline_route.to.at(0).retry.multiplier, 1.5);
    EXPECT_EQ(inline_route.to.at(0).retry.jitter, 0.0);
    EXPECT_EQ(inline_route.to.at(0).retry.max_attempts, 3U);
    EXPECT_EQ(inline_route.to.at(0).retry.max_probes, 4U);

    const Route& orders = config.routes[1];
    EXPECT_EQ(orders.owner, "billing-platform");
    EXPECT_EQ(orders.from, "usage");
    EXPECT_FALSE(orders.from_begin);
    EXPECT_EQ(orders.key, "record.subject");
    EXPECT_EQ(orders.where.to_string(), "tests/configs/good/routes/orders.yaml:1:8");
    ASSERT_EQ(orders.to.size(), 2U);
    EXPECT_EQ(orders.to[1].connection, "rows");
    EXPECT_EQ(orders.to[1].retry.max_attempts, 1U);
}

TEST(GoodConfigs, full_resolves_its_steps) {
    const std::vector<Step> steps = loaded("full.yaml").routes.at(1).steps;
    ASSERT_EQ(steps.size(), 4U);
    EXPECT_EQ(steps[0].plugin + "/" + steps[0].transform, "shape/validate");
    EXPECT_EQ(steps[1].plugin + "/" + steps[1].transform, "shape/map");
    EXPECT_EQ(
        steps[1].settings_json,
        R"({"into":"journal_entry@1","fields":{"amount":"total","tax":{"from":"vat","scale":2}},"mode":"strict"})");
    EXPECT_EQ(steps[2].plugin + "/" + steps[2].transform, "contracts/validate");
    EXPECT_EQ(steps[2].plugin_range, "^1.1");
    EXPECT_EQ(steps[3].transform, "drop");
    EXPECT_EQ(steps[3].settings_json, "{}");
}

TEST(GoodConfigs, json_is_read_like_yaml) {
    const Config config = loaded("minimal.json");
    EXPECT_EQ(settings(config, "erp")["limits"], nlohmann::json({{"concurrency", 4}}));
    EXPECT_EQ(config.connections.at("erp").where.line, 4);
}

}  // namespace
}  // namespace weir::config::testing
