#include "runtime/config/reference.hpp"

#include <gtest/gtest.h>

#include <set>

#include "runtime/config/check_keys.hpp"
#include "runtime/config/keys.hpp"
#include "runtime/config/load_yaml.hpp"
#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

TEST(Reference, in_docs_is_fresh) {
    EXPECT_EQ(read_file("docs/reference/configuration.md"), reference_markdown())
        << "run: ninja -C build/release config_reference";
}

TEST(Keys, stand_together_by_section_and_are_distinct) {
    std::set<std::string> seen;
    for (const Section& section : sections()) {
        EXPECT_FALSE(keys_of(section.id).empty()) << section.name;
        for (const Key& key : keys_of(section.id)) {
            EXPECT_TRUE(seen.insert(std::string(section.name) + "." + std::string(key.name)).second) << key.name;
            EXPECT_TRUE(key.about.ends_with('.')) << key.about;
            EXPECT_FALSE(key.required && !key.fallback.empty()) << key.name;
        }
    }
}

// A default that the check would refuse could not be written down by a user.
TEST(Keys, have_defaults_that_pass_their_own_check) {
    for (const Section& section : sections()) {
        for (const Key& key : keys_of(section.id)) {
            if (key.fallback.empty()) continue;
            Problems parsing;
            Problems with_default;
            Problems without;
            const std::string text = std::string(key.name) + ": " + std::string(key.fallback);
            check_section(*parse_text(text, "f", parsing), {"f", 1, 1}, section.id, with_default);
            check_section(*parse_text("{}", "f", parsing), {"f", 1, 1}, section.id, without);
            EXPECT_EQ(lines(std::move(with_default).take_sorted()), lines(std::move(without).take_sorted())) << text;
        }
    }
}

}  // namespace
}  // namespace weir::config::testing
