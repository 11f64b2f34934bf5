// Replay: what was delivered runs again, what is still to do or open for a person is left alone.
#include "tests/unit/admin/plant_fixture.hpp"

namespace weir::admin::testing {
namespace {

using ::testing::HasSubstr;

class ReplayTest : public PlantTest {
  protected:
    void SetUp() override { add_rows(); }
    Json replay(Json more) {
        more["route"] = "orders";
        more["reason"] = "the mapping was wrong";
        return must_call(OperationId::replay, more);
    }
};

TEST_F(ReplayTest, runs_what_was_delivered_again_and_leaves_the_rest) {
    const Json answer = replay({{"destination", "erp"}});
    EXPECT_EQ(answer["records"], 10);
    EXPECT_EQ(answer["replayed"], 3) << write_json(answer);  // 0, 5, 8
    EXPECT_EQ(answer["skipped"]["open_use_redrive"], 5);     // 1, 2, 3, 6, and 7, which a step put aside
    EXPECT_EQ(answer["skipped"]["under_way"], 1);            // 4
    EXPECT_EQ(answer["skipped"]["not_delivered_yet"], 1);    // 9
}

TEST_F(ReplayTest, asks_the_target_under_the_reference_of_before) {
    const std::string before = item("orders/erp/5.0").row.external_ref;
    replay({{"id", "e5"}, {"destination", "erp"}});
    const auto after = item("orders/erp/5.0").row;
    EXPECT_EQ(after.state, DeliveryState::waiting);
    EXPECT_EQ(after.redo, journal::Redo::steps);
    EXPECT_TRUE(after.replay);
    EXPECT_EQ(after.external_ref, before);
    EXPECT_EQ(after.remote_id, "INV-5") << "what is known of the first posting stays known";
    ASSERT_EQ(host_->taken_up.size(), 1u);
}

TEST_F(ReplayTest, stays_outside_of_the_accounts) {
    const auto balance = [&] {
        const Json told = must_call(OperationId::status, Json::object());
        for (const Json& account : told["routes"]) {
            if (account["destination"] == "erp") return account;
        }
        return Json::object();
    };
    Json before = balance();
    replay({{"destination", "erp"}});
    Json after = balance();
    EXPECT_EQ(after["replaying"], 3);
    before.erase("replaying");
    after.erase("replaying");
    EXPECT_EQ(before, after);
}

TEST_F(ReplayTest, dry_run_counts_and_changes_nothing) {
    const Json answer =
        must_call(OperationId::replay, {{"route", "orders"}, {"destination", "erp"}, {"dry_run", true}});
    EXPECT_EQ(answer["replayed"], 3);
    EXPECT_TRUE(host_->taken_up.empty());
    EXPECT_TRUE(audit().empty());
    EXPECT_EQ(item("orders/erp/5.0").row.state, DeliveryState::delivered);
}

TEST_F(ReplayTest, leaves_what_a_person_closed) {
    must_call(OperationId::dead_letter_resolve, {{"item", "orders/erp/1.0"}, {"reason", "by hand"}});
    must_call(OperationId::exception_resolve, {{"item", "orders/-/7.0"}, {"reason", "nonsense"}});
    EXPECT_EQ(replay({{"destination", "erp"}})["skipped"]["closed_by_a_person"], 2);
}

TEST_F(ReplayTest, a_second_one_finds_the_first_under_way) {
    replay({{"destination", "erp"}});
    const Json again = replay({{"destination", "erp"}});
    EXPECT_EQ(again["replayed"], 0);
    EXPECT_EQ(again["skipped"]["under_way"], 4);
}

TEST_F(ReplayTest, of_a_destination_that_never_got_it_is_none) {
    EXPECT_EQ(replay({{"destination", "file"}})["replayed"], 0);
}

TEST_F(ReplayTest, selects_by_time_key_and_text) {
    EXPECT_EQ(replay({{"text", "\"e8\""}, {"destination", "erp"}, {"dry_run", true}})["replayed"], 1);
    EXPECT_EQ(replay({{"key", "customer-7"}, {"destination", "erp"}, {"dry_run", true}})["records"], 10);
    EXPECT_EQ(replay({{"key", "customer-8"}, {"dry_run", true}})["records"], 0);
    EXPECT_EQ(replay({{"until", "2020-01-01T00:00:00Z"}, {"dry_run", true}})["records"], 0);
    EXPECT_EQ(replay({{"event_since", "2020-01-01T00:00:00Z"}, {"dry_run", true}})["records"], 10);
}

TEST_F(ReplayTest, goes_on_from_page_to_page) {
    Json given{{"destination", "erp"}, {"limit", 3}};
    std::uint64_t records = 0;
    for (int pages = 0; pages < 9; ++pages) {
        const Json answer = replay(given);
        records += answer["records"].get<std::uint64_t>();
        if (!answer.contains("next")) break;
        given["cursor"] = answer["next"];
    }
    EXPECT_EQ(records, 10u);
    EXPECT_EQ(host_->taken_up.size(), 3u);
}

TEST_F(ReplayTest, is_audited_with_what_was_asked) {
    replay({{"id", "e5"}, {"destination", "erp"}});
    ASSERT_EQ(audit().size(), 1u);
    EXPECT_EQ(audit()[0].entry.subject, "route orders");
    EXPECT_THAT(audit()[0].entry.detail, HasSubstr(R"("id":"e5")"));
    EXPECT_THAT(audit()[0].entry.detail, HasSubstr(R"("count":1)"));
    EXPECT_EQ(must(inspector_->notes(erp_, {5, 0}))[0].action, "replay");
}

TEST_F(ReplayTest, of_what_is_not_there_is_not_found) {
    EXPECT_EQ(call(OperationId::replay, {{"route", "none"}, {"dry_run", true}}).error().errc, Errc::not_found);
    EXPECT_EQ(call(OperationId::replay, {{"route", "orders"}, {"destination", "none"}, {"dry_run", true}}).error().errc,
              Errc::not_found);
}

}  // namespace
}  // namespace weir::admin::testing
