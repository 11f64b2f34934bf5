// What is found before the first record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/json.hpp>

#include "tests/unit/steps/steps.hpp"

namespace weir::steps::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kUsage =
    R"({"type": "object", "additionalProperties": false, "required": ["metric", "quantity"],
    "properties": {"metric": {"type": "string"}, "quantity": {"type": "number"}, "note": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "object", "additionalProperties": false,
            "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}}}}}})";
constexpr std::string_view kEntry =
    R"({"type": "object", "additionalProperties": false, "required": ["account", "amount"],
    "properties": {"account": {"type": "string"}, "amount": {"type": "string", "x-weir-decimal": true},
        "count": {"type": "integer"}, "metric": {"type": "string"}}})";

Surroundings surroundings() {
    Surroundings around;
    around.contract = [](std::string_view name) -> std::optional<std::string> {
        if (name == "canonical/usage@1") return std::string(kUsage);
        if (name == "canonical/entry@1") return std::string(kEntry);
        return std::nullopt;
    };
    around.contracts = {"canonical/usage@1", "canonical/entry@1"};
    around.tables = {"accounts"};
    return around;
}

Checked check_step(std::string_view name, std::string_view settings) {
    const auto usage = expr::read_schema(kUsage, surroundings().contract);
    return check(name, settings, usage.value(), surroundings());
}

// "pointer code line:column message", one a line.
std::string told(const Checked& checked) {
    std::string text;
    for (const Problem& p : checked.problems) {
        text += p.pointer + " " + p.code + " " + std::to_string(p.line) + ":" + std::to_string(p.column) + " " +
                p.message + (p.hint.empty() ? "" : " | " + p.hint) + "\n";
    }
    return text;
}

TEST(Check, finds_what_fails_for_every_record) {
    const Checked checked =
        check_step("map", R"({"fields": {"a": "money.add(money(1, dyn('USD')), money(1, 'EUR')).amount",
        "b": "1 / 0", "c": "record.data.quantity / 0", "d": "1 / 2"}})");
    ASSERT_EQ(checked.problems.size(), 2U) << told(checked);
    EXPECT_EQ(checked.problems[0].pointer, "/fields/a");
    EXPECT_THAT(checked.problems[0].message, HasSubstr("always fails: "));
    EXPECT_THAT(checked.problems[0].message, HasSubstr("currencies differ"));
    EXPECT_GT(checked.problems[0].column, 1U);
    EXPECT_THAT(checked.problems[0].excerpt, HasSubstr("money.add"));
    EXPECT_EQ(checked.problems[1].pointer, "/fields/b");
}

TEST(Check, finds_all_problems_with_their_places_at_once) {
    const Checked checked =
        check_step("map", R"({"fields": {"a": "record.data.metrc", "b": "1 +", "c": "record.data.quantity"}})");
    ASSERT_EQ(checked.problems.size(), 2U) << told(checked);
    EXPECT_EQ(checked.problems[0].pointer, "/fields/a");
    EXPECT_THAT(checked.problems[0].message, HasSubstr("metric"));
    EXPECT_THAT(checked.problems[0].excerpt, HasSubstr("record.data.metrc\n"));
    EXPECT_THAT(checked.problems[0].excerpt, HasSubstr("^^^^^"));
    EXPECT_GT(checked.problems[0].column, 1U);
    EXPECT_EQ(checked.problems[1].pointer, "/fields/b");
}

TEST(Check, follows_items_and_lets) {
    EXPECT_EQ(told(check_step(
                  "map", R"({"let": {"l": "record.data.lines"}, "fields": {"$each": "l", "$fields": "item.sku"}})")),
              "");
    EXPECT_THAT(told(check_step("map", R"({"fields": {"$each": "record.data.lines", "$fields": "item.skuu"}})")),
                HasSubstr("/fields/$fields expression 1:6"));
    EXPECT_THAT(told(check_step("map", R"({"fields": {"$each": "record.data.metric", "$fields": "item"}})")),
                HasSubstr("/fields/$each type_mismatch"));
    EXPECT_THAT(told(check_step("map", R"({"let": {"l": "1", "m": "2"}, "fields": {"a": "m"}})")),
                HasSubstr("/let/l unused 0:0 \"l\" is not used"));
}

