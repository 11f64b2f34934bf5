// What people read when an expression is wrong.

#include <gtest/gtest.h>

#include "tests/unit/expr/describe.hpp"

namespace weir::expr::testing {
namespace {

std::string shown(std::string_view source, const Environment& environment = {}) {
    const auto compiled = compile(source, environment);
    std::string text;
    for (const Problem& problem : compiled.problems)
        text += (text.empty() ? "" : "\n") + format_problem(source, problem);
    if (!compiled.program) return text;
    Arena arena;
    const Limits limits;
    Context context(arena, limits);
    const Value value = compiled.program->evaluate(Variables(), context);
    return value.is_error() ? format_problem(source, compiled.program->problem(value.as_error())) : describe(value);
}

TEST(Problems, PointAtTheName) {
    EXPECT_EQ(shown("1 + totl", {{{"total", "int"}}, {}}),
              "1:5: undeclared reference to \"totl\"; did you mean \"total\"?\n"
              "  1 + totl\n"
              "      ^^^^");
}

TEST(Problems, SuggestFunctionsAndMacros) {
    EXPECT_NE(shown("'a'.startWith('b')").find("did you mean \"startsWith\"?"), std::string::npos);
    EXPECT_NE(shown("[1].exist(x, true)").find("did you mean \"exists\"?"), std::string::npos);
    EXPECT_NE(shown("math.greates(1, 2)").find("did you mean \"math.greatest\"?"), std::string::npos);
    EXPECT_NE(shown("{'total': 1}.totl").find("no such key: \"totl\"; did you mean \"total\"?"), std::string::npos);
}

TEST(Problems, SayWhyANameThatThereIsCannotBeCalled) {
    Environment strict;
    strict.strict = true;
    EXPECT_NE(shown("round(1.5, 1)", strict).find("\"round\" is not there in strict mode\n"), std::string::npos);
    EXPECT_NE(shown("[1].map(x, y, z, x)").find("1:5: \"map\" is not called like this, but e.map(x, t)\n"),
              std::string::npos);
    EXPECT_NE(shown("@in(1, [1])").find("undeclared function \"@in\"\n"), std::string::npos);
    EXPECT_NE(shown("_+_(1, 2)").find("undeclared"), std::string::npos);
}

TEST(Problems, SayWhichFieldAMessageHasNot) {
    EXPECT_NE(shown("google.protobuf.StringValue{valu: 'a'}").find("has no field \"valu\"; did you mean \"value\"?"),
              std::string::npos);
    EXPECT_NE(shown("google.protobuf.Int32Value{value: 1, value: 2}").find("a field is here twice"), std::string::npos);
    EXPECT_NE(shown("google.protobuf.StrinValue{}").find("unknown type"), std::string::npos);
}

TEST(Problems, SayWhatAFunctionTakes) {
    EXPECT_NE(shown("'a'.charAt('b')").find("applied to (string, string); there is string.charAt(int)\n"),
              std::string::npos);
    EXPECT_NE(shown("int([1])").find("; there is int(int), int(uint), int(double), int(string), ...\n"),
              std::string::npos);
    EXPECT_NE(shown("dyn(duration('1s')) + null").find("no such overload: _+_(duration, null)\n"), std::string::npos);
}

TEST(Problems, ReportSeveralAtOnce) {
    const auto compiled = compile("a + b + 'x'.nothing()", {});
    EXPECT_EQ(compiled.problems.size(), 3U);
}

TEST(Problems, CountLinesAndCodePoints) {
    EXPECT_EQ(shown("'ü€' +\n  'é' + 1 +\n 'b'"),
              "2:7: no matching overload for \"_+_\" applied to (string, int)\n"
              "    'é' + 1 +\n"
              "        ^");
}

TEST(Problems, OfTheEvaluationPointAtTheOperation) {
    EXPECT_EQ(shown("10 + 1 / (2 - 2)"),
              "1:8: divide by zero\n"
              "  10 + 1 / (2 - 2)\n"
              "         ^");
    EXPECT_EQ(shown("{'a': 1}.other + 1").substr(0, 26), "1:10: no such key: \"other\"");
}

TEST(Problems, OfLongLinesShowTheSurroundings) {
    const std::string source = std::string(500, ' ') + "nothing + 1";
    const std::string text = shown(source);
    EXPECT_NE(text.find("1:501: "), std::string::npos);
    EXPECT_LT(text.size(), 400U);
    EXPECT_NE(text.find("nothing + 1\n"), std::string::npos);
}

TEST(Problems, NameWhatWasExpected) {
    EXPECT_EQ(shown("(1 + 2").substr(0, 56), "1:7: expected \")\", found the end of the expression\n  (1 ");
    EXPECT_NE(shown("a = 1").find("equality is \"==\""), std::string::npos);
    EXPECT_NE(shown("a & b").find("did you mean \"&&\"?"), std::string::npos);
    EXPECT_NE(shown("1.5 + double('1')").find("convert one with decimal() or double()"), std::string::npos);
}

TEST(Problems, OfVariablesWithoutAValue) {
    EXPECT_EQ(shown("x", {{{"x", "int"}}, {}}).substr(0, 34), "1:1: the variable has no value\n  x");
}

}  // namespace
}  // namespace weir::expr::testing
