#include "runtime/flow/connection_gate.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/counters.hpp"
#include "runtime/flow/events.hpp"

namespace weir::flow {

namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kMilli = 1'000'000;
// Waiting for somebody else's call to end: nobody knows when, so ask again soon.
constexpr std::int64_t kAskAgain = 2 * kMilli;
// Who asked and has not come back for so long does not want any more.
constexpr std::int64_t kForgetAsking = 1'000 * kMilli;
// A target that says "too many" without saying when to come back.
constexpr nanoseconds kThrottleAtLeast = std::chrono::seconds{1};
// Of so many calls one is for normal traffic, however much critical there is.
constexpr std::uint32_t kNormalAtLeast = 5;
constexpr nanoseconds kSettledWindow = std::chrono::seconds{60};

std::string scope_of(const std::string& connection) { return "connection/" + connection; }

}  // namespace

std::string_view to_string(Blocked by) noexcept {
    switch (by) {
        case Blocked::nothing:
            return "";
        case Blocked::quota:
            return "quota";
        case Blocked::concurrency:
            return "concurrency";
        case Blocked::priority:
            return "priority";
        case Blocked::throttle:
            return "throttle";
        case Blocked::breaker:
            return "breaker";
        case Blocked::paused:
            return "paused";
    }
    return "invalid";
}

ConnectionGate::ConnectionGate(GateSettings settings, journal::Journal& journal, const Clock& clock)
    : settings_(std::move(settings)),
      journal_(journal),
      clock_(clock),
      breaker_(settings_.breaker),
      settled_(UINT64_MAX / 2, kSettledWindow),
      settled_since_(clock.mono_ns()) {
    make_windows();
    load();
}

void ConnectionGate::make_windows() {
    const QuotaSettings& quota = settings_.quota;
    const std::pair<std::string_view, std::pair<std::uint64_t, nanoseconds>> wanted[] = {
        {"per_second", {quota.per_second, std::chrono::seconds{1}}},
        {"per_minute", {quota.per_minute, std::chrono::minutes{1}}},
        {"per_day", {quota.per_day, std::chrono::hours{24}}},
    };
    windows_.clear();
    for (const auto& [name, limit] : wanted) {
        if (limit.first > 0) windows_.push_back({name, SlidingWindow(limit.first, limit.second)});
    }
    limited_ = !windows_.empty() || quota.concurrency > 0;
}

// ------------------------------------------------------------------------------------------------ durable state

void ConnectionGate::load() {
    const std::int64_t mono = clock_.mono_ns();
    const std::int64_t wall = clock_.wall_ns();
    const auto stored = [this](std::string_view key) -> std::string {
        auto value = journal_.state_get(scope_of(settings_.connection), key);
        return value && *value ? std::move(**value) : std::string();
    };
    for (Window& window : windows_) window.window.load(stored(window.name), mono, wall);
    breaker_.load(stored("breaker"), mono, wall);
    // The target's wish holds for the new process as for the old one.
    const std::string until = stored("throttled_until");
    if (!until.empty()) {
        const std::int64_t left = std::strtoll(until.c_str(), nullptr, 10) - wall;
        constexpr std::int64_t kLongest = 86'400'000 * kMilli;
        throttled_until_ = mono + std::clamp<std::int64_t>(left, 0, kLongest);
    }
}

// Under the lock, so that the journal gets the states in the order in which they came to be, and before the call that
// they belong to is journaled as started.
void ConnectionGate::save(bool breaker_changed) {
    const std::int64_t mono = clock_.mono_ns();
    const std::int64_t wall = clock_.wall_ns();
    // What the journal did not take is written again with the next call.
    const bool again = refused_->exchange(false);
    journal::Transition transition;
    const auto write = [&](std::string_view key, std::string value) {
        journal::StateWrite state;
        state.scope = scope_of(settings_.connection);
        state.key = key;
        if (!value.empty()) state.value = std::move(value);
        transition.state.push_back(std::move(state));
    };
    for (Window& window : windows_) {
        if (window.window.dirty() || again) write(window.name, window.window.save(mono, wall));
    }
    if (breaker_changed || again) write("breaker", breaker_.save(mono, wall));
    if (transition.state.empty()) return;
    journal_.submit(std::move(transition), [refused = refused_](const Status& status) {
        if (!status) *refused = true;
    });
}

