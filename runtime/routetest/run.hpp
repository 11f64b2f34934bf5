// Runs one case under one profile: the inline engine over a journal in memory, a clock that only the case moves, and
// destinations that answer as it says.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/journal/inspect.hpp"
#include "runtime/routetest/bench.hpp"
#include "runtime/routetest/destination.hpp"
#include "runtime/routetest/watched_journal.hpp"
#include "runtime/routetest/watched_step.hpp"

namespace weir::routetest {

// A delivery that did not end well, or has not ended.
struct Unfinished {
    std::string id;           // of the accepted record
    std::string destination;  // "": it did not get that far
    std::string step;
    std::string code;
    std::string message;
    journal::DeliveryState state = journal::DeliveryState::held;
    // The destination, the step's label, or "intake".
    [[nodiscard]] const std::string& place() const;
};

// What came of a case.
struct Actual {
    std::map<std::string, std::vector<Delivered>> deliveries;
    std::vector<Unfinished> unfinished;
    std::map<std::string, std::string> filtered;  // id -> code
    std::vector<std::string> pending;             // not yet in a row: never tried
    std::map<std::string, std::uint32_t> attempts;
    std::map<std::string, std::uint32_t> probes;
    std::uint64_t suppressed = 0;
    std::vector<journal::LaneAccount> accounts;
    std::vector<std::string> broken_promises;  // booked twice, two of one key in one call, a request nobody expected
    std::map<std::string, Watch> watches;      // by route
    std::vector<std::string> unused;           // of the script: what it says of records that never came
    bool crashed = false;                      // the crash that was asked for took place
    // What the steps did with a record, as `trace` states it.
    [[nodiscard]] std::vector<std::string> way_of(const std::string& id) const;
};

struct RunSettings {
    Profile profile = Profile::plain;
    Die die = Die::never;
    int nth = 0;
    std::uint64_t seed = 1;  // of the shuffled profile
};

// Errors: the case cannot be run at all, as when a step cannot be made.
[[nodiscard]] Result<Actual> run_case(const Bench& bench, const Case& test, const RunSettings& settings);

// Whether the case's destinations and sources allow the profile; otherwise why not.
[[nodiscard]] Result<std::string> profile_obstacle(const Bench& bench, const Case& test, Profile profile);

}  // namespace weir::routetest
