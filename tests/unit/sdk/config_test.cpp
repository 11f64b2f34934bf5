#include <weir/config.hpp>
#include <weir/json_text.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace {

struct Nested {
    int depth = 1;
    std::string name;
};
WEIR_CONFIG(Nested, depth, name)

enum class Mode { first, second };
WEIR_CONFIG_ENUM(Mode, first, second)

struct Config {
    std::string url;
    bool verify = true;
    std::int16_t small = 5;
    std::uint64_t large = 0;
    std::chrono::milliseconds timeout{1};
    std::chrono::seconds pause{1};
    std::optional<int> limit;
    std::vector<Nested> nested;
    std::map<std::string, std::string> labels;
    Mode mode = Mode::first;
    weir::SecretRef password;
    std::string class_;
    weir::json free;
    std::optional<weir::JsonText> exact;
};
WEIR_CONFIG(Config, url, verify, small, large, timeout, pause, limit, nested, labels, mode, password, class_, free,
            exact)

struct Failed {
    std::string pointer;
    std::string message;
};
Failed failure(const std::string& text) {
    try {
        static_cast<void>(weir::parse_config<Config>(text));
    } catch (const weir::ConfigError& error) {
        return {error.pointer(), error.message()};
    }
    return {"(accepted)", ""};
}

TEST(Config, reads_every_supported_type) {
    const auto config = weir::parse_config<Config>(R"({
        "url": "https://x", "verify": false, "small": -7, "large": 18446744073709551615, "timeout": "500ms",
        "pause": "5m", "limit": 3, "nested": [{"depth": 2, "name": "a"}, {}], "labels": {"k": "v"}, "mode": "second",
        "password": {"$secret": "db"}, "class": "c", "free": {"any": [1]}})");
    EXPECT_EQ(config.url, "https://x");
    EXPECT_FALSE(config.verify);
    EXPECT_EQ(config.small, -7);
    EXPECT_EQ(config.large, 18446744073709551615ULL);
    EXPECT_EQ(config.timeout.count(), 500);
    EXPECT_EQ(config.pause.count(), 300);
    EXPECT_EQ(config.limit, 3);
    ASSERT_EQ(config.nested.size(), 2U);
    EXPECT_EQ(config.nested[0].depth, 2);
    EXPECT_EQ(config.nested[1].depth, 1);
    EXPECT_EQ(config.labels.at("k"), "v");
    EXPECT_EQ(config.mode, Mode::second);
    EXPECT_EQ(config.password.name, "db");
    EXPECT_EQ(config.class_, "c");
    EXPECT_EQ(config.free["any"][0], 1);
}

TEST(Config, keeps_initializers_for_what_is_left_out) {
    const auto config = weir::parse_config<Config>(R"({"limit": null})");
    EXPECT_TRUE(config.verify);
    EXPECT_EQ(config.small, 5);
    EXPECT_FALSE(config.limit.has_value());
}

TEST(Config, says_where_what_was_found_and_what_was_expected) {
    EXPECT_EQ(failure(R"({"verify": "yes"})").pointer, "/verify");
    EXPECT_EQ(failure(R"({"verify": "yes"})").message, R"(found "yes", expected true or false)");
    EXPECT_EQ(failure(R"({"nested": [{}, {"depth": "deep"}]})").pointer, "/nested/1/depth");
    EXPECT_EQ(failure(R"({"labels": {"a/b~c": 1}})").pointer, "/labels/a~1b~0c");
    EXPECT_EQ(failure(R"({"mode": "third"})").message, R"(found "third", expected one of: first second)");
    EXPECT_EQ(failure("[]").message, "found [], expected an object");
    EXPECT_EQ(failure("{").message, "the configuration is not JSON");
}

TEST(Config, refuses_unknown_keys_also_deep_down) {
    EXPECT_EQ(failure(R"({"ulr": "x"})").pointer, "/ulr");
    EXPECT_NE(failure(R"({"ulr": "x"})").message.find("unknown key \"ulr\", expected one of: url, verify"),
              std::string::npos);
    EXPECT_EQ(failure(R"({"nested": [{"deph": 1}]})").pointer, "/nested/0/deph");
}

TEST(Config, never_wraps_or_truncates_numbers) {
    EXPECT_EQ(failure(R"({"small": 32768})").message, "found 32768, expected a whole number from -32768 to 32767");
    EXPECT_EQ(failure(R"({"large": -1})").pointer, "/large");
    EXPECT_EQ(failure(R"({"large": 18446744073709551616})").pointer, "/large");
    EXPECT_EQ(failure(R"({"small": 1.0})").pointer, "/small");
}

TEST(Config, keeps_the_text_of_a_value_as_it_is_written) {
    const auto config = weir::parse_config<Config>(
        R"({"class": "\u0061", "exact": {"a/b": [99999999999999.99, 1.10, 12345678901234567890123]} })");
    ASSERT_TRUE(config.exact.has_value());
    EXPECT_EQ(config.exact->text, R"({"a/b": [99999999999999.99, 1.10, 12345678901234567890123]})");
    EXPECT_FALSE(weir::parse_config<Config>("{}").exact.has_value());
    EXPECT_FALSE(weir::parse_config<Config>(R"({"exact": null})").exact.has_value());
    EXPECT_EQ(failure(R"({"exact": {"a": 1, "a": 2}})").pointer, "/exact");
}

TEST(Config, reads_durations_exactly_or_not_at_all) {
    EXPECT_EQ(weir::parse_config<Config>(R"({"timeout": "2h"})").timeout, std::chrono::hours(2));
    for (const char* bad : {"10", "s", "-1s", "1.5s", "10 s", "10sec", "9999999999999d", ""}) {
        EXPECT_EQ(failure("{\"timeout\": \"" + std::string(bad) + "\"}").pointer, "/timeout") << bad;
    }
    EXPECT_EQ(failure(R"({"timeout": 10})").pointer, "/timeout");
    EXPECT_EQ(failure(R"({"pause": "500ms"})").message,
              R"(found "500ms", expected a duration without a fraction of its unit)");
}

TEST(Config, does_not_repeat_a_secret_put_in_the_wrong_place) {
    const auto failed = failure(R"({"password": "hunter2"})");
    EXPECT_EQ(failed.pointer, "/password");
    EXPECT_EQ(failed.message.find("hunter2"), std::string::npos);
}

}  // namespace
