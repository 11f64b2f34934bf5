#include "runtime/config/scalar_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::config {
namespace {

// Where in `file` each piece of `text` stands: "0-6 5-14".
std::string pieces(std::string_view file, std::string_view text, std::size_t begin = 0) {
    std::string all;
    for (const Piece& piece : pieces_of(file, begin, text)) {
        all += (all.empty() ? "" : " ") + std::to_string(piece.in_text) + "-" + std::to_string(piece.in_file);
    }
    return all;
}

TEST(ScalarText, is_one_piece_where_nothing_is_changed) {
    EXPECT_EQ(pieces("k: a b c", "a b c", 3), "0-3");
    EXPECT_EQ(pieces(R"("a b")", "a b"), "0-1");
    EXPECT_EQ(pieces("!!str &x 'a'", "a"), "0-10");
}

TEST(ScalarText, begins_a_piece_behind_a_folded_line) {
    EXPECT_EQ(pieces("ab  \n   cd", "ab cd"), "0-0 3-8");
    EXPECT_EQ(pieces("ab\r\n \r\n cd", "ab\ncd"), "0-0 3-8");
    EXPECT_EQ(pieces("\"ab\\\n  cd\"", "abcd"), "0-1 2-7");
}

TEST(ScalarText, begins_a_piece_behind_an_escape) {
    EXPECT_EQ(pieces(R"('a''b')", "a'b"), "0-1 2-4");
    EXPECT_EQ(pieces(R"("a\"b\u00e9_")", "a\"b\xC3\xA9_"), "0-1 2-4 5-11");
}

TEST(ScalarText, begins_a_piece_at_each_line_of_a_block) {
    EXPECT_EQ(pieces("|\n  ab\n    cd\n", "ab\n  cd\n"), "0-4 3-9");
    EXPECT_EQ(pieces(">-\n  ab\n  cd\n\n  ef\n", "ab cd\nef"), "0-5 3-10 6-16");
    EXPECT_EQ(pieces(">\n\n  ab\n    cd\n  ef\n", "\nab\n  cd\nef\n"), "1-5 4-10 9-17");
    EXPECT_EQ(pieces("|2\n    ab\n  cd", "  ab\ncd"), "0-5 5-12");
}

TEST(ScalarText, is_unknown_where_the_file_has_something_else) {
    EXPECT_EQ(pieces("ab", "ac"), "");
    EXPECT_EQ(pieces("ab", "abc"), "");
    EXPECT_EQ(pieces("|\n ab\n cd", "ab\nce"), "");
    EXPECT_EQ(pieces("|", "a"), "");
    EXPECT_EQ(pieces("a", "a", 1), "");
    EXPECT_EQ(pieces("\"\\", "a"), "");
}

}  // namespace
}  // namespace weir::config
