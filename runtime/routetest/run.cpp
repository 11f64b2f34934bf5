#include "runtime/routetest/run.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <set>
#include <utility>

#include "runtime/base/lane_names.hpp"
#include "runtime/flow/inline_engine.hpp"
#include "runtime/flow/intake.hpp"
#include "runtime/flow/journal_state.hpp"
#include "runtime/flow/route_settings.hpp"
#include "runtime/journal/open_journal.hpp"
#include "runtime/routetest/scripted_http.hpp"

namespace weir::routetest {

namespace {

// Virtual time after which a route that is still busy is taken to never end.
constexpr std::int64_t kPatienceNs = std::int64_t{90} * 86'400'000'000'000;

// The journal answers on its own thread.
class Answer {
  public:
    void give(const plugin::SubmitResult& result) {
        const std::scoped_lock lock(mutex_);
        status_ = result.status;
        done_ = true;
        changed_.notify_all();
    }
    [[nodiscard]] Status wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return done_; });
        return status_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    Status status_;
};

class CaseRun {
  public:
    CaseRun(const Bench& bench, const Case& test, const RunSettings& settings)
        : bench_(bench), test_(test), settings_(settings), clock_(test.clock_ns), http_(test.http) {}

    [[nodiscard]] Result<Actual> run();

  private:
    struct RouteParts {
        const config::Route* route = nullptr;
        bool staged = false;
        journal::StreamId stream = 0;
        journal::LaneId steps = 0;
        journal::StreamId delivered_from = 0;
        std::vector<flow::LaneName> lanes;  // as route->to
    };
    struct Target {
        std::shared_ptr<flow::ConnectionGate> gate;
        std::shared_ptr<flow::PostedObjects> posted;
    };
    struct Source {
        std::unique_ptr<flow::StreamIntake> intake;
        journal::StreamId stream = 0;
    };

    [[nodiscard]] Status open();
    [[nodiscard]] Status open_route(const std::string& name);
    [[nodiscard]] Status open_source(const std::string& connection);
    [[nodiscard]] Status open_destination(const config::Destination& to);
    [[nodiscard]] std::vector<Given> order_given();
    [[nodiscard]] Status give(const GivenRecord& given);
    [[nodiscard]] Status begin_life();
    [[nodiscard]] Status add_route(RouteParts& parts);
    [[nodiscard]] Status add_stager(RouteParts& parts);
    [[nodiscard]] Status add_destination(RouteParts& parts, std::size_t index, std::shared_ptr<flow::AsideBook> aside,
                                         bool first);
    [[nodiscard]] Result<std::vector<flow::Step>> steps_of(const RouteParts& parts, std::size_t most, bool watched);
    [[nodiscard]] Status advance(std::int64_t ns, bool to_the_end);
    [[nodiscard]] Target& target(const std::string& connection);
    // What came of it.
    [[nodiscard]] Result<Actual> collect();
    [[nodiscard]] Status collect_accounts(Actual& actual);
    void collect_unfinished(Actual& actual);
    [[nodiscard]] Status collect_undelivered(Actual& actual);

    const Bench& bench_;
    const Case& test_;
    const RunSettings settings_;
    ManualClock clock_;
    ScriptedHttp http_;
    std::unique_ptr<journal::Journal> store_;
    std::unique_ptr<WatchedJournal> journal_;
    std::unique_ptr<flow::JournalState> state_;
    std::unique_ptr<Workbench> workbench_;
    std::map<std::string, Source> sources_;
    std::map<std::string, Destination> destinations_;
    std::map<std::string, Watch> watches_;
    std::vector<RouteParts> routes_;
    // Of one life.
    std::map<std::string, Target> targets_;
    std::unique_ptr<flow::InlineEngine> engine_;
};

const config::Route* find_route(const config::Config& config, const std::string& name) {
    const auto found = std::ranges::find(config.routes, name, &config::Route::name);
    return found == config.routes.end() ? nullptr : &*found;
}

// ------------------------------------------------------------------------------------------------ opening

