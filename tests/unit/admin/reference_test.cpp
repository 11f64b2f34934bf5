// docs/reference/admin-api.md is what operations.def says.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "runtime/admin/openapi.hpp"

namespace weir::admin::testing {
namespace {

TEST(Reference, is_up_to_date) {
    std::ifstream in("docs/reference/admin-api.md");
    std::ostringstream page;
    page << in.rdbuf();
    EXPECT_TRUE(page.str() == reference_markdown()) << "run: ninja admin_reference";
}

}  // namespace
}  // namespace weir::admin::testing
