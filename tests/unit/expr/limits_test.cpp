// No text and no input may hang the host, overflow its stack or exhaust its memory.

#include <gtest/gtest.h>

#include "runtime/expr/json.hpp"
#include "runtime/expr/parser.hpp"
#include "tests/unit/expr/describe.hpp"

namespace weir::expr::testing {
namespace {

std::string repeated(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
}

TEST(Limits, DeepNestingIsRefused) {
    constexpr std::size_t kDeep = 10'000;
    for (const auto& [open, close] : {std::pair{"(", ")"},
                                      {"[", "]"},
                                      {"{1:", "}"},
                                      {"f(", ")"},
                                      {"a[", "]"},
                                      {"-(", ")"},
                                      {"has(a.b, ", ")"},
                                      {"[1].map(x, ", ")"},
                                      {"true ? 1 : ", ""},
                                      {"cel.bind(a, 1, ", ")"}}) {
        const std::string source = repeated(open, kDeep) + "1" + repeated(close, kDeep);
        Limits limits;
        limits.source_bytes = 1'000'000;
        EXPECT_EQ(evaluated(source, {}, limits), "error parse") << open;
    }
    EXPECT_EQ(evaluated("1" + repeated(" + 1", kDeep)), "error parse");
    EXPECT_EQ(evaluated("a" + repeated(".b", kDeep)), "error parse");
    EXPECT_EQ(evaluated("a" + repeated("[0]", kDeep)), "error parse");
    EXPECT_EQ(evaluated(repeated("!", kDeep) + "true"), "bool true");  // collapses to nothing
}

TEST(Limits, NestingUpToTheLimitWorks) {
    EXPECT_EQ(evaluated(repeated("(", 200) + "1" + repeated(")", 200)), "int 1");
    EXPECT_EQ(evaluated("1" + repeated(" + 1", 200)), "int 201");
    EXPECT_EQ(evaluated("true" + repeated(" && true", 5000)), "bool true");  // a chain is flat
    EXPECT_EQ(evaluated("false" + repeated(" || false", 5000)), "bool false");
}

TEST(Limits, SizeOfTheText) {
    EXPECT_EQ(evaluated("'" + std::string(200'000, 'a') + "'"), "error parse");
    Limits limits;
    limits.nodes = 100;
    EXPECT_EQ(evaluated("[" + repeated("1,", 200) + "]", {}, limits), "error parse");
}

TEST(Limits, NestedComprehensionsStop) {
    std::string list = "[";
    for (int i = 0; i < 1000; ++i) list += std::to_string(i) + ",";
    list += "]";
    EXPECT_EQ(evaluated("cel.bind(l, " + list + ", l.map(a, l.map(b, l.map(c, l.all(d, d >= 0)))))"),
              "error evaluate limit");
    EXPECT_EQ(evaluated("cel.bind(l, " + list + ", l.all(a, l.all(b, l.all(c, l.all(d, d >= 0)))))"),
              "error evaluate limit");
    EXPECT_EQ(evaluated("cel.bind(l, " + list + ", l.exists(a, l.all(b, l.all(c, l.all(d, d >= 0)))) || true)"),
              "error evaluate limit")
        << "the limit is no error that || hides";
}

TEST(Limits, DoublingTextsAndListsStops) {
    std::string text = "a0", list = "b0", source;
    for (int i = 1; i < 60; ++i) {
        const std::string n = std::to_string(i), before = std::to_string(i - 1);
        source += "cel.bind(a" + n + ", a" + before + " + a" + before + ", ";
    }
    const std::string closed = repeated(")", 60);
    EXPECT_EQ(evaluated("cel.bind(a0, 'x', " + source + "size(a59)" + closed), "error evaluate limit");
    EXPECT_EQ(evaluated("cel.bind(a0, [1], " + source + "size(a59)" + closed), "error evaluate limit");
}

// [a, a] with a = [b, b] and so on: little memory, but exponentially many paths.
TEST(Limits, SharedStructureStops) {
    std::string source = "cel.bind(a0, [1], ";
    for (int i = 1; i < 60; ++i) {
        source +=
            "cel.bind(a" + std::to_string(i) + ", [a" + std::to_string(i - 1) + ", a" + std::to_string(i - 1) + "], ";
    }
    const std::string closed = repeated(")", 60);
    EXPECT_EQ(evaluated(source + "a59 == [a58, a58]" + closed), "error evaluate limit");
    EXPECT_EQ(evaluated(source + "a59 in [[[]], a59]" + closed), "error evaluate limit");
    EXPECT_EQ(evaluated(source + "'%s'.format([a59])" + closed), "error evaluate limit");
    EXPECT_EQ(evaluated(source + "a59.flatten(100).size()" + closed), "error evaluate limit");
    EXPECT_EQ(evaluated(source + "sets.contains([dyn(a59)], [dyn(a58)])" + closed), "bool false");

    const auto compiled = compile(source + "a59" + closed, {});
    ASSERT_NE(compiled.program, nullptr);
    const Limits limits;
    Arena arena(limits.memory_bytes);
    Context context(arena, limits);
    const Value value = compiled.program->evaluate(Variables(), context);
    EXPECT_FALSE(write_json(value, context).ok());
}

// Types whose names would be exponentially long, or very deep.
TEST(Limits, TypesStaySmall) {
    std::string maps = "cel.bind(a0, {1: 1}, ";
    for (int i = 1; i < 60; ++i) {
        const std::string before = std::to_string(i - 1);
        maps += "cel.bind(a" + std::to_string(i) + ", {a" + before + ": a" + before + "}, ";
    }
    EXPECT_EQ(evaluated(maps + "size(a59)" + repeated(")", 60)), "error evaluate invalid_argument");
    std::string slots = "[1";
    for (int i = 1; i < 900; ++i)
        slots += ", [cel.index(" + std::to_string(i - 1) + ")], size(cel.index(" + std::to_string(i - 1) + "))";
    EXPECT_NE(evaluated("cel.block(" + slots + "], size(cel.index(1)))"), "unset");
    EXPECT_EQ(evaluated("size([" + repeated("size([]), ", 9000) + "1])"), "int 9001");
    EXPECT_EQ(evaluated("size([" + repeated("[], ", 20'000) + "[1]])"), "int 20001");
}

TEST(Limits, SlotsOfBlocksMayNotExplode) {
    std::string slots = "[cel.iterVar(0, 0)";
    for (int i = 1; i < 60; ++i) {
        slots += ", cel.index(" + std::to_string(i - 1) + ") + cel.index(" + std::to_string(i - 1) + ")";
    }
    EXPECT_EQ(evaluated("cel.block(" + slots + "], [1].map(cel.iterVar(0, 0), cel.index(59)))"), "error check");
    std::string chain = "[1";
    for (int i = 1; i < 5000; ++i) chain += ", cel.index(" + std::to_string(i - 1) + ") + 1";
    Limits limits;
    limits.source_bytes = 1'000'000;
    EXPECT_EQ(evaluated("cel.block(" + chain + "], cel.index(4999))", {}, limits), "error evaluate limit");
}

TEST(Limits, FunctionsThatMultiplyAreCounted) {
    EXPECT_EQ(evaluated("lists.range(9000000000000)"), "error evaluate limit");
    EXPECT_EQ(
        evaluated(
            "lists.range(100000).map(x, 'abcdefghij').join('0123456789012345678901234567890123456789').size() > 0"),
        "bool true");
    EXPECT_EQ(evaluated("cel.bind(s, lists.range(100000).map(x, 'aaaaaaaaaa').join(''), s.replace('', s).size())"),
              "error evaluate limit");
    EXPECT_EQ(evaluated("cel.bind(l, lists.range(100000), l.distinct().size())"), "error evaluate limit");
    EXPECT_EQ(evaluated("'" + std::string(20'000, 'a') + "'.matches('(a*)*(a*)*(a*)*b')"), "bool false");
    EXPECT_EQ(evaluated("'a'.matches('((a{100}){100}){100}')"), "error evaluate invalid_argument");
}

TEST(Limits, RegularExpressionsAreCounted) {
    // What overflows the memory for states takes as long as the pattern is large, for each byte.
    EXPECT_EQ(evaluated("cel.bind(s, lists.range(200000).map(x, 'a').join(), "
                        "lists.range(1000).exists(i, s.matches('((a|b)?(a|c)?){300}d')))"),
              "error evaluate limit");
    EXPECT_EQ(evaluated("lists.range(100000).exists(i, 'a'.matches('([a-z]{1,100}){1,9}b' + string(i)))"),
              "error evaluate limit");
    EXPECT_EQ(evaluated("lists.range(1000).exists(i, 'a'.matches('(\\\\pL\\\\pN){0,300}b' + string(i)))"),
              "error evaluate limit");
    EXPECT_EQ(evaluated("lists.range(20000).all(i, !string(i).matches('^[a-z]+-[0-9]{1,9}$'))"), "bool true");
}

TEST(Limits, OfInput) {
    const Limits limits;
    Arena arena(limits.memory_bytes);
    EXPECT_FALSE(read_json(repeated("[", 10'000) + repeated("]", 10'000), JsonNumbers::exact, arena, limits).ok());
    EXPECT_TRUE(read_json(repeated("[", 100) + repeated("]", 100), JsonNumbers::exact, arena, limits).ok());
    Arena small(1000);
    EXPECT_FALSE(read_json("[" + repeated("1,", 10'000) + "1]", JsonNumbers::exact, small, limits).ok());
}

TEST(Limits, CostIsTheSameEveryTime) {
    const auto compiled = compile("lists.range(100).filter(x, x % 2 == 0).map(x, string(x)).join(',')", {});
    ASSERT_NE(compiled.program, nullptr);
    const Limits limits;
    std::uint64_t first = 0;
    for (int i = 0; i < 3; ++i) {
        Arena arena(limits.memory_bytes);
        Context context(arena, limits);
        (void)compiled.program->evaluate(Variables(), context);
        if (i == 0) first = context.cost();
        EXPECT_EQ(context.cost(), first);
    }
    EXPECT_GT(first, 300U);
}

}  // namespace
}  // namespace weir::expr::testing
