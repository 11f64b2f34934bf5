#include "tests/fault/seed_scenario.hpp"

#include <algorithm>
#include <sstream>

namespace weir::test {

namespace {

constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMilli;

class Maker {
  public:
    explicit Maker(std::uint64_t seed) : random_(seed * 0x9E3779B97F4A7C15ull + 1) { made_.seed = seed; }

    SeedScenario make() {
        made_.end_ns = between(60, 400) * kSecond;
        made_.sqlite = made_.seed % 97 == 0;
        made_.reader_one = chance(15);
        traits(made_.erp);
        traits(made_.archive);
        faults();
        limits();
        records();
        misfortunes();
        std::ranges::stable_sort(made_.events, {}, &Event::at_ns);
        return std::move(made_);
    }

  private:
    bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
    }
    int up_to(int most) { return static_cast<int>(between(0, most)); }
    std::int64_t some_time() { return between(0, made_.end_ns); }

    void traits(ErpTraits& t) {
        const auto kind = between(0, 9);
        t.resolves = kind <= 6;
        t.idempotent = kind >= 5 && kind <= 7;
        t.natural = kind == 8;
        t.atomic = chance(30);
        t.max_batch = static_cast<std::uint32_t>(between(1, 20));
        t.settle_ns = between(1, 5) * kSecond;
    }

    void faults() {
        if (chance(10)) return;  // a calm target; the machine still dies
        ErpFaults& f = made_.faults;
        for (int* percent : {&f.lost, &f.booked, &f.late, &f.failed}) *percent = chance(60) ? up_to(20) : 0;
        for (int* percent : {&f.throttled, &f.disconnect, &f.broken, &f.crash}) *percent = chance(50) ? up_to(8) : 0;
        f.cannot_tell = chance(40) ? up_to(60) : 0;
    }

    void limits() {
        flow::GateSettings& gate = made_.gate;
        gate.connection = "erp";
        if (chance(60)) gate.quota.per_second = static_cast<std::uint64_t>(between(1, 8));
        if (chance(50)) gate.quota.per_minute = static_cast<std::uint64_t>(between(10, 90));
        if (chance(30)) gate.quota.concurrency = static_cast<std::uint32_t>(between(1, 3));
        if (chance(40)) gate.quota.batch = static_cast<std::uint32_t>(between(1, 10));
        if (chance(40)) gate.quota.critical_reserve = 0.2;
        gate.breaker.failures = static_cast<std::uint32_t>(between(2, 6));
        gate.breaker.open_for = std::chrono::seconds{between(1, 10)};
        gate.breaker.open_for_max = std::chrono::seconds{60};
        made_.retry.first_delay = std::chrono::milliseconds{between(50, 2000)};
        made_.retry.max_delay = std::chrono::seconds{between(3, 60)};
        made_.retry.max_attempts = static_cast<std::uint32_t>(between(2, 12));
        made_.retry.max_probes = static_cast<std::uint32_t>(between(1, 8));
        if (chance(20)) made_.retry.deadline = std::chrono::seconds{between(5, 120)};
        made_.commit_crash = chance(70) ? up_to(12) : 0;
        made_.commit_refuse = chance(30) ? up_to(30) : 0;
    }

