// Delivery at scale on a virtual clock: a backlog against a small quota, a target that halves its limit, and one key
// that is stuck.

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "runtime/base/log.hpp"
#include "runtime/flow/inline_engine.hpp"
#include "runtime/journal/open_journal.hpp"

namespace weir::test {
namespace {

constexpr std::int64_t kStart = 1'782'864'000'000'000'000;
constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMilli;

std::uint64_t number_of(const weir_record& record) {
    std::uint64_t number = 0;
    std::from_chars(record.id.data, record.id.data + record.id.size, number);
    return number;
}

class FunctionSink final : public plugin::SinkHandle {
  public:
    using Deliver = std::function<void(const RecordBatch&, std::vector<plugin::Outcome>&)>;
    FunctionSink(Deliver deliver, std::uint32_t max_batch) : deliver_(std::move(deliver)), max_batch_(max_batch) {}
    Status start(const plugin::CallContext&) override { return ok(); }
    Status flush(const plugin::CallContext&) override { return ok(); }
    Status probe(const plugin::CallContext&) override { return ok(); }
    void stop() override {}
    plugin::CallResult deliver(const plugin::CallContext&, const BatchPtr& batch, std::span<const plugin::Item>,
                               std::vector<plugin::Outcome>& outcomes) override {
        outcomes.assign(batch->size(), {});
        for (auto& one : outcomes) one.kind = WEIR_OUT_OK;
        deliver_(*batch, outcomes);
        return {};
    }
    plugin::CallResult resolve(const plugin::CallContext&, const BatchPtr&, std::span<const plugin::Item>,
                               std::vector<plugin::Outcome>&) override {
        return {};
    }
    plugin::SinkLimits limits() const noexcept override {
        plugin::SinkLimits limits;
        limits.max_batch_records = max_batch_;
        return limits;
    }
    std::uint32_t traits() const noexcept override { return WEIR_TRAIT_IDEMPOTENT_KEY; }
    bool can_resolve() const noexcept override { return false; }

  private:
    Deliver deliver_;
    std::uint32_t max_batch_;
};

class Append final : public journal::AppendRequest {
  public:
    struct Answer {
        std::mutex mutex;
        std::condition_variable changed;
        int done = 0;
    };
    explicit Append(std::shared_ptr<Answer> answer) : answer_(std::move(answer)) {}
    void done(const journal::AppendResult& result) noexcept override {
        const std::scoped_lock lock(answer_->mutex);
        answer_->done = result.status.ok() ? 1 : -1;
        answer_->changed.notify_all();
    }

  private:
    std::shared_ptr<Answer> answer_;
};

// One route to one destination.
class Plant {
  public:
    Plant(flow::GateSettings gate, FunctionSink::Deliver deliver, std::uint32_t max_batch,
          flow::RetryPolicy retry = {}) {
        journal::Options options;
        options.backend = "memory";
        options.clock = &clock;
        journal_ = *journal::open_journal(options);
        stream_ = *journal_->open_stream("in");
        const auto steps = *journal_->open_lane("r", "", stream_, true);
        const auto lane_id = *journal_->open_lane("r", "erp", stream_, true);
        gate_ = std::make_shared<flow::ConnectionGate>(std::move(gate), *journal_, clock);
        flow::SinkFactory factory = [deliver, max_batch]() -> Result<std::unique_ptr<plugin::SinkHandle>> {
            return std::unique_ptr<plugin::SinkHandle>(std::make_unique<FunctionSink>(deliver, max_batch));
        };
        auto sink = *factory();
        flow::LaneSettings lane;
        lane.id = lane_id;
        lane.route = "r";
        lane.destination = "erp";
        lane.key = *flow::KeySelector::parse("record.subject");
        lane.limits = sink->limits();
        lane.traits = sink->traits();
        lane.retry.common = retry;
        flow::Lane resumed(lane, *journal_->lane_state(lane_id), flow::now_of(clock), 7);
        flow::Reader::Settings reading;
        reading.route = "r";
        reading.stream = stream_;
        reading.steps_lane = steps;
        auto reader = std::make_unique<flow::Reader>(reading, std::vector<flow::Step>{}, *journal_, clock, 0);
        flow::LaneWorker::Settings working;
        working.gate = gate_;
        working.caller = gate_->enter(flow::Priority::normal);
        auto worker = std::make_unique<flow::LaneWorker>(std::move(working), std::move(resumed), std::move(factory),
                                                         std::move(sink), *journal_, clock);
        worker_ = worker.get();
        engine.add(std::move(reader), std::move(worker));
    }

