// A target system for the seeded delivery tests. Its books outlive every crash of weir, it misbehaves as its random
// numbers say, and it checks on its own what no client may ever do to it: book twice, break its quota, repeat blindly
// what may have happened, or overtake within a key.
#pragma once

#include <weir/decimal.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/plugin/handles.hpp"

namespace weir::test {

struct Crash {};  // unwinds one life of weir; the journal and the target live on

struct ErpTraits {
    bool resolves = true;
    bool idempotent = false;  // honours the key
    bool natural = false;     // unique references: a repetition is answered as a duplicate
    bool atomic = false;
    std::uint32_t max_batch = 20;
    std::int64_t settle_ns = 5'000'000'000;
    [[nodiscard]] bool repeatable() const noexcept { return idempotent || natural; }
};

// Chances in percent, per call or per record.
struct ErpFaults {
    int lost = 0;         // cut before it was booked: unknown
    int booked = 0;       // 5xx after it was booked: unknown
    int late = 0;         // unknown, and booked some time later
    int failed = 0;       // 5xx before it was booked: surely not
    int throttled = 0;    // 429, per call
    int disconnect = 0;   // per call
    int broken = 0;       // per call
    int crash = 0;        // weir dies inside the call, per call
    int cannot_tell = 0;  // an answer to "did this happen?", per record
};

struct ErpLimits {
    std::uint64_t per_second = 0;
    std::uint64_t per_minute = 0;
    std::uint32_t concurrency = 0;
};

struct Document {
    std::string lane;
    std::string id;
    std::string key;
    std::string account;
    Decimal amount;
    std::string payload;
    friend bool operator==(const Document& a, const Document& b) {
        return a.lane == b.lane && a.id == b.id && a.key == b.key && a.account == b.account && a.amount == b.amount &&
               a.payload == b.payload;
    }
};

// One thread.
class SimErp {
  public:
    SimErp(ErpTraits with, ErpLimits limits, const Clock& clock, std::uint64_t seed)
        : traits(with), limits_(limits), clock_(clock), random_(seed) {}

    const ErpTraits traits;
    ErpFaults faults;                       // change at any time
    std::set<std::string> closed_accounts;  // a closed period: a business rejection
    std::set<std::string> unmapped;         // accounts nobody knows: a business rejection
    bool down = false;                      // answers 503 or cuts connections

    [[nodiscard]] std::unique_ptr<plugin::SinkHandle> make_sink(std::uint32_t lane, std::string name);

    // What becomes of the answers: an attempt's settlement is durable; weir died.
    void settled(std::uint32_t lane, std::uint64_t attempt);
    void crashed();
    // A person has looked: nothing stands under this reference.
    void surely_absent(const std::string& reference) { uncertain_.erase(reference); }
    // The clock weir saved its use by was set forward and weir restarted: for its memory, time has passed.
    void forget_requests() { requests_.clear(); }

    [[nodiscard]] bool has(const std::string& reference);
    [[nodiscard]] std::int64_t last_late_ns() const noexcept { return last_late_ns_; }
    [[nodiscard]] const std::map<std::string, Document>& documents();  // by reference
    [[nodiscard]] std::map<std::string, Decimal> balances();
    [[nodiscard]] const std::vector<std::string>& booked_order();  // references
    std::vector<std::string> violations;
    std::uint64_t calls = 0;

  private:
    friend class ErpSink;
    struct Late {
        std::int64_t at;
        std::string reference;
        Document document;
    };
    bool chance(int percent) { return percent > 0 && static_cast<int>(random_() % 100) < percent; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
    }
    void count_request();
    void commit_late();
    void book(const std::string& reference, const Document& document, bool late);
    [[nodiscard]] plugin::Outcome answer(const std::string& reference, const Document& document);
    [[nodiscard]] std::optional<plugin::Outcome> rejection(const Document& document) const;

    ErpLimits limits_;
    const Clock& clock_;
    std::mt19937_64 random_;
    std::uint32_t in_calls_ = 0;
    std::deque<std::int64_t> requests_;
    std::map<std::string, Document> documents_;
    std::vector<std::string> order_;
    std::vector<Late> late_;
    std::int64_t last_late_ns_ = 0;
    std::uint64_t late_call_ = 0;
    std::int64_t late_at_ = 0;
    // Sent, and weir does not know (or no longer knows) how it ended.
    std::set<std::string> uncertain_;
    struct Call {
        std::vector<std::string> references;
        std::set<std::string> unknown;
    };
    std::map<std::pair<std::uint32_t, std::uint64_t>, Call> open_;
};

}  // namespace weir::test
