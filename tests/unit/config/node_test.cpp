#include "runtime/config/node.hpp"

#include <gtest/gtest.h>

#include "runtime/config/load_yaml.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {
namespace {

TEST(Node, describes_what_was_found_without_saying_secrets) {
    Problems problems;
    Node node = *parse_text("[abc, 12, true, ~, [], {}]", "f", problems);
    std::vector<std::string> words;
    for (const Node& item : node.items) words.push_back(describe(item));
    EXPECT_EQ(words, (std::vector<std::string>{"\"abc\"", "12", "true", "nothing", "a list", "a map"}));
    node.items[0].secret = "env:X";
    EXPECT_EQ(describe(node.items[0]), "a secret");
}

TEST(Problem, is_a_line_with_its_place_and_hint) {
    EXPECT_EQ((Problem{{"a/b.yaml", 12, 7}, "c", "unknown key \"quotaa\"", "did you mean \"quota\"?"}.to_string()),
              "a/b.yaml:12:7: unknown key \"quotaa\" (did you mean \"quota\"?)");
    EXPECT_EQ((Problem{{"a.yaml", 0, 0}, "c", "m", ""}.to_string()), "a.yaml: m");
}

TEST(Problems, are_sorted_by_place_and_there_once) {
    Problems problems;
    problems.add({"b", 1, 1}, "c", "4");
    problems.add({"a", 10, 1}, "c", "3");
    problems.add({"a", 2, 9}, "c", "2");
    problems.add({"a", 2, 3}, "c", "1");
    problems.add({"a", 2, 9}, "c", "2");
    std::string order;
    for (const Problem& problem : std::move(problems).take_sorted()) order += problem.message;
    EXPECT_EQ(order, "1234");
}

TEST(Suggest, finds_slips_swaps_and_else_lists_what_there_is) {
    EXPECT_EQ(suggest("quotaa", {"quota", "path"}), "did you mean \"quota\"?");
    EXPECT_EQ(suggest("paht", {"quota", "path"}), "did you mean \"path\"?");
    EXPECT_EQ(suggest("zzz", {"quota", "path"}), "there is path, quota");
    EXPECT_EQ(suggest("zzz", {}), "");
}

TEST(Quote, cuts_long_text_between_characters) {
    const std::string quoted = quote(std::string(79, 'a') + "éééé");
    EXPECT_EQ(quoted, "\"" + std::string(79, 'a') + "\"...");
}

}  // namespace
}  // namespace weir::config
