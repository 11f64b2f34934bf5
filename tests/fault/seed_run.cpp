// long: one run of a seed from its scenario to its checks; parts of it would share all of its state.
#include "tests/fault/seed_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "runtime/flow/inline_engine.hpp"
#include "runtime/journal/inspect.hpp"
#include "runtime/journal/open_journal.hpp"
#include "tests/fault/seed_journal.hpp"

namespace weir::test {

namespace {

constexpr std::int64_t kStart = 1'782'864'000'000'000'000;  // 2026-07-01T00:00:00Z
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;

using journal::DeliveryState;

bool is_live(DeliveryState state) {
    return state == DeliveryState::retrying || state == DeliveryState::unknown || state == DeliveryState::waiting;
}

// ------------------------------------------------------------------------------------------------ the route's step

// Filters type "drop", puts aside accounts it does not know, makes several parts of type "parts:N".
class MapStep final : public plugin::TransformHandle {
  public:
    explicit MapStep(const std::set<std::string>& unknown) : unknown_(unknown) {}
    Status start(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    std::uint32_t traits() const noexcept override { return WEIR_TRAIT_PURE; }

    plugin::TransformResult transform(const plugin::CallContext&, const BatchPtr& in) override {
        plugin::TransformResult result;
        BatchBuilder builder;
        builder.keep(in);
        for (std::uint32_t i = 0; i < in->size(); ++i) {
            weir_record record = (*in)[i];
            record.origin = i;
            plugin::Outcome& outcome = result.outcomes.emplace_back();
            outcome.kind = WEIR_OUT_OK;
            if (view(record.type) == "drop") {
                outcome.kind = WEIR_OUT_FILTERED;
            } else if (unknown_.contains(std::string(view(record.subject)))) {
                outcome.kind = WEIR_OUT_REJECTED;
                outcome.error_class = WEIR_CLASS_BUSINESS;
                outcome.code = "UNKNOWN_ACCOUNT";
            } else {
                add_parts(record, builder);
            }
        }
        result.output = builder.seal();
        return result;
    }

  private:
    static void add_parts(const weir_record& record, BatchBuilder& builder) {
        const std::string type(view(record.type));
        const int parts = type.starts_with("parts:") ? std::stoi(type.substr(6)) : 1;
        for (int part = 1; part <= parts; ++part) {
            weir_record one = record;
            if (parts > 1) one.id = builder.copy(str(std::string(view(record.id)) + "." + std::to_string(part)));
            builder.add(one);
        }
    }
    const std::set<std::string>& unknown_;
};

// ------------------------------------------------------------------------------------------------ accepting

class Append final : public journal::AppendRequest {
  public:
    struct Answer {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
        bool accepted = false;
        journal::Offset first = 0;
        std::uint32_t stored = 0;
    };
    explicit Append(std::shared_ptr<Answer> answer) : answer_(std::move(answer)) {}
    void done(const journal::AppendResult& result) noexcept override {
        const std::scoped_lock lock(answer_->mutex);
        answer_->accepted = result.status.ok();
        answer_->first = result.first;
        answer_->stored = result.stored;
        answer_->done = true;
        answer_->changed.notify_all();
    }

