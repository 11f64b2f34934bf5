// What cannot be enforced is told before the first record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/canonical/schema_rules.hpp"

namespace weir::canonical {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> problems(const char* schema) {
    std::vector<std::string> told;
    for (const RuleProblem& problem : check_rules(Json::parse(schema))) {
        told.push_back(problem.pointer + ": " + problem.message);
    }
    return told;
}

TEST(SchemaRules, values_have_the_type_their_keyword_asks_for) {
    EXPECT_THAT(problems(R"({"properties":{"a":{"pattern":"(["}}})"),
                ElementsAre("/properties/a/pattern: expected a regular expression, found \"([\""));
    EXPECT_THAT(problems(R"({"patternProperties":{"(":{}}})"),
                ElementsAre("/patternProperties/(: expected a regular expression, found \"(\""));
    EXPECT_THAT(problems(R"({"minLength":"x"})"),
                ElementsAre("/minLength: expected a whole number from 0 on, found \"x\""));
    EXPECT_THAT(problems(R"({"maxItems":-1})"), ElementsAre("/maxItems: expected a whole number from 0 on, found -1"));
    EXPECT_THAT(problems(R"({"minimum":"1"})"), ElementsAre("/minimum: expected a number, found \"1\""));
    EXPECT_THAT(problems(R"({"multipleOf":0})"), ElementsAre("/multipleOf: expected a number above 0, found 0"));
    EXPECT_THAT(problems(R"({"enum":"a"})"), ElementsAre("/enum: expected a list of values, found \"a\""));
    EXPECT_THAT(problems(R"({"required":["a",3]})"),
                ElementsAre("/required: expected a list of names, found [\"a\",3]"));
    EXPECT_THAT(problems(R"({"type":"text"})"),
                ElementsAre("/type: expected a type of JSON or a list of them, found \"text\""));
    EXPECT_THAT(problems(R"({"requierd":["a"]})"),
                ElementsAre("/requierd: keyword \"requierd\" is not supported; own annotations begin with \"x-\""));
    EXPECT_THAT(problems(R"({"allOf":[]})"), ElementsAre("/allOf: expected an array of schemas, found []"));
    EXPECT_THAT(problems(R"({"items":7})"), ElementsAre("/items: expected a schema, an object or a boolean, found 7"));
}

TEST(SchemaRules, what_is_right_is_left_alone) {
    EXPECT_THAT(
        problems(R"({"type":["string","null"],"pattern":"^[a-z]*$","minLength":0,"maxLength":5,"x-own":{"type":1},
        "properties":{"pattern":{"const":3},"enum":true},"default":{"minLength":"x"},"minimum":0.1})"),
        IsEmpty());
}

}  // namespace
}  // namespace weir::canonical
