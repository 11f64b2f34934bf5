#include "runtime/journal/identity_run.hpp"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace weir::journal {

using run_format::Block;
using run_format::Header;
using run_format::kBlockBytes;

std::uint64_t run_format::checksum(std::span<const char> bytes, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Error Run::damaged(std::string_view what) const {
    return {Errc::corrupt, fmt::format("run of identities \"{}\": {}", path_.string(), what), "run_damaged", {}};
}

// ---------------------------------------------------------------------------------------------- opening

Result<std::shared_ptr<const Run>> Run::open(const std::filesystem::path& path, std::uint64_t journal) {
    WEIR_TRY(File file, File::open(path));
    const auto run = std::make_shared<Run>(Private{}, path, std::move(file));
    WEIR_CHECK_OK(run->load(journal));
    return std::shared_ptr<const Run>(run);
}

Status Run::load(std::uint64_t journal) {
    Header header;
    std::array<char, sizeof(Header)> bytes{};
    WEIR_CHECK_OK(file_.read(0, bytes));
    header = run_format::load<Header>(bytes.data());
    if (header.magic != run_format::kMagic) return damaged("not a run");
    if (header.checksum != run_format::header_checksum(header)) return damaged("the header fails its checksum");
    if (header.version != run_format::kVersion || header.block_bytes != kBlockBytes) {
        return damaged(
            fmt::format("format version {}, this program reads version {}", header.version, run_format::kVersion));
    }
    if (header.journal != journal) return damaged("it belongs to another journal");
    WEIR_TRY(const std::uint64_t size, file_.size());
    if (size != header.tail_at() + header.tail_bytes()) {
        return damaged(fmt::format("{} bytes, expected {}", size, header.tail_at() + header.tail_bytes()));
    }
    sequence_ = {header.first_sequence, header.last_sequence};
    entries_ = header.entries;
    lines_ = header.filter_lines;
    blocks_at_ = header.blocks_at();
    WEIR_CHECK_OK(check_filter(header.filter_checksum));
    WEIR_CHECK_OK(load_tail(header));
    WEIR_TRY(filter_, Mapping::map(file_, kBlockBytes + lines_ * sizeof(FilterLine)));
    return ok();
}

// A bit that is missing in the filter would let a duplicate pass, so it is not taken on trust. Read, not mapped: damage
// of the disk is an error then, not a signal.
Status Run::check_filter(std::uint64_t expected) const {
    std::vector<char> buffer(run_format::kFilterPartBytes);
    std::uint64_t checksum = 0;
    const std::uint64_t end = kBlockBytes + lines_ * sizeof(FilterLine);
    for (std::uint64_t at = kBlockBytes; at < end;) {
        const std::span part(buffer.data(), std::min<std::uint64_t>(buffer.size(), end - at));
        WEIR_CHECK_OK(file_.read(at, part));
        checksum = run_format::checksum(part, checksum);
        at += part.size();
    }
    if (checksum != expected) return damaged("the filter fails its checksum");
    return ok();
}

Status Run::load_tail(const Header& header) {
    std::vector<char> tail(header.tail_bytes());
    WEIR_CHECK_OK(file_.read(header.tail_at(), tail));
    if (run_format::checksum(tail, 0) != header.tail_checksum) return damaged("the tail fails its checksum");
    fences_.resize(header.blocks);
    std::copy_n(tail.data(), header.blocks * 8, reinterpret_cast<char*>(fences_.data()));
    for (std::uint64_t i = 0; i < header.ranges; ++i) {
        const char* at = tail.data() + header.blocks * 8 + i * run_format::kRangeBytes;
        coverage_.add(static_cast<StreamId>(run_format::load<std::uint64_t>(at)),
                      {run_format::load<Offset>(at + 8), run_format::load<Offset>(at + 16)});
    }
    return ok();
}

// ---------------------------------------------------------------------------------------------- reading

Status Run::read_blocks(std::uint64_t first, std::span<char> into) const {
    WEIR_CHECK_OK(file_.read(blocks_at_ + first * kBlockBytes, into));
    for (std::size_t at = 0; at < into.size(); at += kBlockBytes, ++first) {
        const std::span<const char, kBlockBytes> block(into.data() + at, kBlockBytes);
        if (run_format::load<std::uint64_t>(block.data()) != run_format::block_checksum(block, first)) {
            return damaged(fmt::format("block {} fails its checksum", first));
        }
    }
    return ok();
}

Status Run::find(IdentityKey key, StreamId stream, std::vector<Position>& into) const {
    // The first block whose fence is not before the key, and the one before it: equal keys may begin there.
    const auto fence = std::lower_bound(fences_.begin(), fences_.end(), key);
    auto index = static_cast<std::uint64_t>(fence - fences_.begin());
    if (index > 0) --index;
    std::array<char, kBlockBytes> bytes;
    for (; index < fences_.size() && fences_[index] <= key; ++index) {
        WEIR_CHECK_OK(read_blocks(index, bytes));
        const Block block(bytes.data());
        std::size_t low = 0;
        for (std::size_t high = block.size(); low < high;) {
            const std::size_t middle = (low + high) / 2;
            if (block.key(middle) < key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (; low < block.size() && block.key(low) == key; ++low) {
            if (stream_of(block.position(low)) == stream) into.push_back(block.position(low));
        }
    }
    return ok();
}

Result<bool> RunCursor::next() {
    if (entry_ == entries_) {
        WEIR_TRY(const bool more, next_block());
        if (!more) return false;
    }
    const Block block(buffer_.data() + block_ * kBlockBytes);
    key_ = block.key(entry_);
    position_ = block.position(entry_);
    ++entry_;
    return true;
}

Result<bool> RunCursor::next_block() {
    constexpr std::uint64_t kAhead = 64;
    if (++block_ >= buffered_) {
        const std::uint64_t count = std::min(kAhead, run_->blocks() - next_block_);
        if (count == 0) return false;
        buffer_.resize(count * kBlockBytes);
        WEIR_CHECK_OK(run_->read_blocks(next_block_, buffer_));
        next_block_ += count;
        buffered_ = count;
        block_ = 0;
    }
    entry_ = 0;
    entries_ = Block(buffer_.data() + block_ * kBlockBytes).size();
    return true;  // a block has at least one entry
}

}  // namespace weir::journal
