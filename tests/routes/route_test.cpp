// Runs every case under every profile: inline, restarted at every transition (before and after it), capacity 1,
// threaded, duplicated input, shuffled input. The expectations are the same; that is the point.

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <numeric>
#include <random>
#include <set>

#include "runtime/base/log.hpp"
#include "runtime/flow/inline_engine.hpp"
#include "runtime/flow/threaded_engine.hpp"
#include "runtime/journal/open_journal.hpp"
#include "runtime/routetest/watched_journal.hpp"
#include "tests/routes/scenario.hpp"

namespace weir::test {
namespace {

using routetest::Crash;
using routetest::Die;

constexpr std::int64_t kStart = 1'782'864'000'000'000'000;  // 2026-07-01T00:00:00Z
constexpr std::int64_t kDay = 86'400'000'000'000;

// ------------------------------------------------------------------------------------------------ steps

class ScriptedStep final : public plugin::TransformHandle {
  public:
    ScriptedStep(std::string kind, journal::Journal& journal, std::string scope)
        : kind_(std::move(kind)), journal_(journal), scope_(std::move(scope)) {}

    Status start(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    std::uint32_t traits() const noexcept override { return kind_ == "count" ? 0 : WEIR_TRAIT_PURE; }

    plugin::TransformResult transform(const plugin::CallContext&, const BatchPtr& in) override {
        plugin::TransformResult result;
        BatchBuilder builder;
        builder.keep(in);
        std::map<std::string, int> counts;
        for (std::uint32_t i = 0; i < in->size(); ++i) {
            weir_record record = (*in)[i];
            record.origin = i;
            result.outcomes.emplace_back();
            result.outcomes.back().kind = WEIR_OUT_OK;
            if (kind_ == "filter" && view(record.subject) == "drop") {
                result.outcomes.back().kind = WEIR_OUT_FILTERED;
            } else if (kind_ == "reject" && view(record.subject) == "bad") {
                result.outcomes.back().kind = WEIR_OUT_REJECTED;
                result.outcomes.back().code = "BAD_SUBJECT";
            } else if (kind_ == "double") {
                for (const char* suffix : {".1", ".2"}) {
                    const std::string id = std::string(view(record.id)) + suffix;
                    weir_record part = record;
                    part.id = builder.copy(str(id));
                    builder.add(part);
                }
            } else if (kind_ == "count") {
                record.payload = builder.copy(str(std::to_string(++count(counts, std::string(view(record.subject))))));
                builder.add(record);
            } else {
                builder.add(record);
            }
        }
        for (const auto& [key, value] : counts) result.state.push_back({key, std::to_string(value), 0});
        result.output = builder.seal();
        return result;
    }

  private:
    int& count(std::map<std::string, int>& counts, const std::string& key) {
        auto [it, fresh] = counts.try_emplace(key, 0);
        if (fresh) {
            if (auto stored = journal_.state_get(scope_, key); stored && stored->has_value())
                it->second = std::stoi(**stored);
        }
        return it->second;
    }

    std::string kind_;
    journal::Journal& journal_;
    std::string scope_;
};

// ------------------------------------------------------------------------------------------------ a run

struct Profile {
    bool capacity_one = false;
    bool duplicated = false;
    bool threaded = false;
    std::optional<std::uint64_t> shuffled;  // seed
    Die die = Die::never;
    int nth = 0;
};

// Waits for the journal to answer an append.
class Appended final : public journal::AppendRequest {
  public:
    struct Answer {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
        bool accepted = false;
    };
    explicit Appended(std::shared_ptr<Answer> answer) : answer_(std::move(answer)) {}
    void done(const journal::AppendResult& result) noexcept override {
        const std::scoped_lock lock(answer_->mutex);
        answer_->done = true;
        answer_->accepted = result.status.ok();
        answer_->changed.notify_all();
    }

  private:
    std::shared_ptr<Answer> answer_;
};

class RouteRun {
  public:
    RouteRun(const Scenario& scenario, Profile profile) : scenario_(scenario), profile_(profile), clock_(kStart) {
        target_.script = scenario.replies;
        target_.cannot_tell = scenario.cannot_tell;
        target_.options = scenario.target;
        if (profile_.capacity_one) target_.options.max_batch = 1;
        journal::Options options;
        options.backend = "memory";
        options.clock = &clock_;
        auto opened = journal::open_journal(options);
        EXPECT_TRUE(opened.ok());
        journal_ = std::move(*opened);
        watched_ = std::make_unique<routetest::WatchedJournal>(*journal_);
        stream_ = *journal_->open_stream("in");
        given_ = scenario.given;
        if (profile_.shuffled) {
            std::mt19937_64 random(*profile_.shuffled);
            std::ranges::shuffle(given_, random);
        }
    }

