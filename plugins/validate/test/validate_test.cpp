// The transform as the host calls it.
#include <gtest/gtest.h>
#include <weir/testing.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

extern const weir_component validate;

namespace {

using nlohmann::json;
using weir::testing::Harness;

TEST(Validate, passes_good_records_untouched_and_rejects_the_others) {
    Harness h(validate, {{"schema", {{"type", "object"}, {"required", {"id"}}}}});
    ASSERT_TRUE(h) << h.error.message;
    const std::string payload = "{ \"id\": 1.10 ,\n \"big\": 12345678901234567890123 }";
    const auto verdicts = h.transform({{.payload = payload, .subject = "cus"},
                                       {.payload = "{}"},
                                       {.payload = "{\"id\":1,\"id\":2}"},
                                       {.payload = "{\"id\":"},
                                       {.payload = ""},
                                       {.payload = std::string(100, '[') + std::string(100, ']')},
                                       {.payload = "{\"id\":\"\xff\"}"},
                                       {.payload = "{\"id\":null}"}});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_EQ(verdicts[1].code, "SCHEMA_INVALID");
    EXPECT_EQ(verdicts[1].message, "/: expected \"id\", found nothing");
    EXPECT_EQ(verdicts[2].code, "DUPLICATE_KEY");
    for (std::size_t i = 3; i < 7; ++i) EXPECT_EQ(verdicts[i].code, "NOT_JSON") << i;
    EXPECT_TRUE(verdicts[7].ok());
    ASSERT_EQ(h.sent.size(), 2u);
    EXPECT_EQ(h.sent[0].payload, payload);
    EXPECT_EQ(h.sent[0].subject, "cus");
    EXPECT_EQ(h.breaches, 0);
}

// The data of a usage event, and what is asked of a journal entry's lines.
const json kUsage = json::parse(R"({"type": "object", "required": ["metric", "quantity"], "properties": {
    "metric": {"type": "string"}, "quantity": {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"},
    "dims": {"type": "object", "additionalProperties": {"type": "string"}}}})");
const json kLines = json::parse(R"({"properties": {"lines": {"minItems": 2, "items": {"properties": {
    "side": {"enum": ["debit", "credit"]}}}}}})");

TEST(Validate, says_where_and_what_was_expected) {
    Harness usage(validate, {{"schema", kUsage}});
    ASSERT_TRUE(usage) << usage.error.message;
    const auto verdicts = usage.transform({{.payload = R"({"metric":"api_calls","quantity":"9980","unit":"call"})"},
                                           {.payload = R"({"metric":"api_calls","quantity":9980,"unit":"call"})"},
                                           {.payload = R"({"metric":"api_calls","quantity":"9,980"})"},
                                           {.payload = R"({"metric":"api_calls"})"}});
    EXPECT_TRUE(verdicts[0].ok()) << verdicts[0].message;
    for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(verdicts[i].code, "SCHEMA_INVALID") << i;
    EXPECT_EQ(verdicts[1].message, "/quantity: expected string, found 9980");

    Harness entry(validate, {{"schema", kLines}});
    ASSERT_TRUE(entry) << entry.error.message;
    const auto entries = entry.transform({{.payload = R"({"lines":[{"side":"debit"},{"side":"credit"}]})"},
                                          {.payload = R"({"lines":[{"side":"debit"},{"side":"cr"}]})"}});
    EXPECT_TRUE(entries[0].ok()) << entries[0].message;
    EXPECT_EQ(entries[1].message, "/lines/1/side: expected one of [\"debit\",\"credit\"], found \"cr\"");
}

TEST(Validate, asks_for_decimal_strings_where_told) {
    Harness h(validate, {{"decimals", {"/total", "/lines/*/amount"}}});
    ASSERT_TRUE(h) << h.error.message;
    const auto verdicts =
        h.transform({{.payload = R"({"total":"1.20","lines":[{"amount":"-3"},{"other":1}]})"},
                     {.payload = R"({"lines":[]})"},
                     {.payload = R"({"total":1.2})"},
                     {.payload = R"({"lines":[{"amount":"1"},{"amount":"1,20"},{"amount":"1e3"},{"amount":".5"}]})"}});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_TRUE(verdicts[1].ok());
    EXPECT_EQ(verdicts[2].message, "/total: expected a decimal string like \"39.92\", found 1.2");
    EXPECT_EQ(verdicts[3].code, "SCHEMA_INVALID");
    EXPECT_NE(verdicts[3].message.find("/lines/1/amount"), std::string::npos);
    EXPECT_NE(verdicts[3].message.find("/lines/3/amount"), std::string::npos);
}

TEST(Validate, reads_a_schema_from_a_file_at_start) {
    char path[] = "/tmp/weir-schema-XXXXXX";
    close(mkstemp(path));
    std::ofstream(path) << R"({"type":"array"})";
    {
        Harness h(validate, {{"schema_file", path}});
        ASSERT_EQ(h.start(), WEIR_OK) << h.error.message;
        EXPECT_TRUE(h.transform({{.payload = "[]"}}).at(0).ok());
        EXPECT_FALSE(h.transform({{.payload = "{}"}}).at(0).ok());
    }
    std::filesystem::remove(path);
    Harness missing(validate, {{"schema_file", path}});
    EXPECT_EQ(missing.start(), WEIR_E_CONFIG);
    EXPECT_STREQ(missing.error.pointer, "/schema_file");
}

TEST(Validate, bad_configuration_says_where) {
    const struct {
        const char* pointer;
        json config;
    } cases[] = {
        {"/schema", json::object()},
        {"/schema", {{"schema", "canonical/usage_event@1"}}},
        {"/schema", {{"schema", {{"tpye", "object"}}}}},
        {"/schema", {{"schema", true}, {"schema_file", "x"}}},
        {"/decimals/0", {{"decimals", {"quantity"}}}},
        {"/strict", {{"schema", true}, {"strict", true}}},
    };
    for (const auto& c : cases) {
        const Harness h(validate, c.config);
        EXPECT_FALSE(h) << c.config;
        EXPECT_STREQ(h.error.pointer, c.pointer) << h.error.message;
    }
}

// Every cut of a good payload is refused, none of them stops anything (run under AddressSanitizer).
TEST(Validate, survives_every_truncation) {
    Harness h(validate, {{"schema", kUsage}});
    const std::string payload =
        R"({"metric":"api\u005fcalls","quantity":"9980","dims":{"region":"eu","\ud83d\ude00":"x"}})";
    for (std::size_t size = 0; size < payload.size(); ++size) {
        EXPECT_EQ(h.transform({{.payload = payload.substr(0, size)}}).at(0).code, "NOT_JSON") << size;
    }
    EXPECT_TRUE(h.transform({{.payload = payload}}).at(0).ok());
}

}  // namespace
