// The main file and everything it includes, parsed and with references replaced.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/keys.hpp"
#include "runtime/config/node.hpp"
#include "runtime/config/problems.hpp"

namespace weir::config {

struct SourceFile {
    std::filesystem::path path;  // as the user would name it: relative to where the main file's path is
    SectionId section;           // top, fragment or route: which keys may stand in it
    Node root;
};

struct Sources {
    std::vector<SourceFile> files;  // main first, then in the order of inclusion
    std::map<std::string, std::string> secret_files;
    bool complete = true;  // false: a file is missing here, so a name may be defined in it
};

// Patterns in `include` are sorted by path. A cycle, a file included twice, a missing file and a pattern that matches
// nothing are problems at the pattern's place.
[[nodiscard]] Sources read_sources(const std::filesystem::path& main, const Environment& environment,
                                   Problems& problems);

// The main file alone. Only references below `plugins` are replaced: those of other keys may need what is not there
// yet.
[[nodiscard]] std::optional<SourceFile> read_main(const std::filesystem::path& main, const Environment& environment,
                                                  Problems& problems);

}  // namespace weir::config
