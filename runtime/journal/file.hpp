// A file descriptor and a mapping as move-only values that return Results.
#pragma once

#include <weir/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace weir::journal {

// `unavailable`, code disk_full or io_error; `error` is an errno.
[[nodiscard]] Error file_error(std::string_view what, const std::filesystem::path& path, int error);

// Reads and writes at places, so any number of threads may read one.
class File {
  public:
    File() = default;
    [[nodiscard]] static Result<File> open(const std::filesystem::path& path);
    // Empty, mode 0600, whatever was there before.
    [[nodiscard]] static Result<File> create(const std::filesystem::path& path);
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    // All of it; a file that ends before is `corrupt`.
    [[nodiscard]] Status read(std::uint64_t at, std::span<char> into) const;
    [[nodiscard]] Status write(std::uint64_t at, std::span<const char> bytes) const;
    // Has the kernel begin to write these bytes to the disk, so that a sync at the end has little left to do and
    // commits of others do not queue behind it.
    void start_writeback(std::uint64_t at, std::uint64_t bytes) const noexcept;
    [[nodiscard]] Status resize(std::uint64_t bytes) const;
    [[nodiscard]] Status sync() const;
    [[nodiscard]] Result<std::uint64_t> size() const;
    [[nodiscard]] int descriptor() const noexcept { return fd_; }

  private:
    File(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

    int fd_ = -1;
    std::filesystem::path path_;
};

// The first bytes of a file, read-only, from the page cache. Damage of the disk under a mapping ends the process
// (SIGBUS), so read what is to be mapped once with File::read() before.
class Mapping {
  public:
    Mapping() = default;
    [[nodiscard]] static Result<Mapping> map(const File& file, std::size_t bytes);
    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&& other) noexcept;
    ~Mapping();
    [[nodiscard]] const char* data() const noexcept { return data_; }

  private:
    const char* data_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace weir::journal
