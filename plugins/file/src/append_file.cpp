#include "append_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::file {
namespace {

// Fixed layout, little-endian (the only order weir runs on); Placed entries follow.
struct Intent {
    std::uint32_t magic;
    std::uint32_t count;
    std::uint64_t offset;  // of the batch in the file
    std::uint64_t size;
    std::uint64_t hash;   // XXH3-64 of the batch
    std::uint64_t check;  // XXH3-64 of this header (check = 0) and the entries
};
static_assert(sizeof(Intent) == 40 && sizeof(Placed) == 24);
constexpr std::uint32_t kMagic = 0x31524657;  // "WFR1"

Error from_errno(std::string_view what, std::string_view path) {
    const int error = errno;
    return {Errc::unavailable,
            std::string(what) + " \"" + std::string(path) + "\": " + errno_text(error),
            error == ENOSPC || error == EDQUOT ? "DISK_FULL" : "FILE_IO",
            {}};
}

Status write_all(int fd, std::string_view bytes, std::string_view path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return from_errno("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return ok();
}

Status sync_directory(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return from_errno("sync", directory);
    return ok();
}

std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

// Calls `visit` for every whole intent of the file behind `fd`; stops at the first one that is not whole: a crash cut
// it off before its batch was begun. Returns where that is.
Result<std::uint64_t> each_intent(int fd, const std::function<void(const Intent&, std::span<const Placed>)>& visit) {
    WEIR_TRY(const FileStat stat, stat_of(fd));
    std::string bytes(stat.size, '\0');
    WEIR_TRY(const std::size_t got, read_at(fd, bytes.data(), bytes.size(), 0));
    std::uint64_t at = 0;
    std::vector<Placed> placed;
    while (at + sizeof(Intent) <= got) {
        Intent intent;
        std::memcpy(&intent, bytes.data() + at, sizeof intent);
        const std::uint64_t size = sizeof intent + std::uint64_t{intent.count} * sizeof(Placed);
        if (intent.magic != kMagic || size > got - at) break;
        std::memset(bytes.data() + at + offsetof(Intent, check), 0, sizeof intent.check);
        if (hash_of({bytes.data() + at, size}) != intent.check) break;
        placed.resize(intent.count);
        if (intent.count > 0) std::memcpy(placed.data(), bytes.data() + at + sizeof intent, size - sizeof intent);
        visit(intent, placed);
        at += size;
    }
    return at;
}

}  // namespace

Result<AppendFile> AppendFile::open(std::string path) {
    AppendFile file(std::move(path));
    WEIR_CHECK_OK(file.open_both());
    WEIR_CHECK_OK(file.repair());
    return file;
}

Status AppendFile::open_both() {
    constexpr int kFlags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC;
    data_ = UniqueFd(::open(path_.c_str(), kFlags, 0640));
    if (!data_) return from_errno("open", path_);
    if (::flock(data_.get(), LOCK_EX | LOCK_NB) != 0) {
        return Error{Errc::unavailable, "\"" + path_ + "\" is being written by another sink", "FILE_IN_USE", {}};
    }
    const std::string refs = path_ + ".weir-refs";
    refs_ = UniqueFd(::open(refs.c_str(), kFlags, 0640));
    if (!refs_) return from_errno("open", refs);
    return sync_directory(path_);
}

// A crash leaves at most the last batch unfinished. Its intent was durable before its first byte was written.
Status AppendFile::repair() {
    Intent last{};
    std::uint64_t before_last = 0;
    std::uint64_t seen = 0;
    WEIR_TRY(const std::uint64_t whole, each_intent(refs_.get(), [&](const Intent& intent, std::span<const Placed> p) {
                 last = intent;
                 before_last = seen;
                 seen += sizeof intent + p.size_bytes();
             }));
    WEIR_TRY(const FileStat stat, stat_of(data_.get()));
    size_ = stat.size;
    refs_size_ = whole;
    if (::ftruncate(refs_.get(), static_cast<off_t>(whole)) != 0) return from_errno("truncate", path_ + ".weir-refs");
    // No intent, or a file someone put there anew: what stands in it is not ours to judge.
    if (last.magic == 0 || stat.size <= last.offset) {
        if (last.magic != 0 && stat.size == last.offset) refs_size_ = before_last;
        return ::ftruncate(refs_.get(), static_cast<off_t>(refs_size_)) == 0 ? ok() : from_errno("truncate", path_);
    }
    WEIR_TRY(const bool complete, holds(last.offset, last.size, last.hash));
    if (complete) {
        // What is found counts as delivered, so it must be durable before anybody hears of it.
        return ::fdatasync(data_.get()) == 0 ? ok() : from_errno("sync", path_);
    }
    if (stat.size > last.offset + last.size) {
        return Error{Errc::corrupt,
                     "\"" + path_ + "\": the last batch is damaged and bytes follow it that weir did not write",
                     "FILE_FOREIGN_WRITER",
                     {}};
    }
    size_ = last.offset;
    refs_size_ = before_last;
    if (::ftruncate(data_.get(), static_cast<off_t>(size_)) != 0 || ::fdatasync(data_.get()) != 0 ||
        ::ftruncate(refs_.get(), static_cast<off_t>(refs_size_)) != 0) {
        return from_errno("repair", path_);
    }
    return ok();
}

Result<bool> AppendFile::holds(std::uint64_t offset, std::uint64_t size, std::uint64_t hash) const {
    std::string bytes(size, '\0');
    WEIR_TRY(const std::size_t got, read_at(data_.get(), bytes.data(), bytes.size(), offset));
    return got == size && hash_of(bytes) == hash;
}

Status AppendFile::append(std::string_view bytes, std::span<Placed> placed) {
    if (refs_size_ > kRefsMax) WEIR_CHECK_OK(rotate_refs());
    // Somebody else's bytes would end up inside our batch's range.
    WEIR_TRY(const FileStat now, stat_of(data_.get()));
    if (now.size != size_) {
        return Error{Errc::unavailable,
                     "\"" + path_ + "\" has " + std::to_string(now.size) + " bytes, expected " + std::to_string(size_) +
                         ": somebody else writes to it",
                     "FILE_FOREIGN_WRITER",
                     {}};
    }
    for (Placed& place : placed) place.offset += size_;
    const std::uint64_t refs_before = refs_size_;
    if (auto intent = write_intent(bytes, placed); !intent.ok()) {
        return roll_back(refs_before, std::move(intent).error());
    }
    if (auto written = write_all(data_.get(), bytes, path_); !written.ok()) {
        return roll_back(refs_before, std::move(written).error());
    }
    if (::fdatasync(data_.get()) != 0) return roll_back(refs_before, from_errno("sync", path_));
    size_ += bytes.size();
    return ok();
}

Status AppendFile::write_intent(std::string_view bytes, std::span<const Placed> placed) {
    const Intent header{kMagic, static_cast<std::uint32_t>(placed.size()), size_, bytes.size(), hash_of(bytes), 0};
    intent_.resize(sizeof header + placed.size_bytes());
    std::memcpy(intent_.data(), &header, sizeof header);
    if (!placed.empty()) std::memcpy(intent_.data() + sizeof header, placed.data(), placed.size_bytes());
    const std::uint64_t check = hash_of(intent_);
    std::memcpy(intent_.data() + offsetof(Intent, check), &check, sizeof check);
    const std::string path = path_ + ".weir-refs";
    WEIR_CHECK_OK(write_all(refs_.get(), intent_, path));
    if (::fdatasync(refs_.get()) != 0) return from_errno("sync", path);
    refs_size_ += intent_.size();
    return ok();
}

// After a failed write or sync: back to the last good length, durably, or nobody knows.
Status AppendFile::roll_back(std::uint64_t refs_size, Error cause) {
    const bool undone = ::ftruncate(data_.get(), static_cast<off_t>(size_)) == 0 && ::fdatasync(data_.get()) == 0 &&
                        ::ftruncate(refs_.get(), static_cast<off_t>(refs_size)) == 0 && ::fdatasync(refs_.get()) == 0;
    if (undone) {
        refs_size_ = refs_size;
        cause.errc = Errc::unavailable;
    } else {
        cause.errc = Errc::unknown;
        cause.message += "; undoing it failed too: " + errno_text(errno);
    }
    return cause;
}

Status AppendFile::rotate_refs() {
    const std::string path = path_ + ".weir-refs";
    const std::string old = path + ".1";
    if (::rename(path.c_str(), old.c_str()) != 0) return from_errno("rename", path);
    UniqueFd fresh(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
    if (!fresh) {
        const Error error = from_errno("open", path);
        (void)::rename(old.c_str(), path.c_str());
        return error;
    }
    refs_ = std::move(fresh);
    refs_size_ = 0;
    return sync_directory(path_);
}

Status AppendFile::find(const std::function<bool(const Key&)>& wanted,
                        const std::function<void(const Placed&)>& found) const {
    const auto visit = [&](const Intent&, std::span<const Placed> placed) {
        for (const Placed& place : placed) {
            if (wanted(place.key)) found(place);
        }
    };
    if (const auto old = open_for_reading(path_ + ".weir-refs.1"); old.ok()) {
        WEIR_TRY([[maybe_unused]] const auto end, each_intent(old->get(), visit));
    } else if (old.error().errc != Errc::not_found) {
        return old.error();
    }
    WEIR_TRY([[maybe_unused]] const auto end, each_intent(refs_.get(), visit));
    return ok();
}

}  // namespace weir::file
