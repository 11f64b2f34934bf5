// The operating system's side of following files: descriptors, identities, directory listings, waking up.
#pragma once

#include <weir/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::file {

// Owns a descriptor.
class UniqueFd {
  public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) noexcept : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept { return std::swap(fd_, other.fd_), *this; }
    ~UniqueFd();

    [[nodiscard]] int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileId&) const = default;
};

struct FoundFile {
    std::string path;
    FileId id;
    std::uint64_t size = 0;
};

// `not_found`, or `unavailable` with the reason.
[[nodiscard]] Result<UniqueFd> open_for_reading(const std::string& path);
struct FileStat {
    FileId id;
    std::uint64_t size = 0;
};
[[nodiscard]] Result<FileStat> stat_of(int fd);
// Fills up to `size` bytes from `offset`; fewer only at the end of the file.
[[nodiscard]] Result<std::size_t> read_at(int fd, char* out, std::size_t size, std::uint64_t offset);

// Regular files whose path matches: `*` and `?` in the last component only, sorted by path. A directory that does
// not exist yet holds no files.
[[nodiscard]] Result<std::vector<FoundFile>> list_matching(const std::string& directory, const std::string& pattern);

// Text of errno, e.g. "No space left on device".
[[nodiscard]] std::string errno_text(int error);

// Waits for something to change in a directory. Where the kernel cannot tell (network file systems, no watches
// left) it only waits out the time: the caller looks again anyway.
class DirectoryWatch {
  public:
    // `unavailable`: no descriptors left.
    [[nodiscard]] static Result<DirectoryWatch> open(const std::string& directory);

    // Returns at once when something changed since the last wait, when wake() was called, or after `timeout`.
    void wait(std::chrono::milliseconds timeout) noexcept;
    // [any thread]
    void wake() noexcept;

  private:
    void drain() noexcept;

    UniqueFd inotify_;
    UniqueFd event_;
};

}  // namespace weir::file
