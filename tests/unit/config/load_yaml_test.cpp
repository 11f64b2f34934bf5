#include "runtime/config/load_yaml.hpp"

#include <gtest/gtest.h>

#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

// What a text comes to: the tree as JSON, or the problems.
std::string parsed(std::string_view text) {
    Problems problems;
    const auto node = parse_text(text, "f", problems);
    if (!problems.empty() || !node) return lines(std::move(problems).take_sorted());
    return to_json(*node);
}

Node tree(std::string_view text) {
    Problems problems;
    auto node = parse_text(text, "f", problems);
    EXPECT_EQ(lines(std::move(problems).take_sorted()), "");
    return node.value_or(Node{});
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    while (times-- > 0) out += text;
    return out;
}

TEST(LoadYaml, keeps_the_place_of_every_key_and_value) {
    const Node root = tree("a: 1\nbig:\n  - x\n  - { k: 'v' }\n");
    EXPECT_EQ(root.members[0].where.to_string(), "f:1:1");
    EXPECT_EQ(root.members[0].value.where.to_string(), "f:1:4");
    const Node& list = root.members[1].value;
    EXPECT_EQ(list.where.to_string(), "f:3:3");
    EXPECT_EQ(list.items[0].where.to_string(), "f:3:5");
    EXPECT_EQ(list.items[1].members[0].where.to_string(), "f:4:7");
    EXPECT_EQ(list.items[1].members[0].value.where.to_string(), "f:4:10");
}

