#include "runtime/lint/tests_beside.hpp"

#include <gtest/gtest.h>

#include "tests/unit/config/test_components.hpp"

namespace weir::lint {
namespace {

class TestsBeside : public ::testing::Test {
  protected:
    bool has(const std::string& name) {
        config::Route route;
        route.name = name;
        route.where.file = (folder_.path() / "routes/r.yaml").string();
        return has_test_beside(route);
    }
    config::testing::Folder folder_;
};

TEST_F(TestsBeside, name_their_route) {
    folder_.write("routes/a.test.yaml", "about: x\nroute: usage-to-erp  # daily\n");
    folder_.write("routes/tests/b.test.yaml", "- route: \"customers\"\n");
    EXPECT_TRUE(has("usage-to-erp"));
    EXPECT_TRUE(has("customers"));
}

TEST_F(TestsBeside, are_not_other_files_or_other_words) {
    folder_.write("routes/r.yaml", "route: usage-to-erp\n");
    folder_.write("routes/a.test.yaml", "# route: usage-to-erp\nroute: usage-to-erp-2\nfrom_route: usage-to-erp\n");
    folder_.write("elsewhere/a.test.yaml", "route: usage-to-erp\n");
    EXPECT_FALSE(has("usage-to-erp"));
}

TEST_F(TestsBeside, of_a_folder_that_is_gone_are_none) { EXPECT_FALSE(has("usage-to-erp")); }

}  // namespace
}  // namespace weir::lint
