// Printing a tree and parsing the text gives the tree again; no text breaks the parser.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "runtime/expr/parser.hpp"
#include "tests/unit/expr/describe.hpp"

namespace weir::expr::testing {
namespace {

std::vector<std::string> sources() {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator("tests/unit/expr/data")) {
        std::ifstream file(entry.path());
        const auto data = nlohmann::json::parse(file);
        for (const auto& item : data.at("cases")) all.push_back(item.at(0).get<std::string>());
    }
    return all;
}

void expect_round_trip(const std::string& source, const ParseOptions& options) {
    const Limits limits;
    const Parsed parsed = parse(source, options, limits);
    if (!parsed.problems.empty()) return;
    const std::string printed = print(parsed.ast);
    const Parsed again = parse(printed, options, limits);
    ASSERT_TRUE(again.problems.empty()) << source << "\n" << printed << "\n" << again.problems[0].message;
    EXPECT_TRUE(same_tree(parsed.ast, again.ast)) << source << "\n" << printed;
}

TEST(Print, RoundTrips) {
    for (const std::string& source : sources()) {
        expect_round_trip(source, {true, false});
        expect_round_trip(source, {true, true});
        expect_round_trip(source, {false, false});
    }
}

// Random expressions from the grammar.
class Generator {
  public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    std::string expression(int depth) {
        if (depth <= 0) return leaf();
        switch (pick(13)) {
            case 0:
                return expression(depth - 1) + " ? " + part(depth) + " : " + expression(depth - 1);
            case 1:
                return part(depth) + pick_text({" + ", " - ", " * ", " / ", " % "}) + part(depth);
            case 2:
                return part(depth) + pick_text({" == ", " != ", " < ", " <= ", " > ", " >= ", " in "}) + part(depth);
            case 3:
                return part(depth) + pick_text({" && ", " || "}) + part(depth) + pick_text({" && ", " || "}) +
                       part(depth);
            case 4:
                return pick_text({"!", "-", "!!", "--"}) + part(depth);
            case 5:
                return "[" + expression(depth - 1) + ", ?" + expression(depth - 1) + "]";
            case 6:
                return "{" + expression(depth - 1) + ": " + expression(depth - 1) + ", ?'k': " + expression(depth - 1) +
                       "}";
            case 7:
                return part(depth) + pick_text({".name", ".?name", ".`a-b`"});
            case 8:
                return part(depth) + pick_text({"[", "[?"}) + expression(depth - 1) + "]";
            case 9:
                return part(depth) + pick_text({".all", ".exists", ".map", ".filter"}) + "(x, " +
                       expression(depth - 1) + ")";
            case 10:
                return part(depth) + ".transformList(i, v, " + expression(depth - 1) + ", " + expression(depth - 1) +
                       ")";
            case 11:
                return "f.g(" + expression(depth - 1) + ", " + expression(depth - 1) + ")";
            default:
                return "cel.bind(y, " + expression(depth - 1) + ", " + expression(depth - 1) + ")";
        }
    }

  private:
    // Sometimes in brackets, sometimes without: precedence matters.
    std::string part(int depth) {
        const std::string inner = expression(depth - 1);
        return pick(2) == 0 ? "(" + inner + ")" : inner;
    }
    std::string leaf() {
        return pick_text({"1", "-1", "0", "2u", "1.5", "-0.5", "1e3", "'a\\n\"'", "b'\\xff'", "r'\\d'", "true", "null",
                          "x", "a.b", ".c.d", "[]", "{}", "has(a.b)", "T{f: 1}"});
    }
    std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
    std::string pick_text(std::vector<std::string> choices) { return choices[pick(choices.size())]; }

    std::mt19937 random_;
};

TEST(Print, RoundTripsRandomTrees) {
    int parsed = 0;
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        const std::string source = Generator(seed).expression(1 + static_cast<int>(seed % 5));
        parsed += parse(source, {}, {}).problems.empty() ? 1 : 0;
        expect_round_trip(source, {true, seed % 2 == 0});
    }
    EXPECT_GT(parsed, 1500) << "the generator makes too little that is an expression";
}

// Texts near valid ones: cut, doubled, with bytes changed. Whatever comes out, it comes out, and evaluates or not.
TEST(Mutations, NeverBreakAnything) {
    const auto texts = sources();
    std::mt19937 random(7);
    const auto pick = [&](std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
    };
    constexpr std::string_view kBytes = "()[]{}.,:?!-+*/%<>=&|'\"\\`@ 0x1eurbX\n\t\xC3\xA9\xFF";
    Limits limits;
    limits.cost = 100'000;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = texts[pick(texts.size())];
        for (std::size_t changes = 1 + pick(3); changes > 0 && !text.empty(); --changes) {
            const std::size_t at = pick(text.size());
            switch (pick(4)) {
                case 0:
                    text.erase(at, 1 + pick(4));
                    break;
                case 1:
                    text.insert(at, 1, kBytes[pick(kBytes.size())]);
                    break;
                case 2:
                    text[at] = kBytes[pick(kBytes.size())];
                    break;
                default:
                    text.insert(at, text.substr(pick(text.size()), 1 + pick(20)));
            }
        }
        Environment environment;
        environment.strict = pick(2) == 0;
        environment.check = pick(2) == 0;
        EXPECT_NE(evaluated(text, environment, limits), "unset") << text;
    }
}

}  // namespace
}  // namespace weir::expr::testing