Status CaseRun::open() {
    journal::Options options;
    options.backend = "memory";
    options.clock = &clock_;
    WEIR_TRY(store_, journal::open_journal(options));
    journal_ = std::make_unique<WatchedJournal>(*store_);
    state_ = std::make_unique<flow::JournalState>(*store_);
    WEIR_TRY(workbench_, bench_.open(test_, {&clock_, state_.get(), &http_}));
    for (const std::string& name : test_.routes) {
        if (auto status = open_route(name); !status) return std::move(status).error().in("route " + name);
    }
    for (const Given& given : test_.given) {
        if (const auto* record = std::get_if<GivenRecord>(&given); record != nullptr && !record->connection.empty()) {
            WEIR_CHECK_OK(open_source(record->connection));
        }
    }
    return ok();
}

Status CaseRun::open_source(const std::string& connection) {
    if (sources_.contains(connection)) return ok();
    const config::Connection& configured = bench_.config().connections.at(connection);
    Source source;
    WEIR_TRY(source.stream, store_->open_stream(connection));
    WEIR_TRY(const std::uint32_t traits, workbench_->source_traits(configured));
    source.intake = std::make_unique<flow::StreamIntake>(*store_, source.stream, (traits & WEIR_TRAIT_STABLE_IDS) != 0);
    sources_.emplace(connection, std::move(source));
    return ok();
}

Status CaseRun::open_destination(const config::Destination& to) {
    if (destinations_.contains(to.name)) return ok();
    const auto script = test_.destinations.find(to.name);
    WEIR_TRY(const std::uint32_t traits, workbench_->sink_traits(bench_.config().connections.at(to.connection)));
    const std::uint32_t batch_max = settings_.profile == Profile::capacity_one ? 1 : 0;
    destinations_.emplace(
        to.name,
        Destination(script == test_.destinations.end() ? DestinationScript{} : script->second, traits, batch_max));
    return ok();
}

Status CaseRun::open_route(const std::string& name) {
    RouteParts parts;
    parts.route = find_route(bench_.config(), name);
    const config::Route& route = *parts.route;
    WEIR_CHECK_OK(open_source(route.from));
    parts.stream = sources_.at(route.from).stream;
    WEIR_TRY(parts.staged, workbench_->keeps_state(route));
    // From the beginning: what is given is what the route is to see.
    WEIR_TRY(parts.steps, store_->open_lane(name, "", parts.stream, true));
    parts.delivered_from = parts.stream;
    if (parts.staged) {
        WEIR_TRY(parts.delivered_from, store_->open_stream(name + "/staged"));
    }
    for (const config::Destination& to : route.to) {
        WEIR_CHECK_OK(open_destination(to));
        WEIR_TRY(const journal::LaneId lane,
                 store_->open_lane(name, to.name, to.is_tap() ? parts.stream : parts.delivered_from, true));
        parts.lanes.push_back({lane, to.name, to.branch});
    }
    routes_.push_back(std::move(parts));
    watches_[name];
    return ok();
}

// ------------------------------------------------------------------------------------------------ given

// Records of one ordering key keep their order; a wait stays where it is.
void shuffle_run(std::vector<Given>::iterator begin, std::vector<Given>::iterator end, const std::string& key,
                 std::mt19937_64& random) {
    std::map<std::string, std::vector<Given>> by_key;
    std::vector<std::string> keys;
    const auto by_subject = key.empty() || key == "record.subject";
    for (auto it = begin; it != end; ++it) {
        const auto& record = std::get<GivenRecord>(*it);
        std::string own = key == "record.id"                                              ? record.id
                          : key == "record.source"                                        ? record.source
                          : key == "record.type"                                          ? record.type
                          : key == "record.schema"                                        ? record.schema
                          : key == "record.correlation_id"                                ? record.correlation_id
                          : by_subject && (key == "record.subject" || record.key.empty()) ? record.subject
                                                                                          : record.key;
        // The same identity again (a duplicate, a conflict) comes after the first.
        own = own.empty() ? record.id : own;
        keys.push_back(own);
        by_key[own].push_back(std::move(*it));
    }
    std::ranges::shuffle(keys, random);
    std::map<std::string, std::size_t> next;
    for (const std::string& one : keys) *begin++ = std::move(by_key[one][next[one]++]);
}