    // Records first, first + 1, ...; the key of each from its number.
    void append(std::uint64_t first, std::uint64_t count, const std::function<std::uint64_t(std::uint64_t)>& key_of) {
        auto answer = std::make_shared<Append::Answer>();
        auto request = std::make_unique<Append>(answer);
        request->stream = stream_;
        request->deduplicate = false;
        for (std::uint64_t number = first; number < first + count; ++number) {
            const std::string id = std::to_string(number);
            const std::string key = std::to_string(key_of(number));
            weir_record record{};
            record.id = str(id);
            record.source = str("s");
            record.subject = str(key);
            record.payload = str("{}");
            ASSERT_TRUE(encode_record(record, nullptr, request->records).ok());
        }
        journal_->append(std::move(request));
        std::unique_lock lock(answer->mutex);
        answer->changed.wait(lock, [&] { return answer->done != 0; });
        ASSERT_EQ(answer->done, 1);
    }
    void run_for(std::int64_t ns) {
        const std::int64_t end = clock.mono_ns() + ns;
        (void)engine.run_until_idle(ns);
        if (clock.mono_ns() < end) clock.advance(end - clock.mono_ns());
    }
    [[nodiscard]] flow::ConnectionGate& gate() { return *gate_; }
    [[nodiscard]] flow::LaneWorker& worker() { return *worker_; }

    ManualClock clock{kStart};
    flow::InlineEngine engine{clock};

  private:
    std::unique_ptr<journal::Journal> journal_;
    journal::StreamId stream_ = 0;
    std::shared_ptr<flow::ConnectionGate> gate_;
    flow::LaneWorker* worker_ = nullptr;
};

// Counts requests as a target would, in every window that ends with one.
class Windows {
  public:
    Windows(std::uint64_t most, std::int64_t length) : limit(most), length_(length) {}
    // Returns whether this one is still allowed.
    bool count(std::int64_t now) {
        while (!at_.empty() && at_.front() <= now - length_) at_.pop_front();
        if (at_.size() >= limit) return false;
        at_.push_back(now);
        return true;
    }
    std::uint64_t limit;

