// Decides what one commit writes: which records are new, at which offsets, in which groups, and which transitions
// are sound. Bookkeeping over the catalog and the identities; the only I/O is reading a possible duplicate back.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/journal/catalog.hpp"
#include "runtime/journal/identities.hpp"
#include "runtime/journal/pending_identities.hpp"
#include "runtime/journal/store.hpp"

namespace weir::journal {

struct PlannedAppend {
    Status status;
    Offset first = 0;
    std::uint32_t stored = 0;
    std::size_t verdicts_begin = 0;  // into Planner::verdicts()
    std::uint32_t verdicts_count = 0;
};

// One commit at a time: begin(), requests in order, seal(); then applied() when it is durable. A commit that failed is
// forgotten by the next begin(). One thread.
class Planner {
  public:
    // Reads the group that holds the offset; a damaged one has `damaged` set and no records.
    using LoadGroup = std::function<Result<Group>(StreamId, Offset)>;

    Planner(std::uint32_t group_records_max, LoadGroup load)
        : group_records_max_(group_records_max), load_(std::move(load)) {}

    // `records_bytes`: what the requests to come carry, so that one allocation holds it.
    void begin(const Catalog& catalog, std::int64_t wall_ns, std::size_t records_bytes);
    // Not ok: this request alone is refused (`invalid`). It must live until the commit is over.
    [[nodiscard]] PlannedAppend append(const AppendRequest& request);
    [[nodiscard]] Status transition(const Transition& transition);
    void quarantine(QuarantinedGroup group) { set_.quarantine.push_back(std::move(group)); }
    // The plan is complete; valid until the next begin(). An error: a stored record could not be read to compare
    // it, so nothing of the plan may be written.
    [[nodiscard]] Result<const WriteSet*> seal();
    [[nodiscard]] std::span<const Verdict> verdicts(const PlannedAppend& planned) const {
        return std::span(verdicts_).subspan(planned.verdicts_begin, planned.verdicts_count);
    }
    // The plan became durable: its identities count from now on.
    void applied();
    // What is stored may differ from what was planned (a commit failed): forget cached records.
    void forget() { cached_ = Group{}; }

    [[nodiscard]] Identities& identities() noexcept { return identities_; }

  private:
    struct Building {  // a group being filled
        StreamId stream = 0;
        Offset first = 0;
        bool indexed = true;
        std::string frames;
        std::vector<std::uint64_t> hashes;
        std::vector<std::size_t> ends;  // of each frame in `frames`
    };
    struct StreamPlan {
        StreamInfo info;  // as it will be
        Offset durable_end = 0;
        bool changed = false;
        std::vector<std::size_t> buildings;  // into buildings_, ascending by offset
    };
    enum class Match : std::uint8_t { none, same, other };

    [[nodiscard]] Status check(const AppendRequest& request) const;
    [[nodiscard]] Status check(const Transition& transition);
    [[nodiscard]] Status check(const LaneProgress& progress);
    [[nodiscard]] Status check_lane(LaneId lane) const;
    [[nodiscard]] bool landed_before(const Transition& transition) const;
    StreamPlan& plan_of(StreamId stream);
    Building& room_for(StreamPlan& plan, bool indexed, std::size_t bytes);
    void store(StreamPlan& plan, bool indexed, std::string_view frame, std::uint64_t hash);
    Result<Verdict> judge_and_store(StreamPlan& plan, std::string_view frame, std::uint64_t hash);
    // The oldest stored record of the same identity, or the one with the same content if there is one.
    Result<std::pair<Match, Offset>> match(const StreamPlan& plan, const weir_record& record);
    Result<Match> compare(const StreamPlan& plan, const weir_record& record, Offset offset);
    Result<DecodedBatch> planned_record(const StreamPlan& plan, Offset offset) const;
    Status store_conflict(StreamPlan& plan, const weir_record& record, std::uint64_t hash, Offset first);

    std::uint32_t group_records_max_;
    LoadGroup load_;
    Identities identities_;
    PendingIdentities pending_;
    const Catalog* catalog_ = nullptr;
    std::size_t expected_bytes_ = 0;
    WriteSet set_;
    Status broken_;
    std::vector<StreamPlan> streams_;
    std::vector<Building> buildings_;
    std::vector<Offset> positions_;  // planned, by lane id
    std::vector<Verdict> verdicts_;
    std::vector<Position> candidates_;
    Group cached_;  // the last stored group a record was compared with
    StreamId cached_stream_ = 0;
};

}  // namespace weir::journal
