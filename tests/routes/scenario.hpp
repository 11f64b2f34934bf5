// A route test as a data file: what comes in, what the destination does, what must be true in the end.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "runtime/flow/retry_policy.hpp"
#include "tests/routes/target.hpp"

namespace weir::test {

struct GivenRecord {
    std::string id;
    std::string source = "test";
    std::string subject;
    std::string payload = "{}";
    std::string hold;  // a code: held at intake by its source
};

struct Expectation {
    std::vector<std::string> booked;  // ids in the target's books, each exactly once, in any order
    std::map<std::string, std::vector<std::string>> order;  // key -> ids in the order booked
    std::map<std::string, std::string> held;                // id -> code
    std::map<std::string, std::string> dead;                // id -> code
    std::uint64_t filtered = 0;
    std::map<std::string, int> attempts;  // id -> attempts, checked where nothing crashed
    std::optional<bool> probed;           // whether the target was asked "did this happen?"
    std::optional<bool> new_instance;     // whether a broken sink was replaced
};

struct Scenario {
    std::string title;
    std::string why;
    std::filesystem::path file;
    std::string key;
    // Steps by name: "filter" drops subjects "drop", "reject" holds subjects "bad", "double" makes two of one,
    // "count" keeps a running count per subject in durable state and writes it into the payload.
    std::vector<std::string> steps;
    flow::RetryRules retry;
    TargetOptions target;
    std::vector<GivenRecord> given;
    std::map<std::string, std::vector<std::string>> replies;
    std::map<std::string, int> cannot_tell;
    Expectation expect;
};

// What GoogleTest prints of a case.
inline void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.title; }

[[nodiscard]] Scenario load_scenario(const std::filesystem::path& file);
[[nodiscard]] std::vector<Scenario> load_scenarios(const std::filesystem::path& folder);

}  // namespace weir::test
