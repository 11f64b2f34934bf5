// Trying again what was given up or put aside: one, many, by query; on a running host and on a stopped one.
#include "tests/unit/admin/plant_fixture.hpp"

namespace weir::admin::testing {
namespace {

using journal::Redo;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Redrive : public PlantTest {
  protected:
    void SetUp() override { add_rows(); }
    Json redrive(const std::string& item, const Json& more = Json::object()) {
        Json given{{"items", {item}}, {"reason", "the ERP is back"}};
        given.update(more);
        return must_call(OperationId::redrive, given);
    }
    std::string refusal(Json given) {
        given["reason"] = "r";
        const auto result = call(OperationId::redrive, given);
        return result.ok() ? "done" : result.error().code;
    }
};

TEST_F(Redrive, makes_a_dead_letter_wait_and_hands_it_to_the_host) {
    clock_.advance(kSecond);
    EXPECT_EQ(redrive("orders/erp/1.0")["redriven"], 1);
    const auto after = item("orders/erp/1.0").row;
    EXPECT_EQ(after.state, DeliveryState::waiting);
    EXPECT_EQ(after.redo, Redo::deliver);
    EXPECT_EQ(after.attempts, 0u);
    EXPECT_EQ(after.next_wall_ns, clock_.wall_ns());
    EXPECT_EQ(after.external_ref, row(erp_, 1, DeliveryState::dead, "").external_ref) << "the target must recognise it";
    EXPECT_FALSE(after.frame.empty());
    ASSERT_EQ(host_->taken_up.size(), 1u);
    EXPECT_EQ(host_->taken_up[0].frame, after.frame) << "the lane sends what was tried";
    EXPECT_EQ(host_->holds, 1) << "no reload between commit and hand-over";
}

TEST_F(Redrive, is_audited_with_who_and_why) {
    redrive("orders/erp/1.0");
    const auto entries = audit();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].entry.actor, "token:ci");
    EXPECT_EQ(entries[0].entry.role, "admin");
    EXPECT_EQ(entries[0].entry.action, "redrive");
    EXPECT_EQ(entries[0].entry.subject, "orders/erp/1.0");
    EXPECT_EQ(entries[0].entry.reason, "the ERP is back");
    EXPECT_THAT(entries[0].entry.detail, HasSubstr("\"mapping\""));
    const auto notes = must(inspector_->notes(erp_, {1, 0}));
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_EQ(notes[0].action, "redrive");
    EXPECT_THAT(notes[0].detail, HasSubstr(R"("mapping":"original")"));
}

TEST_F(Redrive, works_on_a_stopped_host) {
    stop_host();
    EXPECT_EQ(redrive("orders/erp/1.0")["redriven"], 1);
    EXPECT_EQ(item("orders/erp/1.0").row.state, DeliveryState::waiting);
    EXPECT_TRUE(host_->taken_up.empty());
}

TEST_F(Redrive, through_the_current_steps_when_asked) {
    redrive("orders/erp/2.0", {{"mapping", "current"}});
    EXPECT_EQ(item("orders/erp/2.0").row.redo, Redo::steps);
}

TEST_F(Redrive, of_what_a_step_put_aside_goes_through_the_steps) {
    EXPECT_EQ(refusal({{"items", {"orders/-/7.0"}}, {"mapping", "original"}}), "NEVER_MAPPED");
    redrive("orders/-/7.0");
    EXPECT_EQ(item("orders/-/7.0").row.redo, Redo::steps);
}

TEST_F(Redrive, of_an_unknown_outcome_asks_first) {
    redrive("orders/erp/3.0");
    EXPECT_EQ(item("orders/erp/3.0").row.state, DeliveryState::unknown);
    EXPECT_EQ(item("orders/erp/3.0").row.probes, 0u);
}

TEST_F(Redrive, of_an_unknown_outcome_that_a_person_looked_up_delivers) {
    redrive("orders/erp/3.0", {{"unknown", "absent"}});
    EXPECT_EQ(item("orders/erp/3.0").row.state, DeliveryState::waiting);
    EXPECT_THAT(audit()[0].entry.detail, HasSubstr(R"("unknown":"absent")"));
}

TEST_F(Redrive, refuses_what_cannot_be_done_and_does_nothing) {
    EXPECT_EQ(refusal({{"items", {"orders/erp/4.0"}}}), "NOT_OPEN") << "it is retried already";
    EXPECT_EQ(refusal({{"items", {"orders/erp/5.0"}}}), "NOT_OPEN") << "it was delivered";
    EXPECT_EQ(refusal({{"items", {"orders/erp/6.0"}}}), "NEVER_MAPPED") << "there is no frame to send";
    EXPECT_EQ(refusal({{"items", {"orders/erp/8.0"}}}), "NO_SUCH_ITEM");
    EXPECT_EQ(refusal({{"items", {"orders/erp"}}}), "BAD_ITEM");
    EXPECT_EQ(refusal({{"items", {"orders/erp/1.0", "orders/erp/4.0"}}}), "NOT_OPEN") << "all that was named, or none";
    EXPECT_EQ(refusal({{"items", {"orders/erp/1.0"}}, {"route", "orders"}}), "BAD_PARAMETER");
    EXPECT_EQ(refusal({{"state", "all"}}), "MISSING_PARAMETER") << "everything is nothing to ask for by accident";
    EXPECT_EQ(item("orders/erp/1.0").row.state, DeliveryState::dead);
    EXPECT_TRUE(audit().empty());
}

