#include <weir/json.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using weir::JsonParser;
using weir::JsonType;
using weir::JsonValue;

std::string code_of(std::string_view text) {
    JsonParser parser;
    const auto parsed = parser.parse(text);
    return parsed.ok() ? "" : parsed.error().code;
}
std::string message_of(std::string_view text) {
    JsonParser parser;
    const auto parsed = parser.parse(text);
    return parsed.ok() ? "" : parsed.error().message;
}

TEST(Json, reads_members_and_elements) {
    JsonParser parser;
    const auto parsed =
        parser.parse(R"( {"a": {"b": [1, {"c": "deep"}, []]}, "t": true, "n": null, "s": "text", "x": -1.50e+3} )");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    const JsonValue& root = parsed.value();
    EXPECT_EQ(root.size(), 5U);
    EXPECT_EQ(root["a"]["b"].size(), 3U);
    EXPECT_EQ(root["a"]["b"].at(1)["c"].string(), "deep");
    EXPECT_EQ(root["t"].boolean(), true);
    EXPECT_TRUE(root["n"].is_null());
    EXPECT_EQ(root["x"].number_text(), "-1.50e+3");
    EXPECT_EQ(root["a"].raw(), R"({"b": [1, {"c": "deep"}, []]})");
    EXPECT_EQ(root["s"].raw(), R"("text")");
    std::string keys;
    for (const auto& [key, value] : root.members())
        keys += std::string(key) + ':' + std::string(to_string(value.type())) + ' ';
    EXPECT_EQ(keys, "a:object t:boolean n:null s:string x:number ");
    std::string types;
    for (const JsonValue element : root["a"]["b"].elements()) types += std::string(to_string(element.type())) + ' ';
    EXPECT_EQ(types, "number object array ");
}

TEST(Json, what_is_not_there_is_absent_all_the_way_down) {
    JsonParser parser;
    const auto parsed = parser.parse(R"({"a": [1]})");
    const JsonValue& root = parsed.value();
    EXPECT_FALSE(root["b"]["c"].at(7).exists());
    EXPECT_FALSE(root["a"].at(1).exists());
    EXPECT_FALSE(root["a"]["x"].exists());
    EXPECT_EQ(root["b"].string(), std::nullopt);
    EXPECT_EQ(root["a"].number_text(), std::nullopt);
    EXPECT_EQ(root["b"].size(), 0U);
    for ([[maybe_unused]] const auto& member : root["b"].members()) ADD_FAILURE();
}

TEST(Json, keeps_numbers_as_written_however_long) {
    JsonParser parser;
    const auto parsed = parser.parse("[123456789012345678901234567890, 0.10, 9007199254740993, -0, 1E5, 1.0]");
    ASSERT_TRUE(parsed.ok());
    const JsonValue& list = parsed.value();
    EXPECT_EQ(list.at(0).number_text(), "123456789012345678901234567890");
    EXPECT_EQ(list.at(0).integer(), std::nullopt);
    EXPECT_EQ(list.at(1).number_text(), "0.10");
    EXPECT_EQ(list.at(2).integer(), 9007199254740993);
    EXPECT_EQ(list.at(3).number_text(), "-0");
    EXPECT_EQ(list.at(5).integer(), std::nullopt);
}

TEST(Json, unescapes_strings) {
    JsonParser parser;
    const auto parsed = parser.parse(
        R"(["\"\\\/\b\f\n\r\t", "\u0041\u00e9\u20AC\ud83d\ude00", "plain then \u0041 long enough \n", ""])");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(parsed.value().at(0).string(), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(parsed.value().at(1).string(), "A\u00e9\u20ac\U0001f600");
    EXPECT_EQ(parsed.value().at(2).string(), "plain then A long enough \n");
    EXPECT_EQ(parsed.value().at(3).string(), "");
}

