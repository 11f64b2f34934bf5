#include "number.hpp"

#include <gtest/gtest.h>

namespace {

using weir::validate::Number;

std::string canonical(const char* text) {
    std::string out;
    Number(text).append_canonical(out);
    return out;
}

TEST(Number, has_one_text_for_one_value) {
    for (const char* one : {"1", "1.0", "1.000", "1e0", "10e-1", "0.1e1", "0.001E+3"}) EXPECT_EQ(canonical(one), "1e0");
    for (const char* zero : {"0", "-0", "0.0", "0e5", "-0.00e-3"}) EXPECT_EQ(canonical(zero), "0");
    EXPECT_NE(canonical("12345678901234567890123"), canonical("12345678901234567890124"));
    EXPECT_NE(canonical("0.1"), canonical("0.1000000000000000055511151231257827"));
}

TEST(Number, orders_exactly) {
    const char* ascending[] = {"-1e400",
                               "-12345678901234567890124",
                               "-12345678901234567890123",
                               "-1.5",
                               "-1",
                               "-0.1",
                               "0",
                               "1e-400",
                               "0.1",
                               "0.10000000000000000001",
                               "1",
                               "9",
                               "10",
                               "9007199254740992",
                               "9007199254740993",
                               "1e400"};
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t j = 0; j < std::size(ascending); ++j) {
            const int compared = Number(ascending[i]).compare(Number(ascending[j]));
            EXPECT_EQ(compared < 0, i < j) << ascending[i] << ' ' << ascending[j];
            EXPECT_EQ(compared > 0, i > j) << ascending[i] << ' ' << ascending[j];
        }
    }
}

TEST(Number, knows_multiples_and_integers) {
    EXPECT_EQ(Number("0.3").is_multiple_of(Number("0.1")), true);  // false with doubles
    EXPECT_EQ(Number("19.99").is_multiple_of(Number("0.01")), true);
    EXPECT_EQ(Number("19.995").is_multiple_of(Number("0.01")), false);
    EXPECT_EQ(Number("0").is_multiple_of(Number("7")), true);
    EXPECT_EQ(Number("1e30").is_multiple_of(Number("7")), false);
    EXPECT_EQ(Number("1e50").is_multiple_of(Number("1e-50")), std::nullopt);
    EXPECT_TRUE(Number("1.0").is_integer());
    EXPECT_TRUE(Number("1.5e1").is_integer());
    EXPECT_FALSE(Number("1.5").is_integer());
    EXPECT_FALSE(Number("1e-1").is_integer());
}

}  // namespace
