// Any JSON comes through as it went in; what is extreme ends as an outcome, never as anything else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/steps/steps.hpp"

namespace weir::steps::test {
namespace {

using ::testing::HasSubstr;

// Random documents as text: the numbers, escapes and spaces that writers in the wild produce.
class Documents {
  public:
    explicit Documents(std::uint32_t seed) : random_(seed) {}

    // An object, without spaces between its own members.
    std::string object(int depth) {
        std::string text = "{";
        const std::size_t count = below(6);
        for (std::size_t i = 0; i < count; ++i) {
            text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + key() + "\":" + value(depth);
        }
        return text + "}";
    }

  private:
    std::size_t below(std::size_t end) { return random_() % end; }
    template <std::size_t N>
    std::string one_of(const char* const (&choices)[N]) {
        return choices[below(N)];
    }
    std::string key() { return one_of({"", "a", "key with space", "\xc3\xa4", "$x", "a.b", "~/"}); }
    std::string value(int depth) {
        if (depth > 0 && below(3) == 0) return below(2) == 0 ? object(depth - 1) : list(depth - 1);
        return one_of({"null",
                       "true",
                       "false",
                       "0",
                       "-0",
                       "0.10",
                       "1e400",
                       "-1E-400",
                       "12345678901234567.89",
                       "9223372036854775807",
                       "9223372036854775808",
                       "-9223372036854775809",
                       "1.0E+2",
                       "0.1000000000000000055511151231257827",
                       "\"\"",
                       "\"\\u0000\\ud83d\\ude00\\/\"",
                       "\"\\\"\\\\\\b\\f\\n\\r\\t\"",
                       "\"\xf0\x9f\x98\x80 \xe2\x80\xa8\"",
                       "[]",
                       "{}",
                       "{ \"b\" : [ 1 , 2.0 ] }",
                       "100000000000000000000000000000000000000000000000"});
    }
    std::string list(int depth) {
        std::string text = "[";
        const std::size_t count = below(4);
        for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " , ") + value(depth);
        return text + "]";
    }

    std::mt19937 random_;
};

TEST(Extreme, any_document_comes_through_byte_for_byte) {
    Documents documents(20261123);
    Step whole("map", R"({"pass": true, "fields": {}})");
    Step spliced("map", R"({"pass": true, "drop": ["none"], "fields": {"zz": "record.data.?zz"}})");
    Step fields("map", R"({"fields": {"all": "record.data"}})");
    Step redacted("redact", R"({"paths": ["/none/*/x"], "mode": "remove"})");
    for (int i = 0; i < 5000; ++i) {
        const std::string document = documents.object(4);
        ASSERT_EQ(whole.out(document), document);
        ASSERT_EQ(spliced.out(document), document);
        ASSERT_EQ(fields.out(document), "{\"all\":" + document + "}");
        ASSERT_EQ(redacted.out(document), document);
    }
}

TEST(Extreme, a_large_list_with_a_loop_over_it_ends) {
    // Each element looks another one up: without an index this would take the square of their number.
    std::string payload = R"({"by":{)";
    for (int i = 0; i < 20'000; ++i)
        payload += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
    payload += R"(},"keys":[)";
    for (int i = 0; i < 20'000; ++i) payload += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\"";
    payload += "]}";
    Step map("map", R"j({"fields": {"n": "record.data.keys.filter(k, record.data.by[k] % 2 == 0).size()",
                                    "last": "record.data.keys[19999]"}})j");
    EXPECT_EQ(map.out(payload), R"({"n":10000,"last":"k19999"})");
}

TEST(Extreme, what_takes_too_much_is_an_outcome_and_the_neighbours_go_on) {
    Step map("map",
             R"j({"fields": {"n": "record.data.l.map(a, record.data.l.map(b, record.data.l.map(c, a + b + c)))"}})j");
    std::string list = "[0";
    for (int i = 1; i < 400; ++i) list += "," + std::to_string(i);
    const auto verdicts = map.harness().transform(
        {{.payload = R"({"l":[1]})"}, {.payload = R"({"l":)" + list + "]}"}, {.payload = R"({"l":[]})"}});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_EQ(verdicts[1].kind, WEIR_OUT_REJECTED);
    EXPECT_EQ(verdicts[1].code, "TOO_EXPENSIVE") << verdicts[1].message;
    EXPECT_TRUE(verdicts[2].ok());
    EXPECT_EQ(map.harness().sent.size(), 2U);
}

TEST(Extreme, documents_at_the_limits) {
    Step map("map", R"({"fields": {"a": "record.data"}})");
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(map.out(nested(64)), "{\"a\":" + nested(64) + "}");
    EXPECT_EQ(map.run(nested(65)).code, "TOO_DEEP");
    EXPECT_EQ(map.run(std::string(1'000'000, '[')).code, "TOO_DEEP");
    const std::string text = "\"" + std::string(50'000'000, 'x') + "\"";
    EXPECT_EQ(map.out(text).size(), text.size() + 6);
    EXPECT_EQ(map.out("1"), R"({"a":1})");
    for (const char* const bad : {"\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "[1,]", "+1",
                                  ".5", "1.", "0x1", "Infinity", "'a'", "// c\n1", "\xef\xbb\xbf{}", "\"\t\"", "nul"}) {
        EXPECT_EQ(map.run(bad).code, "NOT_JSON") << bad;
    }
}

TEST(Extreme, a_key_of_an_object_is_text_once) {
    Step map("map", R"({"fields": {"a": "{1: 'a', '1': 'b'}"}})");
    EXPECT_THAT(map.out("{}"), HasSubstr("WRONG_TYPE: fields/a: a key of an object is a string, found 1"));
}

}  // namespace
}  // namespace weir::steps::test
