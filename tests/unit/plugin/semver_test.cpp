#include "runtime/plugin/semver.hpp"

#include <gtest/gtest.h>

namespace weir::plugin {
namespace {

Version version(std::string_view text) {
    auto parsed = parse_version(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? *parsed : Version{};
}

bool in(std::string_view range, std::string_view text) {
    const auto parsed = VersionRange::parse(range);
    EXPECT_TRUE(parsed) << range;
    return parsed && parsed->contains(version(text));
}

TEST(Semver, orders_as_the_specification_does) {
    // The chain of section 11.
    const std::string_view ascending[] = {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                          "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                                          "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                                          "1.1.0",       "2.0.0",         "10.0.0"};
    for (std::size_t i = 1; i < std::size(ascending); ++i) {
        EXPECT_LT(version(ascending[i - 1]), version(ascending[i])) << ascending[i];
    }
    EXPECT_EQ(version("1.0.0+a"), version("1.0.0+b"));
}

TEST(Semver, refuses_what_is_not_a_version) {
    for (const std::string_view text :
         {"", "1", "1.2", "1.2.3.4", "v1.2.3", "1.02.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.x",
          " 1.2.3", "99999999999.0.0", "-1.0.0", "1.2.3-ä"}) {
        EXPECT_FALSE(parse_version(text)) << text;
    }
}

TEST(Semver, caret_keeps_the_leftmost_part_that_is_not_zero) {
    EXPECT_TRUE(in("^1.2", "1.2.0"));
    EXPECT_TRUE(in("^1.2", "1.99.3"));
    EXPECT_FALSE(in("^1.2", "1.1.9"));
    EXPECT_FALSE(in("^1.2", "2.0.0"));
    EXPECT_TRUE(in("^0.2.3", "0.2.9"));
    EXPECT_FALSE(in("^0.2.3", "0.3.0"));
    EXPECT_TRUE(in("^0.0.3", "0.0.3"));
    EXPECT_FALSE(in("^0.0.3", "0.0.4"));
}

TEST(Semver, tilde_at_least_exact_and_any) {
    EXPECT_TRUE(in("~1.2.3", "1.2.9"));
    EXPECT_FALSE(in("~1.2.3", "1.3.0"));
    EXPECT_TRUE(in("~1", "1.9.0"));
    EXPECT_TRUE(in(">=1.2", "7.0.0"));
    EXPECT_FALSE(in(">=1.2", "1.1.9"));
    EXPECT_TRUE(in("1.2.3", "1.2.3"));
    EXPECT_FALSE(in("1.2.3", "1.2.4"));
    EXPECT_TRUE(in("", "0.0.1"));
}

TEST(Semver, gives_a_pre_release_only_to_who_asks) {
    EXPECT_FALSE(in("", "1.0.0-rc.1"));
    EXPECT_FALSE(in("^1.0", "1.1.0-rc.1"));
    EXPECT_FALSE(in(">=1.0", "1.1.0-rc.1"));
    EXPECT_TRUE(in("^1.1.0-rc.1", "1.1.0-rc.2"));
    EXPECT_FALSE(in("^1.1.0-rc.1", "1.2.0-rc.2"));
    EXPECT_TRUE(in("1.1.0-rc.1", "1.1.0-rc.1"));
}

TEST(Semver, refuses_what_is_not_a_range) {
    for (const std::string_view text : {"1.2", "^", ">=", "<2.0.0", "^1.2.3 || 2", "latest", "^v1"}) {
        EXPECT_FALSE(VersionRange::parse(text)) << text;
    }
}

}  // namespace
}  // namespace weir::plugin
