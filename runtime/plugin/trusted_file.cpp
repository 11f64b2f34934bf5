#include "runtime/plugin/trusted_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace weir::plugin {

namespace {

constexpr std::uint64_t kFileBytesMax = 1ull << 30;

Error unreadable(const std::string& problem) { return {Errc::invalid, problem, "unreadable", {}}; }

// Who can write it can run code as us.
Status check_writers(const struct stat& info, std::string_view what) {
    const uid_t self = ::geteuid();
    if (info.st_uid != 0 && info.st_uid != self) {
        return Error{Errc::invalid,
                     std::string(what) + " is owned by uid " + std::to_string(info.st_uid) +
                         ", expected root or this process's uid " + std::to_string(self),
                     "writable_by_others",
                     {}};
    }
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        std::array<char, 8> mode{};
        std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(info.st_mode & 07777));
        return Error{
            Errc::invalid,
            std::string(what) + " is writable by group or others (mode " + mode.data() + "), expected \"chmod go-w\"",
            "writable_by_others",
            {}};
    }
    return ok();
}

// O_RDONLY below `directory`; links may stay inside, never lead out. Kernels before 5.6 and some containers have no
// openat2: there every link is refused.
int open_beneath(int directory, const char* name) {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const long fd = ::syscall(SYS_openat2, directory, name, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != ENOSYS && errno != EPERM) return -1;
    return ::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
}

struct DigestContext {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    DigestContext() = default;
    DigestContext(const DigestContext&) = delete;
    DigestContext& operator=(const DigestContext&) = delete;
    ~DigestContext() { EVP_MD_CTX_free(context); }
};

Result<std::string> sha256_hex(const std::vector<std::byte>& bytes) {
    const DigestContext digest;
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    if (digest.context == nullptr || EVP_DigestInit_ex(digest.context, EVP_sha256(), nullptr) != 1 ||
        EVP_DigestUpdate(digest.context, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(digest.context, hash.data(), &size) != 1) {
        return unreadable("SHA-256 is not available");
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string hex;
    hex.reserve(std::size_t{2} * size);
    for (unsigned i = 0; i < size; ++i) {
        hex += kHex[hash[i] >> 4];
        hex += kHex[hash[i] & 15];
    }
    return hex;
}

Result<std::vector<std::byte>> read_all(int fd, std::uint64_t expected_size) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(expected_size));
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t got = ::read(fd, bytes.data() + have, bytes.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unreadable("cannot be read: " + errno_text(errno));
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);  // shorter than stat said: somebody is writing it; the note reader or the hash will tell
    return bytes;
}

}  // namespace

std::string errno_text(int number) { return std::system_category().message(number); }

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}
int Descriptor::release() noexcept { return std::exchange(fd_, -1); }

Result<TrustedDirectory> TrustedDirectory::open(const std::filesystem::path& path) {
    Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::string what = "plugin directory \"" + path.string() + "\"";
    if (fd.get() < 0) {
        return Error{Errc::not_found, what + " cannot be opened: " + errno_text(errno), "unreadable", {}};
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return unreadable(what + " cannot be examined: " + errno_text(errno));
    WEIR_CHECK_OK(check_writers(info, what));
    return TrustedDirectory(std::move(fd), path);
}

Result<std::vector<std::string>> TrustedDirectory::libraries() const {
    std::error_code error;
    std::filesystem::directory_iterator it("/proc/self/fd/" + std::to_string(fd_.get()), error);
    std::vector<std::string> names;
    for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
        std::string name = it->path().filename().string();
        if (name.size() > 3 && name.ends_with(".so")) names.push_back(std::move(name));
    }
    if (error) return unreadable("plugin directory \"" + path_.string() + "\" cannot be listed: " + error.message());
    std::sort(names.begin(), names.end());
    return names;
}

Result<FileContent> TrustedDirectory::read(const std::string& name) const {
    const Descriptor fd(open_beneath(fd_.get(), name.c_str()));
    if (fd.get() < 0) {
        const int error = errno;
        if (error == EXDEV || error == ELOOP) {
            return Error{Errc::invalid, "is a symbolic link that leads out of the directory", "outside_directory", {}};
        }
        return unreadable("cannot be opened: " + errno_text(error));
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return unreadable("cannot be examined: " + errno_text(errno));
    if (!S_ISREG(info.st_mode)) return unreadable("is not a regular file");
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > kFileBytesMax) return unreadable("is larger than 1 GiB");
    FileContent content;
    content.trust = check_writers(info, "the file");
    WEIR_TRY(content.bytes, read_all(fd.get(), size));
    WEIR_TRY(content.sha256, sha256_hex(content.bytes));
    return content;
}

}  // namespace weir::plugin
