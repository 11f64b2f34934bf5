#include "runtime/config/version_range.hpp"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

bool in(const char* version, const char* range) {
    const auto parsed = parse_version(version);
    EXPECT_TRUE(parsed && is_version_range(range)) << version << " in " << range;
    return parsed && in_range(*parsed, range);
}

TEST(VersionRange, takes_anything_when_empty) { EXPECT_TRUE(in("0.0.1-rc.1", "")); }

TEST(VersionRange, takes_one_version_when_it_is_written_out) {
    EXPECT_TRUE(in("1.4.0", "1.4.0"));
    EXPECT_FALSE(in("1.4.1", "1.4.0"));
    EXPECT_TRUE(in("1.4.0-rc.1", "1.4.0-rc.1"));
}

TEST(VersionRange, lets_a_caret_change_all_but_the_leftmost_number) {
    EXPECT_TRUE(in("1.2.0", "^1.2"));
    EXPECT_TRUE(in("1.9.9", "^1.2"));
    EXPECT_FALSE(in("1.1.9", "^1.2"));
    EXPECT_FALSE(in("2.0.0", "^1.2"));
    EXPECT_TRUE(in("0.3.7", "^0.3"));
    EXPECT_FALSE(in("0.4.0", "^0.3"));
    EXPECT_TRUE(in("0.9.0", "^0"));
    EXPECT_TRUE(in("0.0.3", "^0.0.3"));
    EXPECT_FALSE(in("0.0.4", "^0.0.3"));
    EXPECT_TRUE(in("0.0.4", "^0.0"));
}

TEST(VersionRange, lets_a_tilde_change_the_patch) {
    EXPECT_TRUE(in("1.2.9", "~1.2.3"));
    EXPECT_FALSE(in("1.2.2", "~1.2.3"));
    EXPECT_FALSE(in("1.3.0", "~1.2.3"));
    EXPECT_TRUE(in("1.9.0", "~1"));
    EXPECT_FALSE(in("2.0.0", "~1"));
}

TEST(VersionRange, leaves_prereleases_out_unless_named) {
    EXPECT_FALSE(in("1.3.0-rc.1", "^1.2"));
    EXPECT_LT(*parse_version("1.3.0-rc.1"), *parse_version("1.3.0"));
    EXPECT_LT(*parse_version("1.3.0"), *parse_version("1.10.0"));
}

TEST(VersionRange, refuses_what_is_none) {
    for (const char* text :
         {"1", "1.2", "latest", ">=1.2", "^", "~x", "^1.2.3.4", "1.2.x", "01.2.3-", "^1.", "4294967296.0.0"}) {
        EXPECT_FALSE(is_version_range(text)) << text;
    }
    EXPECT_FALSE(parse_version("1.2"));
}

TEST(VersionRange, splits_a_reference_at_the_at) {
    EXPECT_EQ(split_plugin_reference("http").id, "http");
    EXPECT_EQ(split_plugin_reference("http").range, "");
    EXPECT_EQ(split_plugin_reference("com.acme.erp@^1.2").id, "com.acme.erp");
    EXPECT_EQ(split_plugin_reference("com.acme.erp@^1.2").range, "^1.2");
}

}  // namespace
}  // namespace weir::config