TEST(Json, escaped_keys_are_compared_unescaped) {
    JsonParser parser;
    const auto parsed = parser.parse(R"({"\u0061mount": 1})");
    EXPECT_EQ(parsed.value()["amount"].integer(), 1);
    EXPECT_EQ(code_of(R"({"amount": 1, "\u0061mount": 2})"), "json_duplicate_key");
}

TEST(Json, refuses_keys_that_stand_twice_in_small_and_large_objects) {
    EXPECT_EQ(code_of(R"({"a":1,"b":2,"a":3})"), "json_duplicate_key");
    EXPECT_EQ(code_of(R"({"x":{"a":1,"a":1}})"), "json_duplicate_key");
    EXPECT_EQ(code_of(R"({"a":{"a":1},"b":{"a":1}})"), "") << "the same key in different objects is fine";
    std::string large = "{";
    for (int i = 0; i < 100; ++i) large += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    EXPECT_EQ(code_of(large + "\"last\":0}"), "");
    EXPECT_EQ(code_of(large + "\"k57\":0}"), "json_duplicate_key");
}

// Keys of every size, many of which begin and end alike and differ in one byte only: none is taken for another, and
// each is found when it stands twice, wherever.
TEST(Json, tells_keys_apart_and_finds_each_that_stands_twice) {
    std::vector<std::string> keys{""};
    for (std::size_t size = 1; size <= 40; ++size) {
        keys.emplace_back(size, 'a');
        for (std::size_t at = 0; at < size; at += 3) keys.emplace_back(size, 'a').at(at) = 'b';
    }
    const auto object = [&](std::size_t first, std::size_t count, std::size_t again) {
        std::string text = "{";
        for (std::size_t i = 0; i < count; ++i) {
            text += '"' + keys[(first + i) % keys.size()] + "\":" + std::to_string(i) + ",";
        }
        return text + '"' + (again < count ? keys[(first + again) % keys.size()] : "none") + "\":0}";
    };
    JsonParser parser;
    for (const std::size_t count : {std::size_t{1}, std::size_t{9}, std::size_t{23}, std::size_t{24}, keys.size()}) {
        for (std::size_t first = 0; first < keys.size(); first += 7) {
            const std::string good = object(first, count, count);
            const auto parsed = parser.parse(good);
            ASSERT_TRUE(parsed.ok()) << good;
            for (std::size_t i = 0; i < count; ++i) {
                ASSERT_EQ((*parsed)[keys[(first + i) % keys.size()]].integer(), i) << good;
                ASSERT_EQ(code_of(object(first, count, i)), "json_duplicate_key") << good << " and key " << i;
            }
        }
    }
}

TEST(Json, refuses_what_is_not_json_and_says_where) {
    for (const char* bad : {"",
                            " ",
                            "{",
                            "[",
                            "{\"a\"",
                            "{\"a\":",
                            "{\"a\":1",
                            "{\"a\":1,}",
                            "[1,]",
                            "[,1]",
                            "[1 2]",
                            "{a:1}",
                            "{'a':1}",
                            "01",
                            "-",
                            "+1",
                            "1.",
                            ".5",
                            "1e",
                            "1e+",
                            "0x1",
                            "NaN",
                            "Infinity",
                            "-Infinity",
                            "tru",
                            "nul",
                            "True",
                            "\"",
                            "\"abc",
                            "\"\\x\"",
                            "\"\\u12\"",
                            "\"\\u12g4\"",
                            "\"\\ud800\"",
                            "\"\\ud800\\u0041\"",
                            "\"\\udc00\"",
                            "\"a\nb\"",
                            "1 1",
                            "{} {}",
                            "[1]]",
                            "{\"a\":1}}",
                            "// c\n1",
                            "\"\\",
                            "\"\\u",
                            "--1",
                            "-a",
                            "[-]"}) {
        EXPECT_EQ(code_of(bad), "json_syntax") << bad;
    }
    EXPECT_EQ(message_of("{\"a\": 1, \"b\" 2}"), "at byte 13: expected ':'");
    EXPECT_EQ(message_of("[1, 2"), "at byte 5 (the end): expected ',' or ']'");
}

