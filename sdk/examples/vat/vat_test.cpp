#include <weir/testing.hpp>

#include <gtest/gtest.h>

extern const weir_component vat;
using weir::testing::Harness;

TEST(Vat, taxes_each_line_of_an_order) {
    Harness h(vat, {{"rate", "0.19"}});
    ASSERT_TRUE(h) << h.error.message;
    const auto verdicts =
        h.transform({{.payload = R"({"country":"DE","lines":[{"net":"10.50"},{"net":"1"}]})", .id = "o1"}});
    EXPECT_TRUE(verdicts.at(0).ok());
    ASSERT_EQ(h.sent.size(), 2U);
    EXPECT_EQ(h.sent[0].payload, R"({"net":"10.50","tax":"2.00"})");
    EXPECT_EQ(h.sent[1].id, "o1/2");
}

TEST(Vat, rejects_one_order_and_keeps_the_others) {
    Harness h(vat, {{"rate", "0.19"}});
    const auto verdicts = h.transform({{.payload = R"({"country":"DE","lines":[{"net":"5"},{"net":"-1"}]})"},
                                       {.payload = R"({"country":"AT","lines":[]})"}});
    EXPECT_EQ(verdicts.at(0).code, "NEGATIVE_NET");
    EXPECT_TRUE(verdicts.at(1).ok());
    EXPECT_EQ(h.sent.size(), 1U) << "the half-done order left nothing behind";
}

TEST(Vat, says_which_setting_is_wrong) {
    Harness h(vat, {{"rate", 0.19}});
    EXPECT_FALSE(h);
    EXPECT_STREQ(h.error.pointer, "/rate");
}
