#include "runtime/journal/identity_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "runtime/journal/pending_identities.hpp"

namespace weir::journal {
namespace {

std::vector<Offset> found(const IdentityIndex& index, std::uint64_t hash, StreamId stream) {
    std::vector<Offset> offsets;
    index.find(hash, stream, [&](Position position) { return offsets.push_back(offset_of(position)), true; });
    return offsets;
}

TEST(IdentityIndex, finds_what_was_inserted_through_any_growth) {
    for (const bool reserved : {false, true}) {
        IdentityIndex index;
        if (reserved) index.reserve(100'000);
        std::mt19937_64 random(1);
        std::vector<std::uint64_t> hashes(100'000);
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            hashes[i] = random();
            index.insert(hashes[i], make_position(3, i));
        }
        EXPECT_EQ(index.size(), hashes.size());
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            const auto offsets = found(index, hashes[i], 3);
            EXPECT_NE(std::find(offsets.begin(), offsets.end(), i), offsets.end());
            EXPECT_LE(offsets.size(), 2u);
        }
        EXPECT_TRUE(found(index, random(), 3).size() <= 1);
    }
}

TEST(IdentityIndex, one_hash_may_stand_for_several_records_of_several_streams) {
    constexpr std::uint64_t kHash = 42ull << 32;  // the lowest 24 bits are not kept
    IdentityIndex index;
    for (Offset offset = 0; offset < 200; ++offset) index.insert(kHash, make_position(1 + offset % 2, offset));
    EXPECT_EQ(found(index, kHash, 1).size(), 100u);
    EXPECT_EQ(found(index, kHash, 2).size(), 100u);
    EXPECT_TRUE(found(index, kHash, 3).empty());
    EXPECT_TRUE(found(index, 0, 1).empty());
    index.insert(0, make_position(1, 7));
    EXPECT_EQ(found(index, 0, 1), std::vector<Offset>{7});
}

TEST(IdentityIndex, retired_entries_leave_room_for_new_ones) {
    IdentityIndex index;
    std::mt19937_64 random(2);
    for (Offset offset = 0; offset < 200'000; ++offset) {
        index.insert(random(), make_position(1, offset));
        if (offset % 1000 == 0 && offset >= 20'000) index.retire(1, offset - 20'000);
    }
    EXPECT_LT(index.size(), 60'000u) << "ten times what is retained would be all of it";
    EXPECT_GE(index.size(), 20'000u);
}

TEST(PendingIdentities, forgets_everything_at_once) {
    PendingIdentities pending;
    for (std::uint64_t i = 0; i < 5000; ++i) pending.insert(i * 7, make_position(1, i));
    std::size_t hits = 0;
    const auto count = [&hits](Position) { ++hits; };
    for (std::uint64_t i = 0; i < 5000; ++i) pending.find(i * 7, 1, count);
    EXPECT_EQ(hits, 5000u);
    pending.find(7, 2, count);
    EXPECT_EQ(hits, 5000u) << "of another stream";
    pending.clear();
    pending.find(7, 1, count);
    EXPECT_EQ(hits, 5000u);
}

}  // namespace
}  // namespace weir::journal