    // False: the run ended before the Nth transition came.
    bool run() {
        open_lanes();
        for (const GivenRecord& record : given_) append(record);
        for (const GivenRecord& record : profile_.duplicated ? given_ : std::vector<GivenRecord>{}) append(record);
        watched_->die_at(profile_.die, profile_.nth);
        if (profile_.threaded) {
            run_threaded(*watched_);
            return false;
        }
        run_inline(*watched_);
        if (!watched_->died()) return false;
        run_inline(*watched_);
        return true;
    }

    void check() const {
        EXPECT_EQ(target_.violations(), std::vector<std::string>{});
        check_books();
        check_order();
        check_rows();
        check_account();
        const Expectation& expect = scenario_.expect;
        if (profile_.die == Die::never && !profile_.shuffled) {
            for (const auto& [id, attempts] : expect.attempts) EXPECT_EQ(target_.attempts(id), attempts) << id;
            EXPECT_EQ(target_.probes() > 0, expect.probed.value_or(target_.probes() > 0));
        }
        EXPECT_EQ(target_.instances() > 1, expect.new_instance.value_or(target_.instances() > 1));
    }

  private:
    [[nodiscard]] bool staged() const { return std::ranges::find(scenario_.steps, "count") != scenario_.steps.end(); }

    void open_lanes() {
        steps_lane_ = *journal_->open_lane("r", "", stream_, true);
        delivered_from_ = staged() ? *journal_->open_stream("r/staged") : stream_;
        lane_ = *journal_->open_lane("r", "erp", delivered_from_, true);
    }

    void append(const GivenRecord& given) {
        weir_record record{};
        record.id = str(given.id);
        record.source = str(given.source);
        record.subject = str(given.subject);
        record.type = str("t");
        record.time_unix_ns = kStart;
        record.payload = str(given.payload);
        Hold hold;
        hold.code = given.hold;
        auto answer = std::make_shared<Appended::Answer>();
        auto request = std::make_unique<Appended>(answer);
        request->stream = stream_;
        ASSERT_TRUE(encode_record(record, given.hold.empty() ? nullptr : &hold, request->records).ok());
        journal_->append(std::move(request));
        std::unique_lock lock(answer->mutex);
        answer->changed.wait(lock, [&] { return answer->done; });
        ASSERT_TRUE(answer->accepted);
    }

    std::vector<flow::Step> make_steps(journal::Journal& journal) const {
        std::vector<flow::Step> steps;
        for (const std::string& kind : scenario_.steps) {
            flow::Step step;
            step.label = "step (" + kind + ")";
            step.scope = "r/" + kind;
            step.transform = std::make_unique<ScriptedStep>(kind, journal, step.scope);
            steps.push_back(std::move(step));
        }
        return steps;
    }

    std::unique_ptr<flow::Stager> make_stager(journal::Journal& journal, const Clock& clock) const {
        const auto state = *journal.lane_state(steps_lane_);
        flow::Reader::Settings settings;
        settings.route = "r";
        settings.stream = stream_;
        settings.steps_lane = steps_lane_;
        settings.groups_max = 1;
        flow::Reader reader(settings, make_steps(journal), journal, clock, state.progress.position);
        return std::make_unique<flow::Stager>(flow::Stager::Settings{"r", steps_lane_, delivered_from_},
                                              std::move(reader), journal, clock, state.progress);
    }

