// What stands between all routes and one target: its quota, its wishes ("come back in 30 s"), a circuit breaker, and
// who goes first when not everybody can.
//
// Lanes ask before each call and tell how it ended. A call is counted as one request; what a connector sends beyond
// that through weir.http/1 is counted by gated_http. Quota use and an open breaker survive a restart: they are written
// to the journal before the call they belong to.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/flow/breaker.hpp"
#include "runtime/flow/sliding_window.hpp"
#include "runtime/journal/journal.hpp"

namespace weir::flow {

enum class Priority : std::uint8_t { critical, normal, bulk };

struct QuotaSettings {
    std::uint32_t concurrency = 0;  // requests under way; 0: no limit, here and below
    std::uint64_t per_second = 0;
    std::uint64_t per_minute = 0;
    std::uint64_t per_day = 0;
    std::uint32_t batch = 0;           // records in one call
    double critical_reserve = 0.0;     // share of each limit that only critical traffic may use, in [0, 1)
    std::uint32_t bulk_at_least = 10;  // of so many calls, one is bulk's when it wants it
};

struct GateSettings {
    std::string connection;
    QuotaSettings quota;
    BreakerSettings breaker;
};

enum class Blocked : std::uint8_t { nothing, quota, concurrency, priority, throttle, breaker, paused };
[[nodiscard]] std::string_view to_string(Blocked by) noexcept;

// Whether a call may start.
struct Permit {
    bool granted = false;
    Blocked by = Blocked::nothing;
    std::uint32_t records_max = UINT32_MAX;  // granted: in this call
    std::int64_t not_before_mono_ns = 0;     // not granted: ask again then
};

// How a call that was granted ended.
enum class CallEnding : std::uint8_t {
    answered,  // whatever it said, the target is there
    failed,    // no answer, 5xx, nobody knows
    unused,    // it did not take place
};

struct GateView {
    BreakerState breaker = BreakerState::closed;
    Blocked by = Blocked::nothing;
    std::int64_t blocked_until_mono_ns = 0;
    std::uint32_t in_flight = 0;
    struct Window {
        std::string_view name;
        std::uint64_t limit = 0;
        std::uint64_t used = 0;
    };
    std::vector<Window> windows;
    double records_per_second = 0.0;  // settled lately; what the quota allows when there was too little to tell
    bool paused = false;
};

// All functions: any thread.
class ConnectionGate {
  public:
    using Caller = std::uint32_t;

    // Takes up what was saved. `journal` and `clock` outlive it.
    ConnectionGate(GateSettings settings, journal::Journal& journal, const Clock& clock);

    [[nodiscard]] Caller enter(Priority priority);
    void leave(Caller caller);

    // Before each call. When granted, exactly one finished() follows.
    [[nodiscard]] Permit ask(Caller caller);
    // `records`: settled by the call, for the estimate.
    void finished(Caller caller, CallEnding ending, std::uint32_t records);
    // The caller has nothing to send: it no longer stands in the way of others.
    void withdraw(Caller caller);

    // A call that was granted wants to send `wanted` requests at a time; the first of a call is paid for. Returns how
    // many may go out now, to be given back with done_requests(); 0: none before *not_before_mono_ns.
    [[nodiscard]] std::uint32_t take_requests(Caller caller, std::uint32_t wanted, std::int64_t* not_before_mono_ns);
    void done_requests(Caller caller, std::uint32_t count);
    // The target said when to come back. Never shortened; it holds for every route.
    void throttle(std::chrono::nanoseconds retry_after);

    void set_paused(bool paused);
    void set_settings(GateSettings settings);  // on a reload; what was used stays used
    [[nodiscard]] GateView view();
    // When `backlog` records will be done, if things go on as they do; nullopt: nothing moves.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> estimate(std::uint64_t backlog);
    [[nodiscard]] const std::string& connection() const noexcept { return settings_.connection; }
    // False: the journal has not taken what was counted last. Do not call: after a crash nobody would know of the call.
    [[nodiscard]] bool durable() const noexcept { return !refused_->load(); }
    // True when requests have to be counted one by one.
    [[nodiscard]] bool limits_requests() const noexcept { return limited_; }
    // The most records a call should carry, whatever the sink takes; 0: no limit.
    [[nodiscard]] std::uint32_t batch_max() const noexcept { return settings_.quota.batch; }

  private:
    struct Window {
        std::string_view name;
        SlidingWindow window;
    };
    struct Member {
        Priority priority = Priority::normal;
        bool calling = false;
        bool prepaid = false;        // the call's own request was not sent yet
        std::uint32_t requests = 0;  // sent by this call
        std::uint32_t under_way = 0;
        std::optional<std::int64_t> wants_since;  // waiting for its turn
        std::int64_t asked_at = 0;
    };

    void make_windows();
    void load();
    void save(bool breaker_changed);
    [[nodiscard]] double share(Priority priority) const noexcept;
    [[nodiscard]] std::uint64_t room(Priority priority, std::int64_t now);
    [[nodiscard]] std::int64_t room_at(Priority priority, std::int64_t now);
    [[nodiscard]] bool at_concurrency(Priority priority) const noexcept;
    [[nodiscard]] bool another_first(Caller caller, const Member& member, std::int64_t now) const;
    [[nodiscard]] std::uint32_t records_max(Priority priority, std::int64_t now, bool probing);
    Permit refuse(Member& member, Blocked by, std::int64_t not_before, std::int64_t now) const;
    void count_turn(Priority priority);
    void throttle_locked(std::chrono::nanoseconds retry_after, std::int64_t now);
    [[nodiscard]] double steady_rate() const;

    mutable std::mutex mutex_;
    GateSettings settings_;
    bool limited_ = false;
    journal::Journal& journal_;
    const Clock& clock_;
    std::vector<Window> windows_;
    Breaker breaker_;
    std::map<Caller, Member> members_;
    Caller next_caller_ = 1;
    std::uint32_t in_flight_ = 0;
    std::int64_t throttled_until_ = 0;
    bool paused_ = false;
    std::uint32_t turns_since_bulk_ = 0;
    std::uint32_t turns_since_normal_ = 0;
    double requests_per_record_ = 0.0;  // lately; 0: calls send no requests of their own
    SlidingWindow settled_;             // records of the last minute
    std::int64_t settled_since_ = 0;
    // The journal did not take what was saved last. Shared: its answer may come when the gate is gone.
    std::shared_ptr<std::atomic<bool>> refused_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace weir::flow
