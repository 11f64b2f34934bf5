// A journal in a folder of its own with one route, a host that writes down what it is told, and calls of operations.
//
// Route "orders" reads "usage" and delivers to "erp" and "file". Records e0..e9 are accepted; `erp` has settled all of
// them except e9, and has rows as add_rows() says.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/admin/operation.hpp"
#include "tests/conformance/journal_harness.hpp"

namespace weir::admin::testing {

using journal::DeliveryState;
using journal::testing::kSecond;
using journal::testing::kStart;

class FakeHost final : public LiveHost {
  public:
    explicit FakeHost(std::shared_ptr<const config::Config> config) : config_(std::move(config)) {}
    std::shared_ptr<void> hold_switches() override {
        ++holds;
        return std::make_shared<int>();
    }
    void take_up(const std::vector<journal::DeliveryRow>& rows) override {
        taken_up.insert(taken_up.end(), rows.begin(), rows.end());
    }
    void set_route_paused(std::string_view route, bool paused) override { routes[std::string(route)] = paused; }
    void set_connection_paused(std::string_view connection, bool paused) override {
        paused_connections[std::string(connection)] = paused;
    }
    ReloadReport reload() override { return report; }
    std::vector<DestinationStatus> destinations() override;
    std::vector<ConnectionStatus> connections() override;
    HealthReport health() override { return {ready, ready ? Problems{} : Problems{{"connection erp", "down"}}}; }
    std::shared_ptr<const config::Config> config() override { return config_; }
    std::string metrics() override { return "# TYPE weir_more gauge\nweir_more 1\n"; }

    int holds = 0;
    bool ready = true;
    std::vector<journal::DeliveryRow> taken_up;
    std::map<std::string, bool> routes;
    std::map<std::string, bool> paused_connections;
    ReloadReport report;

  private:
    using Problems = std::vector<std::pair<std::string, std::string>>;
    std::shared_ptr<const config::Config> config_;
};

class PlantTest : public ::testing::Test {
  protected:
    PlantTest();
    // Lane erp: 1 dead (http_503), 2 held (PERIOD_CLOSED), 3 dead (OUTCOME_UNKNOWN), 4 retrying, 5 delivered with a
    // remote id, 6 held without a frame; steps lane: 7 held (NOT_VALID).
    void add_rows();

    [[nodiscard]] Result<Json> call(OperationId id, Json given, Actor actor = {"token:ci", "admin", ""});
    // Fails the test when the operation fails.
    Json must_call(OperationId id, Json given);
    [[nodiscard]] journal::ListedDelivery item(const std::string& name);
    [[nodiscard]] std::vector<journal::ListedAudit> audit();
    [[nodiscard]] journal::DeliveryRow row(journal::LaneId lane, journal::Offset offset, DeliveryState state,
                                           const std::string& code, bool with_frame = true) const;
    void commit(journal::Transition transition) { ASSERT_TRUE(journal_->commit(std::move(transition)).ok()); }
    void stop_host() {
        plant_.live = nullptr;
        plant_.stopped_config = config_;
    }

    journal::testing::TempDir dir_;
    ManualClock clock_{kStart};
    std::shared_ptr<config::Config> config_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<journal::Inspector> inspector_;
    std::unique_ptr<FakeHost> host_;
    Plant plant_;
    journal::StreamId stream_ = 0;
    journal::LaneId steps_ = 0;
    journal::LaneId erp_ = 0;
    journal::LaneId file_ = 0;
};

template <class T>
T must(Result<T> result) {
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    if (!result.ok()) std::abort();
    return std::move(result).value();
}

}  // namespace weir::admin::testing
