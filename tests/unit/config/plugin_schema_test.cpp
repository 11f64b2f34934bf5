#include "runtime/config/plugin_schema.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/config/load_yaml.hpp"
#include "runtime/config/resolve.hpp"
#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

// Settings as they go to the plugin, or the problems.
std::string checked(std::string_view schema_text, std::string_view settings_text) {
    Problems problems;
    auto settings = parse_text(settings_text, "f", problems);
    std::map<std::string, std::string> secrets;
    resolve_references(*settings, "/base", test_environment(), secrets, problems);
    const auto schema = nlohmann::json::parse(schema_text);
    const nlohmann::json* const schemas[] = {&schema};
    check_settings(*settings, {"f", 9, 9}, schemas, "/base", problems);
    return problems.empty() ? to_json(*settings) : lines(std::move(problems).take_sorted());
}

TEST(PluginSchema, fills_in_defaults_at_every_level) {
    EXPECT_EQ(
        checked(R"({"properties": {"a": {"default": 5}, "b": {"properties": {"c": {"default": "x"}}, "default": {}},
                          "d": {"properties": {"e": {"default": [1]}}}, "f": {}}})",
                "{ d: {} }"),
        R"({"d":{"e":[1]},"a":5,"b":{"c":"x"}})");
}

TEST(PluginSchema, keeps_the_digits_of_what_was_written) {
    EXPECT_EQ(checked(R"({"properties": {"rate": {"type": "number"}}})", "rate: 0.10"), R"({"rate":0.10})");
}

TEST(PluginSchema, takes_no_key_that_it_does_not_list) {
    EXPECT_EQ(checked(R"({})", "{ a: 1 }"), "f:1:3: unknown key \"a\"\n");
    EXPECT_EQ(checked(R"({"additionalProperties": true})", "{ a: 1 }"), R"({"a":1})");
    EXPECT_EQ(checked(R"({"properties": {"m": {"type": "object", "properties": {"k": {}}}}})", "{ m: { j: 1 } }"),
              "f:1:8: unknown key \"j\" (did you mean \"k\"?)\n");
}

TEST(PluginSchema, leaves_a_map_open_that_lists_no_keys) {
    EXPECT_EQ(checked(R"({"properties": {"headers": {"type": "object"}}})", "headers: { X-A: b }"),
              R"({"headers":{"X-A":"b"}})");
}

TEST(PluginSchema, checks_the_values_of_open_maps) {
    const char* const schema = R"({"properties": {"m": {"patternProperties": {"^n_": {"type": "integer"}},
                                                        "additionalProperties": {"type": "string"}}}})";
    EXPECT_EQ(checked(schema, "m: { n_a: 1, b: x }"), R"({"m":{"n_a":1,"b":"x"}})");
    EXPECT_EQ(checked(schema, "m: { n_a: x, b: 1 }"),
              "f:1:11: n_a: expected a whole number, found \"x\"\n"
              "f:1:17: b: expected text, found 1 (quote it to make it text)\n");
}

TEST(PluginSchema, gives_plain_references_the_type_that_is_asked_for) {
    const char* const schema = R"({"properties": {"port": {"type": "integer"}, "name": {"type": "string"}}})";
    EXPECT_EQ(checked(schema, "{ port: '${env:WEIR_TEST_PORT}', name: x }"),
              "f:1:9: port: expected a whole number, found the value of \"${env:WEIR_TEST_PORT}\"\n");
    EXPECT_EQ(checked(schema, "port: ${env:WEIR_TEST_PORT}\nname: ${env:WEIR_TEST_PORT}\n"),
              R"({"port":8080,"name":"8080"})");
}

TEST(PluginSchema, makes_references_of_secrets) {
    const char* const schema =
        R"({"properties": {"token": {"type": "string", "minLength": 20, "x-weir-secret": true}}})";
    EXPECT_EQ(checked(schema, "token: ${env:WEIR_TEST_TOKEN}"), R"({"token":{"$secret":"env:WEIR_TEST_TOKEN"}})");
    for (const char* text : {"token: hunter2", "token: x${env:WEIR_TEST_TOKEN}", "token: ${env:NONE:-hunter2}",
                             "token: 7", "token: [hunter2]"}) {
        const std::string problems = checked(schema, text);
        EXPECT_NE(problems.find("token: expected a reference to a secret, found a value"), std::string::npos)
            << problems;
        EXPECT_EQ(problems.find("hunter2"), std::string::npos) << problems;
    }
}

TEST(PluginSchema, makes_paths_absolute) {
    EXPECT_EQ(checked(R"({"properties": {"p": {"type": "string", "x-weir-path": true}, "q": {"type": "string"}}})",
                      "{ p: ../x/./y, q: ../x }"),
              R"({"p":"/x/y","q":"../x"})");
}

TEST(PluginSchema, follows_references_within_the_schema) {
    EXPECT_EQ(checked(R"({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}})", "a: x"),
              "f:1:4: a: expected a whole number, found \"x\"\n");
    const std::string circle =
        checked(R"({"$defs": {"n": {"$ref": "#/$defs/n"}}, "properties": {"a": {"$ref": "#/$defs/n"}}})", "a: 1");
    EXPECT_NE(circle.find("the plugin's schema refers to nothing"), std::string::npos) << circle;
    const std::string nowhere = checked(R"({"properties": {"a": {"$ref": "other.json"}}})", "a: 1");
    EXPECT_NE(nowhere.find("the plugin's schema refers to nothing"), std::string::npos) << nowhere;
}

TEST(PluginSchema, ends_with_a_schema_whose_branches_lead_back_to_it) {
    const std::string problems = checked(R"({"allOf": [{"$ref": "#"}, {"$ref": "#"}]})", "{}");
    EXPECT_NE(problems.find("the plugin's schema refers to nothing, or to itself"), std::string::npos) << problems;
}

TEST(PluginSchema, applies_what_stands_beside_a_reference) {
    EXPECT_EQ(
        checked(
            R"({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n", "minimum": 3, "default": 5}}})",
            "{}"),
        R"({"a":5})");
    EXPECT_EQ(
        checked(R"({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n", "minimum": 3}}})",
                "a: 1"),
        "f:1:4: a: expected at least 3, found 1\n");
}

