// Expressions against schemas: what is found before there is a record, and what must not be refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/expr/program.hpp"
#include "runtime/expr/shape.hpp"

namespace weir::expr {
namespace {

using ::testing::HasSubstr;

constexpr const char* kMoney = R"({"type":"object","required":["amount","currency"],"additionalProperties":false,
  "properties":{"amount":{"type":"string","x-weir-decimal":true},"currency":{"type":"string"}}})";

constexpr const char* kEvent = R"({
  "title": "acme/event@1", "type": "object", "additionalProperties": false,
  "required": ["metric", "quantity"],
  "properties": {
    "metric": {"type": "string"},
    "quantity": {"type": "string", "x-weir-decimal": true, "x-weir-unit": "calls"},
    "seconds": {"type": "integer", "x-weir-unit": "seconds"},
    "calls": {"type": "integer", "x-weir-unit": "calls"},
    "price": {"type": "number"},
    "paid": {"type": "boolean"},
    "note": {"type": ["string", "null"]},
    "customer": {"type": ["object", "null"], "additionalProperties": false, "properties": {"name": {"type": "string"}}},
    "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    "dims": {"type": "object", "additionalProperties": {"type": "string"}},
    "open": {"type": "object", "properties": {"known": {"type": "integer"}}},
    "unit price": {"type": "number"},
    "total": {"$ref": "acme/money@1"},
    "usd": {"type": "object", "properties": {"amount": {"type": "string", "x-weir-decimal": true}, "currency": {"const": "USD"}}},
    "eur": {"type": "object", "properties": {"amount": {"type": "string", "x-weir-decimal": true}, "currency": {"const": "EUR"}}},
    "usd_amount": {"type": "number", "x-weir-currency": "USD"},
    "eur_amount": {"type": "number", "x-weir-currency": "EUR"},
    "parent": {"$ref": "#"},
    "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "kind": {"enum": ["a", "b"]},
    "some": {"type": "object", "anyOf": [{"properties": {"x": {"type": "integer"}}}, {"required": ["z"]}]},
    "shut": {"type": "object", "oneOf": [
      {"additionalProperties": false, "properties": {"x": {"type": "integer"}}},
      {"additionalProperties": false, "properties": {"y": {"type": "string"}}}]},
    "both": {"allOf": [{"properties": {"x": {"type": "integer"}}}, {"type": "object", "properties": {"y": {"type": "string"}}}]}
  },
  "$defs": {"line": {"type": "object", "additionalProperties": false,
                     "properties": {"no": {"type": "integer"}, "amount": {"type": "string", "x-weir-decimal": true}}}}
})";

std::optional<std::string> resolve(std::string_view name) {
    if (name == "acme/money@1") return kMoney;
    return std::nullopt;
}

std::shared_ptr<const Schema> event() {
    auto schema = read_schema(kEvent, resolve);
    EXPECT_TRUE(schema.ok()) << schema.error().message;
    return *schema;
}

// The type, or the problems, a line each.
std::string checked(const std::string& expression) {
    const auto schema = event();
    Environment environment;
    environment.variables.push_back({"data", "dyn", &schema->root()});
    const auto compiled = compile(expression, environment);
    if (compiled.program) return compiled.program->result_type();
    std::string text;
    for (const Problem& problem : compiled.problems) {
        text +=
            std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + ": " + problem.message + "\n";
    }
    return text;
}

struct Case {
    const char* expression;
    const char* expected;  // the type, or a part of the problem
};

class Checked : public ::testing::TestWithParam<Case> {};

TEST_P(Checked, as_expected) { EXPECT_THAT(checked(GetParam().expression), HasSubstr(GetParam().expected)); }

