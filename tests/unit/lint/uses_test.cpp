#include "runtime/lint/uses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/lint/support.hpp"

namespace weir::lint::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> parts(const std::vector<Use>& uses) {
    std::vector<std::string> parts;
    for (const Use& use : uses) parts.push_back(use.route + ": " + use.part);
    return parts;
}

TEST(Uses, of_everything_a_route_names) {
    const config::Config config = load_valid("DEPRECATED_MAPPING.yaml");
    Uses uses = uses_of(view_of(config));
    EXPECT_THAT(parts(uses.connections["usage"]), ElementsAre("usage-to-erp: from", "late-usage-to-erp: from"));
    EXPECT_THAT(parts(uses.connections["erp"]), ElementsAre("usage-to-erp: to erp", "late-usage-to-erp: to erp"));
    EXPECT_THAT(parts(uses.mappings["to-entry@1.0.0"]), ElementsAre("usage-to-erp: step 2 (map)"));
    EXPECT_THAT(parts(uses.mappings["to-entry@2.0.0"]), ElementsAre("late-usage-to-erp: step 2 (map)"));
    EXPECT_THAT(parts(uses.contracts["canonical/usage_event@1"]),
                ElementsAre("usage-to-erp: from", "usage-to-erp: step 1 (validate) schema",
                            "usage-to-erp: step 2 (map) from", "late-usage-to-erp: from",
                            "late-usage-to-erp: step 1 (validate) schema", "late-usage-to-erp: step 2 (map) from"));
    EXPECT_THAT(parts(uses.plugins["http"]),
                ElementsAre("usage-to-erp: to erp, connection erp", "late-usage-to-erp: to erp, connection erp",
                            "usage-to-erp: from, connection usage", "late-usage-to-erp: from, connection usage"));
    EXPECT_EQ(uses.steps["validate"].size(), 2U);
}

TEST(Uses, of_a_table_are_steps_that_look_up_in_it) {
    const config::Config config = load_valid("UNUSED_TABLE.ok.yaml");
    Uses uses = uses_of(view_of(config));
    EXPECT_THAT(parts(uses.tables["accounts"]), ElementsAre("usage-to-erp: step 2 (map)"));
}

TEST(Uses, of_a_connection_may_be_ownership) {
    const config::Config config = load_valid("UNUSED_CONNECTION.ok.yaml");
    EXPECT_THAT(parts(uses_of(view_of(config)).connections["crm"]), ElementsAre(": ownership of customer"));
}

}  // namespace
}  // namespace weir::lint::testing
