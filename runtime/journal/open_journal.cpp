#include "runtime/journal/open_journal.hpp"

#include <fmt/format.h>

#include "runtime/journal/group_commit.hpp"
#include "runtime/journal/memory_store.hpp"
#include "runtime/journal/sqlite_store.hpp"

namespace weir::journal {

Result<std::unique_ptr<Journal>> open_journal(const Options& options) {
    std::unique_ptr<Store> store;
    Committer committer = Committer::own_thread;
    if (options.backend == "memory") {
        store = std::make_unique<MemoryStore>();
        committer = Committer::caller;
    } else if (options.backend == "sqlite") {
        store = std::make_unique<SqliteStore>(options);
    } else {
        return Error{Errc::invalid,
                     fmt::format("journal backend \"{}\", expected \"sqlite\" or \"memory\"", options.backend),
                     "bad_backend",
                     {}};
    }
    auto journal = std::make_unique<GroupCommitJournal>(options, std::move(store), committer);
    WEIR_CHECK_OK(journal->start());
    return std::unique_ptr<Journal>(std::move(journal));
}

}  // namespace weir::journal
