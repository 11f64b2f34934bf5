#include "runtime/config/print.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::config {
namespace {

const std::vector<Problem> kProblems = {{{"w.yaml", 3, 1}, "unknown_key", "unknown key \"a\"", "there is b"},
                                        {{"x.yaml", 4, 2}, "wrong_type", "k: expected text, found 1", ""}};

TEST(Print, gives_a_line_each_and_counts_them) {
    EXPECT_EQ(problems_as_text(kProblems),
              "w.yaml:3:1: unknown key \"a\" (there is b)\nx.yaml:4:2: k: expected text, found 1\n2 problems\n");
    EXPECT_EQ(problems_as_text(std::span(kProblems).first(1)),
              "w.yaml:3:1: unknown key \"a\" (there is b)\n1 problem\n");
    EXPECT_EQ(problems_as_text({}), "");
}

TEST(Print, gives_json_that_a_program_can_read) {
    const auto json = nlohmann::json::parse(problems_as_json(kProblems));
    ASSERT_EQ(json["problems"].size(), 2U);
    EXPECT_EQ(json["problems"][0], nlohmann::json::parse(R"({"file": "w.yaml", "line": 3, "column": 1,
        "code": "unknown_key", "message": "unknown key \"a\"", "hint": "there is b"})"));
    EXPECT_EQ(nlohmann::json::parse(problems_as_json({}))["problems"], nlohmann::json::array());
}

TEST(Print, shows_the_expression_below_its_problem) {
    const Problem problem{{"w.yaml", 3, 9}, "expression", "unknown name \"quantty\"", "", "quantty * 2\n^~~~~~~"};
    EXPECT_EQ(problems_as_text(std::span(&problem, 1)),
              "w.yaml:3:9: unknown name \"quantty\"\n    quantty * 2\n    ^~~~~~~\n1 problem\n");
    EXPECT_EQ(nlohmann::json::parse(problems_as_json(std::span(&problem, 1)))["problems"][0]["excerpt"],
              problem.excerpt);
}

}  // namespace
}  // namespace weir::config