std::vector<Given> CaseRun::order_given() {
    std::vector<Given> given = test_.given;
    if (settings_.profile != Profile::shuffled) return given;
    std::mt19937_64 random(settings_.seed);
    const auto is_record = [](const Given& one) { return std::holds_alternative<GivenRecord>(one); };
    for (auto at = given.begin(); at != given.end();) {
        const auto end = std::find_if_not(at, given.end(), is_record);
        shuffle_run(at, end, routes_.front().route->key, random);
        at = std::find_if(end, given.end(), is_record);
    }
    return given;
}

Status CaseRun::give(const GivenRecord& given) {
    weir_record record{};
    record.id = str(given.id);
    record.source = str(given.source);
    record.type = str(given.type);
    record.subject = str(given.subject);
    record.key = str(given.key);
    record.schema = str(given.schema);
    record.content_type = str(given.content_type);
    record.correlation_id = str(given.correlation_id);
    record.causation_id = str(given.causation_id);
    record.time_unix_ns = given.time_ns.value_or(clock_.wall_ns());
    record.ingest_unix_ns = clock_.wall_ns();
    std::vector<weir_attr> attributes;
    for (const auto& [name, value] : given.attributes) attributes.push_back({str(name), str(value)});
    record.attrs = attributes.data();
    record.attr_count = static_cast<std::uint32_t>(attributes.size());
    record.payload = str(given.payload);
    const Hold hold{0, WEIR_CLASS_BUSINESS, given.hold, "held by its source"};
    EncodedBatch encoded;
    WEIR_CHECK_OK(encode_record(record, given.hold.empty() ? nullptr : &hold, encoded));
    const std::string& from = given.connection.empty() ? routes_.front().route->from : given.connection;
    Answer answer;
    WEIR_CHECK_OK(sources_.at(from).intake->submit(std::move(encoded), "", std::nullopt,
                                                   [&](const plugin::SubmitResult& result) { answer.give(result); }));
    return answer.wait();
}

// ------------------------------------------------------------------------------------------------ a life

CaseRun::Target& CaseRun::target(const std::string& connection) {
    const auto found = targets_.find(connection);
    if (found != targets_.end()) return found->second;
    Target made;
    made.gate = std::make_shared<flow::ConnectionGate>(flow::gate_settings(bench_.config().connections.at(connection)),
                                                       *journal_, clock_);
    made.posted = std::make_shared<flow::PostedObjects>(connection, *journal_);
    return targets_.emplace(connection, std::move(made)).first->second;
}

Result<std::vector<flow::Step>> CaseRun::steps_of(const RouteParts& parts, std::size_t most, bool watched) {
    WEIR_TRY(auto steps, workbench_->make_steps(*parts.route, most));
    if (!watched) return steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        watch_step(steps[i], i, parts.route->steps[i].transform, watches_[parts.route->name]);
    }
    return steps;
}

Status CaseRun::add_stager(RouteParts& parts) {
    WEIR_TRY(auto state, journal_->lane_state(parts.steps));
    flow::Reader::Settings settings;
    settings.route = parts.route->name;
    settings.stream = parts.stream;
    settings.steps_lane = parts.steps;
    settings.groups_max = 1;
    WEIR_TRY(auto steps, steps_of(parts, SIZE_MAX, true));
    flow::Reader reader(settings, std::move(steps), *journal_, clock_, state.progress.position);
    reader.post_redo(std::move(state.live));
    engine_->add(
        std::make_unique<flow::Stager>(flow::Stager::Settings{parts.route->name, parts.steps, parts.delivered_from},
                                       std::move(reader), *journal_, clock_, state.progress));
    return ok();
}