TEST_F(Redrive, of_a_route_that_is_gone_is_refused) {
    config_->routes.clear();
    EXPECT_EQ(refusal({{"items", {"orders/erp/1.0"}}}), "ROUTE_GONE");
}

TEST_F(Redrive, by_query_takes_what_fits_and_counts_the_rest) {
    const Json answer = must_call(OperationId::redrive, {{"route", "orders"}, {"state", "all"}, {"reason", "r"}});
    EXPECT_EQ(answer["redriven"], 4) << write_json(answer);
    EXPECT_EQ(answer["by_code"]["http_503"], 1);
    EXPECT_EQ(answer["refused"]["NEVER_MAPPED"], 1);
    EXPECT_EQ(item("orders/erp/6.0").row.state, DeliveryState::held);
    EXPECT_THAT(audit()[0].entry.detail, HasSubstr(R"("route":"orders")"));
    ASSERT_EQ(host_->taken_up.size(), 4u);
    EXPECT_EQ(host_->taken_up[0].lane, steps_) << "by lane, and in the order of the records";
    EXPECT_EQ(host_->taken_up[1].item.offset, 1u);
    EXPECT_EQ(host_->taken_up[3].item.offset, 3u);
}

TEST_F(Redrive, by_code_and_text) {
    EXPECT_EQ(must_call(OperationId::redrive, {{"code", "http_503"}, {"reason", "r"}})["redriven"], 1);
    EXPECT_EQ(must_call(OperationId::redrive,
                        {{"state", "held"}, {"text", "4010"}, {"code", "PERIOD_CLOSED"}, {"reason", "r"}})["redriven"],
              1);
    EXPECT_EQ(
        must_call(OperationId::redrive, {{"state", "held"}, {"text", "no such text"}, {"reason", "r"}})["redriven"], 0);
}

TEST_F(Redrive, dry_run_changes_nothing_and_needs_no_reason) {
    const Json answer = must_call(OperationId::redrive, {{"route", "orders"}, {"dry_run", true}});
    EXPECT_EQ(answer["redriven"], 2);
    EXPECT_EQ(answer["dry_run"], true);
    EXPECT_EQ(item("orders/erp/1.0").row.state, DeliveryState::dead);
    EXPECT_TRUE(audit().empty());
    EXPECT_TRUE(host_->taken_up.empty());
}

TEST_F(Redrive, goes_on_from_page_to_page) {
    std::vector<journal::DeliveryRow> rows;
    for (journal::Offset offset = 0; offset < 9; ++offset)
        rows.push_back(row(file_, offset, DeliveryState::dead, "http_500"));
    commit({.rows = rows});
    Json given{{"code", "http_500"}, {"limit", 4}, {"reason", "r"}};
    std::uint64_t redriven = 0;
    int pages = 0;
    for (;; ++pages) {
        const Json answer = must_call(OperationId::redrive, given);
        redriven += answer["redriven"].get<std::uint64_t>();
        if (!answer.contains("next")) break;
        given["cursor"] = answer["next"];
    }
    EXPECT_EQ(redriven, 9u);
    EXPECT_EQ(pages, 2);
    EXPECT_EQ(audit().size(), 3u) << "one entry with each commit";
}

TEST_F(Redrive, resubmits_exceptions_only) {
    const Json given{{"item", "orders/erp/2.0"}, {"reason", "June is open again"}};
    EXPECT_EQ(must_call(OperationId::exception_resubmit, given)["redriven"], 1);
    EXPECT_EQ(audit()[0].entry.action, "resubmit");
    EXPECT_EQ(call(OperationId::exception_resubmit, given).error().code, "NOT_OPEN") << "it waits already";
    EXPECT_EQ(call(OperationId::exception_resubmit, {{"item", "orders/erp/1.0"}, {"reason", "r"}}).error().code,
              "NOT_OPEN")
        << "a dead letter is no exception";
}

TEST_F(Redrive, with_the_current_mapping_does_not_lose_an_edit) {
    must_call(OperationId::exception_edit,
              {{"item", "orders/erp/2.0"}, {"patch", {{"account", "4020"}}}, {"reason", "typo"}});
    EXPECT_EQ(refusal({{"items", {"orders/erp/2.0"}}, {"mapping", "current"}}), "EDITED");
    redrive("orders/erp/2.0");
    ASSERT_EQ(host_->taken_up.size(), 1u);
    EXPECT_THAT(host_->taken_up[0].frame, HasSubstr(R"({"amount":12.30,"account":"4020"})"));
}

}  // namespace
}  // namespace weir::admin::testing
