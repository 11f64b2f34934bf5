// split: a record of each element.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/steps/steps.hpp"

namespace weir::steps::test {
namespace {

using ::testing::HasSubstr;

TEST(Split, makes_a_record_of_each_element_in_order) {
    Step split("split", R"({"items": "record.data.lines"})");
    In in;
    in.payload = R"({"lines":[{"a": 1.0},"x",3]})";
    ASSERT_TRUE(split.run(in).ok());
    const auto& sent = split.harness().sent;
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[0].payload, R"({"a": 1.0})");
    EXPECT_EQ(sent[1].payload, R"("x")");
    EXPECT_EQ(sent[0].id, "rec-1/0");
    EXPECT_EQ(sent[2].id, "rec-1/2");
    EXPECT_EQ(sent[2].source, "test");
}

TEST(Split, makes_ids_and_fields_of_the_element) {
    Step split("split", R"j({"items": "record.data.lines.filter(l, l.n > 0)",
        "fields": {"n": "item.n", "at": "index", "of": "record.data.no"},
        "record": {"id": "record.id + '-' + item.k", "attributes": {"n": "item.n"}}})j");
    ASSERT_TRUE(split.run(R"({"no":"7","lines":[{"n":1,"k":"a"},{"n":0,"k":"b"},{"n":2,"k":"c"}]})").ok());
    const auto& sent = split.harness().sent;
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[1].payload, R"({"n":2,"at":1,"of":"7"})");
    EXPECT_EQ(sent[1].id, "rec-1-c");
    EXPECT_EQ(sent[0].attrs.at(0).second, "1");
    EXPECT_EQ(sent[1].attrs.at(0).second, "2");
}

TEST(Split, refuses_what_would_lose_or_double_something) {
    Step split("split", R"({"items": "record.data", "record": {"id": "item"}})");
    EXPECT_THAT(split.out(R"(["a","b","a"])"), HasSubstr("DUPLICATE_ID: record/id: two records of the split"));
    EXPECT_TRUE(split.harness().sent.empty());
    EXPECT_THAT(split.out("[]"), HasSubstr("EMPTY: "));
    EXPECT_THAT(split.out("{}"), HasSubstr("NOT_A_LIST: items: expected a list, found map"));
    EXPECT_THAT(split.out("[1]"), HasSubstr("WRONG_TYPE: record/id: expected a string, found int 1"));
    In deletion;
    deletion.tombstone = true;
    EXPECT_EQ(split.run(deletion).code, "NO_DATA");

    Step many("split", R"({"items": "record.data", "empty": "filter"})");
    EXPECT_EQ(many.run("[]").kind, WEIR_OUT_FILTERED);
    std::string payload = "[0";
    for (int i = 1; i < 10'000; ++i) payload += ",0";
    ASSERT_TRUE(many.run(payload + "]").ok());
    EXPECT_EQ(many.harness().sent.size(), 10'000U);
    EXPECT_EQ(many.run(payload + ",0]").code, "TOO_MANY");
    EXPECT_TRUE(many.harness().sent.empty());
}

}  // namespace
}  // namespace weir::steps::test
