// The pages people read say what the schemas say.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/canonical/reference_pages.hpp"

namespace weir::canonical::testing {
namespace {

TEST(CanonicalReference, is_fresh) {
    const std::filesystem::path dir = "docs/reference/canonical";
    const auto pages = reference_pages("runtime/canonical/examples");
    for (const auto& [name, text] : pages) {
        std::ifstream file(dir / name, std::ios::binary);
        std::ostringstream found;
        found << file.rdbuf();
        EXPECT_EQ(found.str(), text) << name << "; run: ninja -C build/release canonical_reference";
    }
    for (const auto& file : std::filesystem::directory_iterator(dir)) {
        EXPECT_TRUE(pages.contains(file.path().filename().string())) << file.path() << " is of no contract";
    }
}

}  // namespace
}  // namespace weir::canonical::testing
