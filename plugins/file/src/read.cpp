// Reading: blocks of a file, rows of a block, and the batch they become.
#include "file_source.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace weir::file {
namespace {

constexpr std::size_t kBlockMin = 64u << 10;
constexpr std::size_t kBlockMax = 1u << 20;
constexpr std::size_t kHeldMax = 64u << 10;  // of a row too long to be kept whole
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool blank(std::string_view row) noexcept { return row.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

// Reads, emits and submits one batch.
FileSource::Read FileSource::read_batch(FollowedFile& file, Outlet& out, const PollLimits& limits) {
    if (cfg().format == Format::csv && !file.header && file.header_error.empty()) load_header(file);
    current_ = file.path;
    source_ = !cfg().source.empty() ? cfg().source : file_url(file);
    Batch batch{file, out, limits, file.cursor};
    batch.final = file.replaced || cfg().on_end == OnEnd::stop;
    std::size_t size = std::clamp(average_row_ * limits.max_records + average_row_, kBlockMin, kBlockMax);
    while (!batch.full()) {
        const Block block = read_block(batch, size);
        const std::size_t used = take_rows(batch, block);
        if (used > 0) continue;
        if (block.bytes.size() > cfg().max_row_bytes) {
            if (!skip_long_row(batch, block)) break;
        } else if (!block.at_end) {
            size = std::max(size * 4, kBlockMax);
        } else if (!take_unfinished(batch, block)) {
            break;
        }
    }
    if (batch.next.offset == file.cursor.offset) {
        file.drained = true;
        file.seen_size = unwrap(stat_of(file.fd.get())).size;
        return Read::drained;
    }
    return submit(batch);
}

FileSource::Read FileSource::submit(Batch& batch) {
    unwrap(batch.file.extend_fingerprint(batch.next));
    const std::uint64_t token = token_ + 1;
    if (!batch.out.submit(token, batch.file.path, batch.next.encode())) return Read::busy;
    token_ = token;
    submitted_.push_back({token, batch.file.path, std::move(batch.file.cursor)});
    batch.file.cursor = std::move(batch.next);
    return Read::submitted;
}

FileSource::Block FileSource::read_block(Batch& batch, std::size_t size) {
    size = std::min(size, std::size_t{cfg().max_row_bytes} + kBlockMin);
    // NDJSON rows are payloads as they stand, so they are read straight into the host's memory. CSV rows are not. A
    // second block would mostly be rest of the file that the next batch reads again: it is copied row by row instead.
    char* memory = nullptr;
    if (cfg().format == Format::ndjson && !batch.arena_used) memory = batch.out.buffer(size + kRowPadding);
    batch.arena_used = true;
    if (memory == nullptr) {
        buffer_.resize(std::max(buffer_.size(), size + kRowPadding));
        memory = buffer_.data();
    }
    const std::size_t got = unwrap(read_at(batch.file.fd.get(), memory, size, batch.next.offset));
    std::memset(memory + got, ' ', kRowPadding);
    Block block{{memory, got}, got < size};
    if (batch.next.offset == 0 && block.bytes.starts_with(kByteOrderMark)) {
        block.bytes.remove_prefix(kByteOrderMark.size());
        batch.next.offset = kByteOrderMark.size();
    }
    return block;
}

// Takes complete rows off the front of the block until it or the batch is used up; returns how many bytes.
std::size_t FileSource::take_rows(Batch& batch, const Block& block) {
    std::size_t used = 0;
    const std::uint32_t first = batch.out.emitted();
    while (!batch.full()) {
        const auto end = row_end(row_limit(block.bytes.substr(used)));
        if (!end) break;
        if (!take_row(batch, block.bytes.substr(used, *end))) break;
        used += *end + 1;
        batch.next.offset += *end + 1;
    }
    if (batch.out.emitted() > first) average_row_ = used / (batch.out.emitted() - first) + 1;
    return used;
}

// Where a row and its newline must end. Looking no further makes what becomes of a long row independent of where
// blocks happen to begin, so that its identity is the same each time.
std::string_view FileSource::row_limit(std::string_view text) const noexcept {
    return text.substr(0, std::size_t{cfg().max_row_bytes} + 1);
}

std::optional<std::size_t> FileSource::row_end(std::string_view text) const noexcept {
    if (cfg().format == Format::csv) return csv_row_end(text, cfg().delimiter[0]);
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return std::nullopt;
    return newline;
}

// One row without its newline: emitted, held, or skipped (header, blank). False: the batch has no room left for it.
bool FileSource::take_row(Batch& batch, std::string_view row) {
    Cursor& next = batch.next;
    const std::uint64_t number = next.row + 1;
    const Chain chain = next.chain;
    next.row = number;
    if (cfg().identity == Identity::content) next.chain.add(row);
    batch.bytes += row.size();
    const bool is_header = cfg().format == Format::csv && number == 1;
    if ((is_header && batch.file.header) || blank(row)) return true;
    if (cfg().format == Format::csv && !batch.file.header) {
        hold_row(batch, row, batch.file.header_error);
        return true;
    }
    auto parsed = parser_.parse(row, batch.file.header ? &*batch.file.header : nullptr, batch.out);
    if (parsed.ok()) {
        emit_row(batch, *parsed);
    } else if (parsed.error().errc == Errc::unavailable) {
        next.row = number - 1;
        next.chain = chain;
        if (batch.out.emitted() == 0) throw Retry(parsed.error().code, parsed.error().message);
        return false;
    } else {
        hold_row(batch, row, parsed.error().message);
    }
    return true;
}

void FileSource::emit_row(Batch& batch, const ParsedRow& parsed) {
    Meta meta = parsed.meta;
    if (meta.id.empty()) meta.id = row_id(batch.next);
    if (meta.source.empty()) meta.source = source_;
    if (meta.type.empty()) meta.type = cfg().type;
    if (meta.schema.empty()) meta.schema = cfg().schema;
    batch.out(parsed.payload, meta);
}

void FileSource::hold_row(Batch& batch, std::string_view row, std::string_view why) {
    Meta meta;
    meta.id = row_id(batch.next);
    meta.source = source_;
    meta.type = cfg().type;
    meta.content_type = cfg().format == Format::csv ? "text/csv" : "application/x-ndjson";
    const std::string message = "row " + std::to_string(batch.next.row) + ": " + std::string(why);
    batch.out.emit_held(row, "BAD_ROW", message, meta);
}

// The bytes behind the last newline, once nothing more will come. False: there is nothing to take (yet).
bool FileSource::take_unfinished(Batch& batch, const Block& block) {
    if (!batch.final || block.bytes.empty()) return false;
    // A CSV row whose quote is never closed ends with its line, so that the rows behind it are still read.
    const std::size_t end = std::min(block.bytes.find('\n'), block.bytes.size());
    if (!take_row(batch, block.bytes.substr(0, end))) return false;
    batch.next.offset += std::min(end + 1, block.bytes.size());
    return true;
}

// A row longer than the limit: its beginning is held, the rest passed over. False: its end is not written yet.
bool FileSource::skip_long_row(Batch& batch, const Block& block) {
    const std::size_t line = row_limit(block.bytes).find('\n');
    if (line != std::string_view::npos) {
        // A CSV row whose quote is not closed within the limit: it ends with its line, the rows behind it are read.
        if (!take_row(batch, block.bytes.substr(0, line))) return false;
        batch.next.offset += line + 1;
        return true;
    }
    const auto length = long_row_length(batch, block.bytes.size());
    if (!length) return false;
    const std::string_view kept = block.bytes.substr(0, kHeldMax);
    ++batch.next.row;
    if (cfg().identity == Identity::content) batch.next.chain.add(kept);
    hold_row(batch, kept,
             std::to_string(*length) + " bytes, expected at most " + std::to_string(cfg().max_row_bytes) +
                 "; the first " + std::to_string(kept.size()) + " are kept");
    batch.bytes += kept.size();
    const std::uint64_t size = unwrap(stat_of(batch.file.fd.get())).size;
    batch.next.offset = std::min<std::uint64_t>(batch.next.offset + *length + 1, size);
    return true;
}

// Looks for the newline behind the first `known` bytes of the row.
std::optional<std::size_t> FileSource::long_row_length(const Batch& batch, std::size_t known) const {
    std::string piece(kBlockMax, '\0');
    for (std::size_t length = known;;) {
        const std::size_t got =
            unwrap(read_at(batch.file.fd.get(), piece.data(), piece.size(), batch.next.offset + length));
        const std::size_t newline = std::string_view(piece.data(), got).find('\n');
        if (newline != std::string_view::npos) return length + newline;
        length += got;
        if (got < piece.size()) return batch.final ? std::optional(length) : std::nullopt;
    }
}

void FileSource::load_header(FollowedFile& file) {
    buffer_.resize(std::max(buffer_.size(), kBlockMax));
    const std::size_t got = unwrap(read_at(file.fd.get(), buffer_.data(), kBlockMax, 0));
    std::string_view text(buffer_.data(), got);
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    auto end = row_end(text);
    const bool complete = cfg().on_end == OnEnd::stop || file.replaced;
    if (!end && got < kBlockMax && !complete) return;  // still being written
    if (!end) end = std::min(text.find('\n'), text.size());
    auto header = CsvHeader::parse(text.substr(0, *end), cfg().delimiter[0]);
    if (header.ok()) {
        file.header = *std::move(header);
    } else {
        file.header_error = header.error().message;
        host().warn("csv header is not usable, its rows are held", {{"path", file.path}, {"error", file.header_error}});
    }
}

std::string FileSource::file_url(const FollowedFile& file) const {
    // With identity by content the name must not take part: the same rows under another name are the same records.
    if (cfg().identity == Identity::content) return "file://" + directory_ + "/";
    return "file://" + file.path.substr(0, file.path.rfind('/') + 1) + file.cursor.name;
}

// "<name>:<row>", "<name>~<generation>:<row>" or "<32 hex>:<row>", see README.md, "Identity".
std::string_view FileSource::row_id(const Cursor& next) {
    char digits[20];
    const auto number = [&digits](std::uint64_t value) {
        return std::string_view(digits,
                                static_cast<std::size_t>(std::to_chars(digits, std::end(digits), value).ptr - digits));
    };
    if (cfg().identity == Identity::content) {
        char hex[32];
        next.chain.write_hex(hex);
        id_.assign(hex, sizeof hex);
    } else {
        id_ = next.name;
        if (next.generation > 1) id_.append(1, '~').append(number(next.generation));
    }
    id_.append(1, ':').append(number(next.row));
    return id_;
}

}  // namespace weir::file