  private:
    std::int64_t length_;
    std::deque<std::int64_t> at_;
};

TEST(DeliverySimulation, a_million_events_against_five_requests_a_second) {
    constexpr std::uint64_t kEvents = 1'000'000;
    constexpr std::uint64_t kKeys = 5'000;
    flow::GateSettings gate;
    gate.connection = "erp";
    gate.quota.per_second = 5;
    gate.quota.batch = 100;
    Windows windows(5, kSecond);
    std::uint64_t broke_quota = 0;
    std::uint64_t delivered = 0;
    std::vector<std::uint64_t> next_of(kKeys);
    std::uint64_t out_of_order = 0;
    Plant* running = nullptr;
    Plant plant(
        gate,
        [&](const RecordBatch& batch, std::vector<plugin::Outcome>&) {
            if (!windows.count(running->clock.mono_ns())) ++broke_quota;
            for (const weir_record& record : batch.records()) {
                const std::uint64_t number = number_of(record);
                // Each key's records in order, each once.
                if (number / kKeys != next_of[number % kKeys]++) ++out_of_order;
            }
            delivered += batch.size();
        },
        100);
    running = &plant;

    struct Guess {
        std::int64_t at;
        std::int64_t left;
    };
    std::vector<Guess> guesses;
    std::size_t most_in_memory = 0;
    const auto look = [&] {
        const std::size_t now = plant.worker().status().in_memory;
        most_in_memory = std::max(most_in_memory, now);
    };
    constexpr std::uint64_t kAtOnce = 4'000;
    for (std::uint64_t first = 0; first < kEvents; first += kAtOnce) {
        plant.append(first, kAtOnce, [](std::uint64_t number) { return number % kKeys; });
        plant.run_for(60 * kSecond / (kEvents / kAtOnce));
        look();
    }
    std::int64_t done_at = 0;
    while (delivered < kEvents && plant.clock.mono_ns() < 4'000 * kSecond) {
        const std::int64_t minute = plant.clock.mono_ns() / (60 * kSecond);
        if (minute % 8 == 2) {
            const auto left = plant.gate().estimate(kEvents - delivered);
            ASSERT_TRUE(left.has_value());
            guesses.push_back({plant.clock.mono_ns(), left->count()});
        }
        plant.run_for(60 * kSecond);
        look();
        done_at = plant.clock.mono_ns();
    }
    EXPECT_EQ(delivered, kEvents);
    EXPECT_EQ(broke_quota, 0u);
    EXPECT_EQ(out_of_order, 0u);
    EXPECT_LE(most_in_memory, 8'192u + 4'096u) << "the window and one read";
    ASSERT_GE(guesses.size(), 3u);
    for (const Guess& guess : guesses) {
        const auto truth = static_cast<double>(done_at - guess.at);
        EXPECT_NEAR(static_cast<double>(guess.left), truth, 0.1 * truth + 60e9)
            << "at " << guess.at / kSecond << " s of " << done_at / kSecond;
    }
    EXPECT_TRUE(plant.engine.run_until_idle(kSecond));
    EXPECT_EQ(plant.worker().lane().progress().delivered, kEvents);
}

TEST(DeliverySimulation, a_target_that_halves_its_limit_refuses_once_a_window) {
    flow::GateSettings gate;
    gate.connection = "erp";
    gate.quota.per_second = 10;
    gate.quota.batch = 1;
    Windows windows(10, kSecond);
    std::vector<std::int64_t> refused;
    std::uint64_t delivered = 0;
    Plant* running = nullptr;
    Plant plant(
        gate,
        [&](const RecordBatch& batch, std::vector<plugin::Outcome>& outcomes) {
            const std::int64_t now = running->clock.mono_ns();
            if (windows.count(now)) {
                delivered += batch.size();
                return;
            }
            refused.push_back(now);
            for (auto& one : outcomes) {
                one.kind = WEIR_OUT_THROTTLED;
                one.remote_status = 429;
                one.retry_after = std::chrono::seconds{1};
            }
        },
        1);
    running = &plant;
    plant.append(0, 1'000, [](std::uint64_t number) { return number; });
    plant.run_for(20 * kSecond);
    EXPECT_TRUE(refused.empty());
    windows.limit = 5;
    ASSERT_TRUE(plant.engine.run_until_idle(600 * kSecond));
    EXPECT_EQ(delivered, 1'000u);
    EXPECT_GE(refused.size(), 1u);
    for (std::size_t i = 1; i < refused.size(); ++i) EXPECT_GE(refused[i] - refused[i - 1], kSecond);
}

struct Latencies {
    std::int64_t p99_ns = 0;
    std::uint64_t delivered = 0;
};

// 1,000 keys, ten records each over ten seconds; a call takes 2 ms. Key 0 always fails when `stuck`.
Latencies run_keys(bool stuck) {
    constexpr std::uint64_t kKeys = 1'000;
    std::map<std::uint64_t, std::int64_t> accepted;
    std::vector<std::int64_t> latencies;
    Plant* running = nullptr;
    flow::RetryPolicy for_ever;
    for_ever.max_attempts = UINT32_MAX;
    for_ever.max_delay = std::chrono::seconds{1};
    Plant plant(
        {},
        [&](const RecordBatch& batch, std::vector<plugin::Outcome>& outcomes) {
            running->clock.advance(2 * kMilli);
            for (std::size_t i = 0; i < batch.size(); ++i) {
                const std::uint64_t number = number_of(batch[i]);
                if (stuck && number % kKeys == 0) {
                    outcomes[i].kind = WEIR_OUT_RETRY;
                    outcomes[i].remote_status = 422;  // the target is there
                } else if (number % kKeys != 0) {
                    latencies.push_back(running->clock.mono_ns() - accepted.at(number));
                }
            }
        },
        50, for_ever);
    running = &plant;
    for (std::uint64_t first = 0; first < 10 * kKeys; first += 100) {
        for (std::uint64_t number = first; number < first + 100; ++number) accepted[number] = plant.clock.mono_ns();
        plant.append(first, 100, [](std::uint64_t number) { return number % kKeys; });
        plant.run_for(100 * kMilli);
    }
    plant.run_for(5 * kSecond);
    std::ranges::sort(latencies);
    return {latencies.at(latencies.size() * 99 / 100), latencies.size()};
}

TEST(DeliverySimulation, one_stuck_key_does_not_delay_the_others) {
    const Latencies calm = run_keys(false);
    const Latencies stuck = run_keys(true);
    EXPECT_EQ(calm.delivered, 9'990u);
    EXPECT_EQ(stuck.delivered, 9'990u);
    EXPECT_LE(stuck.p99_ns * 2, calm.p99_ns * 3) << "within one and a half times";
}

class Quiet : public ::testing::Environment {
  public:
    void SetUp() override { log::configure(log::Level::error, log::Format::text); }
};
const auto* const kQuiet = ::testing::AddGlobalTestEnvironment(new Quiet);  // GoogleTest deletes it

}  // namespace
}  // namespace weir::test