TEST(LoadYaml, counts_lines_and_columns_alike_with_crlf_and_bom) {
    const Node root = tree(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: two\r\n");
    EXPECT_EQ(root.members[0].where.to_string(), "f:1:1");
    EXPECT_EQ(root.members[1].value.where.to_string(), "f:2:4");
    EXPECT_EQ(root.members[1].value.text, "two");
}

TEST(LoadYaml, counts_characters_and_not_bytes) {
    const Node root = tree("{ \"größe\": 1, b: 2 }\n");
    EXPECT_EQ(root.members[1].where.column, 15);
}

TEST(LoadYaml, places_a_missing_value_at_its_key) {
    EXPECT_EQ(tree("a:\n\n\nb: 1\n").members[0].value.where.to_string(), "f:1:1");
}

TEST(LoadYaml, types_scalars_by_the_core_schema) {
    EXPECT_EQ(
        parsed(
            "[no, yes, on, 1, -7, 0x1F, 0o17, 017, 1.50, .5, 5., 1e3, true, False, null, ~, 1_000, 12:30, 2026-01-01]"),
        R"(["no","yes","on",1,-7,31,15,17,1.50,0.5,5,1e3,true,false,null,null,"1_000","12:30","2026-01-01"])");
}

TEST(LoadYaml, leaves_quoted_scalars_text) {
    EXPECT_EQ(parsed("['1', \"true\", '', !!str 5, \"null\"]"), R"(["1","true","","5","null"])");
}

TEST(LoadYaml, keeps_the_digits_of_numbers) {
    EXPECT_EQ(parsed("[12345678901234567890.123456789, 0.10, 99999999999999999999999, -0]"),
              "[12345678901234567890.123456789,0.10,99999999999999999999999,-0]");
}

TEST(LoadYaml, reads_json) {
    EXPECT_EQ(parsed("{\n\t\"a\" : [1, 2.0, \"x\\u00e9\\n\\/\"],\n\t\"b\":{\"c\":null},\"d\":\"e\"}"),
              "{\"a\":[1,2.0,\"xé\\n/\"],\"b\":{\"c\":null},\"d\":\"e\"}");
}

TEST(LoadYaml, repeats_what_an_alias_names) {
    EXPECT_EQ(parsed("a: &x { k: 1 }\nb: *x\nc: [*x, &y two, *y]\n"),
              R"({"a":{"k":1},"b":{"k":1},"c":[{"k":1},"two","two"]})");
}

TEST(LoadYaml, reports_every_duplicate_key) {
    EXPECT_EQ(parsed("a: 1\nb: { c: 1, c: 2, c: 3 }\na: 2\n"),
              "f:2:12: key \"c\" is here twice (first at f:2:6)\n"
              "f:2:18: key \"c\" is here twice (first at f:2:6)\n"
              "f:3:1: key \"a\" is here twice (first at f:1:1)\n");
}

TEST(LoadYaml, takes_a_quoted_merge_key_for_a_key) { EXPECT_EQ(parsed("'<<': 1"), R"({"<<":1})"); }

TEST(LoadYaml, refuses_numbers_that_are_not_finite) {
    EXPECT_EQ(parsed("[.inf, -.INF, .nan]"),
              "f:1:2: expected a finite number, found .inf\n"
              "f:1:8: expected a finite number, found -.INF\n"
              "f:1:15: expected a finite number, found .nan\n");
}

TEST(LoadYaml, refuses_bytes_that_the_parser_would_take_for_the_end) {
    EXPECT_EQ(parsed(std::string_view("a: 1\nb: \x04\nc: 2\n", 14)), "f:2:4: control character 0x04 in the file\n");
    EXPECT_EQ(parsed(std::string_view("a: \0 1\n", 7)), "f:1:4: control character 0x00 in the file\n");
}

TEST(LoadYaml, stops_at_nesting_that_is_too_deep) {
    EXPECT_EQ(parsed(repeat("[", 64) + repeat("]", 64)), repeat("[", 64) + repeat("]", 64));
    EXPECT_EQ(parsed(repeat("[", 65) + repeat("]", 65)), "f:1:65: nested deeper than 64 levels\n");
    EXPECT_EQ(parsed(repeat("{a: ", 65) + "1" + repeat("}", 65)), "f:1:257: nested deeper than 64 levels\n");
    EXPECT_EQ(parsed(repeat("- ", 100'000)), "f:1:129: nested deeper than 64 levels\n");
}

TEST(LoadYaml, counts_the_depth_that_aliases_bring) {
    std::string text =
        "a: &a " + repeat("[", 40) + repeat("]", 40) + "\nb: " + repeat("[", 30) + "*a" + repeat("]", 30) + "\n";
    EXPECT_EQ(parsed(text), "f:2:34: nested deeper than 64 levels\n");
}

// "Billion laughs": ten levels of ten aliases each.
TEST(LoadYaml, stops_at_aliases_that_multiply) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 10; ++level) {
        const std::string below = "*a" + std::to_string(level - 1);
        text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + repeat(below + ", ", 9) + below +
                "]\n";
    }
    EXPECT_EQ(parsed(text), "f:5:45: more than 100000 values with aliases expanded\n");
}

TEST(LoadYaml, refuses_an_alias_inside_of_what_it_names) {
    EXPECT_EQ(parsed("&a [ *a ]"), "f:1:6: an alias inside of what it names\n");
}

TEST(LoadYaml, refuses_a_file_above_4_MiB) {
    EXPECT_EQ(parsed(std::string(kFileBytesMax + 1, ' ')), "f:1:1: the file is larger than 4 MiB\n");
}

// yaml-cpp hung or overflowed on these (its issues 459, 499, 655, 899): the installed one must not.
TEST(LoadYaml, survives_inputs_that_broke_the_parser_before) {
    for (const std::string_view text : {"[:", "{:",  "[:]",  "{:]",      "[[:",      "{!\xC3\x9B:", "[?[?[?", "? ? ? ?",
                                        "!<", "%",   "&",    "*",        "- -\n- :", "\"",          "'",      "|",
                                        ">",  "{,}", "[,,]", "a: |\n\t", "? |\n? >", "--- - ---",   "..."}) {
        Problems problems;
        const auto node = parse_text(text, "f", problems);
        EXPECT_TRUE(node.has_value() || !problems.empty()) << text;
    }
    Problems problems;
    (void)parse_text(repeat("[?", 200'000), "f", problems);
    EXPECT_FALSE(problems.empty());
}

TEST(LoadYaml, reports_an_unreadable_file_where_it_was_asked_for) {
    Problems problems;
    EXPECT_FALSE(parse_file("tests/configs/none.yaml", {"weir.yaml", 3, 4}, problems));
    EXPECT_FALSE(parse_file("tests/configs", {"weir.yaml", 4, 4}, problems));
    EXPECT_EQ(lines(std::move(problems).take_sorted()),
              "weir.yaml:3:4: file \"tests/configs/none.yaml\" does not exist\n"
              "weir.yaml:4:4: \"tests/configs\" is not a file\n");
}

}  // namespace
}  // namespace weir::config::testing
