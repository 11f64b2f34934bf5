// A step that has not got what it needs: its records wait as long as that lasts, and no try of theirs is used up.

#include <gtest/gtest.h>

#include <functional>

#include "runtime/base/counters.hpp"
#include "runtime/flow/inline_engine.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::flow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;

// Passes everything, or has every record wait. Remembers when it was asked.
class Lookup final : public plugin::TransformHandle {
  public:
    struct Source {
        bool up = false;
        std::uint32_t kind = WEIR_OUT_THROTTLED;  // what it says while it is down
        std::chrono::nanoseconds retry_after{0};
        std::vector<std::int64_t> asked_mono_ns;
    };
    Lookup(Source& source, const Clock& clock) : source_(source), clock_(clock) {}
    Status start(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    std::uint32_t traits() const noexcept override { return 0; }

    plugin::TransformResult transform(const plugin::CallContext&, const BatchPtr& in) override {
        source_.asked_mono_ns.push_back(clock_.mono_ns());
        plugin::TransformResult result;
        result.outcomes.resize(in->size());
        BatchBuilder builder;
        builder.keep(in);
        for (std::uint32_t i = 0; i < in->size(); ++i) {
            plugin::Outcome& outcome = result.outcomes[i];
            outcome.kind = source_.up ? std::uint32_t{WEIR_OUT_OK} : source_.kind;
            outcome.code = "LOOKUP_UNAVAILABLE";
            outcome.retry_after = source_.retry_after;
            weir_record record = (*in)[i];
            record.origin = i;
            if (source_.up) builder.add(record);
        }
        result.output = builder.seal();
        return result;
    }

  private:
    Source& source_;
    const Clock& clock_;
};

class Accepted final : public journal::AppendRequest {
  public:
    explicit Accepted(bool& accepted) : accepted_(accepted) {}
    void done(const journal::AppendResult& result) noexcept override { accepted_ = result.status.ok(); }

  private:
    bool& accepted_;
};

class StepWaits : public testing::Test {
  protected:
    StepWaits() : clock_(1'782'864'000 * kSecond) {
        journal::Options options;
        options.backend = "memory";
        options.clock = &clock_;
        journal_ = *journal::open_journal(options);
        in_ = *journal_->open_stream("in");
        staged_ = *journal_->open_stream("r/staged");
        steps_lane_ = *journal_->open_lane("r", "", in_, true);
        Reader::Settings settings;
        settings.route = "r";
        settings.stream = in_;
        settings.steps_lane = steps_lane_;
        settings.groups_max = 1;
        std::vector<Step> steps(1);
        steps[0].label = "step 1 (lookup)";
        steps[0].transform = std::make_unique<Lookup>(source_, clock_);
        const auto state = *journal_->lane_state(steps_lane_);
        engine_.add(
            std::make_unique<Stager>(Stager::Settings{"r", steps_lane_, staged_},
                                     Reader(settings, std::move(steps), *journal_, clock_, state.progress.position),
                                     *journal_, clock_, state.progress));
    }

    bool accept(const std::string& id) {
        weir_record record{};
        record.id = str(id);
        record.source = str("s");
        record.payload = str("{}");
        bool accepted = false;
        auto request = std::make_unique<Accepted>(accepted);
        request->stream = in_;
        EXPECT_TRUE(encode_record(record, nullptr, request->records).ok());
        journal_->append(std::move(request));
        return accepted;
    }
    std::vector<std::string> staged_ids() {
        std::vector<std::string> ids;
        const auto groups = *journal_->read(staged_, 0, 1u << 20);
        for (const auto& group : groups) {
            for (const weir_record& record : group.records.batch->records()) ids.emplace_back(view(record.id));
        }
        return ids;
    }
    // Records that went neither on nor out: held or dead.
    std::uint64_t put_aside() {
        const auto progress = journal_->lane_state(steps_lane_)->progress;
        return progress.position - progress.delivered - progress.filtered;
    }

    ManualClock clock_;
    Lookup::Source source_;
    std::unique_ptr<journal::Journal> journal_;
    journal::StreamId in_ = 0;
    journal::StreamId staged_ = 0;
    journal::LaneId steps_lane_ = 0;
    InlineEngine engine_{clock_};
};

TEST_F(StepWaits, however_long_it_lasts_and_then_goes_on_in_order) {
    const auto waits = counted(Counter::step_waits);
    ASSERT_TRUE(accept("a"));
    EXPECT_FALSE(engine_.run_until_idle(72 * kHour)) << "something is always due while it waits";
    ASSERT_TRUE(accept("b")) << "the source goes on";
    EXPECT_FALSE(engine_.run_until_idle(kHour));
    EXPECT_EQ(staged_ids(), std::vector<std::string>{});
    EXPECT_EQ(put_aside(), 0u) << "nothing was given up";
    EXPECT_EQ(journal_->lane_state(steps_lane_)->progress.position, 0u);
    EXPECT_EQ(counted(Counter::step_waits) - waits, source_.asked_mono_ns.size());
    source_.up = true;
    (void)engine_.run_until_idle(31 * kSecond);
    EXPECT_EQ(staged_ids(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(put_aside(), 0u);
}

TEST_F(StepWaits, asks_less_often_up_to_every_thirty_seconds) {
    ASSERT_TRUE(accept("a"));
    (void)engine_.run_until_idle(kHour);
    const auto& asked = source_.asked_mono_ns;
    ASSERT_GT(asked.size(), 100u);
    for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_LE(asked[i] - asked[i - 1], 30 * kSecond);
    EXPECT_LT(asked[1] - asked[0], kSecond);
    EXPECT_EQ(asked.back() - asked[asked.size() - 2], 30 * kSecond);
    EXPECT_LT(asked.size(), 140u);
}

TEST_F(StepWaits, not_before_the_wished_time) {
    source_.retry_after = std::chrono::seconds{100};
    ASSERT_TRUE(accept("a"));
    (void)engine_.run_until_idle(kHour);
    const auto& asked = source_.asked_mono_ns;
    ASSERT_GT(asked.size(), 10u);
    for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_EQ(asked[i] - asked[i - 1], 100 * kSecond);
}

TEST_F(StepWaits, where_a_retry_is_given_up) {
    source_.kind = WEIR_OUT_RETRY;
    ASSERT_TRUE(accept("a"));
    (void)engine_.run_until_idle(kHour);
    EXPECT_EQ(put_aside(), 1u) << "this is what waiting must not come to";
}

TEST_F(StepWaits, also_after_tries_were_used_up) {
    source_.kind = WEIR_OUT_RETRY;
    ASSERT_TRUE(accept("a"));
    while (source_.asked_mono_ns.size() < 5) {
        if (!engine_.step()) clock_.advance(kSecond);
    }
    source_.kind = WEIR_OUT_THROTTLED;
    EXPECT_FALSE(engine_.run_until_idle(24 * kHour));
    EXPECT_EQ(put_aside(), 0u);
    source_.up = true;
    (void)engine_.run_until_idle(31 * kSecond);
    EXPECT_EQ(staged_ids(), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace weir::flow