    std::pair<std::unique_ptr<flow::Reader>, std::unique_ptr<flow::LaneWorker>> make_pipe(journal::Journal& journal,
                                                                                          const Clock& clock) {
        flow::SinkFactory factory = [this]() -> Result<std::unique_ptr<plugin::SinkHandle>> {
            return target_.make_sink();
        };
        auto sink = *factory();
        flow::LaneSettings lane;
        lane.id = lane_;
        lane.route = "r";
        lane.destination = "erp";
        lane.key = *flow::KeySelector::parse(scenario_.key);
        lane.retry = scenario_.retry;
        if (profile_.threaded) {
            hurry(lane.retry.common);
            for (auto& rule : lane.retry.rules) hurry(rule.policy);
        }
        lane.limits = sink->limits();
        lane.traits = sink->traits();
        lane.can_resolve = sink->can_resolve();
        if (profile_.capacity_one) lane.window_records = 1;
        flow::Lane resumed(lane, *journal.lane_state(lane_), flow::now_of(clock), 42);
        flow::Reader::Settings reading;
        reading.route = "r";
        reading.stream = delivered_from_;
        reading.steps_lane = steps_lane_;
        if (!staged()) {
            reading.aside = std::make_shared<flow::AsideBook>(
                "r", steps_lane_, flow::reached(*journal.lane_state(lane_)), journal, clock);
        }
        if (profile_.capacity_one) reading.read_bytes = 1;
        auto reader = std::make_unique<flow::Reader>(
            reading, staged() ? std::vector<flow::Step>{} : make_steps(journal), journal, clock, resumed.next_offset());
        auto worker = std::make_unique<flow::LaneWorker>(flow::LaneWorker::Settings{}, std::move(resumed),
                                                         std::move(factory), std::move(sink), journal, clock);
        return {std::move(reader), std::move(worker)};
    }

    // Real time passes: a little of it.
    static void hurry(flow::RetryPolicy& policy) {
        policy.first_delay = std::chrono::milliseconds{1};
        policy.max_delay = std::chrono::milliseconds{2};
    }

    void run_inline(journal::Journal& journal) {
        try {
            flow::InlineEngine engine(clock_);
            if (staged()) engine.add(make_stager(journal, clock_));
            auto [reader, worker] = make_pipe(journal, clock_);
            engine.add(std::move(reader), std::move(worker));
            EXPECT_TRUE(engine.run_until_idle(30 * kDay)) << "not idle after a virtual month";
        } catch (const Crash&) {  // the next life takes over
        }
    }

    void run_threaded(journal::Journal& journal) {
        const SystemClock clock;
        flow::ThreadedEngine engine({2}, journal, clock);
        if (staged()) engine.add("r", make_stager(journal, clock));
        auto [reader, worker] = make_pipe(journal, clock);
        engine.add("r/erp", std::move(reader), std::move(worker));
        engine.start();
        EXPECT_TRUE(engine.drain(std::chrono::seconds{60})) << "not settled after a minute";
        engine.stop();
    }

    void check_books() const {
        std::vector<std::string> booked;
        for (const auto& booking : target_.bookings()) booked.push_back(booking.id);
        std::vector<std::string> expected = scenario_.expect.booked;
        std::ranges::sort(booked);
        std::ranges::sort(expected);
        EXPECT_EQ(booked, expected);
    }

    void check_order() const {
        std::map<std::string, std::vector<std::string>> order;
        std::map<std::string, std::vector<std::string>> payloads;
        for (const auto& booking : target_.bookings()) {
            order[booking.key].push_back(booking.id);
            payloads[booking.key].push_back(booking.payload);
        }
        for (const auto& [key, expected] : scenario_.expect.order) {
            // Shuffled input: the order in which these were given this time.
            std::vector<std::string> ids;
            for (const GivenRecord& record : given_) {
                if (std::ranges::find(expected, record.id) != expected.end()) ids.push_back(record.id);
            }
            EXPECT_EQ(order[key], profile_.shuffled ? ids : expected) << "key " << key;
            if (!staged()) continue;
            for (std::size_t i = 0; i < payloads[key].size(); ++i) EXPECT_EQ(payloads[key][i], std::to_string(i + 1));
        }
    }

    void check_rows() const {
        std::map<std::string, std::string> held;
        std::map<std::string, std::string> dead;
        for (const journal::LaneId lane : {steps_lane_, lane_}) {
            for (const auto& row : watched_->rows_of(lane)) {
                const auto decoded = decode_records(row.frame, 1, nullptr);
                const std::string id = decoded ? std::string(view((*decoded).batch->records()[0].id)) : "?";
                if (row.state == journal::DeliveryState::held) held[id] = row.code;
                if (row.state == journal::DeliveryState::dead) dead[id] = row.code;
            }
        }
        EXPECT_EQ(held, scenario_.expect.held);
        EXPECT_EQ(dead, scenario_.expect.dead);
    }

