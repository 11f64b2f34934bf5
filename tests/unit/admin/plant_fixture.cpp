#include "tests/unit/admin/plant_fixture.hpp"

#include "runtime/admin/item.hpp"
#include "runtime/base/id.hpp"

namespace weir::admin::testing {

using journal::testing::encode;
using journal::testing::Event;

std::vector<DestinationStatus> FakeHost::destinations() {
    DestinationStatus status;
    status.route = "orders";
    status.connection = "erp";
    status.connected = true;
    status.state = "idle";
    status.in_memory = 3;
    return {status};
}

std::vector<ConnectionStatus> FakeHost::connections() {
    ConnectionStatus status;
    status.name = "erp";
    status.plugin = "tryton";
    status.sink = true;
    status.breaker = "open";
    status.health = "down";
    status.quota = {{"per_minute", 60, 12}};
    return {status};
}

PlantTest::PlantTest() : config_(std::make_shared<config::Config>()) {
    config::Route route;
    route.name = "orders";
    route.owner = "finance";
    route.from = "usage";
    route.exception_service_level = std::chrono::hours{48};
    route.to.resize(2);
    route.to[0].name = route.to[0].connection = "erp";
    route.to[1].name = route.to[1].connection = "file";
    config_->data_dir = dir_.path();
    config_->routes.push_back(route);
    for (const char* name : {"usage", "erp", "file"}) config_->connections[name].name = name;
    host_ = std::make_unique<FakeHost>(config_);

    journal::Options options;
    options.dir = dir_.path() / "journal";
    options.clock = &clock_;
    journal_ = must(journal::open_journal(options));
    stream_ = must(journal_->open_stream("usage"));
    steps_ = must(journal_->open_lane("orders", "", stream_, true));
    erp_ = must(journal_->open_lane("orders", "erp", stream_, true));
    file_ = must(journal_->open_lane("orders", "file", stream_, true));
    append(*journal_, stream_, journal::testing::numbered("e", 10));
    journal::LaneProgress progress;
    progress.lane = erp_;
    progress.position = 9;
    progress.delivered = 3;
    EXPECT_TRUE(journal_->commit({.progress = {progress}}).ok());
    inspector_ = must(journal::inspect_journal(options.dir));
    plant_ = {journal_.get(), inspector_.get(), &clock_, host_.get(), nullptr};
}

journal::DeliveryRow PlantTest::row(journal::LaneId lane, journal::Offset offset, DeliveryState state,
                                    const std::string& code, bool with_frame) const {
    journal::DeliveryRow row;
    row.lane = lane;
    row.item = {offset, 0};
    row.state = state;
    row.attempts = 3;
    row.code = code;
    row.message = "the target said " + code;
    row.opened_wall_ns = clock_.wall_ns();
    row.updated_wall_ns = clock_.wall_ns();
    row.external_ref = delivery_keys("orders", "erp", "test", "e" + std::to_string(offset), 0).reference();
    if (with_frame) {
        row.frame =
            encode(std::vector<Event>{{"e" + std::to_string(offset), R"({"amount":12.30,"account":"4010"})"}}).frames;
    }
    return row;
}

void PlantTest::add_rows() {
    journal::DeliveryRow delivered = row(erp_, 5, DeliveryState::delivered, "", false);
    delivered.remote_id = "INV-5";
    journal::DeliveryRow aside = row(steps_, 7, DeliveryState::held, "NOT_VALID");
    aside.step = "step 1 (validate)";
    commit({.rows = {row(erp_, 1, DeliveryState::dead, "http_503"), row(erp_, 2, DeliveryState::held, "PERIOD_CLOSED"),
                     row(erp_, 3, DeliveryState::dead, "OUTCOME_UNKNOWN"),
                     row(erp_, 4, DeliveryState::retrying, "http_503"), delivered,
                     row(erp_, 6, DeliveryState::held, "CUSTOMER_UNMAPPED", false), aside}});
}

Result<Json> PlantTest::call(OperationId id, Json given, Actor actor) {
    OperationContext context{plant_, std::move(actor)};
    return admin::call(operation(id), context, given);
}

Json PlantTest::must_call(OperationId id, Json given) {
    auto result = call(id, std::move(given));
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    return result.ok() ? std::move(*result) : Json::object();
}

journal::ListedDelivery PlantTest::item(const std::string& name) { return must(find_item(*inspector_, name)); }

std::vector<journal::ListedAudit> PlantTest::audit() { return must(inspector_->audit({})); }

}  // namespace weir::admin::testing
