// Where the text of a YAML scalar stands in its file: lines are folded, quotes doubled, characters escaped.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace weir::config {

// A run of bytes that is in the text as it is in the file; up to the next piece.
struct Piece {
    std::size_t in_text;
    std::size_t in_file;
};

// The pieces of `text`, which a YAML parser made of the scalar (or of the tag or anchor before it) at `begin` of
// `file`; each line of a block begins one. Empty when it cannot be told.
[[nodiscard]] std::vector<Piece> pieces_of(std::string_view file, std::size_t begin, std::string_view text);

}  // namespace weir::config
