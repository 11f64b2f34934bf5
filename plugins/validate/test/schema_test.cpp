#include "schema.hpp"

#include <gtest/gtest.h>

namespace {

using weir::JsonParser;
using weir::validate::Problem;
using weir::validate::Schema;

struct Case {
    const char* schema;
    std::vector<const char*> good;
    std::vector<const char*> bad;
};

Schema compiled(const char* text) {
    auto schema = Schema::compile(text);
    EXPECT_TRUE(schema.ok()) << text << ": " << schema.error().message;
    return *std::move(schema);
}

// long: a table, one row per keyword
TEST(Schema, each_keyword_decides_as_2020_12_says) {
    const Case cases[] = {
        {"true", {"1", "{}"}, {}},
        {"false", {}, {"1", "null"}},
        {"{}", {"1", "[]"}, {}},
        {R"({"type":"integer"})", {"1", "1.0", "1e3", "12345678901234567890123"}, {"1.5", "\"1\"", "1e-1"}},
        {R"({"type":["string","null"]})", {"\"\"", "null"}, {"1", "false"}},
        {R"({"type":"number"})", {"1", "1.5"}, {"\"1\"", "true"}},
        {R"({"enum":["a",1,null,{"x":[1,2]}]})",
         {"\"a\"", "1.0", "null", R"({"x":[1.0,2]})"},
         {"\"b\"", "2", "{}", R"({"x":[2,1]})"}},
        {R"({"enum":["0","1","2","3","4","5","6","7","8","9","a","b","c","d","e","f","g",7]})",
         {"\"0\"", "\"g\"", "\"\\u0061\"", "7.0"},
         {"\"h\"", "\"\"", "\"7.0\"", "8"}},
        {R"({"const":{"a":1,"b":2}})", {R"({"b":2,"a":1})"}, {R"({"a":1})"}},
        {R"({"const":1,"enum":[1,2]})", {"1"}, {"2"}},
        {R"({"minimum":0.1,"exclusiveMaximum":9007199254740993})",
         {"0.1", "9007199254740992"},
         {"0.09999999999999999999", "9007199254740993"}},
        {R"({"maximum":3,"exclusiveMinimum":1})", {"3", "1.0001", "\"x\""}, {"3.01", "1"}},
        {R"({"multipleOf":0.01})", {"19.99", "0", "1e3"}, {"0.005"}},
        {R"({"minLength":2,"maxLength":3})",
         {"\"ab\"", "\"\u00e4\u00f6\u00fc\"", "\"a\\u00e4\"", "1"},
         {"\"a\"", "\"abcd\""}},
        {R"({"pattern":"^[a-z]+-\\d{2}$"})",
         {"\"ab-12\""},
         {"\"ab-1\"", "\"Xab-12\"", R"("ab-12\n")", R"("no\nab-12")", R"("ab-12\r\nno")"}},
        {R"({"patternProperties":{"^x$":false}})", {R"({"x\ny":1})"}, {R"({"x":1})"}},
        {R"({"format":"date"})", {"\"2024-02-29\"", "7"}, {"\"2026-02-29\"", "\"2026-2-1\"", "\"\""}},
        {R"({"format":"date-time"})",
         {"\"2026-06-30T23:59:60.5+02:00\"", "\"2026-06-30T00:00:00Z\""},
         {"\"2026-06-30T24:00:00Z\"", "\"2026-06-30 00:00:00Z\"", "\"2026-06-30T00:00:00\""}},
        {R"({"format":"uuid"})",
         {"\"01234567-89ab-cdef-0123-456789abcdef\""},
         {"\"0123456789abcdef0123456789abcdef\""}},
        {R"({"required":["a"],"properties":{"a":{"type":"string"}}})",
         {R"({"a":"x","b":1})", "[]"},
         {"{}", R"({"a":1})"}},
        {R"({"properties":{"a":true},"patternProperties":{"^x_":{"type":"number"}},"additionalProperties":false})",
         {R"({"a":1,"x_b":2})"},
         {R"({"b":1})", R"({"x_b":"2"})"}},
        {R"({"additionalProperties":{"type":"string"}})", {R"({"a":"b"})"}, {R"({"a":1})"}},
        {R"({"propertyNames":{"pattern":"^[a-z]$"}})", {R"({"a":1})"}, {R"({"ab":1})"}},
        {R"({"minProperties":1,"maxProperties":2})", {R"({"a":1})"}, {"{}", R"({"a":1,"b":2,"c":3})"}},
        {R"({"dependentRequired":{"a":["b"]}})", {"{}", R"({"a":1,"b":1})"}, {R"({"a":1})"}},
        {R"({"dependentSchemas":{"a":{"required":["b"]}}})", {"{}", R"({"a":1,"b":1})"}, {R"({"a":1})"}},
        {R"({"prefixItems":[{"type":"string"}],"items":{"type":"number"}})",
         {"[]", "[\"a\",1,2]"},
         {"[1]", "[\"a\",\"b\"]"}},
        {R"({"contains":{"type":"number"},"minContains":2,"maxContains":3})",
         {"[1,2]", "[1,2,3,\"x\"]"},
         {"[1]", "[1,2,3,4]"}},
        {R"({"contains":{"const":1}})", {"[0,1]"}, {"[]", "[0]"}},
        {R"({"minItems":1,"maxItems":2,"uniqueItems":true})",
         {"[1]", "[1,\"1\"]", "[[1],[2]]"},
         {"[]", "[1,2,3]", "[1,1.0]", R"([{"a":1,"b":2},{"b":2,"a":1}])"}},
        {R"({"allOf":[{"minimum":1},{"maximum":3}]})", {"2"}, {"0", "4"}},
        {R"({"anyOf":[{"type":"string"},{"minimum":3}]})", {"\"x\"", "3"}, {"2"}},
        {R"({"oneOf":[{"minimum":3},{"maximum":5}]})", {"2", "6"}, {"4"}},
        {R"({"not":{"type":"string"}})", {"1"}, {"\"x\""}},
        {R"({"if":{"minimum":10},"then":{"multipleOf":5},"else":{"type":"integer"}})", {"15", "3"}, {"12", "1.5"}},
        {R"({"then":false})", {"1"}, {}},
        {R"({"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"null"}}})", {"null"}, {"1"}},
        {R"({"$ref":"#money","$defs":{"x":{"$anchor":"money","type":"string"}}})", {"\"1\""}, {"1"}},
        {R"({"properties":{"next":{"$ref":"#"}},"required":["n"]})",
         {R"({"n":1,"next":{"n":2}})"},
         {R"({"n":1,"next":{}})"}},
        {R"({"title":"t","description":"d","x-own":1,"default":7,"format":"hostname"})", {"\"-\""}, {}},
    };
    JsonParser parser;
    for (const Case& c : cases) {
        const Schema schema = compiled(c.schema);
        for (const char* text : c.good) {
            const auto document = parser.parse(text);
            ASSERT_TRUE(document.ok()) << text;
            EXPECT_TRUE(schema.accepts(*document)) << c.schema << " should accept " << text;
            EXPECT_TRUE(schema.problems(*document).empty()) << c.schema << " and " << text;
        }
        for (const char* text : c.bad) {
            const auto document = parser.parse(text);
            ASSERT_TRUE(document.ok()) << text;
            EXPECT_FALSE(schema.accepts(*document)) << c.schema << " should refuse " << text;
            EXPECT_FALSE(schema.problems(*document).empty()) << c.schema << " and " << text;
        }
    }
}

