#include "../src/json.hpp"

#include <gtest/gtest.h>

namespace weir::standin {
namespace {

TEST(ParseJson, KeepsTheTextOfNumbersWithAFraction) {
    const auto read =
        parse_json(R"({"a":1393.56,"b":0.10,"c":1393.5600000000001,"d":7,"e":1e2,"f":123456789012345678901})");
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(text_at(*read, "a"), "1393.56");
    EXPECT_EQ(text_at(*read, "b"), "0.10");
    EXPECT_EQ(text_at(*read, "c"), "1393.5600000000001");
    EXPECT_EQ(text_at(*read, "d"), "7");
    EXPECT_EQ(text_at(*read, "e"), "1e2");
    EXPECT_EQ(text_at(*read, "f"), "123456789012345678901");
}

TEST(ParseJson, ReadsEveryForm) {
    const auto read = parse_json(R"([{"a":{"b":[1,[2,{"c":null}],true]},"d":"x"},-3,[]])");
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, Json::parse(R"([{"a":{"b":[1,[2,{"c":null}],true]},"d":"x"},-3,[]])"));
    EXPECT_TRUE(parse_json("")->is_null());
    EXPECT_TRUE(parse_json("null")->is_null());
}

TEST(ParseJson, RefusesWhatIsNotJson) {
    for (const char* text : {"{", "{\"a\":1,}", "nul", "[1 2]", "{\"a\":1,\"a\":2}", "1 2", "\"\xff\""}) {
        const auto read = parse_json(text);
        EXPECT_FALSE(read.ok()) << text;
    }
    EXPECT_NE(parse_json("{\"a\":1,\"a\":2}").error().message.find("\"a\" stands twice"), std::string::npos);
    EXPECT_FALSE(parse_json(std::string(200, '[') + std::string(200, ']')).ok()) << "too deep";
}

TEST(ParseAmount, HasTheDigitsOfItsCurrency) {
    EXPECT_EQ(parse_amount("39.9", 2)->to_string(), "39.90");
    EXPECT_EQ(parse_amount("39.9200", 2)->to_string(), "39.92");
    EXPECT_EQ(parse_amount(7, 3)->to_string(), "7.000");
    EXPECT_EQ(parse_amount("1200", 0)->to_string(), "1200");
    for (const Json& bad :
         {Json("1.005"), Json("1e2"), Json(""), Json("1,20"), Json(), Json(true), Json("1."), Json(Json::array())}) {
        EXPECT_FALSE(parse_amount(bad, 2).ok()) << bad;
    }
    EXPECT_FALSE(parse_amount("0.1", 0).ok());
}

}  // namespace
}  // namespace weir::standin
