// filter and switch: which records go on, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/steps/steps.hpp"

namespace weir::steps::test {
namespace {

using ::testing::HasSubstr;
using Attributes = std::vector<std::pair<std::string, std::string>>;

TEST(Filter, keeps_what_the_condition_is_true_for) {
    Step filter("filter", R"({"when": "record.data.quantity > 0", "code": "NOT_BILLABLE"})");
    const std::string payload = "{ \"quantity\" : 1.0 }";
    EXPECT_EQ(filter.out(payload), payload);
    const Verdict none = filter.run(R"({"quantity":0.00})");
    EXPECT_EQ(none.kind, WEIR_OUT_FILTERED);
    EXPECT_EQ(none.code, "NOT_BILLABLE");
}

TEST(Filter, never_drops_what_it_cannot_judge) {
    Step filter("filter", R"({"when": "record.data.a"})");
    for (const auto& [payload, code] :
         std::vector<std::pair<std::string, std::string>>{{R"({"a":"true"})", "WRONG_TYPE"},
                                                          {R"({"b":1})", "EXPRESSION_FAILED"},
                                                          {"{", "NOT_JSON"},
                                                          {R"({"a":null})", "WRONG_TYPE"}}) {
        const Verdict verdict = filter.run(payload);
        EXPECT_EQ(verdict.kind, WEIR_OUT_REJECTED) << payload;
        EXPECT_EQ(verdict.code, code) << payload;
    }
    EXPECT_EQ(filter.run(R"({"a":"x"})").message, "when: expected true or false, found string \"x\"");
}

TEST(Filter, refuses_an_unreadable_payload_although_or_would_hide_it) {
    Step filter("filter", R"({"when": "record.data.a == 1 || record.source == 'test'"})");
    EXPECT_EQ(filter.run("{\"a\":1,\"a\":1}").code, "DUPLICATE_KEY");
    EXPECT_TRUE(filter.run("{}").ok());
}

TEST(Filter, does_not_read_the_payload_it_does_not_ask_for) {
    Step filter("filter", R"({"when": "record.type == 'a'"})");
    In in;
    in.payload = "not json";
    in.type = "a";
    EXPECT_EQ(filter.out(in), "not json");
}

TEST(Switch, takes_the_first_branch_that_matches) {
    Step step("switch", R"({"branches": [{"name": "big", "when": "record.data.n > 10"},
                                         {"name": "even", "when": "record.data.n % 2 == 0"}], "otherwise": "rest",
                            "prefix": "outer/"})");
    const auto branch = [&](const std::string& payload) {
        In in;
        in.payload = payload;
        in.attrs = {{"branch", "outer"}, {"x", "1"}};
        EXPECT_EQ(step.out(in), payload);
        return step.sent().attrs;
    };
    EXPECT_EQ(branch(R"({"n":12})"), (Attributes{{"branch", "outer/big"}, {"x", "1"}}));
    EXPECT_EQ(branch(R"({"n":2})"), (Attributes{{"branch", "outer/even"}, {"x", "1"}}));
    EXPECT_EQ(branch(R"({"n":1})"), (Attributes{{"branch", "outer/rest"}, {"x", "1"}}));
    EXPECT_THAT(step.out(R"({"n":"x"})"), HasSubstr("EXPRESSION_FAILED: branches/0/when: 1:15: no such overload"));
}

TEST(Switch, has_no_silent_default) {
    const std::string branches = R"("branches": [{"name": "a", "when": "record.data.n == 1"}])";
    Step reject("switch", "{" + branches + R"(, "otherwise": "reject"})");
    EXPECT_EQ(reject.run(R"({"n":2})").kind, WEIR_OUT_REJECTED);
    EXPECT_EQ(reject.out(R"({"n":2})"), "NO_BRANCH: branches: none of the 1 branches matches");
    Step drop("switch", "{" + branches + R"(, "otherwise": "drop"})");
    EXPECT_EQ(drop.run(R"({"n":2})").kind, WEIR_OUT_FILTERED);
    EXPECT_EQ(drop.run(R"({"n":2})").code, "NO_BRANCH");
}

TEST(Switch, refuses_wrong_names) {
    EXPECT_THAT(refused("switch", R"({"branches": [{"name": "A", "when": "true"}], "otherwise": "drop"})"),
                HasSubstr("/branches/0/name: \"A\" is no name of a branch"));
    EXPECT_THAT(refused("switch", R"({"branches": [{"name": "a", "when": "true"}, {"name": "a", "when": "true"}],
                                      "otherwise": "drop"})"),
                HasSubstr("/branches/1/name: there are two branches"));
}

}  // namespace
}  // namespace weir::steps::test
