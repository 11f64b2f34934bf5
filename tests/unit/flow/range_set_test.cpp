#include "runtime/flow/range_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace weir::flow {
namespace {

using journal::OffsetRange;

TEST(RangeSet, merges_what_touches) {
    RangeSet set;
    set.add(5, 7);
    set.add(9, 10);
    set.add(7, 9);
    EXPECT_EQ(set.ranges(), (std::vector<OffsetRange>{{5, 10}}));
}

TEST(RangeSet, gives_up_what_the_position_has_reached) {
    RangeSet set;
    set.add(3, 5);
    set.add(8, 9);
    EXPECT_EQ(set.take_from(2), 2u);
    EXPECT_EQ(set.take_from(3), 5u);
    EXPECT_EQ(set.ranges(), (std::vector<OffsetRange>{{8, 9}}));
}

TEST(RangeSet, agrees_with_a_set_of_single_offsets) {
    std::mt19937_64 random(7);
    RangeSet ranges;
    std::set<journal::Offset> singles;
    for (int i = 0; i < 2'000; ++i) {
        const journal::Offset first = random() % 300;
        const journal::Offset end = first + random() % 6;
        ranges.add(first, end);
        for (journal::Offset offset = first; offset < end; ++offset) singles.insert(offset);
        const journal::Offset probe = random() % 310;
        ASSERT_EQ(ranges.contains(probe), singles.contains(probe)) << "after step " << i;
    }
    std::size_t covered = 0;
    for (const auto& range : ranges.ranges()) covered += range.end - range.first;
    EXPECT_EQ(covered, singles.size());
}

}  // namespace
}  // namespace weir::flow