Status CaseRun::add_destination(RouteParts& parts, std::size_t index, std::shared_ptr<flow::AsideBook> aside,
                                bool first) {
    const config::Destination& to = parts.route->to[index];
    const bool tap = to.is_tap();
    Target& shared = target(to.connection);
    const auto caller = shared.gate->enter(flow::priority_of(*parts.route));
    flow::SinkFactory factory = [&books = destinations_.at(to.name)]() -> Result<std::unique_ptr<plugin::SinkHandle>> {
        return books.make_sink();
    };
    WEIR_TRY(auto sink, factory());
    flow::LaneSettings lane = flow::lane_settings(*parts.route, to, parts.lanes[index].id, *sink, *shared.gate,
                                                  shared.posted, bench_.config().journal.retention_age);
    if (settings_.profile == Profile::capacity_one) lane.window_records = 1;
    WEIR_TRY(auto state, journal_->lane_state(lane.id));
    flow::Lane resumed(std::move(lane), std::move(state), flow::now_of(clock_), settings_.seed);

    flow::Reader::Settings reading;
    reading.route = parts.route->name;
    reading.stream = tap ? parts.stream : parts.delivered_from;
    reading.steps_lane = parts.steps;
    reading.destination = to.name;
    reading.branch = to.branch;
    reading.tap = tap;
    if (!parts.staged && !tap) reading.aside = std::move(aside);
    reading.takes_aside = first && reading.aside != nullptr;
    if (settings_.profile == Profile::capacity_one) reading.read_bytes = 1;
    const bool watched = reading.takes_aside;
    std::vector<flow::Step> steps;
    if (!parts.staged || tap) {
        WEIR_TRY(steps, steps_of(parts, to.steps, watched));
    }
    auto reader = std::make_unique<flow::Reader>(reading, std::move(steps), *journal_, clock_, resumed.next_offset());
    if (watched) {
        WEIR_TRY(auto put_aside, journal_->lane_state(parts.steps));
        reader->post_redo(std::move(put_aside.live));
    }
    flow::LaneWorker::Settings worker;
    worker.deadline = to.deadline;
    worker.linger = to.linger;
    worker.gate = shared.gate;
    worker.caller = caller;
    engine_->add(std::move(reader),
                 std::make_unique<flow::LaneWorker>(std::move(worker), std::move(resumed), std::move(factory),
                                                    std::move(sink), *journal_, clock_));
    return ok();
}

Status CaseRun::add_route(RouteParts& parts) {
    if (parts.staged) WEIR_CHECK_OK(add_stager(parts));
    journal::Offset reached = 0;
    for (std::size_t i = 0; i < parts.lanes.size(); ++i) {
        if (parts.route->to[i].is_tap()) continue;
        WEIR_TRY(const auto state, journal_->lane_state(parts.lanes[i].id));
        reached = std::max(reached, flow::reached(state));
    }
    auto aside = std::make_shared<flow::AsideBook>(parts.route->name, parts.steps, reached, *journal_, clock_);
    bool first = true;
    for (std::size_t i = 0; i < parts.lanes.size(); ++i) {
        WEIR_CHECK_OK(add_destination(parts, i, aside, first));
        first = first && parts.route->to[i].is_tap();
    }
    return ok();
}

Status CaseRun::begin_life() {
    engine_.reset();
    targets_.clear();
    engine_ = std::make_unique<flow::InlineEngine>(clock_);
    for (RouteParts& parts : routes_) {
        if (auto status = add_route(parts); !status) {
            return std::move(status).error().in("route " + parts.route->name);
        }
    }
    return ok();
}

// Runs until virtual `ns` have passed; or, at the end, until nothing is left to do.
Status CaseRun::advance(std::int64_t ns, bool to_the_end) {
    const std::int64_t end = clock_.mono_ns() + ns;
    for (;;) {
        try {
            (void)engine_->run_until_idle(end - clock_.mono_ns());
            break;
        } catch (const Crash&) {
            WEIR_CHECK_OK(begin_life());
        }
    }
    if (!to_the_end) clock_.advance(end - clock_.mono_ns());
    return ok();
}

