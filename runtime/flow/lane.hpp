// A lane: one route's deliveries to one destination. Decides what may be sent now and what each outcome means.
//
// Passive and single-threaded: the engine that owns it feeds it (offer), asks it (next), calls the sink, and tells it
// the outcomes (settle); the lane answers with what to write to the journal. Time comes in as arguments.
//
// Order: deliveries of one key go out in the order of their records. A delivery that waits (to be retried, or to be
// resolved) holds back the later ones of its key and nobody else. A delivery that ended for a person (held, dead)
// holds back nobody.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/flow/predecessors.hpp"
#include "runtime/flow/range_set.hpp"
#include "runtime/flow/retry_policy.hpp"
#include "runtime/flow/stages.hpp"

namespace weir::flow {

struct LaneSettings {
    journal::LaneId id = 0;
    std::string route;
    std::string destination;
    KeySelector key;
    RetryRules retry;
    Provides provides;
    std::vector<Predecessor> after;
    std::shared_ptr<PostedObjects> posted;  // of the connection; null when neither of the two is used
    std::chrono::nanoseconds posted_for{std::chrono::hours{24 * 400}};  // how long an object counts as posted
    plugin::SinkLimits limits;
    std::uint32_t traits = 0;  // WEIR_TRAIT_* of the sink
    bool can_resolve = false;
    std::size_t window_records = 8192;  // deliveries kept in memory; beyond it the lane has no room
    std::size_t window_bytes = 64u << 20;
};

enum class Pending : std::uint8_t { ready, retrying, unknown, predecessor };

// One record to one destination, not yet finished.
struct Delivery {
    journal::ItemId item;
    BatchPtr batch;           // keeps the record alive
    std::uint32_t index = 0;  // of the record in `batch`
    std::uint64_t key = 0;    // hash of the ordering key; 0: free
    Pending state = Pending::ready;
    bool has_row = false;  // the journal has a DeliveryRow for it
    bool in_flight = false;
    bool replay = false;     // outside of the accounts: it is in them already
    bool new_frame = false;  // the journal's frame is not this record: write it with the next row
    std::uint32_t attempts = 0;
    std::uint32_t probes = 0;
    std::int64_t due_mono_ns = 0;
    std::int64_t opened_wall_ns = 0;      // when its row was made; 0: it has none
    std::int64_t wait_until_wall_ns = 0;  // for its predecessors
    DeliveryKeys keys{};
    [[nodiscard]] const weir_record& record() const { return (*batch)[index]; }
};

// Deliveries chosen for one call.
struct Attempt {
    journal::AttemptKind kind = journal::AttemptKind::deliver;
    std::uint64_t id = 0;
    std::vector<Delivery> deliveries;
    Call call;
};

struct Now {
    std::int64_t mono_ns = 0;
    std::int64_t wall_ns = 0;
};

class Lane {
  public:
    // Takes up where the journal says this lane stood.
    Lane(LaneSettings settings, journal::LaneState state, Now now, std::uint64_t seed);

    // Where to read on: the offset after the last one offered (after a restart: the position).
    [[nodiscard]] journal::Offset next_offset() const noexcept { return offered_; }
    [[nodiscard]] bool has_room() const noexcept;
    // Takes the deliveries of records from next_offset() on; earlier ones are passed over. Settled ones, too.
    void offer(const Stepped& stepped, Now now);

    // Rows that are durable as `waiting` or `unknown`, because somebody asked for them again. Those without a frame of
    // their own come through offer(), as Stepped::redone. `closed` is LaneState::closed as of then: what has become of
    // the other parts of their records.
    using ClosedParts = std::vector<std::pair<journal::ItemId, journal::DeliveryState>>;
    void take_up(std::vector<journal::DeliveryRow>&& rows, const ClosedParts& closed, Now now);
    // Of the rows found at the start, those that need the steps first. Once.
    [[nodiscard]] std::vector<journal::DeliveryRow> take_redo() { return std::move(redo_); }

    // Whether next() may have something. Cheap, and rarely wrong.
    [[nodiscard]] bool has_due(Now now) const noexcept {
        return !ready_.empty() || (!waiting_.empty() && waiting_.begin()->first <= now.mono_ns);
    }
    // What may be sent (or asked) now, at most `records_max`; nullopt: nothing until next_due_mono_ns(), an offer or
    // an outcome.
    [[nodiscard]] std::optional<Attempt> next(Now now, std::uint32_t records_max = UINT32_MAX);
    // Deliveries that ended without a call (no predecessor in time, a damaged row): what to write.
    [[nodiscard]] bool has_ended() const noexcept { return !ended_.empty() || !ended_rows_.empty(); }
    void write_ended(Now now, journal::Transition& into);
    [[nodiscard]] std::optional<std::int64_t> next_due_mono_ns() const;
    // To be durable before the sink is called.
    [[nodiscard]] journal::AttemptStarted started(const Attempt& attempt, Now now) const;
    // What the outcomes mean. The transition is to be durable before anybody relies on it.
    void settle(Attempt&& attempt, const std::vector<plugin::Outcome>& outcomes, Now now, journal::Transition& into);
    // The sink could not be called: nothing was sent, no attempt is used up.
    void put_back(Attempt&& attempt, std::int64_t not_before_mono_ns, Now now, journal::Transition& into);

    // True when offers settled records (filtered, put aside) that no transition has told the journal yet.
    [[nodiscard]] bool progress_changed() const noexcept { return progress_changed_; }
    void write_progress(Now now, journal::Transition& into);

