#include "runtime/config/resolve.hpp"

#include <gtest/gtest.h>

#include "runtime/config/load_yaml.hpp"
#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

class Resolve : public ::testing::Test {
  protected:
    Node resolved(std::string_view text) {
        auto node = parse_text(text, "f", problems_);
        resolve_references(*node, "tests/configs/broken", test_environment(), secrets_, problems_);
        return std::move(*node);
    }
    std::string json(std::string_view text) { return to_json(resolved(text)); }
    std::string found() { return lines(std::move(problems_).take_sorted()); }

    Problems problems_;
    std::map<std::string, std::string> secrets_;
};

TEST_F(Resolve, replaces_variables_anywhere_in_a_text) {
    EXPECT_EQ(json("['${env:WEIR_TEST_PORT}', 'a-${env:WEIR_TEST_PORT}-${env:WEIR_TEST_WORD}!']"),
              R"(["8080","a-8080-many!"])");
    EXPECT_EQ(found(), "");
}

TEST_F(Resolve, uses_the_default_for_a_missing_or_empty_variable) {
    EXPECT_EQ(json("['${env:NONE:-x}', '${env:WEIR_TEST_EMPTY:-y}', '${env:WEIR_TEST_EMPTY}', '${env:NONE:-}', "
                   "'${env:WEIR_TEST_WORD:-z}']"),
              R"(["x","y","","","many"])");
    EXPECT_EQ(found(), "");
}

TEST_F(Resolve, keeps_a_literal_behind_two_dollars) {
    EXPECT_EQ(json("['$${env:X}', 'a$${b}${env:WEIR_TEST_PORT}', '$', '$x', '{}', '$$']"),
              R"(["${env:X}","a${b}8080","$","$x","{}","$$"])");
    EXPECT_EQ(found(), "");
}

TEST_F(Resolve, does_not_look_into_what_a_variable_says) {
    Node node = *parse_text("'${env:A}'", "f", problems_);
    resolve_references(
        node, "", [](std::string_view) { return std::optional<std::string>("${env:B}"); }, secrets_, problems_);
    EXPECT_EQ(node.text, "${env:B}");
}

TEST_F(Resolve, makes_a_plain_reference_whatever_its_place_asks_for) {
    EXPECT_TRUE(resolved("${env:WEIR_TEST_PORT}").reads_as(Node::Kind::integer));
    EXPECT_FALSE(resolved("'${env:WEIR_TEST_PORT}'").reads_as(Node::Kind::integer));
    EXPECT_FALSE(resolved("${env:WEIR_TEST_PORT}0").reads_as(Node::Kind::integer));
}

TEST_F(Resolve, turns_a_secret_into_its_name_and_never_reads_it) {
    const Node node = resolved("${secret:file:parts/token.txt}");
    const std::string file = std::filesystem::absolute("tests/configs/broken/parts/token.txt").string();
    EXPECT_EQ(to_json(node), R"({"$secret":"file:)" + file + R"("})");
    EXPECT_EQ(secrets_, (std::map<std::string, std::string>{{"file:" + file, file}}));
    EXPECT_EQ(found(), "");
}

TEST_F(Resolve, shows_the_reference_and_not_its_value) {
    EXPECT_EQ(describe(resolved("x${env:WEIR_TEST_TOKEN}")), "the value of \"x${env:WEIR_TEST_TOKEN}\"");
}

TEST_F(Resolve, does_not_touch_keys) { EXPECT_EQ(json("'${env:NONE}': 1"), R"({"${env:NONE}":1})"); }

TEST(ProcessEnvironment, finds_what_is_there_and_nothing_else) {
    const Environment environment = process_environment();
    EXPECT_EQ(environment("PATH"), std::optional<std::string>(std::getenv("PATH")));
    EXPECT_EQ(environment("PAT"), std::nullopt);
    EXPECT_EQ(environment("WEIR_TEST_NO_SUCH_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace weir::config::testing