Result<Actual> CaseRun::run() {
    WEIR_CHECK_OK(open());
    journal_->die_at(settings_.die, settings_.nth);
    WEIR_CHECK_OK(begin_life());
    for (const Given& given : order_given()) {
        if (const auto* wait = std::get_if<Wait>(&given)) {
            WEIR_CHECK_OK(advance(std::chrono::nanoseconds(*wait).count(), false));
            continue;
        }
        const auto& record = std::get<GivenRecord>(given);
        WEIR_CHECK_OK(give(record));
        if (settings_.profile == Profile::duplicated) WEIR_CHECK_OK(give(record));
    }
    if (test_.run_for) {
        WEIR_CHECK_OK(advance(std::chrono::nanoseconds(*test_.run_for).count(), false));
    } else {
        WEIR_CHECK_OK(advance(kPatienceNs, true));
    }
    return collect();
}

// ------------------------------------------------------------------------------------------------ what came of it

void CaseRun::collect_unfinished(Actual& actual) {
    for (const RouteParts& parts : routes_) {
        const Watch& watch = watches_[parts.route->name];
        std::map<journal::LaneId, std::string> names{{parts.steps, ""}};
        for (const flow::LaneName& lane : parts.lanes) names[lane.id] = lane.destination;
        for (const auto& [key, row] : journal_->rows()) {
            const auto name = names.find(key.first);
            if (name == names.end() || row.state == journal::DeliveryState::delivered) continue;
            const auto decoded = decode_records(row.frame, 1, nullptr);
            const std::string id = decoded ? std::string(view((*decoded->batch)[0].id)) : "?";
            actual.unfinished.push_back({watch.root(id), name->second, row.step, row.code, row.message, row.state});
        }
    }
}

// Accepted records that no destination was given and that stand in no row: filtered, or not yet looked at.
Status CaseRun::collect_undelivered(Actual& actual) {
    for (const RouteParts& parts : routes_) {
        const Watch& watch = watches_[parts.route->name];
        std::set<std::string> seen;
        for (const Unfinished& one : actual.unfinished) seen.insert(one.id);
        std::set<std::string> delivered;
        journal::Offset passed = UINT64_MAX;
        for (std::size_t i = 0; i < parts.lanes.size(); ++i) {
            if (parts.route->to[i].is_tap()) continue;
            for (const Delivered& one : destinations_.at(parts.lanes[i].destination).books()) {
                delivered.merge(watch.origins(one.id));
            }
            WEIR_TRY(const auto state, journal_->lane_state(parts.lanes[i].id));
            passed = std::min(passed, state.progress.position);
        }
        std::set<std::string> waiting;  // staged, and not yet delivered
        if (parts.staged) {
            WEIR_TRY(const auto staged, store_->read(parts.delivered_from, passed, SIZE_MAX));
            for (const journal::Group& group : staged) {
                for (std::size_t i = 0; i < group.records.batch->size(); ++i) {
                    if (group.first + i < passed) continue;
                    waiting.insert(watch.root(std::string(view((*group.records.batch)[i].id))));
                }
            }
            WEIR_TRY(const auto state, journal_->lane_state(parts.steps));
            passed = state.progress.position;
        }
        WEIR_TRY(const auto groups, store_->read(parts.stream, 0, SIZE_MAX));
        for (const journal::Group& group : groups) {
            for (std::size_t i = 0; i < group.records.batch->size(); ++i) {
                const std::string id(view((*group.records.batch)[i].id));
                if (delivered.contains(id) || seen.contains(id)) continue;
                if (group.first + i >= passed || waiting.contains(id)) {
                    actual.pending.push_back(id);
                } else {
                    const Passage* by = watch.filtered(id);
                    actual.filtered[id] = by != nullptr ? by->note : "";
                }
            }
        }
    }
    return ok();
}

