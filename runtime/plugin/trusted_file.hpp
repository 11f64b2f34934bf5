// Reads files whose content will run in this process: only from places nobody else can write.
#pragma once

#include <weir/result.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace weir::plugin {

// A file descriptor, closed at the end.
class Descriptor {
  public:
    explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] int release() noexcept;

  private:
    int fd_;
};

struct FileContent {
    std::vector<std::byte> bytes;
    std::string sha256;  // hex
    Status trust;        // an error with code writable_by_others when it must not be loaded
};

// A directory that was checked once and stays open, so that what is read later is in the directory that was checked.
class TrustedDirectory {
  public:
    // `not_found` or `invalid` (code writable_by_others): missing, writable by group or others, or owned by somebody
    // who is neither root nor this process's user.
    [[nodiscard]] static Result<TrustedDirectory> open(const std::filesystem::path& path);
    // Names ending in ".so", ascending.
    [[nodiscard]] Result<std::vector<std::string>> libraries() const;
    // Reads and hashes in one pass, through one descriptor. `invalid` with code unreadable or outside_directory (a
    // symbolic link that leads out of the directory).
    [[nodiscard]] Result<FileContent> read(const std::string& name) const;

  private:
    TrustedDirectory(Descriptor fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Descriptor fd_;
    std::filesystem::path path_;
};

// Text of an errno value.
[[nodiscard]] std::string errno_text(int number);

}  // namespace weir::plugin
