// map: data out of data, exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/steps/steps.hpp"

namespace weir::steps::test {
namespace {

using ::testing::HasSubstr;

TEST(Map, makes_the_tree_of_fields) {
    Step map("map", R"({"fields": {"customer": "record.data.account.id", "n": 1.50, "flag": true, "none": null,
        "unit": {"$const": "call"}, "nested": {"list": ["record.data.account.name", 2]}}})");
    EXPECT_EQ(map.out(R"({"account":{"id":"cus_1","name":"Acme"}})"),
              R"({"customer":"cus_1","n":1.50,"flag":true,"none":null,"unit":"call","nested":{"list":["Acme",2]}})");
}

TEST(Map, copies_what_is_only_copied_byte_for_byte) {
    Step map("map", R"({"fields": {"a": "record.data.a"}})");
    for (const std::string raw : {"12345678901234567.89", "0.10", "9223372036854775808", "1e400", "-0", "1E+2",
                                  R"("A\/\ud83d\ude00")", R"({ "x" : [ 1.0 , 2 ] })", "null", "[]", "\"\u00e9\""}) {
        EXPECT_EQ(map.out(R"({"a": )" + raw + "}"), R"({"a":)" + raw + "}");
    }
}

TEST(Map, computes_exactly_and_writes_decimals_as_strings) {
    Step map("map", R"({"fields": {"a": "record.data.a + 1"}})");
    EXPECT_EQ(map.out(R"({"a":12345678901234567.89})"), R"({"a":"12345678901234568.89"})");
    EXPECT_EQ(map.out(R"({"a":0.10})"), R"({"a":"1.10"})");
    EXPECT_EQ(map.out(R"({"a":9223372036854775808})"), R"({"a":"9223372036854775809"})");
    EXPECT_EQ(map.out(R"({"a":1})"), R"({"a":2})");
    Step number("map", R"({"decimals": "number", "fields": {"a": "record.data.a + 1"}})");
    EXPECT_EQ(number.out(R"({"a":0.10})"), R"({"a":1.10})");
}

TEST(Map, refuses_a_number_that_is_beyond_exactness_only_where_it_is_computed_with) {
    Step map("map", R"({"fields": {"a": "record.data.a + 1"}})");
    EXPECT_EQ(map.out(R"({"a":1e400})"),
              "NUMBER_OUT_OF_RANGE: fields/a: 1:13: the number 1e400 has more than 38 digits: it can be copied, not "
              "computed with");
}

TEST(Map, says_what_is_missing_and_where) {
    Step map("map",
             R"({"mapping": "usage-to-entry@1.2.0", "fields": {"lines": [{"amount": "record.data.quantity"}]}})");
    const Verdict verdict = map.run(R"({"quantiti":1})");
    EXPECT_EQ(verdict.kind, WEIR_OUT_REJECTED);
    EXPECT_EQ(verdict.code, "EXPRESSION_FAILED");
    EXPECT_EQ(verdict.error_class, WEIR_CLASS_BUSINESS);
    EXPECT_THAT(verdict.message, HasSubstr("mapping usage-to-entry@1.2.0: fields/lines/0/amount: 1:"));
    EXPECT_THAT(verdict.message, HasSubstr("\"quantity\""));
    EXPECT_THAT(verdict.message, HasSubstr("did you mean \"quantiti\"?"));
}

TEST(Map, leaves_out_what_is_not_there) {
    Step map("map", R"({"fields": {"a": "record.data.?a", "b": {"$value": "record.data.?b", "$default": "'none'"},
                                   "c": {"$value": "record.data.c", "$omit_if_null": true}, "d": "record.data.d"}})");
    EXPECT_EQ(map.out(R"({"c":null,"d":null})"), R"({"b":"none","d":null})");
    EXPECT_EQ(map.out(R"({"a":1.0,"b":2.0,"c":3.0,"d":4.0})"), R"({"a":1.0,"b":2.0,"c":3.0,"d":4.0})");
    Step all("map", R"({"omit_null": true, "fields": {"d": "record.data.d", "e": ["record.data.?x", 1]}})");
    EXPECT_EQ(all.out(R"({"d":null})"), R"({"e":[1]})");
}

TEST(Map, passes_what_fields_does_not_name) {
    Step map("map", R"({"pass": true, "drop": ["secret"], "fields": {"b": "record.data.a", "c": "record.data.?x"}})");
    EXPECT_EQ(map.out(R"({"a": 1.00, "b": 2, "c": 3, "secret": 4, "z": { "k" : 1e5 }})"),
              R"({"a":1.00,"z":{ "k" : 1e5 },"b":1.00})");
    EXPECT_EQ(map.out("[1]"), "WRONG_TYPE: data: expected an object to take members over from, found array");
}

TEST(Map, goes_through_lists) {
    Step map("map", R"j({"fields": {"lines": {"$each": "record.data.items", "$where": "item.count > 0",
        "$fields": {"sku": "item.sku", "amount": "decimal(item.count) * decimal('0.10')", "n": "index"}}}})j");
    EXPECT_EQ(map.out(R"({"items":[{"sku":"a","count":2},{"sku":"b","count":0},{"sku":"c","count":3}]})"),
              R"({"lines":[{"sku":"a","amount":"0.20","n":0},{"sku":"c","amount":"0.30","n":2}]})");
    EXPECT_EQ(map.out(R"({"items":null})"), "{}");
    EXPECT_THAT(map.out(R"({"items":{}})"), HasSubstr("NOT_A_LIST: fields/lines/$each: expected a list, found map"));

    Step nested("map", R"j({"fields": {"$each": "record.data", "$as": "row",
                           "$fields": {"$each": "row.cells.filter(c, c.v > 1)", "$fields": "item.v"}}})j");
    EXPECT_EQ(nested.out(R"([{"cells":[{"v":1.0},{"v":2.50}]},{"cells":[]}])"), "[[2.50],[]]");
    Step raw("map", R"({"fields": {"$each": "record.data"}})");
    EXPECT_EQ(raw.out("[1.0, {\"a\": 1e5}]"), "[1.0,{\"a\": 1e5}]");
}