TEST(Json, refuses_broken_utf8_everywhere) {
    for (const char* bad :
         {"\"\xff\"", "\"\xc3\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\xef\xbb"}) {
        EXPECT_EQ(code_of(bad), "json_utf8") << bad;
    }
    EXPECT_EQ(code_of("\"\u00e9\u20ac\""), "");
}

TEST(Json, limits_depth) {
    EXPECT_EQ(code_of(std::string(64, '[') + std::string(64, ']')), "");
    EXPECT_EQ(code_of(std::string(65, '[') + std::string(65, ']')), "json_too_deep");
    EXPECT_EQ(code_of(std::string(1'000'000, '[')), "json_too_deep");
}

TEST(Json, every_cut_of_a_document_is_an_error_and_reads_nothing_beyond_it) {
    const std::string whole = R"({"a":[1,-2.5e-3,true,null,"x\u00e9\n"],"b":{"c":"long enough for the fast path"}})";
    EXPECT_EQ(code_of(whole), "");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));  // no terminator
        EXPECT_NE(code_of({cut.data(), cut.size()}), "") << size;
    }
}

TEST(Json, finds_a_strings_end_at_every_position) {
    for (std::size_t size = 0; size < 40; ++size) {
        for (const char* middle : {"", "\\n", "\u00e9", "\x7f"}) {
            const std::string content = std::string(size, 'x') + middle + std::string(size / 2, 'y');
            JsonParser parser;
            const std::string document = "[\"" + content + "\",1]";
            const auto parsed = parser.parse(document);
            ASSERT_TRUE(parsed.ok()) << document;
            EXPECT_EQ(parsed.value().at(1).integer(), 1);
        }
        EXPECT_EQ(code_of("\"" + std::string(size, 'x') + "\x1f" + "\""), "json_syntax") << size;
    }
}

TEST(Json, a_parser_can_be_used_again) {
    JsonParser parser;
    for (int i = 0; i < 3; ++i) {
        const std::string text = "{\"n\":" + std::to_string(i) + ",\"s\":\"\\u00e9\"}";
        const auto parsed = parser.parse(text);
        EXPECT_EQ(parsed.value()["n"].integer(), i);
        EXPECT_EQ(parsed.value()["s"].string(), "\u00e9");
        EXPECT_FALSE(parser.parse("{\"broken\"").ok());
    }
}

TEST(Json, follows_pointers) {
    JsonParser parser;
    const auto parsed = parser.parse(R"({"a/b": {"m~n": [10, {"": 5}]}, "list": [1]})");
    const JsonValue& root = parsed.value();
    EXPECT_EQ(root.pointer("/a~1b/m~0n/0").integer(), 10);
    EXPECT_EQ(root.pointer("/a~1b/m~0n/1/").integer(), 5);
    EXPECT_TRUE(root.pointer("").is_object());
    for (const char* nowhere : {"list", "/list/1", "/list/01", "/list/-", "/list/0/x", "/nothing", "/a~2b", "/a~"}) {
        EXPECT_FALSE(root.pointer(nowhere).exists()) << nowhere;
    }
}

TEST(JsonWriter, writes_what_the_parser_reads) {
    std::string out;
    weir::JsonWriter writer(out);
    writer.begin_object().member("s", "a\"b\\c\n\x01\u00e9").key("list").begin_array();
    writer.integer(-5).raw("1.50").boolean(true).null().begin_object().end_object().end_array();
    writer.key("empty").begin_array().end_array().end_object();
    EXPECT_EQ(out, "{\"s\":\"a\\\"b\\\\c\\n\\u0001\u00e9\",\"list\":[-5,1.50,true,null,{}],\"empty\":[]}");
    JsonParser parser;
    EXPECT_EQ(parser.parse(out).value()["s"].string(), "a\"b\\c\n\x01\u00e9");
}

}  // namespace