    // Nothing in memory that could be sent now or later.
    [[nodiscard]] bool idle() const noexcept { return in_memory_ == 0; }
    [[nodiscard]] std::size_t in_memory() const noexcept { return in_memory_; }
    [[nodiscard]] std::size_t waiting_keys() const noexcept { return lines_.size(); }
    [[nodiscard]] const journal::LaneProgress& progress() const noexcept { return progress_; }
    [[nodiscard]] const LaneSettings& settings() const noexcept { return settings_; }

  private:
    struct Line {  // one key that waits: its deliveries in order, the head first
        std::deque<Delivery> deliveries;
    };
    struct Parts {                    // of a record that became several, or that has rows
        std::uint32_t unsettled = 0;  // neither finished nor written down
        std::uint32_t live = 0;       // not finished
        bool spoiled = false;         // one of them ended held or dead
        bool several = false;
    };
    struct Due {
        std::uint64_t key;
        journal::ItemId item;
    };

    void load_rows(journal::LaneState& state, Now now);
    void load_row(journal::DeliveryRow&& row, bool was_under_way, Now now);
    void load_damaged(journal::DeliveryRow&& row, Now now);
    void take_redone(const Redone& redone, Now now);
    void end_redone(const Redone& redone, Now now);
    void resume(Delivery&& delivery, const journal::DeliveryRow& row, bool was_under_way, Now now);
    [[nodiscard]] bool asks_first(const journal::DeliveryRow& row) const noexcept;
    [[nodiscard]] bool has_predecessors(const Delivery& delivery) const;
    void wait_for_predecessors(Delivery& delivery, std::int64_t since_wall_ns, Now now) const;
    [[nodiscard]] std::chrono::milliseconds longest_wait() const;
    void look_again(Line& line, Delivery& head, Now now);
    void load_open_attempts(const journal::LaneState& state);
    void offer_record(const Stepped& stepped, std::uint32_t index, std::uint32_t first_output, std::uint32_t outputs,
                      Now now);
    void hold_here(const Stepped& stepped, const Verdict& verdict, Now now);
    void count_ended(journal::Offset offset);
    void enqueue(Delivery&& delivery);
    void put_in_line(Delivery&& delivery);
    void schedule_head(std::uint64_t key);
    Delivery* find_in_line(std::uint64_t key, journal::ItemId item);
    struct Chosen {
        std::vector<Delivery> deliveries;
        std::size_t bytes = 0;
        std::size_t most = SIZE_MAX;
    };
    void collect_due(Now now, Chosen& resolve, Chosen& send);
    void take_from_line(Line& line, Chosen& send);
    void take_ready(Chosen& send);
    [[nodiscard]] bool full(const Chosen& chosen) const noexcept;
    [[nodiscard]] Attempt make_attempt(journal::AttemptKind kind, std::vector<Delivery>&& deliveries);

    enum class After : std::uint8_t { delivered, retry, unknown, held, dead };
    struct Judgement {
        After after;
        std::int64_t delay_ns = 0;
        std::string code;
        std::string message;
    };
    [[nodiscard]] Judgement judge(journal::AttemptKind kind, const Delivery& delivery, const plugin::Outcome& outcome,
                                  Now now);
    [[nodiscard]] Judgement judge_retry(const Delivery& delivery, const plugin::Outcome& outcome, Now now);
    [[nodiscard]] Judgement judge_unknown(const Delivery& delivery, const plugin::Outcome& outcome);
    void apply(journal::AttemptKind kind, Delivery&& delivery, const plugin::Outcome& outcome, Now now,
               journal::Transition& into);
    [[nodiscard]] journal::DeliveryRow row_of(const Delivery& delivery, const plugin::Outcome& outcome,
                                              const Judgement& judgement, Now now) const;
    void finish(const Delivery& delivery, After after, bool duplicate);
    void first_settled(const Delivery& delivery);
    void settle_offset(journal::Offset offset);
    void close_recovered(Now now, journal::Transition& into);
    [[nodiscard]] bool settled(journal::Offset offset) const;
    [[nodiscard]] bool was_offered(journal::Offset offset) const { return offset < offered_ || settled(offset); }
    [[nodiscard]] bool was_under_way(journal::ItemId item) const;
    [[nodiscard]] bool was_under_way(journal::Offset offset) const;  // one of its parts
    [[nodiscard]] std::uint64_t key_of(weir_str key) const;
    double random() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }

    LaneSettings settings_;
    bool atomic_;  // several deliveries of one key may share a batch
    journal::LaneProgress progress_;
    RangeSet settled_;  // beyond progress_.position
    bool progress_changed_ = false;
    journal::Offset offered_ = 0;

    std::deque<Delivery> ready_;
    std::unordered_map<std::uint64_t, Line> lines_;
    std::multimap<std::int64_t, Due> waiting_;  // by due time
    std::unordered_map<journal::Offset, Parts> parts_;
    std::size_t in_memory_ = 0;
    std::size_t bytes_in_memory_ = 0;
    std::uint64_t next_free_key_ = 0;  // keys for deliveries without one, that nothing else can have

    // Left by a crash: attempts whose outcome nobody knows. Closed once the position has passed what they covered.
    struct Recovered {
        std::uint64_t attempt = 0;
        journal::Offset end = 0;
        std::set<journal::ItemId> items;  // of these no row has been written since
    };
    std::vector<Recovered> recovered_;
    RangeSet recovered_ranges_;
    std::map<journal::ItemId, journal::DeliveryState> closed_;  // finished parts of unfinished records
    std::set<journal::ItemId> loaded_;                          // unsettled records' parts that came back as rows
    std::vector<journal::DeliveryRow> redo_;                    // found at the start, waiting for the steps
    std::vector<std::pair<Delivery, plugin::Outcome>> ended_;   // without a call
    std::vector<journal::DeliveryRow> ended_rows_;              // the same, for those that never became deliveries

    std::mt19937_64 random_;
};

}  // namespace weir::flow