// ------------------------------------------------------------------------------------------------ who may

ConnectionGate::Caller ConnectionGate::enter(Priority priority) {
    const std::scoped_lock lock(mutex_);
    members_[next_caller_].priority = priority;
    return next_caller_++;
}

void ConnectionGate::leave(Caller caller) {
    const std::scoped_lock lock(mutex_);
    members_.erase(caller);
}

double ConnectionGate::share(Priority priority) const noexcept {
    return priority == Priority::critical ? 1.0 : 1.0 - settings_.quota.critical_reserve;
}

std::uint64_t ConnectionGate::room(Priority priority, std::int64_t now) {
    std::uint64_t least = UINT64_MAX;
    for (Window& window : windows_) least = std::min(least, window.window.room(now, share(priority)));
    return least;
}

std::int64_t ConnectionGate::room_at(Priority priority, std::int64_t now) {
    std::int64_t latest = now;
    for (Window& window : windows_) latest = std::max(latest, window.window.room_at(now, 1, share(priority)));
    return latest;
}

bool ConnectionGate::at_concurrency(Priority priority) const noexcept {
    const std::uint32_t limit = settings_.quota.concurrency;
    if (limit == 0) return false;
    const auto usable = static_cast<std::uint32_t>(static_cast<double>(limit) * share(priority));
    return in_flight_ >= std::max(1u, usable);
}

// Critical before normal before bulk; but bulk, and normal, get a turn among so many when they have waited that long.
bool ConnectionGate::another_first(Caller caller, const Member& member, std::int64_t now) const {
    const auto claim = [&](const Member& m) {
        if (m.priority == Priority::bulk && turns_since_bulk_ + 1 >= settings_.quota.bulk_at_least) return -2;
        if (m.priority == Priority::normal && turns_since_normal_ + 1 >= kNormalAtLeast) return -1;
        return static_cast<int>(m.priority);
    };
    const int mine = claim(member);
    const std::int64_t since = member.wants_since.value_or(now);
    return std::ranges::any_of(members_, [&](const auto& other) {
        const Member& m = other.second;
        if (other.first == caller || m.calling || !m.wants_since || now - m.asked_at > kForgetAsking) return false;
        const int theirs = claim(m);
        return theirs < mine || (theirs == mine && *m.wants_since < since);
    });
}

Permit ConnectionGate::refuse(Member& member, Blocked by, std::int64_t not_before, std::int64_t now) const {
    if (!member.wants_since) member.wants_since = now;
    member.asked_at = now;
    return {false, by, 0, not_before};
}

Permit ConnectionGate::ask(Caller caller) {
    const std::scoped_lock lock(mutex_);
    const std::int64_t now = clock_.mono_ns();
    Member& member = members_.at(caller);
    if (paused_) return refuse(member, Blocked::paused, now + 100 * kMilli, now);
    if (!breaker_.allows(now)) {
        const std::int64_t until = std::max(breaker_.open_until_mono_ns(), now + kAskAgain);
        return refuse(member, Blocked::breaker, until, now);
    }
    if (now < throttled_until_) return refuse(member, Blocked::throttle, throttled_until_, now);
    if (at_concurrency(member.priority)) return refuse(member, Blocked::concurrency, now + kAskAgain, now);
    if (room(member.priority, now) == 0) {
        return refuse(member, Blocked::quota, std::max(room_at(member.priority, now), now + 1), now);
    }
    if (another_first(caller, member, now)) return refuse(member, Blocked::priority, now + kAskAgain, now);

    Permit permit{true, Blocked::nothing, UINT32_MAX, 0};
    const bool probing = breaker_.state(now) == BreakerState::half_open;
    permit.records_max = records_max(member.priority, now, probing);
    for (Window& window : windows_) window.window.add(now, 1);
    ++in_flight_;
    breaker_.started(now);
    if (probing) count(Counter::breaker_probes);
    count_turn(member.priority);
    member.calling = true;
    member.prepaid = true;
    member.requests = 0;
    member.under_way = 1;
    member.wants_since.reset();
    save(false);
    return permit;
}

