// Which steps and branches of the routes the cases went through.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/routetest/bench.hpp"
#include "runtime/routetest/run.hpp"

namespace weir::routetest {

struct StepCoverage {
    std::string label;  // "step 2 (map)"
    std::uint64_t passed = 0;
    std::uint64_t filtered = 0;
    std::uint64_t held = 0;
    [[nodiscard]] std::uint64_t records() const noexcept { return passed + filtered + held; }
};
struct RouteCoverage {
    void add(const Passage& passage);

    std::uint64_t records = 0;  // accepted
    std::vector<StepCoverage> steps;
    std::map<std::string, std::uint64_t> branches;  // "invoices/late", or "(dropped)" -> records that took it
    std::map<std::size_t, std::string> drops;       // by a switch's place, the branch of what it drops
};

class Coverage {
  public:
    // Every step and branch of the configuration, at zero; what is added from now on is of its routes. Errors: a step
    // cannot be made.
    [[nodiscard]] Status add_routes(const Bench& bench);
    void add(const Actual& actual);

    [[nodiscard]] const std::map<std::string, RouteCoverage>& routes() const noexcept {
        return routes_;
    }  // "weir.yaml: usage"
    // Of routes, steps and branches together, those that a record went through, in whole percent rounded down. 100 when
    // there are none.
    [[nodiscard]] int percent() const;

  private:
    std::string prefix_;
    std::map<std::string, RouteCoverage> routes_;
};

}  // namespace weir::routetest
