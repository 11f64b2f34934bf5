// Documents into values and back, exactly.

#include <gtest/gtest.h>

#include "runtime/expr/json.hpp"
#include "runtime/expr/typed.hpp"
#include "tests/unit/expr/describe.hpp"

namespace weir::expr::testing {
namespace {

std::string read(std::string_view text, JsonNumbers numbers = JsonNumbers::exact) {
    Arena arena;
    const auto value = read_json(text, numbers, arena, {});
    return value.ok() ? describe(*value) : "error " + value.error().code;
}

TEST(Json, NumbersAreExact) {
    EXPECT_EQ(read("5"), "int 5");
    EXPECT_EQ(read("-9223372036854775808"), "int -9223372036854775808");
    EXPECT_EQ(read("9223372036854775808"), "decimal 9223372036854775808");
    EXPECT_EQ(read("0.1"), "decimal 0.1");
    EXPECT_EQ(read("12.50"), "decimal 12.50");
    EXPECT_EQ(read("1e3"), "decimal 1000");
    EXPECT_EQ(read("1.5E-3"), "decimal 0.0015");
    EXPECT_EQ(read("12345678901234567890.12345"), "decimal 12345678901234567890.12345");
    EXPECT_EQ(read("1e999"), "error decimal_overflow");
    EXPECT_EQ(read("1e999", JsonNumbers::doubles), "error json_syntax");
    EXPECT_EQ(read("0.1", JsonNumbers::doubles), "double 0.1");
    EXPECT_EQ(read("-0", JsonNumbers::doubles), "double -0");
    EXPECT_EQ(read("18446744073709551615", JsonNumbers::doubles), "double 18446744073709551616");
}

TEST(Json, StructureAndText) {
    EXPECT_EQ(read(R"({"a": [1, "x\n\u00e9", null, true], "b": {}})"),
              "{\"a\": [int 1, \"x\\n\xC3\xA9\", null, bool true], \"b\": {}}");
    EXPECT_EQ(read("  \"alone\" "), "\"alone\"");
    EXPECT_EQ(read("[]"), "[]");
}

TEST(Json, RefusesWhatIsNoJson) {
    for (const auto* text : {"",      "{",     "[1,]",         "[1 2]",
                             "01",    "1.",    ".5",           "+1",
                             "1.2.3", "[1] 2", "{\"a\" 1}",    "{\"a\":1,\"a\":2}",
                             "nul",   "nulll", "\"\xFF\"",     "'a'",
                             "1, 2",  "tru",   "[true false]", "{1:2}",
                             "1e",    "--1",   "NaN"}) {
        EXPECT_EQ(read(text), "error json_syntax") << text;
    }
}

std::string written(std::string_view source) {
    const auto compiled = compile(source, {});
    Arena arena;
    const Limits limits;
    Context context(arena, limits);
    const auto text = write_json(compiled.program->evaluate(Variables(), context), context);
    return text.ok() ? *text : "error " + text.error().message;
}

TEST(Json, Writes) {
    EXPECT_EQ(written("{'a': [1, 2u, 1.50, 'x', null, true], 7: optional.of(1), 'n': optional.none()}"),
              R"({"a":[1,2,1.50,"x",null,true],"7":1,"n":null})");
    EXPECT_EQ(written("[timestamp(0), duration('90s'), b'hi', int, double('0.5')]"),
              R"(["1970-01-01T00:00:00Z","90s","aGk=","int",0.5])");
    EXPECT_EQ(written("double('NaN')"), "error NaN cannot be written as JSON");
}

std::string typed_again(std::string_view text) {
    Arena arena;
    const Limits limits;
    Context context(arena, limits);
    const auto json = read_json(text, JsonNumbers::doubles, arena, limits);
    if (!json.ok()) return json.error().message;
    const auto value = read_typed(*json, context);
    if (!value.ok()) return "error: " + value.error().message;
    std::string out;
    const auto status = write_typed(out, *value, context);
    return status.ok() ? out : status.error().message;
}

TEST(Typed, RoundTrips) {
    for (const auto* text :
         {R"({"type":"int","value":"-5"})", R"({"type":"uint","value":"18446744073709551615"})",
          R"({"type":"double","value":1.5})", R"({"type":"double","value":"NaN"})",
          R"({"type":"double","value":"-Infinity"})", R"({"type":"double","value":1.797693e+308})",
          R"({"type":"decimal","value":"12.50"})", R"({"type":"string","value":"a\"b"})",
          R"({"type":"bytes","value":"AP8="})", R"({"type":"bool","value":true})", R"({"type":"null","value":null})",
          R"({"type":"list","value":[{"type":"int","value":"1"},{"type":"list","value":[]}]})",
          R"({"type":"map","value":[[{"type":"bool","value":true},{"type":"null","value":null}]]})",
          R"({"type":"timestamp","value":"2009-02-13T23:31:30.5Z"})", R"({"type":"duration","value":"-1.5s"})",
          R"({"type":"type","value":"int"})", R"({"type":"optional","value":null})",
          R"({"type":"optional","value":{"type":"int","value":"1"}})"}) {
        EXPECT_EQ(typed_again(text), text);
    }
}

TEST(Typed, WritesAnAddressAsItsText) {
    Arena arena;
    const Limits limits;
    Context context(arena, limits);
    const auto compiled = compile("[ip('10.0.0.1')]", {});
    ASSERT_TRUE(compiled.program);
    std::string out;
    ASSERT_TRUE(write_typed(out, compiled.program->evaluate(Variables(), context), context).ok());
    EXPECT_EQ(out, R"({"type":"list","value":[{"type":"string","value":"10.0.0.1"}]})");
}

TEST(Typed, SaysWhatIsWrong) {
    EXPECT_EQ(typed_again(R"({"type":"integer","value":"1"})"), "error: unknown type \"integer\"");
    EXPECT_EQ(typed_again(R"({"type":"strin","value":"1"})"),
              "error: unknown type \"strin\"; did you mean \"string\"?");
    for (const auto* text :
         {R"({"type":"int","value":"x"})", R"({"type":"int","value":1.5})", R"({"type":"uint","value":"-1"})",
          R"({"type":"bytes","value":"?"})", R"({"type":"timestamp","value":"now"})", R"({"type":"list","value":{}})",
          R"({"type":"map","value":[[{"type":"int","value":"1"}]]})",
          R"({"type":"map","value":[[{"type":"double","value":1.5},{"type":"null"}]]})", R"([])", R"(5)"}) {
        EXPECT_TRUE(typed_again(text).starts_with("error: ")) << text;
    }
}

}  // namespace
}  // namespace weir::expr::testing