    void records() {
        const auto count = between(20, 60);
        std::vector<std::string> invoices;
        for (std::int64_t i = 0; i < count; ++i) {
            SeedRecord record;
            record.route = kRoutes[static_cast<std::size_t>(between(0, 3))];
            record.id = std::string(to_string(record.route)) + "-" + std::to_string(i);
            record.account = kAccounts[static_cast<std::size_t>(between(0, 4))];
            record.amount = std::to_string(between(0, 99'999)) + "." + std::to_string(between(10, 99));
            record.dropped = chance(4);
            record.at_ns = some_time();
            if (record.route == Route::usage && chance(30)) record.parts = static_cast<std::uint32_t>(between(2, 3));
            if (record.route == Route::invoices && !record.dropped) invoices.push_back(record.id);
            if (record.route == Route::payments && invoices.empty()) continue;
            // Often before its invoice: the sources do not know of one another.
            if (record.route == Route::payments) {
                record.invoice = invoices[static_cast<std::size_t>(random_() % invoices.size())];
            }
            if (record.route == Route::credits) record.amount = "-" + record.amount;
            for (int again = chance(25) ? up_to(5) : 0; again > 0; --again) {
                record.again_ns.push_back(between(record.at_ns, made_.end_ns));
            }
            made_.records.push_back(std::move(record));
        }
        for (std::size_t i = 0; i < made_.records.size(); ++i) {
            made_.events.push_back({made_.records[i].at_ns, EventKind::accept, i, 0});
            for (const std::int64_t at : made_.records[i].again_ns) {
                made_.events.push_back({at, EventKind::accept, i, 0});
            }
        }
    }

    void lasts(EventKind kind, std::int64_t most_seconds, std::size_t number = 0) {
        Event event{some_time(), kind, number, between(1, most_seconds) * kSecond};
        made_.events.push_back({event.at_ns + event.length_ns, EventKind::heal, number, 0, kind});
        made_.events.push_back(event);
    }

    void misfortunes() {
        for (const char* account : kAccounts) {
            if (chance(8)) made_.closed.emplace_back(account);
            if (chance(8)) made_.unmapped.emplace_back(account);
            if (chance(8)) made_.unknown_to_steps.emplace_back(account);
        }
        for (int i = up_to(3); i > 0; --i) lasts(EventKind::erp_down, 60);
        if (chance(50)) lasts(EventKind::archive_down, 120);
        if (chance(30)) lasts(EventKind::disk_full, 30);
        if (chance(30)) lasts(EventKind::pause, 60, static_cast<std::size_t>(between(0, 3)));
        for (int i = up_to(3); i > 0; --i) made_.events.push_back({some_time(), EventKind::crash, 0, 0});
        for (int i = chance(40) ? up_to(3) : 0; i > 0; --i) {
            const std::int64_t by = chance(70) ? 3600 * kSecond : between(1, 100) * kSecond;
            made_.events.push_back({some_time(), EventKind::jump_wall, 0, chance(50) ? by : -by});
        }
        for (int i = up_to(4); i > 0; --i) made_.events.push_back({some_time(), EventKind::redrive, 0, 0});
        for (int i = up_to(3); i > 0; --i) made_.events.push_back({some_time(), EventKind::replay, 0, 0});
        for (int i = chance(50) ? up_to(2) : 0; i > 0; --i) {
            made_.events.push_back({some_time(), EventKind::spoil, static_cast<std::size_t>(between(0, 99)), 0});
        }
        if (chance(70)) made_.events.push_back({some_time(), EventKind::repair, 0, 0});
    }

    std::mt19937_64 random_;
    SeedScenario made_;
};

std::string_view name_of(EventKind kind) {
    switch (kind) {
        case EventKind::accept:
            return "accept";
        case EventKind::erp_down:
            return "erp_down";
        case EventKind::archive_down:
            return "archive_down";
        case EventKind::disk_full:
            return "disk_full";
        case EventKind::jump_wall:
            return "jump_wall";
        case EventKind::crash:
            return "crash";
        case EventKind::pause:
            return "pause";
        case EventKind::redrive:
            return "redrive";
        case EventKind::replay:
            return "replay";
        case EventKind::spoil:
            return "spoil";
        case EventKind::repair:
            return "repair";
        case EventKind::heal:
            return "heal";
    }
    return "?";
}

std::string text_of(const ErpTraits& t) {
    std::ostringstream text;
    text << (t.resolves ? "resolves " : "") << (t.idempotent ? "idempotent " : "") << (t.natural ? "natural " : "")
         << (t.atomic ? "atomic " : "") << "batch=" << t.max_batch << " settle=" << t.settle_ns / kSecond << "s";
    return text.str();
}

}  // namespace

std::string_view to_string(Route route) noexcept {
    switch (route) {
        case Route::invoices:
            return "invoices";
        case Route::payments:
            return "payments";
        case Route::credits:
            return "credits";
        case Route::usage:
            return "usage";
    }
    return "?";
}

SeedScenario SeedScenario::of(std::uint64_t seed) { return Maker(seed).make(); }

SeedScenario SeedScenario::calm() const {
    SeedScenario calm = *this;
    calm.sqlite = false;
    calm.faults = {};
    calm.commit_crash = calm.commit_refuse = 0;
    calm.closed.clear();
    calm.unmapped.clear();
    calm.unknown_to_steps.clear();
    std::erase_if(calm.events, [](const Event& event) { return event.kind != EventKind::accept; });
    return calm;
}

std::string SeedScenario::describe() const {
    std::ostringstream text;
    const ErpFaults& f = faults;
    text << "seed " << seed << (sqlite ? " sqlite" : "") << (reader_one ? " small-window" : "")
         << "\n  erp: " << text_of(erp) << "\n  archive: " << text_of(archive) << "\n  faults %: lost=" << f.lost
         << " booked=" << f.booked << " late=" << f.late << " failed=" << f.failed << " throttled=" << f.throttled
         << " disconnect=" << f.disconnect << " broken=" << f.broken << " crash=" << f.crash
         << " cannot_tell=" << f.cannot_tell << "; commits: crash=" << commit_crash << "/1000 refuse=" << commit_refuse
         << "/1000\n  quota: " << gate.quota.per_second << "/s " << gate.quota.per_minute
         << "/min batch=" << gate.quota.batch << " reserve=" << gate.quota.critical_reserve << "; breaker "
         << gate.breaker.failures << " failures, " << gate.breaker.open_for.count() << " ms; retry "
         << retry.max_attempts << " attempts, " << retry.max_probes << " probes, deadline " << retry.deadline.count()
         << " ms\n";
    for (const auto& [what, accounts] : {std::pair{"closed", &closed}, std::pair{"unmapped", &unmapped},
                                         std::pair{"unknown to steps", &unknown_to_steps}}) {
        for (const std::string& account : *accounts) text << "  " << what << ": " << account << "\n";
    }
    for (const Event& event : events) {
        text << "  " << static_cast<double>(event.at_ns / kMilli) / 1000.0 << "s " << name_of(event.kind);
        if (event.kind == EventKind::accept) {
            const SeedRecord& record = records[event.number];
            text << " " << record.id << " " << record.payload() << (record.dropped ? " (filtered)" : "");
            if (record.parts > 1) text << " (" << record.parts << " parts)";
            if (!record.invoice.empty()) text << " pays " << record.invoice;
        } else if (event.kind == EventKind::heal) {
            text << " " << name_of(event.ends);
        } else if (event.length_ns != 0) {
            text << " " << event.length_ns / kSecond << "s";
        }
        text << "\n";
    }
    return text.str();
}

}  // namespace weir::test
