// Text of one YAML or JSON file -> Node tree. The only file that knows yaml-cpp; its exceptions stop here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

inline constexpr std::size_t kFileBytesMax = 4u << 20;
inline constexpr int kDepthMax = 64;
inline constexpr std::size_t kNodesMax = 100'000;  // per file, counted after aliases are expanded

// The tree, or nullopt after adding to `problems`. `file` is what locations will say.
//
// YAML 1.2 with the core schema, and JSON as its subset (except for surrogate pairs in \u escapes: write the
// character). One document per file. Refused: duplicate keys, keys that are not scalars, merge keys (<<), tags other
// than !!str, control characters, text that is not UTF-8, .inf and .nan. Aliases are copies of what they name, up to
// kNodesMax values. Lines and columns count from 1; a column is a character, not a byte; a BOM is not one.
[[nodiscard]] std::optional<Node> parse_text(std::string_view text, const std::string& file, Problems& problems);

// Reads and parses. A file that cannot be read is reported at `asked_from`.
[[nodiscard]] std::optional<Node> parse_file(const std::filesystem::path& path, const Location& asked_from,
                                             Problems& problems);

}  // namespace weir::config
