// A file that whole batches are appended to, each of them there completely or not at all, also after a crash.
//
// Beside the file stands `<path>.weir-refs`. Before a batch is written, an intent goes there and is synced: where the
// batch begins, how long it is, its hash, and the key of each of its records. Opening repairs what a crash left: a
// batch that is not there completely is cut off. So the keys of the intents are exactly what the file holds.
#pragma once

#include "files.hpp"

#include <weir/result.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::file {

// First 16 bytes of a record's idempotency key.
using Key = std::array<std::uint8_t, 16>;

struct Placed {
    Key key;
    std::uint64_t offset;  // of the record's line in the file
};

// One owner, one thread at a time, and the only writer of the file.
class AppendFile {
  public:
    // Creates the file when missing and repairs it. `unavailable`: cannot be opened now, or another process has it;
    // `corrupt`: it is shorter than it was, or holds bytes somebody else wrote.
    [[nodiscard]] static Result<AppendFile> open(std::string path);

    // Appends `bytes`, in which each record's line begins at bytes offset `placed.offset`; durable on return.
    // `unavailable`: nothing was appended, the file is as it was. `unknown`: it could not be brought back to that;
    // open it anew, which repairs it.
    [[nodiscard]] Status append(std::string_view bytes, std::span<Placed> placed);

    // Calls `found` for each wanted key the file holds, with the offset of its line. Keys are remembered for at least
    // the last kRefsMax bytes of references (350,000 records).
    [[nodiscard]] Status find(const std::function<bool(const Key&)>& wanted,
                              const std::function<void(const Placed&)>& found) const;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    static constexpr std::uint64_t kRefsMax = 8u << 20;

  private:
    explicit AppendFile(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] Status open_both();
    [[nodiscard]] Status repair();
    [[nodiscard]] Status rotate_refs();
    [[nodiscard]] Status write_intent(std::string_view bytes, std::span<const Placed> placed);
    [[nodiscard]] Status roll_back(std::uint64_t refs_size, Error cause);
    [[nodiscard]] Result<bool> holds(std::uint64_t offset, std::uint64_t size, std::uint64_t hash) const;

    std::string path_;
    UniqueFd data_;
    UniqueFd refs_;
    std::uint64_t size_ = 0;  // of the file; everything before it is durable
    std::uint64_t refs_size_ = 0;
    std::string intent_;  // reused
};

}  // namespace weir::file
