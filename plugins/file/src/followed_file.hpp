// One file being read: where it stands, and whether it is still the file it was.
#pragma once

#include "csv.hpp"
#include "cursor.hpp"
#include "files.hpp"

#include <weir/result.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace weir::file {

struct FollowedFile {
    std::string path;             // where it was found: the host's partition
    Cursor cursor;                // everything before it has been handed to the host
    UniqueFd fd;                  // closed: not opened yet, or all read and put away
    std::uint64_t seen_size = 0;  // the size at which nothing complete was left to read
    bool drained = false;         // nothing complete is left, as of seen_size
    bool replaced = false;        // another file stands at `path`: this one is read to its end, then that one
    bool moved = false;           // got this path by a rename the host does not know of yet
    std::optional<CsvHeader> header;
    std::string header_error;  // why there is no usable header

    [[nodiscard]] FileId id() const noexcept { return {cursor.device, cursor.inode}; }

    // Begins at the start of the file behind `opened`, as the next generation unless nothing was read before.
    void begin(UniqueFd opened, FileId file, bool next_generation);
    // Goes on where the cursor stands, with a file that is known to be the same.
    void go_on(UniqueFd opened, FileId file);
    // Hashes the first bytes anew if the cursor's fingerprint does not cover them yet.
    [[nodiscard]] Status extend_fingerprint(Cursor& next) const;
};

// Is the file behind `fd` the one `cursor` was made for, or one with the same beginning?
// False when it is shorter than what was read, or begins with other bytes.
[[nodiscard]] Result<bool> continues(int fd, const Cursor& cursor);

}  // namespace weir::file