void ConnectionGate::count_turn(Priority priority) {
    turns_since_bulk_ = priority == Priority::bulk ? 0 : turns_since_bulk_ + 1;
    turns_since_normal_ = priority == Priority::critical ? turns_since_normal_ + 1 : 0;
}

// A probe risks one record. Where each record is a request, a call carries what there is room for now: the rest would
// only wait inside the call, and hold back what is more urgent.
std::uint32_t ConnectionGate::records_max(Priority priority, std::int64_t now, bool probing) {
    if (probing) return 1;
    std::uint64_t most = settings_.quota.batch > 0 ? settings_.quota.batch : UINT32_MAX;
    if (requests_per_record_ > 0.0 && !windows_.empty()) {
        const double fits = static_cast<double>(room(priority, now)) / requests_per_record_;
        most = std::min<std::uint64_t>(most, fits < 1.0 ? 1 : static_cast<std::uint64_t>(std::min(fits, 1e9)));
    }
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(most, UINT32_MAX));
}

void ConnectionGate::finished(Caller caller, CallEnding ending, std::uint32_t records) {
    const std::scoped_lock lock(mutex_);
    Member& member = members_.at(caller);
    const std::int64_t now = clock_.mono_ns();
    in_flight_ -= std::min(in_flight_, std::max(1u, member.under_way));
    member.calling = false;
    member.under_way = 0;
    bool changed = false;
    switch (ending) {
        case CallEnding::answered:
            changed = breaker_.succeeded();
            break;
        case CallEnding::failed:
            changed = breaker_.failed(now);
            break;
        case CallEnding::unused:
            breaker_.cancelled();
            break;
    }
    if (records > 0) {
        settled_.add(now, records);
        const double lately = static_cast<double>(member.requests) / records;
        requests_per_record_ = requests_per_record_ == 0.0 ? lately : 0.8 * requests_per_record_ + 0.2 * lately;
    }
    if (!changed) return;
    save(true);
    const bool closed = ending == CallEnding::answered;
    count(closed ? Counter::breaker_closed : Counter::breaker_opened);
    closed ? events::breaker_closed(settings_.connection)
           : events::breaker_opened(settings_.connection, breaker_.failures(), breaker_.open_until_mono_ns() - now);
}

void ConnectionGate::withdraw(Caller caller) {
    const std::scoped_lock lock(mutex_);
    members_.at(caller).wants_since.reset();
}

// ------------------------------------------------------------------------------------------------ inside a call

std::uint32_t ConnectionGate::take_requests(Caller caller, std::uint32_t wanted, std::int64_t* not_before_mono_ns) {
    const std::scoped_lock lock(mutex_);
    const std::int64_t now = clock_.mono_ns();
    Member& member = members_.at(caller);
    *not_before_mono_ns = now;
    if (now < throttled_until_ && !member.prepaid) {
        *not_before_mono_ns = throttled_until_;
        return 0;
    }
    const std::uint64_t unpaid = room(member.priority, now);
    const std::uint64_t free =
        member.prepaid ? std::max(unpaid, unpaid + 1) : unpaid;  // no limit is the largest number
    if (free == 0) {
        *not_before_mono_ns = std::max(room_at(member.priority, now), now + 1);
        return 0;
    }
    std::uint64_t take = std::min<std::uint64_t>(wanted, free);
    if (settings_.quota.concurrency > 0) {
        // The call holds one place already.
        const std::uint32_t places =
            settings_.quota.concurrency > in_flight_ ? settings_.quota.concurrency - in_flight_ : 0;
        take = std::min<std::uint64_t>(take, std::uint64_t{places} + 1);
    }
    const auto taken = static_cast<std::uint32_t>(take);
    const std::uint32_t to_pay = taken - (member.prepaid ? 1 : 0);
    if (to_pay > 0) {
        for (Window& window : windows_) window.window.add(now, to_pay);
    }
    member.prepaid = false;
    member.requests += taken;
    in_flight_ += taken - 1;
    member.under_way += taken - 1;
    save(false);
    return taken;
}

void ConnectionGate::done_requests(Caller caller, std::uint32_t count) {
    const std::scoped_lock lock(mutex_);
    if (count <= 1) return;
    Member& member = members_.at(caller);
    const std::uint32_t extra = std::min(count - 1, member.under_way - std::min(member.under_way, 1u));
    member.under_way -= extra;
    in_flight_ -= std::min(in_flight_, extra);
}

