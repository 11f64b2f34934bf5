#include "files.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace weir::file {
namespace {

Error from_errno(std::string_view what, std::string_view path) {
    const int error = errno;
    const Errc errc = error == ENOENT || error == ENOTDIR ? Errc::not_found : Errc::unavailable;
    return {errc, std::string(what) + " \"" + std::string(path) + "\": " + errno_text(error), {}, {}};
}

}  // namespace

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
}

std::string errno_text(int error) { return std::system_category().message(error); }

Result<UniqueFd> open_for_reading(const std::string& path) {
    // NONBLOCK: opening a FIFO someone put there must not hang the instance; list_matching leaves it out later.
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return from_errno("open", path);
    return fd;
}

Result<FileStat> stat_of(int fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return from_errno("stat", "descriptor");
    return FileStat{{info.st_dev, info.st_ino}, static_cast<std::uint64_t>(info.st_size)};
}

Result<std::size_t> read_at(int fd, char* out, std::size_t size, std::uint64_t offset) {
    std::size_t got = 0;
    while (got < size) {
        const ssize_t n = ::pread(fd, out + got, size - got, static_cast<off_t>(offset + got));
        if (n > 0) {
            got += static_cast<std::size_t>(n);
        } else if (n == 0) {
            break;
        } else if (errno != EINTR) {
            return from_errno("read", "descriptor");
        }
    }
    return got;
}

Result<std::vector<FoundFile>> list_matching(const std::string& directory, const std::string& pattern) {
    std::vector<FoundFile> found;
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    if (error == std::errc::no_such_file_or_directory) return found;
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        const std::filesystem::path& path = entries->path();
        // PERIOD: `*` leaves hidden files alone, as in a shell; they are what uploads in progress are named.
        if (::fnmatch(pattern.c_str(), path.filename().c_str(), FNM_PERIOD) != 0) continue;
        struct stat info {};
        if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
        found.push_back({path.string(), {info.st_dev, info.st_ino}, static_cast<std::uint64_t>(info.st_size)});
    }
    if (error) return Error{Errc::unavailable, "list \"" + directory + "\": " + error.message(), {}, {}};
    std::sort(found.begin(), found.end(), [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
    return found;
}

Result<DirectoryWatch> DirectoryWatch::open(const std::string& directory) {
    DirectoryWatch watch;
    watch.event_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!watch.event_) return from_errno("eventfd", directory);
    UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    constexpr std::uint32_t kEvents = IN_CREATE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE;
    if (inotify && ::inotify_add_watch(inotify.get(), directory.c_str(), kEvents) >= 0) {
        watch.inotify_ = std::move(inotify);
    }
    return watch;
}

void DirectoryWatch::wait(std::chrono::milliseconds timeout) noexcept {
    pollfd watched[] = {{event_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}};
    (void)::poll(watched, inotify_ ? 2 : 1, static_cast<int>(timeout.count()));
    drain();
}

void DirectoryWatch::wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

void DirectoryWatch::drain() noexcept {
    char events[4096];
    if (inotify_) {
        while (::read(inotify_.get(), events, sizeof events) > 0) {
        }
    }
    [[maybe_unused]] const ssize_t n = ::read(event_.get(), events, sizeof(std::uint64_t));
}

}  // namespace weir::file