TEST(Schema, names_every_place_up_to_a_bound) {
    const Schema schema = compiled(R"({"type":"object","required":["id","at"],"additionalProperties":false,
        "properties":{"id":{"type":"string"},"at":{"format":"date"},
                      "lines":{"type":"array","items":{"properties":{"a/b":{"minimum":1}}}}}})");
    JsonParser parser;
    const auto document = parser.parse(R"({"id":7,"lines":[{"a/b":2},{"a/b":0}],"extra":1})");
    ASSERT_TRUE(document.ok());
    std::vector<std::string> found;
    for (const Problem& p : schema.problems(*document)) found.push_back(p.pointer + ": " + p.message);
    EXPECT_EQ(found, (std::vector<std::string>{": expected \"at\", found nothing", "/id: expected string, found 7",
                                               "/lines/1/a~1b: expected at least 1, found 0",
                                               "/extra: is not a known member"}));

    std::string many = "{\"lines\":[";
    for (int i = 0; i < 100; ++i) many += std::string(i > 0 ? "," : "") + "{\"a/b\":0}";
    const auto large = parser.parse(many += "]}");
    ASSERT_TRUE(large.ok());
    EXPECT_EQ(schema.problems(*large).size(), Schema::kProblemsMax);
}

TEST(Schema, says_on_one_line_what_the_schema_spreads_over_several) {
    const Schema schema = compiled("{\"enum\": [\n  \"a \\\" b\",\n\t1.10\r\n]}");
    JsonParser parser;
    const auto problems = schema.problems(*parser.parse("2"));
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0].message, "expected one of [\"a \\\" b\",1.10], found 2");
}

