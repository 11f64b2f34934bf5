// Names, containers, and values that are computed when asked for.

#include <gtest/gtest.h>

#include "tests/unit/expr/describe.hpp"

namespace weir::expr::testing {
namespace {

std::string with(std::string_view source, std::vector<std::pair<std::string, Value>> bindings,
                 std::string container = {}, bool check = true) {
    Environment environment;
    environment.container = std::move(container);
    environment.check = check;
    std::vector<Value> values;
    for (auto& [name, value] : bindings) {
        environment.variables.push_back({name, "dyn"});
        values.push_back(value);
    }
    const auto compiled = compile(source, environment);
    if (!compiled.program) return "error " + std::string(to_string(compiled.problems.at(0).phase));
    Arena arena;
    const Limits limits;
    Context context(arena, limits);
    return describe(compiled.program->evaluate(Variables(values), context));
}

const Value kYes = Value::boolean(true);
const Value kText = Value::string("text");

TEST(Names, OfTheContainerComeFirst) {
    EXPECT_EQ(with("y", {{"x.y", kYes}, {"y", kText}}, "x"), "bool true");
    EXPECT_EQ(with("y", {{"x.y", kYes}, {"y", kText}}, "x", false), "bool true");
    EXPECT_EQ(with("y", {{"com.y", kYes}, {"y", kText}}, "com.example"), "bool true");
    EXPECT_EQ(with(".y", {{"com.example.y", kYes}, {"y", kText}}, "com.example"), "\"text\"");
    EXPECT_EQ(with("y", {{"y", kText}}, "com.example"), "\"text\"");
}

TEST(Names, OfMessagesAreLookedUpInTheContainerToo) {
    EXPECT_EQ(with("Int32Value{value: 34}", {}, "google.protobuf"), "int 34");
    EXPECT_EQ(with("Int32Value{value: 34}", {}, "google.protobuf.inner", false), "int 34");
    EXPECT_EQ(with("protobuf.Duration{seconds: 1}", {}, "google"), "duration 1s");
    EXPECT_EQ(with("Value{null_value: NullValue.NULL_VALUE}", {}, "google.protobuf"), "null");
    EXPECT_EQ(with(".google.protobuf.BoolValue{}", {}, "com.example"), "bool false");
    EXPECT_EQ(with("Int32Value{value: 34}", {}, "com.example"), "error check");
    EXPECT_EQ(with(".Int32Value{value: 34}", {}, "google.protobuf"), "error check");
}

TEST(Names, TheLongestQualifiedOneWins) {
    Arena arena;
    const std::array<Entry, 1> entries = {Entry{Value::string("c"), kText}};
    const Value map = Value::map(build_map(entries, arena).map);
    EXPECT_EQ(with("a.b.c", {{"a.b.c", kYes}, {"a.b", map}}), "bool true");
    EXPECT_EQ(with("a.b.c", {{"a.b", map}}), "\"text\"");
    EXPECT_EQ(with("a.b.c", {{"a.b", map}}, {}, false), "\"text\"");
    EXPECT_EQ(with("a.b.d", {{"a.b", map}}), "error evaluate no_such_key");
    EXPECT_EQ(with("a.c", {{"a.b", map}}), "error check");
}

TEST(Names, OfComprehensionsHideOthers) {
    EXPECT_EQ(with("[0].exists(y, y == 0)", {{"com.example.y", kText}}, "com.example"), "bool true");
    EXPECT_EQ(with("[{'z': 0}].exists(y, y.z == 0)", {{"y.z", kText}}), "bool true");
    EXPECT_EQ(with("[{'z': 0}].exists(y, .y.z == 'text')", {{"y.z", kText}}), "bool true");
    EXPECT_EQ(with("['c'].exists(y, .y == 'text')", {{"y", kText}}, "com.example"), "bool true");
    EXPECT_EQ(with("[1].exists(y, [0].exists(y, y == 0))", {{"y", kText}}), "bool true");
    EXPECT_EQ(with("[1].map(y, y) == [1] && y == 'text'", {{"y", kText}}), "bool true");
}

TEST(Names, UnknownOnesAreErrorsOnlyWhenReachedUnchecked) {
    EXPECT_EQ(with("x || true", {}, {}, false), "bool true");
    EXPECT_EQ(with("a.while() || true", {}, {}, false), "bool true");
    EXPECT_EQ(with("nothing(17) || true", {}, {}, false), "bool true");
    EXPECT_EQ(with("nothing(17)", {}, {}, false), "error evaluate undeclared");
    EXPECT_EQ(with("x", {}, {}, false), "error evaluate undeclared");
    EXPECT_EQ(with("Type{a: 1} == null || true", {}, {}, false), "bool true");
    EXPECT_EQ(with("Type{a: 1}", {}), "error check");
}

TEST(Macros, CanBeOff) {
    Environment environment;
    environment.macros = false;
    EXPECT_EQ(evaluated("has({'a': 1}.a)", environment), "error check");
    EXPECT_EQ(evaluated("[1].all(x, true)", environment), "error check");
    EXPECT_EQ(evaluated("1 + 1", environment), "int 2");
}

TEST(Checker, UsesDeclaredTypes) {
    Environment environment;
    environment.variables = {{"name", "string"}, {"items", "list(map(string, int))"}};
    EXPECT_EQ(compile("name + 1", environment).program, nullptr);
    EXPECT_EQ(compile("items[0].price + 'a'", environment).program, nullptr);
    EXPECT_EQ(compile("items.map(i, i.price)", environment).program->result_type(), "list(int)");
}

// A record that is not a tree of Values: 1,000 numbers by name, of which only what is asked for is made.
class LazyRecord final : public Map {
  public:
    [[nodiscard]] std::size_t size() const override { return 1000; }
    [[nodiscard]] std::optional<Value> find(const Value& key, Arena&) const override {
        ++asked_;
        if (!key.is(Kind::string) || !key.as_text().starts_with("n")) return std::nullopt;
        return Value::integer(std::stoll(std::string(key.as_text().substr(1))));
    }
    [[nodiscard]] std::span<const Entry> entries(Arena& arena) const override {
        const auto all = arena.array<Entry>(size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto number = static_cast<std::int64_t>(i);
            all[i] = {Value::string(arena.copy("n" + std::to_string(i))), Value::integer(number)};
        }
        return all;
    }
    [[nodiscard]] int asked() const noexcept { return asked_; }

