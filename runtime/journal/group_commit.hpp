// The journal over any store: queues requests, commits them in groups, tells everybody, serves readers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "runtime/journal/catalog.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/journal/open_journal.hpp"
#include "runtime/journal/planner.hpp"
#include "runtime/journal/recent.hpp"
#include "runtime/journal/store.hpp"

namespace weir::journal {

// Who commits: a thread of the journal's own, or whichever caller comes first (its requests are done() before append()
// or commit() returns, which is what a single-threaded engine needs).
enum class Committer : std::uint8_t { own_thread, caller };

class GroupCommitJournal final : public Journal {
  public:
    GroupCommitJournal(const Options& options, std::unique_ptr<Store> store, Committer committer);
    ~GroupCommitJournal() override;
    // Before anything else; the errors are those of Store::load().
    [[nodiscard]] Status start();

    [[nodiscard]] Result<StreamId> open_stream(std::string_view name) override;
    [[nodiscard]] Result<LaneId> open_lane(std::string_view route, std::string_view destination, StreamId stream,
                                           bool from_begin) override;
    [[nodiscard]] Result<std::vector<CursorUpdate>> cursors(StreamId stream) override;
    [[nodiscard]] Result<LaneState> lane_state(LaneId lane) override;
    [[nodiscard]] Result<std::vector<ItemId>> items_with_rows(LaneId lane, Offset from) override;
    void append(std::unique_ptr<AppendRequest> request) override;
    [[nodiscard]] Status commit(Transition transition) override;
    void submit(Transition transition, std::function<void(const Status&)> done) override;
    [[nodiscard]] Result<std::vector<Group>> read(StreamId stream, Offset from, std::size_t max_bytes) override;
    bool wait(StreamId stream, Offset from, std::stop_token stop, std::int64_t timeout_ns) override;
    [[nodiscard]] Result<StreamInfo> stream_info(StreamId stream) override;
    [[nodiscard]] Result<std::optional<std::string>> state_get(std::string_view scope, std::string_view key) override;
    [[nodiscard]] Health health() const override;

  private:
    struct Move {  // a transition on its way
        Transition transition;
        std::function<void(const Status&)> done;
        Status status;
    };
    struct NewStream {
        std::string name;
        std::function<void(Result<StreamId>)> done;
    };
    struct NewLane {
        LaneEntry lane;
        bool from_begin = false;
        std::function<void(Result<LaneId>)> done;
    };
    struct Append {
        std::unique_ptr<AppendRequest> request;
        std::size_t bytes = 0;
        PlannedAppend planned;
    };
    using Damage = std::unique_ptr<QuarantinedGroup>;  // found by a reader, to be written down
    using Request =
        std::variant<Append, std::unique_ptr<Move>, std::unique_ptr<NewStream>, std::unique_ptr<NewLane>, Damage>;

    // Any thread.
    [[nodiscard]] bool enqueue(Request& request);  // false: stopping, the request is still the caller's
    void want_probe();
    [[nodiscard]] Error refusal() const;
    void report_damage(StreamId stream, const StoredGroup& group);

    // The committing thread.
    void run();
    [[nodiscard]] bool queued() const noexcept;    // queue_mutex_ is held
    void take_queued(std::vector<Request>& into);  // queue_mutex_ is held
    void drain();
    void process(std::span<Request> requests);
    void commit_group(std::span<Request> requests);
    [[nodiscard]] Status write_group(std::span<Request> requests);
    void plan(Request& request, const std::optional<Error>& refused);
    void complete(std::span<Request> requests, const Status& status);
    void create(NewStream& stream);
    void create(NewLane& lane);
    [[nodiscard]] Result<StreamId> create_stream(const std::string& name);
    [[nodiscard]] Result<LaneId> create_lane(NewLane& request);
    [[nodiscard]] Status write_new(const WriteSet& set);
    void apply(const WriteSet& set);
    void apply(const Transition& transition);
    void failed(const Error& error);
    [[nodiscard]] Status recover();
    [[nodiscard]] Status index_identities(const Catalog& catalog);
    [[nodiscard]] Status index_identities(const StreamRange& missing);
    void adopt(LoadedJournal loaded);
    void remember_doubtful(const WriteSet& set);
    void housekeeping();
    void check_reserve();
    void set_health(Availability availability, std::string code, std::string message);
    [[nodiscard]] Result<Group> load_group(StreamId stream, Offset offset);

    const Options options_;
    const std::unique_ptr<Store> store_;
    const Committer committer_;

    mutable std::mutex queue_mutex_;  // guards the four below
    std::condition_variable queue_changed_;
    std::vector<Request> queue_;
    std::deque<Request> appends_;  // in order; kept apart because others overtake them
    bool committing_ = false;      // Committer::caller: somebody is at it
    bool stopping_ = false;
    bool probe_wanted_ = false;  // an append was refused: see whether writing works again
    std::atomic<std::uint64_t> queued_bytes_{0};

    mutable std::mutex state_mutex_;  // guards the four below; never held across I/O
    std::condition_variable_any advanced_;
    Catalog catalog_;
    RecentGroups recent_;
    std::vector<QuarantinedGroup> quarantine_;

    mutable std::mutex health_mutex_;
    Health health_;
    std::atomic<bool> ready_{false};

    // The committing thread's own.
    Planner planner_;
    struct Doubtful {  // a row of a commit that failed, written with outputs
        StreamId into = 0;
        LaneId lane = 0;
        ItemId item;
    };
    std::vector<Doubtful> doubtful_;
    bool usable_ = false;  // the store takes commits; otherwise recover() first
    std::int64_t reserve_checked_mono_ns_ = 0;
    std::int64_t recover_tried_mono_ns_ = 0;

    std::jthread writer_;
};

}  // namespace weir::journal
