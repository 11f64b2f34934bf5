// Pause, resume, reload, audit, health, routes, connections, offsets.
#include "runtime/admin/control.hpp"
#include "tests/unit/admin/plant_fixture.hpp"

namespace weir::admin::testing {
namespace {

using ::testing::HasSubstr;

using Control = PlantTest;

TEST_F(Control, pause_is_durable_told_to_the_host_and_audited) {
    must_call(OperationId::pause, {{"route", "orders"}, {"reason", "maintenance"}});
    EXPECT_TRUE(host_->routes.at("orders"));
    const auto mark = must(journal_->state_get("control", "pause/route/orders"));
    ASSERT_TRUE(mark.has_value());
    EXPECT_THAT(*mark, HasSubstr("maintenance"));
    EXPECT_EQ(audit()[0].entry.subject, "route orders");
    must_call(OperationId::resume, {{"route", "orders"}, {"reason", "over"}});
    EXPECT_FALSE(host_->routes.at("orders"));
    EXPECT_FALSE(must(journal_->state_get("control", "pause/route/orders")).has_value());
    EXPECT_EQ(audit().size(), 2u);
}

TEST_F(Control, pause_of_a_stopped_host_is_found_at_its_start) {
    stop_host();
    must_call(OperationId::pause, {{"connection", "erp"}, {"reason", "maintenance"}});
    EXPECT_TRUE(must(pause_marks(plant_)).connections.contains("erp"));
    const Json connections = must_call(OperationId::connections, Json::object())["connections"];
    for (const Json& one : connections) EXPECT_EQ(one["paused"], one["connection"] == "erp") << write_json(one);
    EXPECT_EQ(must_call(OperationId::routes, Json::object())["routes"][0]["destinations"][0]["state"], "paused");
}

TEST_F(Control, pause_names_one_thing_that_is_there) {
    EXPECT_EQ(call(OperationId::pause, {{"reason", "r"}}).error().code, "BAD_PARAMETER");
    EXPECT_EQ(call(OperationId::pause, {{"route", "orders"}, {"connection", "erp"}, {"reason", "r"}}).error().code,
              "BAD_PARAMETER");
    EXPECT_EQ(call(OperationId::pause, {{"route", "none"}, {"reason", "r"}}).error().errc, Errc::not_found);
    EXPECT_TRUE(audit().empty());
}

TEST_F(Control, reload_tells_what_changed_and_what_is_wrong) {
    host_->report.applied = false;
    host_->report.problems = {"weir.yaml:3:1: unknown key \"conections\""};
    const Json refused = must_call(OperationId::reload, {{"reason", "new route"}});
    EXPECT_EQ(refused["applied"], false);
    EXPECT_EQ(refused["problems"].size(), 1u);
    EXPECT_EQ(audit()[0].entry.action, "reload");
    stop_host();
    EXPECT_EQ(call(OperationId::reload, {{"reason", "r"}}).error().code, "HOST_STOPPED");
}

TEST_F(Control, audit_is_listed_filtered_and_verified) {
    for (int i = 0; i < 5; ++i) {
        must_call(i % 2 == 0 ? OperationId::pause : OperationId::resume, {{"route", "orders"}, {"reason", "r"}});
    }
    EXPECT_EQ(must_call(OperationId::audit, {{"action", "pause"}})["entries"].size(), 3u);
    EXPECT_EQ(must_call(OperationId::audit, {{"subject", "route"}})["entries"].size(), 5u);
    EXPECT_EQ(must_call(OperationId::audit, {{"actor", "token:other"}})["entries"].size(), 0u);
    const Json page = must_call(OperationId::audit, {{"limit", 2}});
    EXPECT_EQ(page["entries"].size(), 2u);
    const Json rest = must_call(OperationId::audit, {{"limit", 3}, {"cursor", page["next"]}});
    EXPECT_EQ(rest["entries"][0]["sequence"], 3);
    EXPECT_FALSE(rest.contains("next"));
    const Json verified = must_call(OperationId::audit_verify, Json::object());
    EXPECT_EQ(verified["intact"], true);
    EXPECT_EQ(verified["entries"], 5);
}

TEST_F(Control, health_and_listings_of_a_running_host) {
    host_->ready = false;
    const Json health = must_call(OperationId::health, Json::object());
    EXPECT_EQ(health["ready"], false);
    EXPECT_EQ(health["problems"][0]["why"], "down");
    EXPECT_EQ(health["journal"]["available"], true);
    EXPECT_EQ(must_call(OperationId::connections, Json::object())["connections"][0]["breaker"], "open");
    EXPECT_EQ(must_call(OperationId::routes, Json::object())["routes"][0]["destinations"][0]["in_memory"], 3);
}

TEST_F(Control, offsets_say_how_far_each_lane_is) {
    const Json told = must_call(OperationId::offsets, {{"route", "orders"}});
    for (const Json& lane : told["offsets"]) {
        EXPECT_EQ(lane["end"], 10);
        const std::string destination = lane["destination"];
        EXPECT_NE(destination, "") << "the destinations run the steps: there is no lag of their own";
        EXPECT_EQ(lane["lag"], destination == "erp" ? 1 : 10) << destination;
    }
    EXPECT_EQ(must_call(OperationId::offsets, {{"route", "none"}})["offsets"].size(), 0u);
}

}  // namespace
}  // namespace weir::admin::testing
