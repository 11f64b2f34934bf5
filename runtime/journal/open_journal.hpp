// Opens a journal by the name of its backend.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/base/clock.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::journal {

struct Options {
    std::string backend = "sqlite";                     // "sqlite" or "memory"
    std::filesystem::path dir;                          // <data_dir>/journal; made when absent, mode 0700
    const Clock* clock = nullptr;                       // required; outlives the journal
    std::uint64_t segment_bytes = 1ull << 30;           // rotate the segment file above this
    std::chrono::hours segment_age{24 * 7};             // or when it is this old
    std::chrono::hours retention_age{24 * 400};         // delete settled segments older than this; 0: keep all
    std::uint64_t retention_bytes = 0;                  // or when all segments are above this; 0: no limit
    std::uint64_t identity_memory_bytes = 64ull << 20;  // tables of recent identities; older ones go to runs on disk
    std::uint64_t disk_reserve_bytes = 64ull << 20;     // refuse appends when the file system has less left
    std::uint64_t queue_bytes_max = 64ull << 20;        // appends waiting for a commit
    std::uint64_t recent_bytes_max = 32ull << 20;       // ring of recent appends that readers share
    std::uint32_t group_records_max = 4096;             // records in one stored row
    std::string vfs;                                    // SQLite VFS name; "" is the default one (tests inject faults)
};

// `conflict`: another process has this journal open. `corrupt`: not a journal of ours, or a newer version.
[[nodiscard]] Result<std::unique_ptr<Journal>> open_journal(const Options& options);

}  // namespace weir::journal
