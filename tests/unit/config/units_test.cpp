#include "runtime/config/units.hpp"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

using std::chrono::milliseconds;

TEST(Units, reads_durations_with_every_unit) {
    EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
    EXPECT_EQ(parse_duration("30s"), milliseconds{30'000});
    EXPECT_EQ(parse_duration("10m"), milliseconds{600'000});
    EXPECT_EQ(parse_duration("2h"), milliseconds{7'200'000});
    EXPECT_EQ(parse_duration("400d"), milliseconds{34'560'000'000});
    EXPECT_EQ(parse_duration("0s"), milliseconds{0});
}

TEST(Units, refuses_what_is_no_duration) {
    for (const char* text :
         {"", "5", "s", "-5s", "+5s", "1.5s", "5 s", "5S", "5sec", "1h30m", "36526d", "99999999999999999999s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(Units, reads_sizes_in_binary_units) {
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("512B"), 512U);
    EXPECT_EQ(parse_size("64KiB"), 65'536U);
    EXPECT_EQ(parse_size("64MiB"), 64ull << 20);
    EXPECT_EQ(parse_size("1GiB"), 1ull << 30);
    EXPECT_EQ(parse_size("2TiB"), 2ull << 40);
}

TEST(Units, refuses_what_is_no_size) {
    for (const char* text : {"", "5", "8MB", "8 MiB", "-1B", "1.5GiB", "8mib", "8388609TiB"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(Units, reads_whole_numbers_as_the_core_schema_writes_them) {
    EXPECT_EQ(parse_integer("-12"), -12);
    EXPECT_EQ(parse_integer("+12"), 12);
    EXPECT_EQ(parse_integer("0x1F"), 31);
    EXPECT_EQ(parse_integer("0o17"), 15);
    for (const char* text : {"", "+-1", "0x", "0x-1", "1.0", "9223372036854775808"})
        EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(Units, reads_ratios_and_nothing_that_is_not_finite) {
    EXPECT_EQ(parse_ratio("+.5"), 0.5);
    EXPECT_EQ(parse_ratio("2"), 2.0);
    for (const char* text : {"", "inf", "nan", "1e999", "0.5x"}) EXPECT_FALSE(parse_ratio(text)) << text;
}

TEST(Units, knows_listen_addresses) {
    for (const char* text :
         {"127.0.0.1:8080", "localhost:0", "[::1]:8080", "[fe80::1%eth0]:65535", "host-1.example:1"}) {
        EXPECT_TRUE(is_listen_address(text)) << text;
    }
    for (const char* text : {"", "8080", ":8080", "localhost", "localhost:", "localhost:65536", "localhost:-1",
                             "::1:8080", "[::1]", "[]:80", "[host]:80", "a b:80", "http://x:80"}) {
        EXPECT_FALSE(is_listen_address(text)) << text;
    }
}

TEST(Units, knows_names) {
    EXPECT_TRUE(is_name("usage-to-ledger.v2_x"));
    EXPECT_TRUE(is_name(std::string(64, 'a')));
    for (const std::string& text : {std::string(), std::string("A"), std::string("-a"), std::string(".."),
                                    std::string("a/b"), std::string("a b"), std::string("ä"), std::string(65, 'a')}) {
        EXPECT_FALSE(is_name(text)) << text;
    }
}

}  // namespace
}  // namespace weir::config
