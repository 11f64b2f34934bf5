#include "runtime/canonical/compatibility.hpp"

#include <gtest/gtest.h>

namespace weir::canonical {
namespace {

TEST(Compatibility, of_a_schema_with_itself) {
    const auto difference = diff(R"({"type":"object"})", R"({"type":"object"})");
    ASSERT_TRUE(difference.ok());
    EXPECT_EQ(difference->level(), Level::none);
}

}  // namespace
}  // namespace weir::canonical
