// Differences, numbers, coverage and the reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/routetest/report.hpp"
#include "tests/unit/routetest/bench.hpp"

namespace weir::routetest {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTwoCases = R"(route: orders
cases:
  - name: good
    given: [ { id: o-1, subject: ACME, data: { a: "x" } } ]
    expect: { deliveries: { erp: [ { id: o-1 } ] } }
  - name: bad & wrong
    given: [ { id: o-1, subject: drop, data: { a: "x" } } ]
    expect: { deliveries: { erp: [ { id: o-1 } ] } }
)";

TEST(Diff, shows_changed_lines_and_three_around_them) {
    EXPECT_EQ(diff_lines("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n"),
              "  ...\n  6\n  7\n  8\n- 9\n+ nine\n");
    EXPECT_EQ(diff_lines("a\n", ""), "- a\n");
    EXPECT_EQ(diff_lines("", "a\n"), "+ a\n");
    EXPECT_EQ(diff_lines("a\n", "a\n"), "  ...\n");
}

TEST(Json, keeps_the_digits_of_numbers) {
    const auto value = parse_json(R"({"a": 1.10, "b": [12345678901234567890.5, -0.0, 1E3], "c": "\ud83d\ude00"})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->find("a")->text, "1.10");
    EXPECT_EQ(value->find("b")->items[0].text, "12345678901234567890.5");
    EXPECT_FALSE(parse_json("{"));
    EXPECT_FALSE(parse_json(std::string(1000, '[') + std::string(1000, ']')));
}

TEST(Json, aligns_what_is_equal_by_value) {
    const auto same = [](const char* expected, const char* actual, Comparison how) {
        const Json left = *parse_json(expected);
        return equal(left, align(left, *parse_json(actual), how));
    };
    EXPECT_TRUE(same(R"({"a":1,"b":2})", R"({"b":2.0,"a":10e-1})", {}));
    EXPECT_TRUE(same("0", "-0.00", {}));
    EXPECT_FALSE(same("1.1", "1.10", {.exact_numbers = true}));
    EXPECT_FALSE(same("12345678901234567890.1", "12345678901234567890.2", {}));
    EXPECT_FALSE(same("1", "\"1\"", {}));
    EXPECT_FALSE(same("[1]", "[1,2]", {}));
    EXPECT_TRUE(same(R"({"a":{"b":1}})", R"({"a":{"b":1,"c":2},"d":3})", {.only_expected = true}));
    EXPECT_FALSE(same(R"({"a":{"b":1}})", R"({"a":{"b":1,"c":2}})", {}));
}

class Reports : public ::testing::Test {
  protected:
    Reports() : files_{read(bench_, kTwoCases)} {
        EXPECT_TRUE(coverage_.add_routes(bench_));
        result_ = run_suite(bench_, files_, {}, &coverage_);
    }
    FakeBench bench_;
    std::vector<TestFile> files_;
    Coverage coverage_;
    SuiteResult result_;
};

TEST_F(Reports, text_has_a_line_a_case_and_colour_only_when_asked) {
    const std::string text = results_as_text(result_.results, false);
    EXPECT_THAT(text, HasSubstr("  ok    good"));
    EXPECT_THAT(text, HasSubstr("  FAIL  bad & wrong"));
    EXPECT_THAT(text, HasSubstr("deliveries to erp: expected 1 record, there came 0"));
    EXPECT_THAT(text, HasSubstr("1 passed, 1 failed, 0 skipped"));
    EXPECT_EQ(text.find('\033'), std::string::npos);
    EXPECT_NE(results_as_text(result_.results, true).find('\033'), std::string::npos);
}

TEST_F(Reports, json_and_junit_say_the_same) {
    const auto json = nlohmann::json::parse(results_as_json(result_.results, &coverage_));
    EXPECT_EQ(json["failed"], 1);
    EXPECT_EQ(json["cases"][1]["result"], "failed");
    EXPECT_EQ(json["cases"][1]["failures"][0]["line"], 8);
    EXPECT_EQ(json["coverage"]["routes"]["orders"]["steps"][0]["filtered"], 1);
    const std::string xml = results_as_junit(result_.results);
    EXPECT_THAT(xml, HasSubstr(R"(tests="2" failures="1" skipped="0")"));
    EXPECT_THAT(xml, HasSubstr("name=\"bad &amp; wrong\""));
    EXPECT_THAT(xml, HasSubstr("<failure message=\"deliveries to erp"));
}

TEST(Junit, is_xml_whatever_a_case_is_called) {
    const FakeBench bench;
    const std::vector<TestFile> files{read(bench, std::string(R"(route: orders
cases:
  - name: ")") + "<&\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD\\x01>\"" +
                                                      R"(
    given: [ { id: o-1 } ]
    expect: {}
)")};
    EXPECT_THAT(results_as_junit(run_suite(bench, files, {}, nullptr).results),
                HasSubstr("name=\"&lt;&amp;??\xEF\xBF\xBD?&gt;\""));
}

TEST_F(Reports, coverage_counts_records_a_step) {
    EXPECT_EQ(coverage_.routes().at("orders").records, 2u);
    const auto& steps = coverage_.routes().at("orders").steps;
    EXPECT_EQ(steps[0].passed, 1u);
    EXPECT_EQ(steps[0].filtered, 1u);
    EXPECT_EQ(steps[1].records(), 1u);
    EXPECT_EQ(coverage_.percent(), 100);
    Coverage untested;
    ASSERT_TRUE(untested.add_routes(bench_));
    EXPECT_EQ(untested.percent(), 0);
    EXPECT_THAT(coverage_as_text(untested), HasSubstr("orders  never run\n"));
}

}  // namespace
}  // namespace weir::routetest