TEST(Check, holds_a_map_against_its_contract_leaf_by_leaf) {
    const auto into = [](const std::string& fields, const std::string& more = "") {
        return told(check_step("map", R"({"into": "canonical/entry@1", )" + more + R"("fields": )" + fields + "}"));
    };
    EXPECT_EQ(into(R"j({"account": "record.data.metric", "amount": "string(record.data.quantity)"})j"), "");
    EXPECT_THAT(into(R"({"account": "record.data.metric"})"),
                HasSubstr("/fields missing_field 0:0 \"amount\" is required"));
    EXPECT_THAT(into(R"({"account": "record.data.metric", "amount": "'1.0'", "acount": "''"})"),
                HasSubstr("/fields/acount unknown_field 0:0 the target has no member \"acount\" | did you mean"));
    EXPECT_THAT(into(R"({"account": 7, "amount": "'1.0'"})"),
                HasSubstr("/fields/account type_mismatch 0:0 expected a string, found an integer"));
    EXPECT_THAT(into(R"({"account": "record.data.metric", "amount": "'1.0'", "count": "record.data.metric"})"),
                HasSubstr("/fields/count type_mismatch"));
    EXPECT_THAT(into(R"({"account": "record.data.?note", "amount": "'1.0'"})"),
                HasSubstr("/fields/account missing_field 0:0 \"account\" is required and may be left out"));
    EXPECT_EQ(into(R"({"account": {"$value": "record.data.?note", "$default": "'x'"}, "amount": "'1.0'"})"), "");
    EXPECT_THAT(into(R"({"account": "'a'", "amount": "'1.0'"})", R"("pass": true, )"),
                HasSubstr("the member \"lines\" is taken over"));
    EXPECT_EQ(
        into(R"({"account": "'a'", "amount": "'1.0'"})", R"("pass": true, "drop": ["lines", "note", "quantity"], )"),
        "");
}

TEST(Check, knows_what_data_is_behind_the_step) {
    const Checked mapped =
        check_step("map", R"({"into": "canonical/entry@1", "fields": {"account": "'a'", "amount": "'1.0'"}})");
    EXPECT_EQ(mapped.contract, "canonical/entry@1");
    ASSERT_NE(mapped.data, nullptr);
    EXPECT_NE(mapped.data->root().find("account"), nullptr);
    EXPECT_EQ(mapped.contracts, (std::set<std::string>{"canonical/entry@1"}));
    EXPECT_EQ(check_step("map", R"({"fields": "record.data"})").data->root().fields.size(), 4U);
    EXPECT_EQ(check("map", R"({"fields": "record.data"})", nullptr, surroundings()).data, nullptr);
    const auto usage = expr::read_schema(kUsage).value();
    EXPECT_EQ(check("filter", R"({"when": "record.data.quantity > 1"})", usage, surroundings()).data, usage);
    const Checked split = check("split", R"({"items": "record.data.lines"})", usage, surroundings());
    ASSERT_NE(split.data, nullptr) << told(split);
    EXPECT_NE(split.data->root().find("sku"), nullptr);
}

// Behind a map that names no contract.
std::string after_map(std::string_view settings, std::string_view when) {
    const Checked mapped = check_step("map", settings);
    if (!mapped.problems.empty()) return told(mapped);
    std::string filter;
    sdk_1::JsonWriter writer(filter);
    writer.begin_object().key("when").string(when).end_object();
    return told(check("filter", filter, mapped.data, surroundings()));
}