  private:
    mutable int asked_ = 0;
};

TEST(Activation, MapsMayBeLazy) {
    const LazyRecord record;
    EXPECT_EQ(with("r.n7 + r['n8'] == 15 && !has(r.x) && size(r) == 1000", {{"r", Value::map(&record)}}), "bool true");
    EXPECT_EQ(record.asked(), 3);
    EXPECT_EQ(with("r.filter(k, r[k] > 997)", {{"r", Value::map(&record)}}), "[\"n998\", \"n999\"]");
}

class AccountTables final : public Tables {
  public:
    [[nodiscard]] std::optional<Value> look_up(std::string_view, std::string_view key, Arena&) const override {
        if (key == "usage") return Value::string("4000");
        return std::nullopt;
    }
    [[nodiscard]] bool has_table(std::string_view table) const override { return table == "accounts"; }
    [[nodiscard]] std::optional<std::string> external_id(std::string_view system, std::string_view,
                                                         std::string_view id) const override {
        if (system == "erp" && id == "weir:customer:ACME") return "C-100";
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> canonical_id(std::string_view, std::string_view,
                                                          std::string_view external) const override {
        if (external == "cus_acme") return "weir:customer:ACME";
        return std::nullopt;
    }
};

TEST(Tables, AreLookedUpIn) {
    const AccountTables tables;
    const auto value = [&](std::string_view source) { return evaluated(source, {}, {}, &tables); };
    EXPECT_EQ(value("lookup('accounts', 'usage')"), "\"4000\"");
    EXPECT_EQ(value("lookup('accounts', 'other')"), "error evaluate no_such_key");
    EXPECT_EQ(value("lookup('accounts', 'other', '9999')"), "\"9999\"");
    EXPECT_EQ(value("lookup('taxes', 'usage')"), "error evaluate invalid_argument");
    EXPECT_EQ(
        value("xref.external('erp', 'customer', xref.canonical('usage', 'customer', 'cus_acme').value()).value()"),
        "\"C-100\"");
    EXPECT_EQ(value("xref.external('crm', 'customer', 'x').orValue('none')"), "\"none\"");
}

}  // namespace
}  // namespace weir::expr::testing
