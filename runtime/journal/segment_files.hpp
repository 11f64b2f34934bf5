// The journal's directory: which segment files are there, making the next one, and the lock that keeps it to one host.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/sqlite/sqlite.hpp"
#include "runtime/journal/store.hpp"

namespace weir::journal {

struct SegmentFile {
    std::uint64_t number = 0;
    std::string path;
};

// Complete segments, oldest first.
[[nodiscard]] Result<std::vector<SegmentFile>> list_segments(const std::filesystem::path& dir);
// Removes what a crash left of a segment that was being made.
[[nodiscard]] Status remove_incomplete(const std::filesystem::path& dir);
[[nodiscard]] Status remove_segment(const std::string& path);
// A rename or a removal is durable only after its directory is.
[[nodiscard]] Status sync_directory(const std::filesystem::path& dir);
[[nodiscard]] std::string segment_path(const std::filesystem::path& dir, std::uint64_t number);

struct NewSegment {
    std::uint64_t number = 1;
    std::int64_t created_wall_ns = 0;
    std::string previous;  // path of the segment it goes on from; "": none, it is the first
    std::string vfs;
    std::vector<StreamBegin> retained;  // where each stream's oldest retained record is, after `previous`
};
// Builds the whole file under another name, then renames it: a segment that is there is complete. An error leaves
// nothing, or a file that remove_incomplete() removes; except `unknown`: the rename may or may not last.
[[nodiscard]] Status make_segment(const std::filesystem::path& dir, const NewSegment& segment);

// Brings a segment of an older version up to this one, in one transaction; one of this version is left alone, a newer
// one too: opening it is refused later.
[[nodiscard]] Status upgrade_segment(const SegmentFile& file, const std::string& vfs);

// Holds `<dir>/lock` as long as it lives.
class DirectoryLock {
  public:
    DirectoryLock() = default;
    // `conflict`: another process has it.
    [[nodiscard]] static Result<DirectoryLock> take(const std::filesystem::path& dir);
    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&& other) noexcept;
    ~DirectoryLock();

  private:
    int fd_ = -1;
};

}  // namespace weir::journal
