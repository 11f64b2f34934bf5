#include "cursor.hpp"

#include <gtest/gtest.h>

namespace {

using weir::file::Chain;
using weir::file::Cursor;
using weir::file::Fingerprint;

Cursor some_cursor() {
    Cursor cursor;
    cursor.name = "june usage gen=7 .csv";
    cursor.generation = 3;
    cursor.device = 2049;
    cursor.inode = 18446744073709551615u;
    cursor.offset = 1u << 31;
    cursor.row = 17;
    cursor.chain.add("a row");
    cursor.fingerprint = Fingerprint::of("the first bytes");
    return cursor;
}

TEST(Cursor, survives_the_way_to_the_host_and_back) {
    const Cursor cursor = some_cursor();
    const auto decoded = Cursor::decode(cursor.encode());
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(decoded->encode(), cursor.encode());
    EXPECT_EQ(decoded->name, cursor.name);
    EXPECT_EQ(decoded->chain, cursor.chain);
    EXPECT_EQ(decoded->fingerprint, cursor.fingerprint);
    EXPECT_EQ(decoded->inode, cursor.inode);
}

TEST(Cursor, of_another_version_or_cut_off_is_refused) {
    const std::string text = some_cursor().encode();
    const std::size_t name = text.find("name=") + 5;
    for (std::size_t size = 0; size < name; ++size) EXPECT_FALSE(Cursor::decode(text.substr(0, size)).ok()) << size;
    EXPECT_FALSE(Cursor::decode("weir-file/2" + text.substr(11)).ok());
    EXPECT_FALSE(Cursor::decode("x" + text).ok());
}

TEST(Chain, tells_files_apart_from_the_first_row_that_differs) {
    Chain a;
    Chain b;
    a.add("one"), b.add("one");
    EXPECT_EQ(a, b);
    a.add("two"), b.add("2");
    EXPECT_NE(a, b);
    a.add("three"), b.add("three");
    EXPECT_NE(a, b) << "the same row after another beginning is another row";
}

}  // namespace