void ConnectionGate::throttle(nanoseconds retry_after) {
    const std::scoped_lock lock(mutex_);
    throttle_locked(retry_after, clock_.mono_ns());
}

void ConnectionGate::throttle_locked(nanoseconds retry_after, std::int64_t now) {
    const std::int64_t until = now + std::max(retry_after, kThrottleAtLeast).count();
    if (until <= throttled_until_) return;
    throttled_until_ = until;
    journal::Transition transition;
    const std::int64_t wall = clock_.wall_ns() + (until - now);
    transition.state.push_back(
        {scope_of(settings_.connection), "throttled_until", std::to_string(wall), wall + 86'400'000 * kMilli});
    journal_.submit(std::move(transition), {});
}

// ------------------------------------------------------------------------------------------------ for people

void ConnectionGate::set_paused(bool paused) {
    const std::scoped_lock lock(mutex_);
    paused_ = paused;
}

void ConnectionGate::set_settings(GateSettings settings) {
    const std::scoped_lock lock(mutex_);
    const std::int64_t mono = clock_.mono_ns();
    const std::int64_t wall = clock_.wall_ns();
    std::map<std::string_view, std::string> used;
    for (Window& window : windows_) used[window.name] = window.window.save(mono, wall);
    const std::string open = breaker_.save(mono, wall);
    settings_ = std::move(settings);
    make_windows();
    for (Window& window : windows_) window.window.load(used[window.name], mono, wall);
    breaker_ = Breaker(settings_.breaker);
    breaker_.load(open, mono, wall);
}

double ConnectionGate::steady_rate() const {
    double rate = -1.0;
    for (const Window& window : windows_) {
        const double seconds = std::chrono::duration<double>(window.window.length()).count();
        const double one = static_cast<double>(window.window.limit()) / seconds;
        rate = rate < 0.0 ? one : std::min(rate, one);
    }
    return rate;
}

GateView ConnectionGate::view() {
    const std::scoped_lock lock(mutex_);
    const std::int64_t now = clock_.mono_ns();
    GateView view;
    view.breaker = breaker_.state(now);
    view.in_flight = in_flight_;
    view.paused = paused_;
    for (Window& window : windows_)
        view.windows.push_back({window.name, window.window.limit(), window.window.used(now)});
    if (settings_.quota.concurrency > 0)
        view.windows.push_back({"concurrency", settings_.quota.concurrency, in_flight_});
    if (paused_) {
        view.by = Blocked::paused;
    } else if (view.breaker == BreakerState::open) {
        view.by = Blocked::breaker;
        view.blocked_until_mono_ns = breaker_.open_until_mono_ns();
    } else if (now < throttled_until_) {
        view.by = Blocked::throttle;
        view.blocked_until_mono_ns = throttled_until_;
    } else if (room(Priority::critical, now) == 0) {
        view.by = Blocked::quota;
        view.blocked_until_mono_ns = room_at(Priority::critical, now);
    }
    // What a single request carries follows from what it carried; without that, one record.
    const double seconds = std::min(60.0, std::chrono::duration<double>(nanoseconds(now - settled_since_)).count());
    const auto settled = static_cast<double>(settled_.used(now));
    if (settled > 0.0 && seconds >= 1.0) {
        view.records_per_second = settled / seconds;
    } else {
        view.records_per_second = std::max(0.0, steady_rate());
    }
    return view;
}

std::optional<nanoseconds> ConnectionGate::estimate(std::uint64_t backlog) {
    if (backlog == 0) return nanoseconds{0};
    const GateView now = view();
    if (now.paused || now.records_per_second <= 0.0) return std::nullopt;
    const double seconds = static_cast<double>(backlog) / now.records_per_second;
    const std::int64_t blocked = now.by == Blocked::quota ? 0 : now.blocked_until_mono_ns - clock_.mono_ns();
    return nanoseconds(static_cast<std::int64_t>(std::min(seconds, 1e9) * 1e9) + std::max<std::int64_t>(0, blocked));
}

}  // namespace weir::flow
