#include "followed_file.hpp"

#include <algorithm>
#include <array>

namespace weir::file {
namespace {

Result<Fingerprint> fingerprint(int fd, std::uint64_t size) {
    std::array<char, Fingerprint::kBytesMax> bytes;
    WEIR_TRY(const std::size_t got, read_at(fd, bytes.data(), std::min<std::uint64_t>(size, bytes.size()), 0));
    return Fingerprint::of({bytes.data(), got});
}

}  // namespace

void FollowedFile::begin(UniqueFd opened, FileId file, bool next_generation) {
    const std::uint32_t generation = cursor.generation + (next_generation ? 1 : 0);
    cursor = Cursor{};
    cursor.name = path.substr(path.rfind('/') + 1);
    cursor.generation = generation;
    go_on(std::move(opened), file);
}

void FollowedFile::go_on(UniqueFd opened, FileId file) {
    fd = std::move(opened);
    cursor.device = file.device;
    cursor.inode = file.inode;
    drained = replaced = false;
    seen_size = 0;
    header.reset();
    header_error.clear();
}

Status FollowedFile::extend_fingerprint(Cursor& next) const {
    if (next.fingerprint.size == Fingerprint::kBytesMax || next.fingerprint.size == next.offset) return ok();
    WEIR_TRY(next.fingerprint, fingerprint(fd.get(), next.offset));
    return ok();
}

Result<bool> continues(int fd, const Cursor& cursor) {
    WEIR_TRY(const FileStat now, stat_of(fd));
    if (now.size < cursor.offset) return false;
    if (cursor.fingerprint.size == 0) return now.id == FileId{cursor.device, cursor.inode};
    WEIR_TRY(const Fingerprint found, fingerprint(fd, cursor.fingerprint.size));
    return found == cursor.fingerprint;
}

}  // namespace weir::file
