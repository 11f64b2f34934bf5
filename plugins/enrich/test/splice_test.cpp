#include "splice.hpp"

#include <gtest/gtest.h>

#include <weir/error.hpp>

namespace weir::enrich {
namespace {

std::string put(std::string_view payload, std::string_view name, std::string_view value, bool replace = false) {
    JsonParser parser;
    return with_member(parser, payload, name, value, replace);
}
std::string refusal(std::string_view payload, std::string_view name = "x") {
    try {
        return "taken: " + put(payload, name, "1");
    } catch (const Reject& reject) {
        return reject.code();
    }
}

TEST(WithMember, keeps_every_other_byte) {
    struct Case {
        const char* payload;
        const char* expected;
    };
    const Case cases[] = {
        {R"({"amount":12345678901234567.89})", R"({"amount":12345678901234567.89,"x":[1.10]})"},
        {R"({})", R"({"x":[1.10]})"},
        {" { }\n", " {\"x\":[1.10] }\n"},
        {R"({"a" : 1.50e+03 , "b":"\u00e9\/" })", R"({"a" : 1.50e+03 , "b":"\u00e9\/","x":[1.10] })"},
        {"{\n  \"a\": {\"x\": 2}\n}", "{\n  \"a\": {\"x\": 2},\"x\":[1.10]\n}"},
        {R"({"a":[1,{"b":"}"}]})", R"({"a":[1,{"b":"}"}],"x":[1.10]})"},
    };
    for (const Case& c : cases) EXPECT_EQ(put(c.payload, "x", "[1.10]"), c.expected);
}

TEST(WithMember, replaces_only_the_value) {
    EXPECT_EQ(put(R"({"a":1.0, "x" : {"y":"}"} ,"b":2.00})", "x", "7.70", true), R"({"a":1.0, "x" : 7.70 ,"b":2.00})");
    EXPECT_EQ(put(R"({"\u0078":1})", "x", "2", true), R"({"\u0078":2})") << "the same name, written otherwise";
}

TEST(WithMember, writes_any_name) { EXPECT_EQ(put("{}", "a\"b\n", "1"), R"({"a\"b\n":1})"); }

TEST(WithMember, refuses_what_it_could_only_guess_at) {
    EXPECT_EQ(refusal(R"({"x":1})"), "MEMBER_EXISTS");
    EXPECT_EQ(refusal(R"({"\u0078":1})"), "MEMBER_EXISTS");
    EXPECT_EQ(refusal(R"({"a":1,"a":2})"), "DUPLICATE_KEY");
    EXPECT_EQ(refusal(R"({"b":{"a":1,"\u0061":2}})"), "DUPLICATE_KEY");
    EXPECT_EQ(refusal("[1]"), "NOT_AN_OBJECT");
    EXPECT_EQ(refusal("{\"a\":01}"), "NOT_JSON");
    EXPECT_EQ(refusal(""), "NOT_JSON");
}

}  // namespace
}  // namespace weir::enrich