INSTANTIATE_TEST_SUITE_P(Right, Checked,
                         ::testing::ValuesIn(std::vector<Case>{
                             {"data.metric", "string"},
                             {"data.metric + '/' + data.kind", "string"},
                             {"decimal(data.quantity) * 2", "decimal"},
                             {"data.seconds + 1", "int"},
                             {"data.price * 2", "decimal"},
                             {"data.price * data.seconds", "decimal"},
                             {"data.paid && data.metric == 'calls'", "bool"},
                             {"data.note == null || data.note == 'x'", "bool"},
                             {"data.note == null ? 'none' : data.note", "dyn"},
                             {"data.customer == null", "bool"},
                             {"data.customer != null ? data.customer.name : 'nobody'", "string"},
                             {"data.?customer.?name", "optional(string)"},
                             {"data.?customer.?name.orValue('x')", "string"},
                             {"has(data.customer.name)", "bool"},
                             {"data.lines.map(l, l.no)", "list(int)"},
                             {"data.lines.filter(l, l.no > 1).size()", "int"},
                             {"data.lines[0].amount", "string"},
                             {"data.lines.all(l, has(l.amount))", "bool"},
                             {"data.dims.region", "string"},
                             {"data.dims['region']", "string"},
                             {"data.dims.exists(k, k == 'a')", "bool"},
                             {"data.open.known + 1", "int"},
                             {"data.open.unknown", "dyn"},
                             {"data['unit price'] * 2", "decimal"},
                             {"data[?'note']", "optional"},
                             {"data.total.amount", "string"},
                             {"decimal(data.total.amount)", "decimal"},
                             {"data.parent.parent.metric", "string"},
                             {"data.either", "dyn"},
                             {"data.both.x + 1", "int"},
                             {"data.both.y + ''", "string"},
                             {"data.calls + data.calls", "int"},
                             {"decimal(data.quantity) + data.calls", "decimal"},
                             {"data.calls * data.seconds", "int"},
                             {"data.usd_amount + data.usd_amount", "decimal"},
                             {"money.add(data.usd, data.usd)", "map"},
                             {"money.add(data.usd, money(data.usd_amount, 'USD')).amount", "dyn"},
                             {"money(data.price, data.metric)", "map"},
                             {"money(data.price, data.paid ? 'USD' : 'EUR')", "map"},
                             {"[data.metric, data.kind]", "list(string)"},
                             {"{'a': data.metric}", "map(string, string)"},
                             {"cel.bind(q, decimal(data.quantity), q + q)", "decimal"},
                             {"data.quantity == '1'", "bool"},
                             {"data.metric in ['a', 'b']", "bool"},
                             {"data.kind == 'b' || data.kind in ['a', data.metric]", "bool"},
                             {"data.kind == data.metric", "bool"},
                             {"data.kind + 'c' == 'ac'", "bool"},
                             {"data.kind == (data.paid ? 'a' : data.metric)", "bool"},
                             {"'metric' in data", "bool"},
                             {"data.some.x + 'text'", "string"},
                             {"data.shut.x + 1", "int"},
                             {"data.both.z", "dyn"},
                             {"data.size()", "int"},
                             {"data", "map(string, dyn)"},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Wrong, Checked,
    ::testing::ValuesIn(std::vector<Case>{
        {"data.quantitty",
         "1:6: there is no member \"quantitty\" in data, which is acme/event@1; did you mean \"quantity\"?"},
        {"data.metric.name", "has no field \"name\""},
        {"data.lines[0].amout", "there is no member \"amout\" in this; did you mean \"amount\"?"},
        {"data.lines.map(l, l.ammount)", "there is no member \"ammount\" in l; did you mean \"amount\"?"},
        {"data.lines.nope", "has no field \"nope\""},
        {"data.customer.nam", "there is no member \"nam\" in data.customer; did you mean \"name\"?"},
        {"has(data.qantity)", "there is no member \"qantity\""},
        {"data.?qantity", "there is no member \"qantity\""},
        {"data['quantiti']", "1:6: there is no member \"quantiti\" in data"},
        {"data.parent.parent.metrik", "there is no member \"metrik\" in data.parent.parent"},
        {"data.total.currenzy", "did you mean \"currency\"?"},
        {"data.quantity * 2", "data.quantity is a decimal written as text: write decimal(data.quantity)"},
        {"data.quantity + data.quantity", "\"+\" would join the texts; data.quantity is a decimal"},
        {"data.quantity > '10'", "\">\" would compare the texts letter by letter"},
        {"data.lines.exists(l, l.amount > '5')", "would compare the texts"},
        {"data.metric + 1", "no matching overload for \"_+_\" applied to (string, int)"},
        {"data.paid + 1", "applied to (bool, int)"},
        {"data.metric && true", "\"&&\" needs a bool, not \"string\""},
        {"data.seconds == 'x'", "applied to (int, string)"},
        {"data.price == 'x'", "no matching overload"},
        {"data.calls + data.seconds", "1:12: \"+\" of two units: \"calls\" and \"seconds\""},
        {"decimal(data.quantity) - data.seconds", "\"-\" of two units: \"calls\" and \"seconds\""},
        {"data.calls > data.seconds", "\">\" of two units"},
        {"(data.calls + 1) == data.seconds", "\"==\" of two units"},
        {"cel.bind(q, decimal(data.quantity), q + data.seconds)", "\"+\" of two units"},
        {"data.usd_amount + data.eur_amount", "\"+\" of two currencies: \"USD\" and \"EUR\""},
        {"round(data.usd_amount, 2, 'half_up') < data.eur_amount", "of two currencies"},
        {"money.add(data.usd, data.eur)", "two currencies: \"USD\" and \"EUR\""},
        {"money(data.usd_amount, 'EUR')", "\"money\" of two currencies: \"EUR\" and \"USD\""},
        {"quantize(data.usd_amount, 'EUR')", "\"quantize\" of two currencies"},
        {"money.add(money(1, 'EUR'), data.usd)", "\"money.add\" of two currencies: \"EUR\" and \"USD\""},
        {"money.add(money.fromMinorUnits(100, 'EUR'), data.usd)", "of two currencies: \"EUR\" and \"USD\""},
        {"quantize(decimal(data.quantity), 'USD') + data.eur_amount", "\"+\" of two currencies"},
        {"data.lines.filter(l, l.no)", "the condition of filter() must be a bool"},
        {"data.dims.region + 1", "applied to (string, int)"},
        {"data.kind == 'c'", "1:14: data.kind is never \"c\", only \"a\" or \"b\""},
        {"'c' != data.kind", "1:1: data.kind is never \"c\""},
        {"data.kind == (data.paid ? 'a' : 'B')", "data.kind is never \"B\""},
        {"data.kind in ['a', 'c']", "1:20: data.kind is never \"c\""},
        {"cel.bind(k, data.kind, k == 'c')", "k is never \"c\""},
    }));

// ---------------------------------------------------------------------------------------------- targets

std::string fits(const std::string& expression, const std::string& target) {
    const auto schema = event();
    Environment environment;
    environment.variables.push_back({"data", "dyn", &schema->root()});
    const auto compiled = compile(expression, environment);
    if (!compiled.program) return "does not compile: " + compiled.problems.front().message;
    const auto wanted = read_schema(target, resolve);
    if (!wanted) return wanted.error().message;
    return misfit(compiled, (*wanted)->root()).value_or("fits");
}

TEST(Misfit, says_what_was_expected_and_found) {
    EXPECT_EQ(fits("data.metric", R"({"type":"string"})"), "fits");
    EXPECT_EQ(fits("data.metric", R"({"type":"integer"})"), "expected an integer, found string");
    EXPECT_EQ(fits("1", R"({"type":"string"})"), "expected a string, found int");
    EXPECT_EQ(fits("1", R"({"type":"number"})"), "fits");
    EXPECT_EQ(fits("1.5", R"({"type":"integer"})"), "expected an integer, found decimal");
    EXPECT_EQ(fits("1.5", R"({"type":"string","x-weir-decimal":true})"), "fits") << "decimals are written as text";
    EXPECT_EQ(fits("timestamp('2026-07-01T00:00:00Z')", R"({"type":"string","format":"date-time"})"), "fits");
    EXPECT_EQ(fits("null", R"({"type":"string"})"), "expected a string, found null_type");
    EXPECT_EQ(fits("data.lines.map(l, l.no)", R"({"type":"array","items":{"type":"string"}})"),
              "elements: expected a string, found int");
    EXPECT_EQ(fits("data.?note", R"({"type":"string"})"), "fits");
    EXPECT_EQ(fits("data.either", R"({"type":"boolean"})"), "fits") << "nobody can tell yet";
}

TEST(Misfit, a_text_that_is_written_there_must_be_one_of_the_list_or_a_decimal) {
    constexpr const char* kSide = R"({"enum":["debit","credit"]})";
    EXPECT_EQ(fits("'debit'", kSide), "fits");
    EXPECT_EQ(fits("'debt'", kSide), "expected \"debit\" or \"credit\", found \"debt\"; did you mean \"debit\"?");
    EXPECT_EQ(fits("data.paid ? 'debit' : 'crdit'", kSide),
              "expected \"debit\" or \"credit\", found \"crdit\"; did you mean \"credit\"?");
    EXPECT_EQ(fits("data.paid ? 'debit' : data.metric", kSide), "fits") << "nobody can tell yet";
    EXPECT_EQ(fits("data.kind", kSide), "expected \"debit\" or \"credit\", found \"a\" or \"b\"");
    EXPECT_EQ(fits("data.kind", R"({"enum":["b","c"]})"), "fits") << "for the validator";
    EXPECT_EQ(fits("'x'", R"({"enum":["x",null]})"), "fits");
    EXPECT_EQ(fits("'y'", R"({"allOf":[{"enum":["xa","y"]},{"enum":["xa","z"]}]})"), "expected \"xa\", found \"y\"");
    EXPECT_EQ(fits("'y'", R"({"anyOf":[{"enum":["x"]},{"type":"string"}]})"), "fits");
    constexpr const char* kAmount = R"({"type":"string","x-weir-decimal":true})";
    EXPECT_EQ(fits("'12.50'", kAmount), "fits");
    EXPECT_EQ(fits("'a lot'", kAmount), "expected a decimal such as \"12.50\", found \"a lot\"");
}

TEST(Misfit, units_and_currencies_must_agree) {
    EXPECT_EQ(fits("data.calls", R"({"type":"integer","x-weir-unit":"calls"})"), "fits");
    EXPECT_EQ(fits("data.calls + data.calls", R"({"type":"integer","x-weir-unit":"seconds"})"),
              "expected the unit \"seconds\", found \"calls\"");
    EXPECT_EQ(fits("decimal(data.quantity)", R"({"type":"string","x-weir-unit":"seconds"})"),
              "expected the unit \"seconds\", found \"calls\"");
    EXPECT_EQ(fits("data.usd_amount", R"({"type":"number","x-weir-currency":"EUR"})"),
              "expected the currency EUR, found USD");
    EXPECT_EQ(fits("data.calls", R"({"type":"integer"})"), "fits");
    EXPECT_EQ(fits("money(data.price, 'USD')", R"({"properties":{"currency":{"const":"EUR"}}})"),
              "expected the currency EUR, found USD");
    EXPECT_EQ(fits("quantize(data.price, 'USD')", R"({"type":"string","x-weir-currency":"EUR"})"),
              "expected the currency EUR, found USD");
}

TEST(Misfit, documents_are_compared_member_by_member) {
    EXPECT_EQ(fits("data.total", kMoney), "fits");
    EXPECT_EQ(fits("data.total", R"({"type":"object","required":["amount","rate"],
                                     "properties":{"amount":{"type":"string"},"rate":{"type":"string"}}})"),
              "the member \"rate\" is missing");
    EXPECT_EQ(fits("data.total", R"({"type":"object","properties":{"amount":{"type":"number"}}})"),
              "amount: expected a number, found a string");
    EXPECT_EQ(fits("data.total", R"({"type":"object","additionalProperties":false,
                                     "properties":{"amount":{"type":"string"}}})"),
              "there is no member \"currency\" there");
    EXPECT_EQ(fits("data.open", kMoney), "fits") << "an open document may have what is asked for";
}

