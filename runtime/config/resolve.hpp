// Replaces ${env:...} and ${secret:...} in the values of one file.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

// In every string value below `root`:
//   ${env:NAME}             the variable; missing is a problem
//   ${env:NAME:-default}    the default when it is missing or empty
//   ${secret:file:PATH}     the whole value only: becomes a reference of name "file:<absolute path>", which is added to
//                           `secret_files`. The file must be there; it is not opened.
//   $${                     a literal ${
// A plain (unquoted) value that is one ${env:} takes the type its place asks for; a quoted one stays text.
// `folder` is what relative paths start from.
void resolve_references(Node& root, const std::filesystem::path& folder, const Environment& environment,
                        std::map<std::string, std::string>& secret_files, Problems& problems);

// `path` as seen from `folder`, absolute and without "." and "..".
[[nodiscard]] std::filesystem::path absolute_path(const std::filesystem::path& folder, std::string_view path);

}  // namespace weir::config
