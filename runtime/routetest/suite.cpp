#include "runtime/routetest/suite.hpp"

#include <algorithm>
#include <utility>

#include "runtime/routetest/golden.hpp"

namespace weir::routetest {

namespace {

constexpr int kTransitionsMax = 500;
constexpr std::uint64_t kSeeds = 5;

Failure cannot_run(const Case& test, const Error& error) { return {"cannot be run: " + error.message, {}, test.where}; }

class CaseSuite {
  public:
    CaseSuite(const Bench& bench, const Case& test) : bench_(bench), test_(test) {}

    [[nodiscard]] std::vector<Failure> run_plain() {
        auto actual = run_case(bench_, test_, {});
        if (!actual) return {cannot_run(test_, actual.error())};
        plain_ = std::move(*actual);
        return check_case(test_, *plain_, Profile::plain, nullptr);
    }
    [[nodiscard]] const Actual* plain() const noexcept { return plain_ ? &*plain_ : nullptr; }

    [[nodiscard]] std::vector<Failure> run(Profile profile) {
        if (profile == Profile::restart) return run_restarts();
        if (profile != Profile::shuffled) return run_once({profile, Die::never, 0, 1}, "").second;
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            auto failures = run_once({profile, Die::never, 0, seed}, "with seed " + std::to_string(seed) + ": ").second;
            if (!failures.empty()) return failures;
        }
        return {};
    }

  private:
    // At the first transition, the second, ... until one life needs no more of them.
    [[nodiscard]] std::vector<Failure> run_restarts() {
        for (const Die die : {Die::before_commit, Die::after_commit}) {
            const char* when =
                die == Die::before_commit ? "restarted before transition " : "restarted after transition ";
            for (int nth = 1; nth <= kTransitionsMax; ++nth) {
                auto [crashed, failures] = run_once({Profile::restart, die, nth, 1}, when + std::to_string(nth) + ": ");
                if (!failures.empty()) return failures;
                if (!crashed) break;
            }
        }
        return {};
    }

    [[nodiscard]] std::pair<bool, std::vector<Failure>> run_once(const RunSettings& settings, const std::string& when) {
        auto actual = run_case(bench_, test_, settings);
        if (!actual) return {false, {cannot_run(test_, actual.error())}};
        auto failures = check_case(test_, *actual, settings.profile, plain());
        for (Failure& failure : failures) failure.message.insert(0, when);
        return {actual->crashed, std::move(failures)};
    }

    const Bench& bench_;
    const Case& test_;
    std::optional<Actual> plain_;
};

template <class Run>
CaseResult timed(const TestFile& file, const Case& test, Profile profile, const Run& run) {
    const SystemClock clock;
    CaseResult result{&file, &test, profile, clock.mono_ns(), {}, {}};
    run(result);
    result.took_ns = clock.mono_ns() - result.took_ns;
    return result;
}

// What accepting would not repair is told.
void renew(const TestFile& file, const Case& test, const Actual& actual, CaseResult& result, SuiteResult& into) {
    Json renewed = renewed_expectation(test, actual);
    auto left = check_renewed(file, test, renewed, actual);
    if (left.empty()) {
        into.acceptable[&file][test.name] = std::move(renewed);
        return;
    }
    for (Failure& failure : left) {
        const auto same = std::ranges::find(result.failures, failure.message, &Failure::message);
        if (same == result.failures.end()) result.failures.push_back(std::move(failure));
    }
}

void run_one(const Bench& bench, const TestFile& file, const Case& test, const SuiteSettings& settings,
             Coverage* coverage, SuiteResult& into) {
    CaseSuite suite(bench, test);
    into.results.push_back(
        timed(file, test, Profile::plain, [&](CaseResult& result) { result.failures = suite.run_plain(); }));
    CaseResult& plain = into.results.back();
    if (suite.plain() == nullptr) return;
    if (coverage != nullptr) coverage->add(*suite.plain());
    if (!plain.failures.empty()) {  // every profile would say the same
        if (test.golden) renew(file, test, *suite.plain(), plain, into);
        return;
    }
    for (const Profile profile : settings.profiles) {
        if (profile == Profile::plain) continue;
        into.results.push_back(timed(file, test, profile, [&](CaseResult& result) {
            auto obstacle = profile_obstacle(bench, test, profile);
            if (!obstacle) {
                result.failures = {cannot_run(test, obstacle.error())};
            } else if (!obstacle->empty()) {
                result.skipped = std::move(*obstacle);
            } else {
                result.failures = suite.run(profile);
            }
        }));
    }
}

}  // namespace

SuiteResult run_suite(const Bench& bench, const std::vector<TestFile>& files, const SuiteSettings& settings,
                      Coverage* coverage) {
    SuiteResult result;
    for (const TestFile& file : files) {
        for (const Case& test : file.cases) {
            if (test.name.find(settings.filter) == std::string::npos) continue;
            run_one(bench, file, test, settings, coverage, result);
        }
    }
    return result;
}

}  // namespace weir::routetest