    // accepted = delivered + filtered + held + dead + pending, with nothing pending.
    void check_account() const {
        const auto progress = journal_->lane_state(lane_)->progress;
        const auto steps = journal_->lane_state(steps_lane_)->progress;
        std::set<journal::Offset> aside;
        for (const auto& row : watched_->rows_of(lane_)) {
            if (row.state == journal::DeliveryState::held || row.state == journal::DeliveryState::dead) {
                aside.insert(row.item.offset);
            }
        }
        std::set<journal::Offset> aside_in_steps;
        for (const auto& row : watched_->rows_of(steps_lane_)) aside_in_steps.insert(row.item.offset);
        const auto accepted = journal_->stream_info(delivered_from_)->end;
        EXPECT_EQ(progress.position, accepted);
        EXPECT_EQ(accepted,
                  progress.delivered + progress.filtered + aside.size() + (staged() ? 0 : aside_in_steps.size()));
        EXPECT_EQ(staged() ? steps.filtered : progress.filtered, scenario_.expect.filtered);
    }

    const Scenario& scenario_;
    Profile profile_;
    ManualClock clock_;
    Target target_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<routetest::WatchedJournal> watched_;
    std::vector<GivenRecord> given_;
    journal::StreamId stream_ = 0;
    journal::StreamId delivered_from_ = 0;
    journal::LaneId steps_lane_ = 0;
    journal::LaneId lane_ = 0;
};

// ------------------------------------------------------------------------------------------------ profiles

class Routes : public ::testing::TestWithParam<Scenario> {
  protected:
    void run(Profile profile) {
        RouteRun one(GetParam(), profile);
        one.run();
        one.check();
    }
    // At the first transition, the second, ... until one life needs no more of them.
    void die_at_every_transition(Die die) {
        if (!GetParam().target.resolves && !GetParam().target.idempotent) {
            GTEST_SKIP() << "after a crash such a target rightly parks what was under way";
        }
        for (int nth = 1; nth < 200; ++nth) {
            SCOPED_TRACE("transition " + std::to_string(nth));
            Profile profile;
            profile.die = die;
            profile.nth = nth;
            RouteRun one(GetParam(), profile);
            const bool died = one.run();
            one.check();
            if (HasFailure() || !died) return;
        }
        FAIL() << "more than 200 transitions";
    }
    // Which of two conflicting records is first is a matter of order.
    [[nodiscard]] bool depends_on_order() const {
        std::set<std::string> ids;
        return !std::ranges::all_of(GetParam().given, [&](const auto& r) { return ids.insert(r.id).second; });
    }
};

TEST_P(Routes, hold) { run({}); }
TEST_P(Routes, hold_with_capacity_one) {
    Profile profile;
    profile.capacity_one = true;
    run(profile);
}
TEST_P(Routes, hold_threaded) {
    Profile profile;
    profile.threaded = true;
    run(profile);
}
TEST_P(Routes, hold_with_duplicated_input) {
    if (GetParam().file.stem() == "conflicting_identity_is_held")
        GTEST_SKIP() << "each repeat of a conflict is one more";
    Profile profile;
    profile.duplicated = true;
    run(profile);
}
TEST_P(Routes, hold_with_shuffled_input) {
    if (depends_on_order()) GTEST_SKIP() << "which of two equal identities is first is what the case is about";
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Profile profile;
        profile.shuffled = seed;
        run(profile);
    }
}
TEST_P(Routes, hold_when_killed_before_each_transition) { die_at_every_transition(Die::before_commit); }
TEST_P(Routes, hold_when_killed_after_each_transition) { die_at_every_transition(Die::after_commit); }

// Warnings of scripted misfortunes are not news.
class Quiet : public ::testing::Environment {
  public:
    void SetUp() override { log::configure(log::Level::error, log::Format::text); }
};
const auto* const kQuiet = ::testing::AddGlobalTestEnvironment(new Quiet);  // GoogleTest deletes it

INSTANTIATE_TEST_SUITE_P(Cases, Routes, ::testing::ValuesIn(load_scenarios("tests/routes/cases")),
                         [](const auto& case_info) { return case_info.param.file.stem().string(); });

}  // namespace
}  // namespace weir::test
