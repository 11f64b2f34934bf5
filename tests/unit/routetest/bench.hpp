// A bench with steps of the tests' own, and a folder for test files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/routetest/bench.hpp"
#include "runtime/routetest/check.hpp"
#include "runtime/routetest/read_tests.hpp"

namespace weir::routetest {

// One route "orders" from "shop" to "erp" and "crm". Its first step drops subject "drop" (code DROPPED), rejects "bad"
// (code BAD); its second, "shout", puts "!" behind the payload's last quote, asks http://names/<subject> when the
// type is "ask", and gives records of type "rename" the id "same".
class FakeBench final : public Bench {
  public:
    FakeBench();
    [[nodiscard]] const config::Config& config() const override { return config_; }
    [[nodiscard]] Result<std::unique_ptr<Workbench>> open(const Case& test,
                                                          const PlayedServices& services) const override;

  private:
    config::Config config_;
};

// A test file in a folder of its own.
class Written {
  public:
    explicit Written(const std::string& text);
    ~Written();
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  private:
    std::filesystem::path folder_;
    std::filesystem::path file_;
};

// The cases of `text`; problems fail the test.
[[nodiscard]] TestFile read(const FakeBench& bench, const std::string& text);
// Problems as they are shown, with "test.yaml:1:2" in front; "" when there are none.
[[nodiscard]] std::string problems_of(const FakeBench& bench, const std::string& text);
// Failures of the only case of `text`, with their differences.
[[nodiscard]] std::string failures_of(const FakeBench& bench, const std::string& text,
                                      Profile profile = Profile::plain);

}  // namespace weir::routetest
