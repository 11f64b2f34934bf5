// The one connection that writes: the active segment's.
#pragma once

#include <memory>
#include <string>

#include "runtime/sqlite/sqlite.hpp"
#include "runtime/journal/store.hpp"

namespace weir::journal {

// One thread. After an error of commit() or probe() it must be thrown away.
class SegmentWriter {
  public:
    [[nodiscard]] static Result<std::unique_ptr<SegmentWriter>> open(const std::string& path, const std::string& vfs);
    explicit SegmentWriter(sqlite::Database db) : db_(std::move(db)) {}  // see open()

    [[nodiscard]] Status commit(const WriteSet& set);
    [[nodiscard]] Status probe();
    // Deletes keys that expired before `now`; at most a few thousand at a time.
    [[nodiscard]] Status expire_state(std::int64_t now_wall_ns);
    // Notes the time and moves everything from the WAL into the file, so that it is never written again.
    [[nodiscard]] Status seal(std::int64_t now_wall_ns);
    // Size of the file once the WAL is moved into it.
    [[nodiscard]] Result<std::uint64_t> bytes();
    [[nodiscard]] sqlite::Database& database() noexcept { return db_; }

  private:
    [[nodiscard]] Status prepare();
    [[nodiscard]] Status write(const WriteSet& set);
    [[nodiscard]] Status write(const NewGroup& group);
    [[nodiscard]] Status write(const StreamEntry& stream);
    [[nodiscard]] Status write(const LaneEntry& lane);
    [[nodiscard]] Status write(const Transition& transition);
    [[nodiscard]] Status write(const AttemptStarted& started);
    [[nodiscard]] Status write(const DeliveryRow& row);
    [[nodiscard]] Status write(const LaneProgress& progress);
    [[nodiscard]] Status write(const StateWrite& state);
    [[nodiscard]] Status write(const QuarantinedGroup& group);
    [[nodiscard]] Status write(const AuditEntry& entry);
    [[nodiscard]] Status write(const DeliveryNote& note);

    sqlite::Database db_;
    sqlite::Statement begin_, commit_, rollback_;
    sqlite::Statement insert_stream_, update_stream_, put_cursor_, insert_group_;
    sqlite::Statement insert_lane_, update_lane_, start_attempt_, settle_attempt_, put_row_;
    sqlite::Statement put_state_, delete_state_, expire_state_, quarantine_, probe_, page_count_;
    sqlite::Statement last_audit_, insert_audit_, insert_note_;
};

}  // namespace weir::journal