TEST(Schema, misses_each_required_member_however_many_and_in_whatever_order) {
    constexpr int kProperties = 70;
    constexpr int kOthers = 3;  // required, though nothing is said about them
    std::string properties, required;
    for (int i = 0; i < kProperties + kOthers; ++i) {
        const std::string name = "\"p" + std::to_string(i) + "\"";
        if (i < kProperties) properties += (i > 0 ? "," : "") + name + ":{\"type\":\"integer\"}";
        required += name + ",";
    }
    const Schema schema =
        compiled(("{\"properties\":{" + properties + "},\"required\":[" + required + "\"p0\"]}").c_str());
    JsonParser parser;
    for (const bool backwards : {false, true}) {
        for (int missing = -1; missing < kProperties + kOthers; ++missing) {
            std::string text = "{\"x\":0";
            for (int i = 0; i < kProperties + kOthers; ++i) {
                const int p = backwards ? kProperties + kOthers - 1 - i : i;
                if (p != missing) text += ",\"p" + std::to_string(p) + "\":" + std::to_string(p);
            }
            const auto document = parser.parse(text += "}");
            ASSERT_TRUE(document.ok());
            EXPECT_EQ(schema.accepts(*document), missing < 0) << missing << (backwards ? " backwards" : "");
            EXPECT_EQ(schema.problems(*document).empty(), missing < 0);
        }
    }
}

TEST(Schema, refuses_schemas_it_would_not_check) {
    const char* cases[] = {
        "",
        "[]",
        "12",
        R"({"type":"strin"})",
        R"({"tpye":"string"})",
        R"({"required":"a"})",
        R"({"minLength":-1})",
        R"({"minLength":1.5})",
        R"({"minimum":"1"})",
        R"({"multipleOf":0})",
        R"({"pattern":"("})",
        R"({"items":[{}]})",
        R"({"allOf":[]})",
        R"({"properties":{"a":1}})",
        R"({"$ref":"#/$defs/none"})",
        R"({"$ref":"https://example.com/schema"})",
        R"({"$ref":"#"})",
        R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}})",
        R"({"unevaluatedProperties":false})",
        R"({"type":"string","type":"number"})",
    };
    for (const char* text : cases) EXPECT_FALSE(Schema::compile(text).ok()) << text;
    EXPECT_EQ(Schema::compile(R"({"properties":{"a":{"tpye":1}}})").error().message,
              "schema /properties/a/tpye: keyword \"tpye\" is not supported");
}

TEST(Schema, gives_up_on_patterns_that_would_take_for_ever) {
    const Schema schema = compiled(R"({"pattern":"^(a|aa)+$"})");
    JsonParser parser;
    const std::string text = "\"" + std::string(2000, 'a') + "!\"";
    const auto document = parser.parse(text);
    ASSERT_TRUE(document.ok());
    EXPECT_FALSE(schema.accepts(*document));
}

}  // namespace
