// Edit, resolve, assign, note, and the lists that people work from.
#include "runtime/admin/describe.hpp"
#include "tests/unit/admin/plant_fixture.hpp"

namespace weir::admin::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class People : public PlantTest {
  protected:
    void SetUp() override { add_rows(); }
    std::string refusal(OperationId id, Json given) {
        given["reason"] = "r";
        const auto result = call(id, given);
        return result.ok() ? "done" : result.error().code;
    }
    static std::string payload(const journal::ListedDelivery& listed) {
        return std::string(view((*listed.record.batch)[0].payload));
    }
};

TEST_F(People, edit_keeps_the_original_and_every_digit) {
    must_call(OperationId::exception_edit,
              {{"item", "orders/erp/2.0"}, {"patch", {{"account", "4020"}}}, {"reason", "June is closed"}});
    EXPECT_EQ(payload(item("orders/erp/2.0")), R"({"amount":12.30,"account":"4020"})");
    EXPECT_EQ(item("orders/erp/2.0").row.state, DeliveryState::held) << "editing does not send";
    const Json shown = must_call(OperationId::exception, {{"item", "orders/erp/2.0"}});
    ASSERT_EQ(shown["notes"].size(), 1u);
    EXPECT_EQ(shown["notes"][0]["before"]["payload"], R"({"amount":12.30,"account":"4010"})");
    EXPECT_EQ(shown["notes"][0]["actor"], "token:ci");
    EXPECT_EQ(shown["notes"][0]["text"], "June is closed");
}

TEST_F(People, the_audit_of_an_edit_has_fingerprints_and_no_payload) {
    must_call(OperationId::exception_edit,
              {{"item", "orders/erp/2.0"}, {"patch", {{"account", "4020"}}}, {"reason", "typo"}});
    const std::string detail = audit()[0].entry.detail;
    EXPECT_THAT(detail, HasSubstr(fingerprint(R"({"amount":12.30,"account":"4010"})")));
    EXPECT_THAT(detail, HasSubstr(fingerprint(R"({"amount":12.30,"account":"4020"})")));
    EXPECT_THAT(detail, Not(HasSubstr("4020\"")));
}

TEST_F(People, edit_takes_a_whole_payload_with_numbers_as_written) {
    const Json given = must(parse_json(
        R"({"item":"orders/erp/1.0","payload":{"amount":0.10000000000000000000000000001,"n":1e2},"reason":"r"})"));
    must_call(OperationId::dead_letter_edit, given);
    EXPECT_EQ(payload(item("orders/erp/1.0")), R"({"amount":0.10000000000000000000000000001,"n":1e2})");
}

TEST_F(People, edit_refuses_what_is_no_payload) {
    const std::string held = "orders/erp/2.0";
    EXPECT_EQ(refusal(OperationId::exception_edit, {{"item", held}}), "BAD_PARAMETER");
    EXPECT_EQ(refusal(OperationId::exception_edit, {{"item", held}, {"payload", 1}, {"text", "1"}}), "BAD_PARAMETER");
    EXPECT_EQ(refusal(OperationId::exception_edit, {{"item", held}, {"text", "{not json"}}), "BAD_JSON");
    EXPECT_EQ(refusal(OperationId::exception_edit, {{"item", held}, {"patch", Json::array()}}), "BAD_PARAMETER");
    EXPECT_EQ(refusal(OperationId::exception_edit, {{"item", "orders/erp/1.0"}, {"payload", 1}}), "NOT_OPEN");
    EXPECT_EQ(refusal(OperationId::exception_edit, {{"item", "orders/erp/8.0"}, {"payload", 1}}), "NO_SUCH_ITEM");
    EXPECT_TRUE(audit().empty());
}

TEST_F(People, edit_of_an_exception_is_for_approvers) {
    const Json given{{"item", "orders/erp/2.0"}, {"payload", 1}, {"reason", "r"}};
    EXPECT_EQ(call(OperationId::exception_edit, given, {"token:ci", "operator", ""}).error().code, "FORBIDDEN");
    EXPECT_TRUE(call(OperationId::exception_edit, given, {"token:ci", "approver", ""}).ok());
    const Json dead{{"item", "orders/erp/1.0"}, {"payload", 1}, {"reason", "r"}};
    EXPECT_TRUE(call(OperationId::dead_letter_edit, dead, {"token:ci", "operator", ""}).ok());
}

