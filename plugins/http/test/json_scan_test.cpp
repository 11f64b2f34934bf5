#include "json_scan.hpp"

#include <gtest/gtest.h>

namespace http_plugin {
namespace {

bool is_json(std::string_view text) {
    JsonScanner scanner(text);
    JsonValue value;
    return scanner.value(value) && scanner.at_end();
}

// The cases that JSONTestSuite (github.com/nst/JSONTestSuite) and readers in the field disagree about most.
TEST(JsonScanner, takes_json) {
    for (const char* text : {"0",
                             "-0",
                             "1e5",
                             "1E+5",
                             "1.5e-7",
                             "-1.0",
                             "123456789012345678901234567890",
                             "true",
                             "null",
                             "\"\"",
                             "\"\\u00e9\\n\\/\"",
                             "\"\x7f\"",
                             "[]",
                             " [ ] ",
                             "{}",
                             "{ }",
                             "[[],{}]",
                             "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":\"e\"}",
                             "{\"\":0}",
                             "{\"a\":1,\"a\":2}",
                             "\t[1 ,\n2\r]"}) {
        EXPECT_TRUE(is_json(text)) << text;
    }
}

TEST(JsonScanner, refuses_what_is_none) {
    for (const char* text :
         {"",         " ",         "-",         "+1",      "01",       "-01",        "1.",          ".5",
          "1e",       "1e+",       "0x1",       "1 2",     "tru",      "True",       "nul",         "NaN",
          "'a'",      "\"",        "\"a",       "\"\\\"",  "\"\\x\"",  "\"\\u12\"",  "\"\\u12g4\"", "\"\n\"",
          "\"a\tb\"", "[",         "[1",        "[1,",     "[1,]",     "[,1]",       "[1 2]",       "]",
          "[}",       "{",         "{\"a\"",    "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{,}",         "{a:1}",
          "{1:1}",    "{\"a\" 1}", "{\"a\":1]", "[1}",     "[]]",      "{}{}",       "[1]//",       "\xef\xbb\xbf[]"}) {
        EXPECT_FALSE(is_json(text)) << text;
    }
    EXPECT_FALSE(is_json(std::string_view("[\0]", 3)));
    EXPECT_FALSE(is_json(std::string_view("1\0", 2)));
}

TEST(JsonScanner, takes_strings_of_every_length_and_finds_their_end) {
    for (std::size_t size = 0; size < 40; ++size) {
        const std::string text = "\"" + std::string(size, 'x') + "\"";
        JsonScanner scanner(text);
        JsonValue value;
        ASSERT_TRUE(scanner.value(value)) << size;
        EXPECT_EQ(value.inner().size(), size);
        EXPECT_FALSE(is_json(text + "\""));
        for (std::size_t at = 1; at <= size; ++at) {
            std::string control = text;
            control[at] = '\x1f';
            EXPECT_FALSE(is_json(control)) << size << " " << at;
            control[at] = '\xc3';  // a byte beyond ASCII is not a control character
            EXPECT_TRUE(is_json(control));
        }
    }
}

TEST(JsonScanner, counts_levels_and_stops_at_its_own) {
    const auto depth = [](std::uint32_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
    for (const std::uint32_t levels : {1u, 2u, 64u, 1024u}) {
        const std::string text = depth(levels);
        JsonScanner scanner(text);
        JsonValue value;
        ASSERT_TRUE(scanner.value(value));
        EXPECT_EQ(value.depth, levels);
    }
    EXPECT_FALSE(is_json(depth(1025)));
    EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
}

TEST(JsonScanner, keeps_slices_as_written) {
    const std::string text = R"( {"a" : [1.10,  2] } tail)";
    JsonScanner scanner(text);
    JsonValue value;
    ASSERT_TRUE(scanner.value(value));
    EXPECT_EQ(value.raw, R"({"a" : [1.10,  2] })");
    EXPECT_FALSE(scanner.at_end());
}

TEST(Unescape, joins_surrogates_and_refuses_halves) {
    std::string out;
    EXPECT_TRUE(unescape_json(R"(\u0041\u00fc\u20ac\ud83d\ude00\"\\\/\b\f\n\r\t)", out));
    EXPECT_EQ(out, "A\u00fc\u20ac\U0001F600\"\\/\b\f\n\r\t");
    for (const char* text : {R"(\ud83d)", R"(\ud83dx)", R"(\ude00)", R"(\ud83d\u0041)", R"(\ud83d\n12345)"}) {
        std::string ignored;
        EXPECT_FALSE(unescape_json(text, ignored)) << text;
    }
}

TEST(JsonPointer, agrees_with_rfc_6901) {
    const std::string text =
        R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})";
    const std::pair<const char*, const char*> cases[] = {{"", text.c_str()},
                                                         {"/foo", R"(["bar","baz"])"},
                                                         {"/foo/0", R"("bar")"},
                                                         {"/", "0"},
                                                         {"/a~1b", "1"},
                                                         {"/c%d", "2"},
                                                         {"/e^f", "3"},
                                                         {"/g|h", "4"},
                                                         {"/i\\j", "5"},
                                                         {"/k\"l", "6"},
                                                         {"/ ", "7"},
                                                         {"/m~0n", "8"}};
    for (const auto& [pointer, raw] : cases) {
        const auto found = find_json(text, pointer);
        ASSERT_TRUE(found) << pointer;
        EXPECT_EQ(found->raw, raw);
    }
    for (const char* pointer : {"/nope", "/foo/2", "/foo/-", "/foo/x", "/foo/0/y", "foo"}) {
        EXPECT_FALSE(find_json(text, pointer)) << pointer;
    }
    EXPECT_FALSE(find_json("not json", "/a"));
}

TEST(AppendJson, escapes_what_must_be) {
    std::string out;
    append_json(out, std::string_view("a\"\\\n\0\u00fc", 7));
    EXPECT_EQ(out, "\"a\\\"\\\\\\u000a\\u0000\u00fc\"");
}

}  // namespace
}  // namespace http_plugin
