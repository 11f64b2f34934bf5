// Delivery under seeded misfortunes: whatever goes wrong on the way, in the end the books are those of a calm run.
//
//   delivery_seeds_test [--seeds N] [--seed S] [--shard I/N]     (or WEIR_SEEDS, WEIR_SEED)
//
// A seed that fails is printed with its whole scenario; --seed runs it alone, the same way.

#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <iostream>

#include "runtime/base/counters.hpp"
#include "runtime/base/log.hpp"
#include "tests/fault/seed_run.hpp"

namespace weir::test {
namespace {

struct Wish {
    std::uint64_t seeds = 2000;
    std::optional<std::uint64_t> seed;
    std::uint64_t shard = 0;
    std::uint64_t shards = 1;
};
Wish& wish() {
    static Wish wish;
    return wish;
}

std::vector<std::string> problems_of(const SeedScenario& scenario) {
    SeedResult stormy = run_seed(scenario);
    const SeedResult calm = run_seed(scenario.calm());
    std::vector<std::string> problems = std::move(stormy.problems);
    for (const std::string& text : calm.problems) problems.push_back("in the calm run: " + text);
    if (stormy.balances != calm.balances) problems.emplace_back("the balances differ from those of the calm run");
    if (stormy.erp != calm.erp) problems.emplace_back("the ERP's documents differ from those of the calm run");
    if (stormy.archive != calm.archive) problems.emplace_back("the archive differs from that of the calm run");
    const ExpectedBooks expected = expected_books(scenario);
    if (calm.erp != expected.erp || calm.archive != expected.archive) {
        problems.emplace_back("the calm run's books are not what the records say");
    }
    return problems;
}

void run_one(std::uint64_t seed) {
    const SeedScenario scenario = SeedScenario::of(seed);
    const std::vector<std::string> problems = problems_of(scenario);
    if (problems.empty()) return;
    std::string text;
    for (const std::string& problem : problems) text += "  - " + problem + "\n";
    ADD_FAILURE() << text << scenario.describe() << "again: delivery_seeds_test --seed " << seed;
}

// A test that never reaches a branch proves nothing about it.
void expect_reached() {
    const std::pair<Counter, const char*> rare[] = {
        {Counter::unknown_found, "unknown_found"},
        {Counter::unknown_absent, "unknown_absent"},
        {Counter::unknown_parked, "unknown_parked"},
        {Counter::unknown_repeated, "unknown_repeated"},
        {Counter::recovered_unknown, "recovered_unknown"},
        {Counter::breaker_opened, "breaker_opened"},
        {Counter::breaker_probes, "breaker_probes"},
        {Counter::breaker_closed, "breaker_closed"},
        {Counter::quota_waits, "quota_waits"},
        {Counter::throttle_waits, "throttle_waits"},
        {Counter::priority_waits, "priority_waits"},
        {Counter::predecessor_waits, "predecessor_waits"},
        {Counter::redriven, "redriven"},
        {Counter::replayed, "replayed"},
        {Counter::journal_refused, "journal_refused"},
        {Counter::sink_broken, "sink_broken"},
        {Counter::held, "held"},
        {Counter::dead, "dead"},
    };
    for (const auto& [counter, name] : rare) {
        std::cout << "  " << name << " " << counted(counter) << "\n";
        EXPECT_GT(counted(counter), 0u) << name << " was never reached";
    }
}

// Seeds beyond the usual ones that found something: a part of several was under way when the host died, and the steps
// that were there afterwards put its record aside.
constexpr std::uint64_t kFound[] = {10296, 14585, 23710, 24407};

TEST(DeliverySeeds, that_found_something_stay) {
    log::configure(log::Level::error, log::Format::text);
    if (wish().seed || wish().shard != 0) GTEST_SKIP() << "once: by the first shard";
    for (const std::uint64_t seed : kFound) run_one(seed);
}

TEST(DeliverySeeds, end_in_the_books_of_a_calm_run) {
    log::configure(log::Level::error, log::Format::text);
    if (wish().seed) {
        run_one(*wish().seed);
        return;
    }
    std::uint64_t runs = 0;
    for (std::uint64_t seed = 1 + wish().shard; seed <= wish().seeds; seed += wish().shards) {
        run_one(seed);
        ++runs;
        if (::testing::Test::HasFailure()) return;  // one whole scenario tells more than many
    }
    if (runs >= 200) expect_reached();
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void read_wish(int argc, char** argv) {
    if (const char* seeds = std::getenv("WEIR_SEEDS")) wish().seeds = number(seeds);
    if (const char* seed = std::getenv("WEIR_SEED")) wish().seed = number(seed);
    for (int i = 1; i + 1 < argc; ++i) {
        const std::string_view name = argv[i];
        const std::string_view value = argv[i + 1];
        if (name == "--seeds") wish().seeds = number(value);
        if (name == "--seed") wish().seed = number(value);
        if (name != "--shard") continue;
        wish().shard = number(value.substr(0, value.find('/')));
        wish().shards = std::max<std::uint64_t>(1, number(value.substr(value.find('/') + 1)));
    }
}

}  // namespace
}  // namespace weir::test

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    weir::test::read_wish(argc, argv);
    return RUN_ALL_TESTS();
}