TEST(Map, computes_a_let_once_and_tells_its_errors_with_both_places) {
    Step map("map", R"({"let": {"a": "record.data.x * 2", "b": "a + 1", "c": "record.data.who"},
                        "fields": {"p": "a", "q": "b + a", "r": "c.name", "s": "c"}})");
    EXPECT_EQ(map.out(R"({"x":2,"who":{"name":"N", "v":1.0}})"), R"({"p":4,"q":9,"r":"N","s":{"name":"N", "v":1.0}})");
    EXPECT_THAT(map.out(R"({"x":"no","who":{"name":1}})"), HasSubstr("fields/p: 1:1: let/a: 1:15: no such overload"));
}

TEST(Map, writes_the_envelope) {
    Step map("map", R"({"into": "canonical/thing@1", "fields": {}, "record": {"id": "record.id + '-2'", "type": "'t'",
        "subject": "record.?key", "time": "'2026-06-01T16:00:00Z'", "attributes": {"batch": "7", "old": "null",
        "tenant": "record.source"}}})");
    In in;
    in.payload = "{}";
    in.subject = "sub";
    in.attrs = {{"old", "1"}, {"kept", "2"}};
    // The checker knows the envelope: a member that does not exist is refused where the step is made.
    EXPECT_THAT(refused("map", R"({"fields": {"a": "record.sourc"}})"), HasSubstr("/fields/a"));
    ASSERT_EQ(map.out(in), "{}");
    EXPECT_EQ(map.sent().id, "rec-1-2");
    EXPECT_EQ(map.sent().type, "t");
    EXPECT_EQ(map.sent().subject, "sub");
    EXPECT_EQ(map.sent().schema, "canonical/thing@1");
    EXPECT_EQ(map.sent().time_unix_ns, 1780329600000000000);
    using Attributes = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(map.sent().attrs, (Attributes{{"kept", "2"}, {"batch", "7"}, {"tenant", "test"}}));
}

TEST(Map, refuses_what_is_no_json_and_touches_no_neighbour) {
    Step map("map", R"({"fields": {"a": "record.data.a"}})");
    std::vector<In> in;
    const std::vector<std::pair<std::string, std::string>> cases = {
        {R"({"a":1})", ""},
        {"", "NOT_JSON"},
        {"{\"a\":1,\"a\":2}", "DUPLICATE_KEY"},
        {R"({"a":1,"\u0061":2})", "DUPLICATE_KEY"},
        {R"({"a":"\ud800"})", "NOT_JSON"},
        {"{\"a\":\"\xff\"}", "NOT_JSON"},
        {std::string(10'000, '[') + std::string(10'000, ']'), "TOO_DEEP"},
        {R"({"a":01})", "NOT_JSON"},
        {R"({"a":1} x)", "NOT_JSON"},
        {R"({"a":NaN})", "NOT_JSON"},
        {R"({"b":1})", "EXPRESSION_FAILED"},
        {R"({"a":2})", ""}};
    for (const auto& [payload, code] : cases) in.push_back({.payload = payload});
    const auto verdicts = map.harness().transform(in);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        EXPECT_EQ(verdicts[i].code, cases[i].second) << cases[i].first.substr(0, 40) << ": " << verdicts[i].message;
        EXPECT_EQ(verdicts[i].kind == WEIR_OUT_REJECTED, !cases[i].second.empty());
    }
    ASSERT_EQ(map.harness().sent.size(), 2U);
    EXPECT_EQ(map.harness().sent[1].payload, R"({"a":2})");
    EXPECT_EQ(map.harness().breaches, 0);
}

TEST(Map, lets_a_deletion_through) {
    Step map("map", R"({"into": "canonical/thing@1", "fields": {"a": "record.data.a"}})");
    In in;
    in.tombstone = true;
    ASSERT_TRUE(map.run(in).ok());
    EXPECT_EQ(map.sent().flags & WEIR_REC_TOMBSTONE, WEIR_REC_TOMBSTONE);
    EXPECT_EQ(map.sent().schema, "canonical/thing@1");
}

TEST(Map, refuses_wrong_settings_with_the_place) {
    EXPECT_THAT(refused("map", R"({"fields": {"a": "record.data."}})"), HasSubstr("/fields/a: 1:"));
    EXPECT_THAT(refused("map", R"({"fields": {"a": {"$val": "1"}}})"), HasSubstr("/fields/a/$val: unknown key"));
    EXPECT_THAT(refused("map", R"({"fields": {"a": {"$each": "record.data", "x": "1"}}})"),
                HasSubstr("/fields/a/x: unknown key \"x\""));
    EXPECT_THAT(refused("map", R"({"fields": {"a": {"$each": "1"}}})"),
                HasSubstr("/fields/a/$each: expected a list, found int"));
    EXPECT_THAT(refused("map", R"({"let": {"record": "1"}, "fields": {}})"), HasSubstr("/let/record: the name"));
    EXPECT_THAT(refused("map", R"({"drop": ["a"], "fields": {}})"), HasSubstr("/drop"));
    EXPECT_THAT(refused("map", R"({"fields": {}, "record": {"idd": "1"}})"), HasSubstr("/record/idd: unknown key"));
}

}  // namespace
}  // namespace weir::steps::test
