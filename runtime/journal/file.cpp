#include "runtime/journal/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace weir::journal {

Error file_error(std::string_view what, const std::filesystem::path& path, int error) {
    return {Errc::unavailable,
            fmt::format("{} \"{}\": {}", what, path.string(), std::generic_category().message(error)),
            error == ENOSPC ? "disk_full" : "io_error",
            {}};
}

Result<File> File::open(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return file_error("open", path, errno);
    return File(fd, path);
}

Result<File> File::create(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return file_error("create", path, errno);
    return File(fd, path);
}

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
}

File::~File() {
    if (fd_ >= 0) ::close(fd_);
}

Status File::read(std::uint64_t at, std::span<char> into) const {
    while (!into.empty()) {
        const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_error("read", path_, errno);
        if (got == 0) {
            return Error{Errc::corrupt,
                         fmt::format("\"{}\" ends at {}, expected {} bytes more", path_.string(), at, into.size()),
                         "truncated",
                         {}};
        }
        at += static_cast<std::uint64_t>(got);
        into = into.subspan(static_cast<std::size_t>(got));
    }
    return ok();
}

Status File::write(std::uint64_t at, std::span<const char> bytes) const {
    while (!bytes.empty()) {
        const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return file_error("write", path_, errno);
        at += static_cast<std::uint64_t>(put);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return ok();
}

void File::start_writeback(std::uint64_t at, std::uint64_t bytes) const noexcept {
    (void)::sync_file_range(fd_, static_cast<off64_t>(at), static_cast<off64_t>(bytes), SYNC_FILE_RANGE_WRITE);
}

Status File::resize(std::uint64_t bytes) const {
    if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) return file_error("resize", path_, errno);
    return ok();
}

Status File::sync() const {
    if (::fsync(fd_) != 0) return file_error("sync", path_, errno);
    return ok();
}

Result<std::uint64_t> File::size() const {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return file_error("stat", path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
}

Result<Mapping> Mapping::map(const File& file, std::size_t bytes) {
    void* data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.descriptor(), 0);
    if (data == MAP_FAILED) {
        return Error{Errc::unavailable,
                     fmt::format("map {} bytes: {}", bytes, std::generic_category().message(errno)),
                     "io_error",
                     {}};
    }
    Mapping mapping;
    mapping.data_ = static_cast<const char*>(data);
    mapping.bytes_ = bytes;
    // So that the first look-ups do not fault page by page. Not MAP_POPULATE: it would hold up every other thread that
    // needs memory until all of it is mapped. An older kernel does not know the advice, and faults.
    constexpr std::size_t kPart = std::size_t{1} << 20;
    for (std::size_t at = 0; at < bytes; at += kPart) {
        (void)::madvise(static_cast<char*>(data) + at, std::min(kPart, bytes - at), MADV_POPULATE_READ);
    }
    return mapping;
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

Mapping::~Mapping() {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): munmap takes what mmap gave, it writes nothing
    if (data_ != nullptr) ::munmap(const_cast<char*>(data_), bytes_);
}

}  // namespace weir::journal
