// JSON that refuses what two readers could understand differently, and keeps every digit.
#include "runtime/admin/json.hpp"

#include <gtest/gtest.h>

namespace weir::admin::testing {
namespace {

std::string round_trip(std::string_view text) {
    const auto parsed = parse_json(text);
    return parsed ? write_json(*parsed) : "refused: " + parsed.error().message;
}

TEST(AdminJson, keeps_numbers_as_they_were_written) {
    for (const char* text : {"12.30", "0.1", "1e3", "-0.0", "123456789012345678901234567890", "18446744073709551615",
                             "-9223372036854775808", "100000000000000000000.01", "0.10000000000000000000000000001"}) {
        EXPECT_EQ(round_trip(text), text);
        EXPECT_EQ(round_trip("{\"a\":[" + std::string(text) + "]}"), "{\"a\":[" + std::string(text) + "]}");
    }
}

TEST(AdminJson, keeps_the_order_of_members) {
    EXPECT_EQ(round_trip(R"({"b":1,"a":{"z":null,"y":true}})"), R"({"b":1,"a":{"z":null,"y":true}})");
}

TEST(AdminJson, refuses_what_is_not_one_sound_text) {
    for (const char* text : {"", "{", "{} {}", "{\"a\":1,}", "[1 2]", "nul", "'a'", "{a:1}", "01", "+1", "NaN",
                             "\"\xff\"", "\"\\ud800\"", "{\"a\":1,\"a\":2}", "{\"b\":{\"a\":1,\"a\":1}}", "\"a\nb\""}) {
        EXPECT_FALSE(parse_json(text).ok()) << text;
    }
    const auto twice = parse_json(R"({"amount":1,"amount":2})");
    ASSERT_FALSE(twice.ok());
    EXPECT_NE(twice.error().message.find("\"amount\" twice"), std::string::npos) << twice.error().message;
}

TEST(AdminJson, bounds_depth_and_members) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse_json(nested(kJsonDepthMax)).ok());
    EXPECT_FALSE(parse_json(nested(kJsonDepthMax + 1)).ok());
    EXPECT_FALSE(parse_json(nested(500'000)).ok());
    std::string wide = "{";
    for (std::size_t i = 0; i < kJsonMembersMax; ++i) wide += "\"" + std::to_string(i) + "\":0,";
    EXPECT_FALSE(parse_json(wide + "\"x\":0}").ok());
    wide.back() = '}';
    EXPECT_TRUE(parse_json(wide).ok());
}

// RFC 7396, appendix A.
TEST(AdminJson, merges_as_the_rfc_says) {
    const char* const cases[][3] = {
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        {R"({"a":"foo"})", R"(null)", R"(null)"},
        {R"({"a":"foo"})", R"("bar")", R"("bar")"},
        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
        {R"({"amount":1.10,"tax":0.20})", R"({"tax":0.300})", R"({"amount":1.10,"tax":0.300})"}};
    for (const auto& [target, patch, expected] : cases) {
        Json merged = *parse_json(target);
        merge_patch(merged, *parse_json(patch));
        EXPECT_EQ(write_json(merged), expected) << target << " with " << patch;
    }
}

}  // namespace
}  // namespace weir::admin::testing