// Manifests come from other people: keywords of the wrong type must not stop the host.
TEST(PluginSchema, survives_schemas_that_make_no_sense) {
    for (const char* schema :
         {R"({"properties": 5})", R"({"properties": []})", R"({"properties": {"a": 5}})", R"({"type": 7})",
          R"({"properties": {"a": {"enum": 5}}})", R"({"properties": {"a": {"x-weir-secret": "yes"}}})",
          R"({"allOf": {}, "anyOf": 3})", R"({"anyOf": []})", R"({"if": 5, "then": 6})",
          R"({"properties": {"a": {"pattern": "("}}})", R"({"properties": {"a": {"minimum": "x", "items": 5}}})",
          R"({"patternProperties": {"(": {}}})", R"({"properties": {"a": {"$ref": 5}}})",
          R"({"properties": {"a": {"default": {"b": []}, "type": []}}})", R"({"required": [5, "a"]})"}) {
        EXPECT_FALSE(checked(schema, "{ a: 1 }").empty()) << schema;
        EXPECT_FALSE(checked(schema, "{ a: [x, {b: c}] }").empty()) << schema;
        EXPECT_FALSE(checked(schema, "{}").empty()) << schema;
    }
}

TEST(PluginSchema, reads_a_schema_that_refers_to_itself) {
    const char* const tree =
        R"({"properties": {"name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#"}}}})";
    EXPECT_EQ(checked(tree, "parts: [{ name: a, parts: [{ name: b }] }]"),
              R"({"parts":[{"name":"a","parts":[{"name":"b"}]}]})");
    EXPECT_EQ(checked(tree, "parts: [{ parts: [{ nam: b }] }]"),
              "f:1:21: unknown key \"nam\" (did you mean \"name\"?)\n");
}

TEST(PluginSchema, reports_the_nearest_of_several_branches) {
    const char* const schema = R"({"properties": {"v": {"oneOf": [
        {"type": "string"},
        {"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind", "x"]},
        {"type": "object", "properties": {"kind": {"const": "b"}, "y": {"type": "integer"}}, "required": ["kind", "y"]}]}}})";
    EXPECT_EQ(checked(schema, "v: { kind: b, y: 1 }"), R"({"v":{"kind":"b","y":1}})");
    EXPECT_EQ(checked(schema, "v: { kind: b, y: z }"), "f:1:18: y: expected a whole number, found \"z\"\n");
    EXPECT_EQ(checked(schema, "v: 3"), "f:1:4: v: expected text or a map, found 3\n");
}

TEST(PluginSchema, applies_every_part_of_all_of_and_the_right_part_of_if) {
    const char* const schema = R"({"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]},
        {"if": {"properties": {"a": {"const": 1}}}, "then": {"properties": {"b": {"default": "one"}}},
         "else": {"required": ["c"]}}], "properties": {"b": {}, "c": {}}})";
    EXPECT_EQ(checked(schema, "a: 1"), R"({"a":1,"b":"one"})");
    EXPECT_EQ(checked(schema, "a: 2"), "f:9:9: key \"c\" is missing\n");
}

TEST(PluginSchema, leaves_the_rarer_keywords_to_the_judge) {
    EXPECT_NE(checked(R"({"properties": {"n": {"type": "integer", "multipleOf": 5}}})", "n: 7").find("f:1:4: n: "),
              std::string::npos);
    EXPECT_NE(checked(R"({"properties": {"n": {"not": {"const": 7}}}})", "n: 7").find("f:1:4: n: "), std::string::npos);
}

TEST(PluginSchema, reports_a_schema_that_cannot_be_used) {
    EXPECT_NE(checked(R"({"required": 5})", "{}").find("the plugin's schema cannot be used"), std::string::npos);
    Problems problems;
    EXPECT_FALSE(parse_schema({"p", "1.0.0", "c", "sink", "{"}, {"f", 1, 1}, problems));
    EXPECT_FALSE(problems.empty());
}

TEST(PluginSchema, refuses_long_text_where_there_is_a_pattern) {
    const std::string problems = checked(R"({"properties": {"a": {"type": "string", "pattern": "^(a|b)*$"}}})",
                                         "a: " + std::string(1u << 20, 'a'));
    EXPECT_NE(problems.find("expected text that matches"), std::string::npos);
    EXPECT_LT(problems.size(), 300U);
}

TEST(PluginSchema, checks_formats) {
    const char* const schema = R"({"properties": {"d": {"format": "weir-duration"}, "s": {"format": "weir-size"},
        "l": {"format": "weir-listen"}, "n": {"format": "weir-name"}, "u": {"format": "uri"}, "t": {"format": "date-time"}}})";
    EXPECT_EQ(checked(schema, "{ d: 5s, s: 1KiB, l: 'a:1', n: x, u: 'https://a/b', t: '2026-06-01T16:00:00Z' }"),
              R"({"d":"5s","s":"1KiB","l":"a:1","n":"x","u":"https://a/b","t":"2026-06-01T16:00:00Z"})");
    const std::string problems = checked(schema, "{ d: 5x, s: 1KB, l: a, n: X, u: 'a b', t: now }");
    EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 6) << problems;
}

}  // namespace
}  // namespace weir::config::testing