TEST_F(People, resolve_closes_and_the_account_balances) {
    must_call(OperationId::dead_letter_resolve,
              {{"item", "orders/erp/1.0"}, {"remote_id", "INV-9"}, {"reason", "posted by hand"}});
    const auto after = item("orders/erp/1.0").row;
    EXPECT_EQ(after.state, DeliveryState::resolved);
    EXPECT_EQ(after.remote_id, "INV-9");
    EXPECT_EQ(must_call(OperationId::dead_letters, Json::object())["dead_letters"].size(), 1u) << "3 is still dead";
    const Json told = must_call(OperationId::status, Json::object());
    for (const Json& account : told["routes"]) {
        EXPECT_EQ(account["resolved"], account["destination"] == "erp" ? 1 : 0) << write_json(account);
    }
    EXPECT_EQ(refusal(OperationId::dead_letter_resolve, {{"item", "orders/erp/1.0"}}), "NOT_OPEN");
    EXPECT_EQ(refusal(OperationId::dead_letter_resolve, {{"item", "orders/erp/2.0"}}), "NOT_OPEN");
}

TEST_F(People, assign_and_note_are_told_and_audited) {
    must_call(OperationId::exception_assign, {{"item", "orders/erp/2.0"}, {"to", "mia"}, {"reason", "her customer"}});
    must_call(OperationId::exception_note, {{"item", "orders/erp/2.0"}, {"note", "asked ACME"}, {"reason", "r"}});
    const Json listed = must_call(OperationId::exceptions, {{"assignee", "mia"}});
    ASSERT_EQ(listed["exceptions"].size(), 1u);
    EXPECT_EQ(listed["exceptions"][0]["assignee"], "mia");
    EXPECT_EQ(must_call(OperationId::exceptions, {{"assignee", ""}})["exceptions"].size(), 2u);
    EXPECT_EQ(audit().size(), 2u);
    EXPECT_THAT(audit()[1].entry.detail, Not(HasSubstr("ACME"))) << "a note may hold what an audit must not";
}

TEST_F(People, an_exception_has_owner_age_due_time_and_advice) {
    clock_.advance(3600 * kSecond);
    const Json one = must_call(OperationId::exceptions, {{"code", "PERIOD_CLOSED"}})["exceptions"][0];
    EXPECT_EQ(one["item"], "orders/erp/2.0");
    EXPECT_EQ(one["owner"], "finance");
    EXPECT_EQ(one["age_seconds"], 3600);
    EXPECT_EQ(one["overdue"], false);
    EXPECT_THAT(one["suggested_action"].get<std::string>(), HasSubstr("reopen the period"));
    EXPECT_FALSE(one["record"].contains("payload")) << "a list has no payloads unless asked";
    clock_.advance(48 * 3600 * kSecond);
    EXPECT_EQ(must_call(OperationId::exceptions, {{"code", "PERIOD_CLOSED"}})["exceptions"][0]["overdue"], true);
}

TEST_F(People, lists_filter_and_page) {
    EXPECT_EQ(must_call(OperationId::dead_letters, {{"state", "all"}})["dead_letters"].size(), 5u);
    EXPECT_EQ(must_call(OperationId::exceptions, {{"destination", "-"}})["exceptions"].size(), 1u);
    EXPECT_EQ(must_call(OperationId::exceptions, {{"key", "e2"}})["exceptions"].size(), 1u);
    EXPECT_EQ(must_call(OperationId::exceptions, {{"key", "customer-7"}})["exceptions"].size(), 3u);
    EXPECT_EQ(must_call(OperationId::dead_letters, {{"route", "other"}})["dead_letters"].size(), 0u);
    EXPECT_EQ(must_call(OperationId::dead_letters, {{"payload", true}})["dead_letters"][0]["record"]["payload"],
              R"({"amount":12.30,"account":"4010"})");
    std::vector<std::string> seen;
    Json given{{"state", "all"}, {"limit", 2}};
    for (int pages = 0; pages < 9; ++pages) {
        const Json page = must_call(OperationId::dead_letters, given);
        for (const Json& one : page["dead_letters"]) seen.push_back(one["item"]);
        if (!page.contains("next")) break;
        given["cursor"] = page["next"];
    }
    EXPECT_THAT(seen, ::testing::UnorderedElementsAre("orders/erp/1.0", "orders/erp/3.0", "orders/erp/2.0",
                                                      "orders/erp/6.0", "orders/-/7.0"));
    for (const char* cursor : {"x", "0", "9:1", "0:x", "0:-1", "0:99999999999999999999"}) {
        EXPECT_EQ(call(OperationId::dead_letters, {{"cursor", cursor}}).error().code, "BAD_CURSOR") << cursor;
    }
}

TEST_F(People, trace_tells_what_people_did) {
    must_call(OperationId::exception_note, {{"item", "orders/erp/2.0"}, {"note", "asked ACME"}, {"reason", "r"}});
    const Json traces = must_call(OperationId::trace, {{"id", "e2"}})["traces"];
    ASSERT_EQ(traces.size(), 1u);
    bool told = false;
    for (const Json& lane : traces[0]["lanes"]) {
        for (const Json& note : lane["notes"]) told |= note["text"] == "asked ACME";
    }
    EXPECT_TRUE(told);
    EXPECT_EQ(call(OperationId::trace, {{"id", "nobody"}}).error().errc, Errc::not_found);
}

}  // namespace
}  // namespace weir::admin::testing
