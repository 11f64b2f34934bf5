// The workbench of `weir test`: steps of a real configuration, made as the host makes them, with services that the test
// plays.
#pragma once

#include <filesystem>
#include <memory>

#include "runtime/app/configuration.hpp"
#include "runtime/routetest/bench.hpp"

namespace weir::app {

// Any number of cases, one after the other.
class TestBench final : public routetest::Bench {
  public:
    // `configuration` has no problems.
    explicit TestBench(Configuration configuration);
    ~TestBench() override;
    TestBench(const TestBench&) = delete;
    TestBench& operator=(const TestBench&) = delete;

    [[nodiscard]] const config::Config& config() const override { return *configuration_.loaded.config; }
    [[nodiscard]] Result<std::unique_ptr<routetest::Workbench>> open(
        const routetest::Case& test, const routetest::PlayedServices& services) const override;

  private:
    [[nodiscard]] Result<std::shared_ptr<const Tables>> tables_of(const routetest::Case& test) const;

    Configuration configuration_;
    std::filesystem::path folder_;  // of files that only the tests need; made when the first of them is
};

// As load_configuration(). Variables that have to be set and are not have a fixed value, so that a build server needs
// no secrets.
[[nodiscard]] Configuration load_for_tests(const std::filesystem::path& file);

}  // namespace weir::app