TEST(Check, knows_what_a_map_without_a_contract_made) {
    constexpr std::string_view kMap =
        R"j({"fields": {"n": "record.data.quantity", "double": "record.data.quantity * 2", "name": "record.data.metric",
        "note": "record.data.?note", "fixed": 7, "count": "record.data.lines.size()",
        "or": {"$value": "record.data.?note", "$default": "1"},
        "lines": {"$each": "record.data.lines", "$as": "line", "$fields": {"of": "line.sku", "all": "line"}},
        "two": ["1", "'x'"], "const": {"$const": {"a": 1}}}})j";
    for (const char* good :
         {"record.data.n > 1", "decimal(record.data.double) > 1", "record.data.name == 'x'",
          "record.data.?note == optional.of('x')", "record.data.fixed > 1", "record.data.count > 1",
          "record.data.or == 'x'", "record.data.or == 1", "record.data.lines[0].of == 'x'",
          "record.data.lines[0].all.count > 1", "record.data.two[1] == 'x'", "record.data.const.a == 1"}) {
        EXPECT_EQ(after_map(kMap, good), "") << good;
    }
    const std::pair<const char*, const char*> wrong[] = {
        {"record.data.quantity > 1", "there is no member \"quantity\" in record.data"},
        {"record.data.double > 1", "record.data.double is a decimal written as text"},
        {"record.data.name > 1", "applied to (string, int)"},
        {"record.data.lines[0].sku == 'x'", "there is no member \"sku\""},
        {"record.data.lines[0].all.skuu == 'x'", "there is no member \"skuu\""}};
    for (const auto& [when, expected] : wrong) EXPECT_THAT(after_map(kMap, when), HasSubstr(expected)) << when;

    constexpr std::string_view kPass = R"({"pass": true, "drop": ["note"], "fields": {"metric": "7"}})";
    EXPECT_EQ(after_map(kPass, "record.data.metric == 7 && record.data.quantity > 1"), "");
    EXPECT_THAT(after_map(kPass, "record.data.note == 'x'"), HasSubstr("there is no member \"note\""));
    EXPECT_EQ(told(check("filter", R"({"when": "record.data.other == 1 && record.data.a == 1"})",
                         check("map", R"({"pass": true, "fields": {"a": "1"}})", nullptr, surroundings()).data,
                         surroundings())),
              "");
    constexpr std::string_view kNumbers = R"({"decimals": "number", "fields": {"a": "record.data.quantity / 3"}})";
    EXPECT_EQ(after_map(kNumbers, "record.data.a > 1.5"), "");
    const Checked split = check_step("split", R"({"items": "record.data.lines", "fields": {"of": "item.sku"}})");
    ASSERT_NE(split.data, nullptr);
    EXPECT_NE(split.data->root().find("of"), nullptr);
    EXPECT_TRUE(split.data->root().closed);
}

TEST(Check, finds_unknown_contracts_and_tables) {
    EXPECT_THAT(told(check_step("map", R"({"into": "canonical/entrie@1", "fields": {}})")),
                HasSubstr("/into unknown_contract 0:0 there is no contract \"canonical/entrie@1\" | did you mean "
                          "\"canonical/entry@1\"?"));
    const Checked checked = check_step("filter", R"j({"when": "lookup('acounts', record.id) == 1"})j");
    EXPECT_THAT(told(checked), HasSubstr("/when unknown_table 0:0 there is no table \"acounts\" | did you mean"));
    EXPECT_EQ(checked.tables, (std::set<std::string>{"acounts"}));
    EXPECT_TRUE(check_step("filter", R"j({"when": "xref.external('a', 'b', 'c') == optional.none()"})j")
                    .reads_cross_references);
}

TEST(Check, finds_conditions_that_are_none_or_say_nothing) {
    EXPECT_THAT(told(check_step("filter", R"({"when": "record.data.metric"})")),
                HasSubstr("/when type_mismatch 0:0 expected a condition, which is true or false, found string"));
    EXPECT_THAT(told(check_step("filter", R"({"when": "1 < 2"})")),
                HasSubstr("/when constant_condition 0:0 the condition is always true"));
    const Checked checked = check_step("switch", R"({"branches": [{"name": "all", "when": "true"},
        {"name": "never", "when": "record.data.quantity > 1"}], "otherwise": "rest"})");
    EXPECT_THAT(told(checked), HasSubstr("/branches/1 unreachable 0:0 the branch \"never\" never matches"));
    EXPECT_EQ(checked.branches, (std::vector<std::string>{"all", "never", "rest"}));
}

TEST(Check, finds_pointers_that_lead_nowhere) {
    EXPECT_THAT(told(check_step("tag", R"({"personal": ["/metric", "/lines/*/sku", "/nme", "/lines/*/name"]})")),
                HasSubstr("/personal/2 unknown_field 0:0 data has no \"/nme\"\n/personal/3 unknown_field"));
}

TEST(Check, refuses_what_is_no_step) {
    EXPECT_THAT(told(check_step("mapp", "{}")), HasSubstr("unknown_transform"));
    EXPECT_THAT(told(check_step("map", "{")), HasSubstr("the settings are not JSON"));
}

}  // namespace
}  // namespace weir::steps::test
