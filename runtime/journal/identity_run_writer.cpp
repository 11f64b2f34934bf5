#include <fmt/format.h>
#include <algorithm>
#include <system_error>
#include <utility>

#include "runtime/base/failpoint.hpp"
#include "runtime/journal/identity_run.hpp"
#include "runtime/journal/segment_files.hpp"

namespace weir::journal {

using run_format::kBlockBytes;

namespace {

constexpr std::size_t kBlocksBuffered = 256;
constexpr std::size_t kLinesBuffered = run_format::kFilterPartBytes / sizeof(FilterLine);
constexpr std::uint64_t kWritebackBytes = 8u << 20;

std::filesystem::path unpublished(const std::filesystem::path& path) { return path.string() + ".new"; }

}  // namespace

Result<RunWriter> RunWriter::create(const std::filesystem::path& path, std::uint64_t entries_max) {
    WEIR_TRY(File file, File::create(unpublished(path)));
    return RunWriter(path, std::move(file), filter_lines(entries_max));
}

RunWriter::RunWriter(std::filesystem::path path, File file, std::uint64_t lines)
    : path_(std::move(path)), file_(std::move(file)) {
    header_.filter_lines = lines;
    filter_.reserve(kLinesBuffered);
    filter_.emplace_back();
}

RunWriter::~RunWriter() {
    if (published_ || path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove(unpublished(path_), ignored);
}

Status RunWriter::add(IdentityKey key, Position position) {
    if (blocks_.empty() || filled_ == run_format::kBlockEntries) {
        if (!blocks_.empty()) WEIR_CHECK_OK(end_block());
        blocks_.resize(blocks_.size() + kBlockBytes);
        fences_.push_back(key);
        filled_ = 0;
    }
    run_format::put_entry(blocks_.data() + blocks_.size() - kBlockBytes, filled_++, key, position);
    const std::uint64_t line = filter_line(key, header_.filter_lines);
    if (line != lines_written_ + filter_.size() - 1) WEIR_CHECK_OK(end_line(line));
    filter_.back().set(key);
    ++header_.entries;
    return ok();
}

Status RunWriter::end_block() {
    char* block = blocks_.data() + blocks_.size() - kBlockBytes;
    run_format::store(block + 8, static_cast<std::uint16_t>(filled_));
    const std::span<const char, kBlockBytes> bytes(block, kBlockBytes);
    run_format::store(block, run_format::block_checksum(bytes, fences_.size() - 1));
    return blocks_.size() < kBlocksBuffered * kBlockBytes ? ok() : flush_blocks();
}

Status RunWriter::flush_blocks() {
    const std::uint64_t at = header_.blocks_at() + blocks_written_ * kBlockBytes;
    WEIR_CHECK_OK(file_.write(at, blocks_));
    blocks_written_ += blocks_.size() / kBlockBytes;
    blocks_.clear();
    const std::uint64_t end = header_.blocks_at() + blocks_written_ * kBlockBytes;
    if (end / kWritebackBytes != at / kWritebackBytes) file_.start_writeback(end - kWritebackBytes, kWritebackBytes);
    return ok();
}

// Lines between the last key's and this one's stay empty.
Status RunWriter::end_line(std::uint64_t next) {
    while (lines_written_ + filter_.size() - 1 < next) {
        if (filter_.size() == kLinesBuffered) WEIR_CHECK_OK(flush_lines());
        filter_.emplace_back();
    }
    return ok();
}

Status RunWriter::flush_lines() {
    const std::span bytes(reinterpret_cast<const char*>(filter_.data()), filter_.size() * sizeof(FilterLine));
    header_.filter_checksum = run_format::checksum(bytes, header_.filter_checksum);
    WEIR_CHECK_OK(file_.write(kBlockBytes + lines_written_ * sizeof(FilterLine), bytes));
    lines_written_ += filter_.size();
    filter_.clear();
    return ok();
}

Status RunWriter::publish(std::uint64_t journal, SequenceRange sequence, const Coverage& coverage) {
    if (!blocks_.empty()) {
        WEIR_CHECK_OK(end_block());
        if (!blocks_.empty()) WEIR_CHECK_OK(flush_blocks());
    }
    WEIR_CHECK_OK(end_line(header_.filter_lines - 1));
    WEIR_CHECK_OK(flush_lines());
    header_.journal = journal;
    header_.first_sequence = sequence.first;
    header_.last_sequence = sequence.last;
    header_.blocks = fences_.size();
    WEIR_CHECK_OK(write_tail(coverage));
    WEIR_CHECK_OK(file_.sync());
    failpoint(Failpoint::journal_run_written);
    std::error_code error;
    std::filesystem::rename(unpublished(path_), path_, error);
    if (error) return file_error("rename to", path_, error.value());
    published_ = true;
    return sync_directory(path_.parent_path());
}

Status RunWriter::write_tail(const Coverage& coverage) {
    const auto ranges = coverage.ranges();
    header_.ranges = ranges.size();
    std::vector<char> tail(header_.tail_bytes());
    std::copy_n(reinterpret_cast<const char*>(fences_.data()), fences_.size() * 8, tail.data());
    char* at = tail.data() + fences_.size() * 8;
    for (const StreamRange& one : ranges) {
        run_format::store(at, std::uint64_t{one.stream});
        run_format::store(at + 8, one.range.first);
        run_format::store(at + 16, one.range.end);
        at += run_format::kRangeBytes;
    }
    header_.tail_checksum = run_format::checksum(tail, 0);
    WEIR_CHECK_OK(file_.write(header_.tail_at(), tail));
    WEIR_CHECK_OK(file_.resize(header_.tail_at() + tail.size()));  // a run without entries has no tail
    header_.checksum = run_format::header_checksum(header_);
    std::array<char, kBlockBytes> head{};
    run_format::store(head.data(), header_);
    return file_.write(0, head);
}

}  // namespace weir::journal
