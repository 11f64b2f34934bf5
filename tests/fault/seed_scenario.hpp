// One seed's story: what comes in, what goes wrong and when. Everything in it follows from the seed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/flow/connection_gate.hpp"
#include "runtime/flow/retry_policy.hpp"
#include "tests/fault/sim_erp.hpp"

namespace weir::test {

enum class Route : std::uint8_t { invoices, payments, credits, usage };
inline constexpr std::array kRoutes{Route::invoices, Route::payments, Route::credits, Route::usage};
[[nodiscard]] std::string_view to_string(Route route) noexcept;

struct SeedRecord {
    Route route = Route::invoices;
    std::string id;
    std::string account;  // also the ordering key
    std::string invoice;  // payments: the one it pays
    std::string amount;
    bool dropped = false;                // the steps filter it
    std::uint32_t parts = 1;             // the steps make so many of it
    std::int64_t at_ns = 0;              // accepted, since the start
    std::vector<std::int64_t> again_ns;  // accepted again
    [[nodiscard]] std::string payload() const { return account + ";" + amount + ";" + id; }
};

inline constexpr std::array kAccounts{"ACME", "BOLT", "CORE", "DUNE", "ECHO"};

enum class EventKind : std::uint8_t {
    accept,        // record `number`
    erp_down,      // for `length`
    archive_down,  // for `length`
    disk_full,     // for `length`
    jump_wall,     // by `length`, which may be negative
    crash,         // the machine dies between two units of work
    pause,         // route `number` for `length`
    redrive,       // an operator takes up some of what lies there
    replay,        // an operator runs some of what was delivered again
    spoil,         // the steps put account `number` aside from now on
    repair,        // closed periods are opened, customers are mapped
    heal,          // everything that ends by itself after `length`
};
struct Event {
    std::int64_t at_ns = 0;
    EventKind kind = EventKind::accept;
    std::size_t number = 0;
    std::int64_t length_ns = 0;
    EventKind ends = EventKind::heal;  // of heal: what ends
};

struct SeedScenario {
    std::uint64_t seed = 0;
    bool sqlite = false;
    bool reader_one = false;  // the smallest reads and windows
    ErpTraits erp;
    ErpTraits archive;
    ErpFaults faults;
    flow::GateSettings gate;
    flow::RetryPolicy retry;
    int commit_crash = 0;   // per mille of commits, before or after
    int commit_refuse = 0;  // per mille of commits: refused, or made and reported as failed
    std::vector<SeedRecord> records;
    std::vector<Event> events;  // ascending by time
    std::vector<std::string> closed;
    std::vector<std::string> unmapped;  // at the ERP
    std::vector<std::string> unknown_to_steps;
    std::int64_t end_ns = 0;  // then everything is healed

    [[nodiscard]] static SeedScenario of(std::uint64_t seed);
    [[nodiscard]] SeedScenario calm() const;  // the same work, and nothing goes wrong
    [[nodiscard]] std::string describe() const;
};

}  // namespace weir::test
