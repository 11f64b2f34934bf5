#include "money.hpp"

#include <gtest/gtest.h>

namespace {

using weir::ledger::currencies;
using weir::ledger::currency_exponent;
using weir::ledger::format_minor;
using weir::ledger::parse_minor;

TEST(Money, reads_exactly_what_the_text_says) {
    const struct {
        const char* text;
        int exponent;
        std::int64_t minor;
    } cases[] = {
        {"39.92", 2, 3992}, {"0.01", 2, 1},        {"1393.56", 2, 139356},
        {"5", 2, 500},      {"39.9200", 2, 3992},  {"-16.24", 2, -1624},
        {"1235", 0, 1235},  {"1235.000", 0, 1235}, {"1.235", 3, 1235},
        {"2.67", 2, 267},   {"0", 2, 0},           {"9999999999999.99", 2, 999'999'999'999'999},
    };
    for (const auto& c : cases) {
        const auto parsed = parse_minor(c.text, c.exponent);
        ASSERT_TRUE(parsed.ok()) << c.text << ": " << parsed.error().message;
        EXPECT_EQ(*parsed, c.minor) << c.text;
    }
}

TEST(Money, refuses_what_is_no_amount_of_the_currency) {
    const struct {
        const char* text;
        int exponent;
    } cases[] = {{"", 2},
                 {"-", 2},
                 {".5", 2},
                 {"5.", 2},
                 {"1,20", 2},
                 {"1e3", 2},
                 {" 1", 2},
                 {"+1", 2},
                 {"0x10", 2},
                 {"1.005", 2},
                 {"1.5", 0},
                 {"1393.5600000000001", 2},
                 {"--1", 2},
                 {"1.2.3", 2},
                 {"NaN", 2},
                 {"10000000000000.00", 2},
                 {"99999999999999999999999", 0}};
    for (const auto& c : cases) EXPECT_FALSE(parse_minor(c.text, c.exponent).ok()) << c.text;
}

TEST(Money, writes_what_it_read) {
    for (const std::int64_t minor : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{99},
                                     std::int64_t{100}, std::int64_t{-123456}, weir::ledger::kMinorMax}) {
        for (const int exponent : {0, 2, 3, 4}) {
            const auto again = parse_minor(format_minor(minor, exponent), exponent);
            ASSERT_TRUE(again.ok()) << format_minor(minor, exponent);
            EXPECT_EQ(*again, minor);
        }
    }
    EXPECT_EQ(format_minor(5, 2), "0.05");
    EXPECT_EQ(format_minor(-5, 3), "-0.005");
}

TEST(Money, knows_the_exponents_of_iso_4217) {
    EXPECT_EQ(currency_exponent("USD"), 2);
    EXPECT_EQ(currency_exponent("JPY"), 0);
    EXPECT_EQ(currency_exponent("KWD"), 3);
    EXPECT_EQ(currency_exponent("CLF"), 4);
    for (const char* unknown : {"", "US", "usd", "USDX", "ZZZ", "D A"}) {
        EXPECT_FALSE(currency_exponent(unknown)) << unknown;
    }
    for (const auto& currency : currencies()) EXPECT_EQ(currency_exponent(currency.code), currency.exponent);
}

}  // namespace