// ---------------------------------------------------------------------------------------------- schemas

TEST(WithMember, adds_one_and_takes_the_place_of_one) {
    const auto added = with_member(event(), "extra");
    Environment environment;
    environment.variables.push_back({"data", "dyn", &added->root()});
    EXPECT_TRUE(compile("data.extra.anything == data.calls", environment).program);
    EXPECT_FALSE(compile("data.nothing", environment).program);
    const auto replaced = with_member(added, "calls");
    environment.variables[0].shape = &replaced->root();
    EXPECT_TRUE(compile("data.calls == 'now a text' && data.extra == 1", environment).program);
}

TEST(ReadSchema, refuses_what_is_none) {
    EXPECT_FALSE(read_schema("{").ok());
    EXPECT_THAT(read_schema(R"({"$ref":"none@1"})").error().message, HasSubstr("there is no contract \"none@1\""));
    EXPECT_THAT(read_schema(R"({"$ref":"#/$defs/none"})").error().message, HasSubstr("leads nowhere"));
}

TEST(ReadSchema, ends_where_schemas_refer_to_themselves) {
    const auto circle =
        read_schema(R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})");
    ASSERT_TRUE(circle.ok());
    const auto tree = read_schema(
        R"({"type":"object","additionalProperties":false,"properties":{"children":{"type":"array","items":{"$ref":"#"}}}})");
    ASSERT_TRUE(tree.ok());
    Environment environment;
    environment.variables.push_back({"t", "dyn", &(*tree)->root()});
    EXPECT_TRUE(compile("t.children[0].children[0].children.size()", environment).program);
    EXPECT_FALSE(compile("t.children[0].childern", environment).program);
}

}  // namespace
}  // namespace weir::expr