Status CaseRun::collect_accounts(Actual& actual) {
    for (const RouteParts& parts : routes_) {
        for (std::size_t i = 0; i < parts.lanes.size(); ++i) {
            const bool tap = parts.route->to[i].is_tap();
            journal::LaneAccount account;
            account.route = parts.route->name;
            account.destination = parts.lanes[i].destination;
            const journal::StreamId stream = tap ? parts.stream : parts.delivered_from;
            WEIR_TRY(const auto info, store_->stream_info(stream));
            WEIR_TRY(const auto state, journal_->lane_state(parts.lanes[i].id));
            account.accepted = info.end;
            account.delivered = state.progress.delivered;
            account.filtered = state.progress.filtered;
            // A record is one of them, whatever became of its parts: what needs a person counts before what waits.
            std::map<journal::Offset, journal::DeliveryState> rows;
            for (const auto& [key, row] : journal_->rows()) {
                const bool aside = key.first == parts.steps && !parts.staged && !tap;
                if (key.first != parts.lanes[i].id && !aside) continue;
                if (row.state == journal::DeliveryState::delivered) continue;
                journal::DeliveryState& stands = rows.try_emplace(key.second.offset, row.state).first->second;
                const bool live =
                    row.state != journal::DeliveryState::held && row.state != journal::DeliveryState::dead;
                if (live) stands = row.state;
            }
            std::uint64_t settled = state.progress.position;
            for (const journal::OffsetRange& range : state.progress.settled) settled += range.end - range.first;
            account.pending = info.end - std::min<std::uint64_t>(info.end, settled);
            for (const auto& [offset, stands] : rows) {
                if (stands == journal::DeliveryState::held) {
                    ++account.held;
                } else if (stands == journal::DeliveryState::dead) {
                    ++account.dead;
                } else {
                    ++account.pending;
                }
            }
            actual.accounts.push_back(std::move(account));
        }
    }
    return ok();
}

Result<Actual> CaseRun::collect() {
    Actual actual;
    actual.crashed = journal_->died();
    collect_unfinished(actual);
    WEIR_CHECK_OK(collect_undelivered(actual));
    WEIR_CHECK_OK(collect_accounts(actual));
    for (const auto& [name, destination] : destinations_) {
        actual.deliveries[name] = destination.books();
        for (const std::string& violation : destination.violations()) {
            actual.broken_promises.push_back("destination " + name + ": " + violation);
        }
        for (const std::string& unused : destination.unused()) {
            actual.unused.push_back("destination " + name + ", " + unused);
        }
        if (is_tap_name(name)) continue;
        for (const auto& [id, count] : destination.attempts()) actual.attempts[id] += count;
        for (const auto& [id, count] : destination.probes()) actual.probes[id] += count;
    }
    for (const std::string& request : http_.unexpected()) {
        actual.broken_promises.push_back("the route sent a request that `http` does not answer: " + request);
    }
    for (const auto& [name, source] : sources_) {
        WEIR_TRY(const auto info, store_->stream_info(source.stream));
        actual.suppressed += info.duplicates;
    }
    actual.watches = std::move(watches_);
    engine_.reset();
    return actual;
}

}  // namespace

std::vector<std::string> Actual::way_of(const std::string& id) const {
    std::vector<std::string> way;
    for (const auto& [route, watch] : watches) {
        const auto found = watch.passages().find(id);
        if (found == watch.passages().end()) continue;
        for (const Passage& one : found->second) way.push_back(one.to_string());
    }
    return way;
}

const std::string& Unfinished::place() const { return step.empty() ? destination : step; }

Result<Actual> run_case(const Bench& bench, const Case& test, const RunSettings& settings) {
    return CaseRun(bench, test, settings).run();
}

Result<std::string> profile_obstacle(const Bench& bench, const Case& test, Profile profile) {
    if (std::ranges::find(test.not_under, profile) != test.not_under.end()) return std::string("the case says so");
    if (profile == Profile::restart) {
        for (const auto& [name, script] : test.destinations) {
            if (!script.resolves.value_or(true) && !script.idempotent.value_or(false)) {
                return "destination " + name + " cannot be asked what happened";
            }
        }
    }
    if (profile != Profile::duplicated) return std::string();
    ManualClock clock(test.clock_ns);
    ScriptedHttp http({});
    WEIR_TRY(const auto workbench, bench.open(test, {&clock, nullptr, &http}));
    for (const std::string& name : test.routes) {
        const config::Route* route = find_route(bench.config(), name);
        WEIR_TRY(const std::uint32_t traits, workbench->source_traits(bench.config().connections.at(route->from)));
        if ((traits & WEIR_TRAIT_STABLE_IDS) == 0) return "source " + route->from + " has no ids to tell duplicates by";
    }
    return std::string();
}

}  // namespace weir::routetest
