#include "runtime/lint/expression_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Lookups lookups_of(std::string_view expression) {
    Lookups lookups;
    add_lookups(expression, lookups);
    return lookups;
}

TEST(ExpressionText, names_the_tables_it_looks_up) {
    EXPECT_THAT(lookups_of("lookup('accounts', k).debit + lookup( \"rates\" , 'x')").tables,
                ElementsAre("accounts", "rates"));
    EXPECT_FALSE(lookups_of("lookup('accounts', k)").any);
    EXPECT_THAT(lookups_of("'lookup(\"no\", 1)' + other.lookup('no', 1) + lookups('no')").tables, IsEmpty());
}

TEST(ExpressionText, says_when_a_table_is_computed) {
    EXPECT_TRUE(lookups_of("lookup(record.data.table, k)").any);
    EXPECT_TRUE(lookups_of("lookup('a' + 'b', k)").any);
    EXPECT_FALSE(lookups_of("lookup(").any) << "not an expression: others say so";
}

}  // namespace
}  // namespace weir::lint