  private:
    std::shared_ptr<Answer> answer_;
};

// ------------------------------------------------------------------------------------------------ the world

struct LaneOf {
    Route route = Route::invoices;
    bool archive = false;
    journal::LaneId id = 0;
    [[nodiscard]] std::string destination() const { return archive ? "archive" : "erp"; }
    [[nodiscard]] std::string name() const { return std::string(to_string(route)) + "/" + destination(); }
};

flow::Priority priority_of(Route route) {
    if (route == Route::credits) return flow::Priority::critical;
    return route == Route::usage ? flow::Priority::bulk : flow::Priority::normal;
}

// One delivery that must end in the books.
struct Wanted {
    Document document;
    Route route = Route::invoices;
    bool archive = false;
    std::string record;
    std::uint32_t part = 0;
};

std::map<std::string, Wanted> wanted_of(const SeedScenario& scenario) {
    std::map<std::string, Wanted> all;
    for (const SeedRecord& record : scenario.records) {
        if (record.dropped) continue;
        for (const bool archive : {false, true}) {
            if (archive && record.route != Route::invoices) continue;
            for (std::uint32_t part = 0; part < record.parts; ++part) {
                Wanted wanted;
                const LaneOf lane{record.route, archive, 0};
                wanted.route = record.route;
                wanted.archive = archive;
                wanted.record = record.id;
                wanted.part = part;
                wanted.document.lane = lane.name();
                wanted.document.id = record.parts > 1 ? record.id + "." + std::to_string(part + 1) : record.id;
                wanted.document.key = record.account;
                wanted.document.account = record.account;
                wanted.document.amount = *Decimal::parse(record.amount);
                wanted.document.payload = record.payload();
                const DeliveryKeys keys =
                    delivery_keys(to_string(record.route), lane.destination(), "test", record.id, part);
                all.emplace(std::string(keys.reference()), std::move(wanted));
            }
        }
    }
    return all;
}

class World {
  public:
    explicit World(const SeedScenario& scenario)
        : scenario_(scenario),
          clock_(kStart),
          random_(scenario.seed ^ 0xABCDEF),
          erp_(scenario.erp,
               {scenario.gate.quota.per_second, scenario.gate.quota.per_minute, scenario.gate.quota.concurrency},
               clock_, scenario.seed * 2 + 1),
          archive_(scenario.archive, {}, clock_, scenario.seed * 2 + 2),
          journal_(rows_, scenario.seed * 3) {
        if (scenario_.sqlite) {
            const std::filesystem::path memory = "/dev/shm";
            dir_ = (std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path()) /
                   ("weir-seed-" + std::to_string(::getpid()) + "-" + std::to_string(scenario.seed));
            std::filesystem::remove_all(dir_);
        }
        journal_.on_settled = [this](journal::LaneId lane, std::uint64_t attempt) {
            erp_.settled(lane, attempt);
            archive_.settled(lane, attempt);
        };
        open_journal();
        open_lanes();
    }
    ~World() {
        end_life();
        store_.reset();
        if (scenario_.sqlite) std::filesystem::remove_all(dir_);
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    SeedResult run() {
        start_faults();
        begin_life();
        for (const Event& event : scenario_.events) {
            run_to(event.at_ns);
            survive([&] { happen(event); });
        }
        run_to(scenario_.end_ns);
        heal();
        finish();
        check();
        result_.erp = erp_.documents();
        result_.archive = archive_.documents();
        result_.balances = erp_.balances();
        return std::move(result_);
    }

  private:
    void problem(std::string text) {
        if (result_.problems.size() < 20) result_.problems.push_back(std::move(text));
    }

    // ---------------------------------------------------------------------------------------- the machine

    void open_journal() {
        journal::Options options;
        options.backend = scenario_.sqlite ? "sqlite" : "memory";
        options.dir = dir_;
        options.clock = &clock_;
        options.disk_reserve_bytes = 0;
        auto opened = journal::open_journal(options);
        if (!opened) throw std::runtime_error("cannot open a journal: " + opened.error().message);
        store_ = std::move(*opened);
        journal_.inner = store_.get();
    }

    void open_lanes() {
        for (const Route route : kRoutes) {
            const std::string name(to_string(route));
            streams_[route] = *store_->open_stream("from-" + name);
            steps_[route] = *store_->open_lane(name, "", streams_[route], true);
            paused_[route] = std::make_shared<std::atomic<bool>>(false);
            for (const bool archive : {false, true}) {
                if (archive && route != Route::invoices) continue;
                LaneOf lane{route, archive, 0};
                lane.id = *store_->open_lane(name, lane.destination(), streams_[route], true);
                lanes_.push_back(lane);
            }
        }
    }

    void begin_life() {
        ++result_.lives;
        set_forward_ = false;
        gate_ = std::make_shared<flow::ConnectionGate>(scenario_.gate, journal_, clock_);
        flow::GateSettings loose;
        loose.connection = "archive";
        loose.breaker = scenario_.gate.breaker;
        archive_gate_ = std::make_shared<flow::ConnectionGate>(loose, journal_, clock_);
        posted_ = std::make_shared<flow::PostedObjects>("erp", journal_);
        engine_ = std::make_unique<flow::InlineEngine>(clock_);
        std::map<Route, journal::Offset> reached;
        for (const LaneOf& lane : lanes_) {
            reached[lane.route] = std::max(reached[lane.route], flow::reached(*journal_.lane_state(lane.id)));
        }
        for (const auto& [route, offset] : reached) {
            asides_[route] = std::make_shared<flow::AsideBook>(std::string(to_string(route)), steps_.at(route), offset,
                                                               journal_, clock_);
        }
        for (const LaneOf& lane : lanes_) add_pipe(lane);
    }

    void end_life() {
        asides_.clear();
        readers_.clear();
        workers_.clear();
        engine_.reset();
        gate_.reset();
        archive_gate_.reset();
        posted_.reset();
    }

    void crashed() {
        end_life();
        erp_.crashed();
        archive_.crashed();
        // What a gate remembers about a minute is stored by the wall clock: set forward, the minute is over.
        if (set_forward_) erp_.forget_requests();
        if (scenario_.sqlite) {
            store_.reset();
            open_journal();
        }
        begin_life();
    }

    template <class Action>
    void survive(const Action& action) {
        try {
            action();
        } catch (const Crash&) {
            crashed();
        }
    }

    flow::LaneSettings lane_settings(const LaneOf& of, const plugin::SinkHandle& sink) const {
        flow::LaneSettings lane;
        lane.id = of.id;
        lane.route = to_string(of.route);
        lane.destination = of.destination();
        lane.key = *flow::KeySelector::parse("record.subject");
        lane.retry.common = scenario_.retry;
        lane.limits = sink.limits();
        lane.traits = sink.traits();
        lane.can_resolve = sink.can_resolve();
        if (scenario_.reader_one) lane.window_records = 2;
        if (of.archive) return lane;
        lane.posted = posted_;
        if (of.route == Route::invoices) lane.provides = {"invoice", *flow::KeySelector::parse("record.id")};
        if (of.route == Route::payments) {
            lane.after.push_back(
                {"invoice", *flow::KeySelector::parse("record.correlation_id"), std::chrono::seconds{60}});
        }
        return lane;
    }

    std::vector<flow::Step> make_steps() const {
        std::vector<flow::Step> steps(1);
        steps[0].label = "step 1 (map)";
        steps[0].scope = "step 1 (map)";
        steps[0].transform = std::make_unique<MapStep>(unknown_to_steps_);
        return steps;
    }

    void add_pipe(const LaneOf& of) {
        SimErp& erp = of.archive ? archive_ : erp_;
        flow::SinkFactory factory = [&erp, of]() -> Result<std::unique_ptr<plugin::SinkHandle>> {
            return erp.make_sink(of.id, of.name());
        };
        auto sink = *factory();
        flow::Lane lane(lane_settings(of, *sink), *journal_.lane_state(of.id), flow::now_of(clock_),
                        scenario_.seed + of.id);
        flow::Reader::Settings reading;
        reading.route = to_string(of.route);
        reading.stream = streams_.at(of.route);
        reading.steps_lane = steps_.at(of.route);
        reading.destination = of.destination();
        reading.aside = asides_.at(of.route);
        reading.takes_aside = !of.archive;
        if (scenario_.reader_one) reading.read_bytes = 1;
        for (const LaneOf& other : lanes_) {
            if (other.route == of.route) reading.lanes.push_back({other.id, other.destination()});
        }
        reading.hand_over = [this](std::vector<journal::DeliveryRow>&& rows) { post(std::move(rows)); };
        auto reader = std::make_unique<flow::Reader>(reading, make_steps(), journal_, clock_, lane.next_offset());
        if (reading.takes_aside) {
            auto aside = *journal_.lane_state(reading.steps_lane);
            reader->post_redo(std::move(aside.live));
            readers_[reading.steps_lane] = reader.get();
        }
        flow::LaneWorker::Settings working;
        working.gate = of.archive ? archive_gate_ : gate_;
        working.caller = working.gate->enter(priority_of(of.route));
        working.paused = paused_.at(of.route);
        working.run_steps = [to = reader.get()](std::vector<journal::DeliveryRow>&& rows) {
            to->post_redo(std::move(rows));
        };
        auto worker = std::make_unique<flow::LaneWorker>(std::move(working), std::move(lane), std::move(factory),
                                                         std::move(sink), journal_, clock_);
        workers_[of.id] = worker.get();
        engine_->add(std::move(reader), std::move(worker));
    }

    void post(std::vector<journal::DeliveryRow>&& rows) {
        for (auto& row : rows) {
            const journal::LaneId lane = row.lane;
            std::vector<journal::DeliveryRow> one;
            one.push_back(std::move(row));
            if (const auto worker = workers_.find(lane); worker != workers_.end()) {
                worker->second->post(std::move(one));
            } else {
                readers_.at(lane)->post_redo(std::move(one));
            }
        }
    }

    // ---------------------------------------------------------------------------------------- what happens

    void start_faults() {
        erp_.faults = archive_.faults = scenario_.faults;
        erp_.closed_accounts = {scenario_.closed.begin(), scenario_.closed.end()};
        erp_.unmapped = {scenario_.unmapped.begin(), scenario_.unmapped.end()};
        unknown_to_steps_ = {scenario_.unknown_to_steps.begin(), scenario_.unknown_to_steps.end()};
        journal_.crash_per_mille = scenario_.commit_crash;
        journal_.refuse_per_mille = scenario_.commit_refuse;
    }

    void repair() {
        erp_.closed_accounts.clear();
        erp_.unmapped.clear();
        unknown_to_steps_.clear();
    }

    // Steps that put more aside than those before. With other steps a host takes its lanes up anew.
    void spoil(std::size_t number) {
        unknown_to_steps_.insert(kAccounts[number % std::size(kAccounts)]);
        throw Crash{};
    }

    void run_to(std::int64_t at_ns) {
        const std::int64_t end = at_ns + 1;  // the clock starts at 1
        while (clock_.mono_ns() < end) {
            survive([&] {
                engine_->run_until_idle(end - clock_.mono_ns());
                if (clock_.mono_ns() < end) clock_.advance(end - clock_.mono_ns());
            });
            if (!accept_backlog_.empty()) accept_again();
        }
    }

    void happen(const Event& event) {
        switch (event.kind) {
            case EventKind::accept:
                if (!accept(event.number)) accept_backlog_.push_back(event.number);
                break;
            case EventKind::erp_down:
                erp_.down = true;
                break;
            case EventKind::archive_down:
                archive_.down = true;
                break;
            case EventKind::disk_full:
                journal_.full = true;
                break;
            case EventKind::jump_wall:
                clock_.jump_wall(event.length_ns);
                set_forward_ |= event.length_ns > 0;
                break;
            case EventKind::crash:
                throw Crash{};
            case EventKind::pause:
                *paused_.at(kRoutes[event.number]) = true;
                break;
            case EventKind::redrive:
                redrive(50, false);
                break;
            case EventKind::replay:
                replay();
                break;
            case EventKind::repair:
                repair();
                throw Crash{};
            case EventKind::spoil:
                spoil(event.number);
                break;
            case EventKind::heal:
                end(event);
                break;
        }
    }

    void end(const Event& event) {
        if (event.ends == EventKind::erp_down) erp_.down = false;
        if (event.ends == EventKind::archive_down) archive_.down = false;
        if (event.ends == EventKind::disk_full) journal_.full = false;
        if (event.ends == EventKind::pause) *paused_.at(kRoutes[event.number]) = false;
    }

    // False: the journal takes nothing now; the source comes again.
    bool accept(std::size_t number) {
        if (journal_.full) return false;
        const SeedRecord& given = scenario_.records[number];
        const std::string type = given.dropped     ? "drop"
                                 : given.parts > 1 ? "parts:" + std::to_string(given.parts)
                                                   : "doc";
        const std::string payload = given.payload();
        weir_record record{};
        record.id = str(given.id);
        record.source = str("test");
        record.subject = str(given.account);
        record.type = str(type);
        record.correlation_id = str(given.invoice);
        record.time_unix_ns = kStart;
        record.payload = str(payload);
        auto answer = std::make_shared<Append::Answer>();
        auto request = std::make_unique<Append>(answer);
        request->stream = streams_.at(given.route);
        if (!encode_record(record, nullptr, request->records)) throw std::logic_error("a record cannot be encoded");
        journal_.append(std::move(request));
        std::unique_lock lock(answer->mutex);
        answer->changed.wait(lock, [&] { return answer->done; });
        if (!answer->accepted) return false;
        if (answer->stored > 0) offsets_[given.id] = answer->first;
        return true;
    }

    void accept_again() {
        std::vector<std::size_t> backlog = std::move(accept_backlog_);
        accept_backlog_.clear();
        for (const std::size_t number : backlog) {
            if (!accept(number)) accept_backlog_.push_back(number);
        }
    }

    // ---------------------------------------------------------------------------------------- the operator

    bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

    [[nodiscard]] const LaneOf* lane_of(journal::LaneId id) const {
        const auto found = std::ranges::find(lanes_, id, &LaneOf::id);
        return found == lanes_.end() ? nullptr : &*found;
    }

    // Commits rows as the administration does, then hands them to the lanes.
    bool change(journal::Transition&& transition) {
        std::vector<journal::DeliveryRow> up;
        for (const auto& row : transition.rows) {
            if (is_live(row.state)) up.push_back(row);
        }
        if (!journal_.commit(std::move(transition))) {
            // Refused; or durable after all, and no lane knows of it before the next start.
            const auto durable = [&](const auto& row) {
                return rows_.all().at({row.lane, row.item}).state == row.state;
            };
            const bool known = std::ranges::all_of(up, [&](const auto& row) {
                return rows_.all().contains({row.lane, row.item}) && durable(row);
            });
            if (known) throw Crash{};
            return false;
        }
        post(std::move(up));
        return true;
    }

    // `percent` of what is held or dead. With `asked`, a person has looked into the target where weir cannot.
    std::size_t redrive(int percent, bool asked) {
        journal::Transition transition;
        for (const auto& [id, row] : rows_.all()) {
            const bool open = row.state == DeliveryState::held || row.state == DeliveryState::dead;
            if (open && chance(percent)) decide(row, asked, transition);
        }
        const std::size_t count = transition.rows.size();
        return count > 0 && change(std::move(transition)) ? count : 0;
    }

    void decide(journal::DeliveryRow row, bool asked, journal::Transition& into) {
        const LaneOf* lane = lane_of(row.lane);
        row.attempts = row.probes = 0;
        row.next_wall_ns = row.updated_wall_ns = clock_.wall_ns();
        row.state = DeliveryState::waiting;
        const bool again_by_steps = lane == nullptr || row.frame.empty() || chance(30);
        row.redo = again_by_steps ? journal::Redo::steps : journal::Redo::deliver;
        if (row.code == "OUTCOME_UNKNOWN") {
            SimErp& erp = lane->archive ? archive_ : erp_;
            // Of one that was never mapped nobody knows the parts: asked for again, each is held by itself.
            const bool weir_cannot_tell = !erp.traits.resolves && !erp.traits.repeatable() && !row.frame.empty();
            if (weir_cannot_tell && !asked) return;
            if (!weir_cannot_tell) {
                row.state = DeliveryState::unknown;
            } else if (erp.has(row.external_ref)) {
                close(*lane, row, into);
                return;
            } else {
                erp.surely_absent(row.external_ref);
            }
        }
        into.rows.push_back(std::move(row));
    }

    // "It is there, I have seen it."
    void close(const LaneOf& lane, journal::DeliveryRow row, journal::Transition& into) {
        row.state = DeliveryState::resolved;
        row.redo = journal::Redo::none;
        if (lane.route == Route::invoices && !lane.archive) {
            into.state.push_back(posted_->add("invoice", record_at(lane.route, row.item.offset), row.external_ref, 0));
        }
        into.rows.push_back(std::move(row));
    }

    [[nodiscard]] std::string record_at(Route route, journal::Offset offset) const {
        for (const SeedRecord& record : scenario_.records) {
            const auto found = offsets_.find(record.id);
            if (record.route == route && found != offsets_.end() && found->second == offset) return record.id;
        }
        return {};
    }

    void replay() {
        const LaneOf& lane = lanes_[random_() % lanes_.size()];
        const auto progress = store_->lane_state(lane.id)->progress;
        journal::Transition transition;
        for (journal::Offset offset = 0; offset < progress.position; ++offset) {
            if (chance(70)) continue;
            std::vector<journal::DeliveryRow> parts;
            bool delivered = true;
            for (const journal::LaneId id : {lane.id, steps_.at(lane.route)}) {
                for (const auto& [key, row] : rows_.all()) {
                    if (key.first != id || key.second.offset != offset) continue;
                    delivered &= row.state == DeliveryState::delivered;
                    if (id == lane.id) parts.push_back(row);
                }
            }
            if (!delivered) continue;
            if (parts.empty()) {
                parts.emplace_back().lane = lane.id;
                parts.back().item.offset = offset;
            }
            for (auto& row : parts) {
                row.state = DeliveryState::waiting;
                row.redo = journal::Redo::steps;
                row.replay = true;
                row.attempts = row.probes = 0;
                row.next_wall_ns = row.updated_wall_ns = clock_.wall_ns();
                if (row.opened_wall_ns == 0) row.opened_wall_ns = clock_.wall_ns();
                row.frame.clear();
                transition.rows.push_back(std::move(row));
            }
        }
        if (!transition.rows.empty()) change(std::move(transition));
    }

    // ---------------------------------------------------------------------------------------- the end

    void heal() {
        erp_.faults = archive_.faults = {};
        erp_.down = archive_.down = false;
        journal_.full = false;
        journal_.crash_per_mille = journal_.refuse_per_mille = 0;
        for (auto& [route, paused] : paused_) *paused = false;
        repair();
        crashed();
        accept_again();
    }

    // People work until nothing is left for them.
    void finish() {
        for (int round = 0; round < 12; ++round) {
            if (!engine_->run_until_idle(5 * kHour)) {
                problem("not idle after five hours in round " + std::to_string(round));
                for (const auto& [id, worker] : workers_) problem(status_text(id, *worker));
                return;
            }
            // Who asks a target that cannot be asked waits until nothing can come any more.
            const std::int64_t late = std::max(erp_.last_late_ns(), archive_.last_late_ns());
            if (clock_.mono_ns() <= late) clock_.advance(late + 1 - clock_.mono_ns());
            if (redrive(100, true) == 0) return;
        }
        for (const auto& [id, row] : rows_.all()) {
            if (row.state == DeliveryState::held || row.state == DeliveryState::dead) {
                problem("lane " + std::to_string(id.first) + " offset " + std::to_string(id.second.offset) +
                        " is not delivered after twelve redrives: " + row.code + " " + row.message);
            }
        }
    }

    [[nodiscard]] std::string status_text(journal::LaneId id, const flow::LaneWorker& worker) const {
        const flow::WorkerStatus status = worker.status();
        const LaneOf& lane = *std::ranges::find(lanes_, id, &LaneOf::id);
        const flow::GateView view = (lane.archive ? archive_gate_ : gate_)->view();
        return lane.name() + ": " + std::to_string(status.in_memory) + " in memory, " +
               (status.connected ? "" : "not connected, ") + "due in " +
               std::to_string((status.next_due_mono_ns - clock_.mono_ns()) / kSecond) + " s, blocked by \"" +
               std::string(flow::to_string(status.by)) + "\", gate by \"" + std::string(flow::to_string(view.by)) +
               "\" for " + std::to_string((view.blocked_until_mono_ns - clock_.mono_ns()) / kSecond) + " s, breaker " +
               std::string(flow::to_string(view.breaker)) + ", " + std::to_string(view.in_flight) + " in flight";
    }

    void check() {
        for (SimErp* erp : {&erp_, &archive_}) {
            for (const std::string& violation : erp->violations) problem(violation);
        }
        check_books();
        check_order();
        for (const LaneOf& lane : lanes_) check_account(lane);
        if (scenario_.sqlite) check_accounts_of_journal();
    }

    void check_books() {
        std::set<std::string> found;
        for (SimErp* erp : {&erp_, &archive_}) {
            for (const auto& [reference, document] : erp->documents()) found.insert(reference);
        }
        for (const auto& [reference, wanted] : wanted_) {
            SimErp& erp = wanted.archive ? archive_ : erp_;
            const auto at = erp.documents().find(reference);
            if (at == erp.documents().end()) {
                problem(wanted.document.lane + ": " + wanted.document.id + " is not in the books");
            } else if (!(at->second == wanted.document)) {
                problem(wanted.document.lane + ": " + wanted.document.id + " has other content");
            }
            found.erase(reference);
        }
        for (const std::string& reference : found) problem("nobody ordered what stands under " + reference);
    }

    void check_order() {
        for (SimErp* erp : {&erp_, &archive_}) {
            std::map<std::string, std::pair<journal::ItemId, std::string>> last;  // by lane and key
            std::set<std::string> invoices;
            for (const std::string& reference : erp->booked_order()) {
                const auto at = wanted_.find(reference);
                if (at == wanted_.end()) continue;
                const Wanted& wanted = at->second;
                if (wanted.route == Route::invoices) invoices.insert(wanted.record);
                check_predecessor(wanted, invoices);
                const journal::ItemId item{offsets_.at(wanted.record), wanted.part};
                if (was_aside(wanted, item)) continue;
                auto& [before, id] = last[wanted.document.lane + " " + wanted.document.key];
                if (!id.empty() && item < before) {
                    problem(wanted.document.lane + ": " + wanted.document.id + " came after " + id + " of its key");
                }
                before = item;
                id = wanted.document.id;
            }
        }
    }

    void check_predecessor(const Wanted& wanted, const std::set<std::string>& invoices) {
        if (wanted.route != Route::payments) return;
        const auto record = std::ranges::find(scenario_.records, wanted.record, &SeedRecord::id);
        if (!invoices.contains(record->invoice)) {
            problem(wanted.record + " was booked before " + record->invoice + ", which it pays");
        }
    }

    [[nodiscard]] bool was_aside(const Wanted& wanted, journal::ItemId item) const {
        if (rows_.was_aside(steps_.at(wanted.route), {item.offset, 0})) return true;
        // One row may have stood for the later parts, too.
        const auto of_record = [&](journal::LaneId lane) {
            for (std::uint32_t part = 0; part <= item.part; ++part) {
                if (rows_.was_aside(lane, {item.offset, part})) return true;
            }
            return false;
        };
        return std::ranges::any_of(lanes_, [&](const LaneOf& lane) {
            return lane.route == wanted.route && lane.archive == wanted.archive && of_record(lane.id);
        });
    }

    // accepted = delivered + filtered + held + dead + resolved + pending, each counted on its own.
    void check_account(const LaneOf& lane) {
        const auto progress = store_->lane_state(lane.id)->progress;
        const auto accepted = store_->stream_info(streams_.at(lane.route))->end;
        std::set<journal::Offset> live;
        std::set<journal::Offset> ended;
        for (const journal::LaneId id : {lane.id, steps_.at(lane.route)}) {
            for (const auto& [key, row] : rows_.all()) {
                if (key.first != id || row.state == DeliveryState::delivered) continue;
                if (is_live(row.state)) live.insert(key.second.offset);
                if (!row.replay && !is_live(row.state)) ended.insert(key.second.offset);
            }
        }
        for (const journal::Offset offset : live) {
            problem(lane.name() + ": " + record_at(lane.route, offset) +
                    " is still pending: " + rows_text(lane, offset));
        }
        if (progress.position != accepted) {
            problem(lane.name() + ": the position is " + std::to_string(progress.position) + " of " +
                    std::to_string(accepted));
        }
        if (accepted != progress.delivered + progress.filtered + ended.size()) {
            problem(lane.name() + ": accepted " + std::to_string(accepted) + " is not delivered " +
                    std::to_string(progress.delivered) + " + filtered " + std::to_string(progress.filtered) +
                    " + closed " + std::to_string(ended.size()));
        }
    }

    [[nodiscard]] std::string rows_text(const LaneOf& lane, journal::Offset offset) const {
        std::string text;
        for (const auto& [key, row] : rows_.all()) {
            const bool steps = key.first == steps_.at(lane.route);
            if ((key.first != lane.id && !steps) || key.second.offset != offset) continue;
            text += (steps ? " steps " : " part ") + std::to_string(key.second.part) + " " +
                    std::string(to_string(row.state)) + (row.redo == journal::Redo::steps ? " (redo: steps)" : "") +
                    (row.replay ? " (replay)" : "") + " " + row.code;
        }
        return text;
    }

    void check_accounts_of_journal() {
        auto inspector = journal::inspect_journal(dir_);
        if (!inspector) return problem("the journal cannot be inspected: " + inspector.error().message);
        const auto accounts = (*inspector)->accounts();
        if (!accounts) return problem("the accounts cannot be read: " + accounts.error().message);
        for (const auto& account : *accounts) {
            if (account.balanced() && account.pending == 0 && account.replaying == 0) continue;
            problem(account.route + "/" + account.destination + ": the journal's account does not balance");
        }
    }

    const SeedScenario& scenario_;
    ManualClock clock_;
    std::mt19937_64 random_;
    SimErp erp_;
    SimErp archive_;
    DurableRows rows_;
    SeedJournal journal_;
    std::filesystem::path dir_;
    std::unique_ptr<journal::Journal> store_;
    std::set<std::string> unknown_to_steps_;
    std::map<Route, journal::StreamId> streams_;
    std::map<Route, journal::LaneId> steps_;
    std::map<Route, std::shared_ptr<flow::AsideBook>> asides_;
    std::map<Route, std::shared_ptr<std::atomic<bool>>> paused_;
    std::vector<LaneOf> lanes_;
    std::map<std::string, journal::Offset> offsets_;
    std::vector<std::size_t> accept_backlog_;
    std::map<std::string, Wanted> wanted_ = wanted_of(scenario_);
    bool set_forward_ = false;
    SeedResult result_;

    std::shared_ptr<flow::ConnectionGate> gate_;
    std::shared_ptr<flow::ConnectionGate> archive_gate_;
    std::shared_ptr<flow::PostedObjects> posted_;
    std::unique_ptr<flow::InlineEngine> engine_;
    std::map<journal::LaneId, flow::Reader*> readers_;  // by steps lane
    std::map<journal::LaneId, flow::LaneWorker*> workers_;
};

}  // namespace

SeedResult run_seed(const SeedScenario& scenario) { return World(scenario).run(); }

ExpectedBooks expected_books(const SeedScenario& scenario) {
    ExpectedBooks books;
    for (auto& [reference, wanted] : wanted_of(scenario)) {
        (wanted.archive ? books.archive : books.erp).emplace(reference, std::move(wanted.document));
    }
    return books;
}

}  // namespace weir::test
