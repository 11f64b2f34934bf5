// The file source: follows a file, or all files of a pattern, and emits each row as one record.
#pragma once

#include "followed_file.hpp"
#include "rows.hpp"
#include "source_config.hpp"

#include <weir/source.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weir::file {

class FileSource final : public PolledSource<SourceConfig> {
  public:
    FileSource(Host host, SourceConfig config);

    void resume(std::string_view partition, std::string_view cursor) override;
    void start(Call& call) override;
    void stop() noexcept override;
    void probe(Call& call) override;
    Polled poll(Call& call, Outlet& out, const PollLimits& limits) override;
    void ack(const Ack& ack) noexcept override;

  private:
    // What to go back to when the host could not keep a batch.
    struct Submitted {
        std::uint64_t token;
        std::string path;
        Cursor before;
    };
    // A piece of the file in memory, kRowPadding readable bytes behind it.
    struct Block {
        std::string_view bytes;
        bool at_end = false;  // of the file, as it is now
    };
    // One batch in the making.
    struct Batch {
        FollowedFile& file;
        Outlet& out;
        const PollLimits& limits;
        Cursor next;
        std::uint64_t bytes = 0;
        bool arena_used = false;  // only the first block of a batch is read into the host's memory
        bool final = false;       // nothing will be added to the file: an unfinished last row is a row

        [[nodiscard]] bool full() const noexcept {
            return out.emitted() >= limits.max_records || bytes >= limits.max_bytes;
        }
    };

    enum class Read : std::uint8_t { submitted, drained, busy };

    [[nodiscard]] static Polled polled(Read read) noexcept;
    [[nodiscard]] Polled at_end() const;
    [[nodiscard]] bool persist_moved(Outlet& out);

    // Looking at the directory (follow.cpp).
    void look();
    void add_new(const FoundFile& match);
    void follow_renames(const std::vector<FoundFile>& found);
    void look_at(FollowedFile& file, const FoundFile& found);
    void reopen(FollowedFile& file, const FoundFile* found);
    void check_still_the_same(FollowedFile& file);
    void restart(FollowedFile& file, std::string_view why);
    void switch_to_replacement(FollowedFile& file);
    void put_away_idle();
    [[nodiscard]] FollowedFile* next_with_rows();

    // Reading (read.cpp).
    [[nodiscard]] Read read_batch(FollowedFile& file, Outlet& out, const PollLimits& limits);
    [[nodiscard]] Block read_block(Batch& batch, std::size_t size);
    [[nodiscard]] std::size_t take_rows(Batch& batch, const Block& block);
    [[nodiscard]] std::optional<std::size_t> row_end(std::string_view text) const noexcept;
    [[nodiscard]] bool take_row(Batch& batch, std::string_view row);
    void emit_row(Batch& batch, const ParsedRow& parsed);
    void hold_row(Batch& batch, std::string_view row, std::string_view why);
    [[nodiscard]] bool take_unfinished(Batch& batch, const Block& block);
    [[nodiscard]] bool skip_long_row(Batch& batch, const Block& block);
    [[nodiscard]] std::optional<std::size_t> long_row_length(const Batch& batch, std::size_t known) const;
    [[nodiscard]] std::string file_url(const FollowedFile& file) const;
    void load_header(FollowedFile& file);
    [[nodiscard]] std::string_view row_id(const Cursor& next);
    [[nodiscard]] std::string_view row_limit(std::string_view text) const noexcept;
    [[nodiscard]] Read submit(Batch& batch);

    std::string directory_;
    std::string pattern_;
    bool one_file_ = false;                      // the path has no wildcard
    std::map<std::string, FollowedFile> files_;  // by path, the host's partition
    std::string current_;  // path of the file read last: it is finished before another one's turn comes
    std::optional<DirectoryWatch> watch_;
    std::atomic<bool> started_ = false;  // watch_ is there: stop() may come from any thread
    RowParser parser_;
    std::string buffer_;  // blocks of CSV files, and rows longer than a block
    std::string source_;  // the CloudEvents source of the file being read
    std::string id_;
    std::deque<Submitted> submitted_;
    std::uint64_t token_ = 0;
    std::size_t average_row_ = 256;  // bytes; sizes the next block
};

}  // namespace weir::file
