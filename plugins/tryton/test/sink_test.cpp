// Delivery: documents are made and posted once, whatever is in Tryton already and whatever goes wrong on the way.
#include "sink_test_base.hpp"

namespace tryton::testing {
namespace {

using Calls = std::vector<std::string>;

TEST_F(TrytonSinkTest, searches_creates_searches_again_and_posts) {
    const Verdict verdict = deliver_one(as_entry());
    expect(verdict, WEIR_OUT_OK, "");
    EXPECT_EQ(verdict.remote_id, "N-1");
    EXPECT_EQ(erp.calls, (Calls{"common.db.login", "company.company.search_read", "account.move.search_read",
                                "account.account.search_read", "party.party.search_read", "account.journal.search_read",
                                "account.period.search_read", "account.move.create", "account.move.search_read",
                                "account.move.post", "account.move.search_read"}));
    const SeenRequest& login = host.http.requests.front();
    EXPECT_EQ(login.url, "http://erp.example.com:8000/books/");
    EXPECT_EQ(login.header("Authorization"), "");
    EXPECT_EQ(host.http.requests.back().header("Authorization"), "Session d2VpcjoxOnNlc3Npb24x");
}

TEST_F(TrytonSinkTest, writes_amounts_as_the_exact_decimals_they_are) {
    ASSERT_TRUE(deliver_one(as_entry(entry("12345678901234567.89"))).ok());
    const json& values = (*erp.request_of("account.move.create"))["params"][0][0];
    EXPECT_EQ(values["description"], kRef);
    EXPECT_EQ(values["date"], (json{{"__class__", "date"}, {"year", 2026}, {"month", 6}, {"day", 30}}));
    EXPECT_EQ(values["period"], 106);
    EXPECT_EQ(values["journal"], 3);
    EXPECT_EQ(values["company"], 1);
    const json& debit = values["lines"][0][1][0];
    EXPECT_EQ(debit, (json{{"account", 5},
                           {"party", 21},
                           {"debit", FakeTryton::decimal("12345678901234567.89")},
                           {"credit", FakeTryton::decimal("0")},
                           {"description", "June usage"}}));
    EXPECT_EQ((*erp.request_of("account.move.create"))["params"][1], (json{{"language", "en"}, {"company", 1}}));
}

TEST_F(TrytonSinkTest, looks_codes_up_once) {
    Harness harness(host, ::sink, settings());
    ASSERT_TRUE(harness.deliver({as_entry(entry(), "WR-A")}).at(0).ok());
    ASSERT_TRUE(harness.deliver({as_entry(entry(), "WR-B")}).at(0).ok());
    for (const char* method :
         {"common.db.login", "company.company.search_read", "account.account.search_read", "party.party.search_read",
          "account.journal.search_read", "account.period.search_read"}) {
        EXPECT_EQ(erp.count(method), 1U) << method;
    }
}

// ------------------------------------------------------------------------------------------------- what is there
// already

TEST_F(TrytonSinkTest, posts_the_draft_that_a_crash_left) {
    once_afterwards("account.move.create", Reply::failure("HTTP_CUT", true));
    expect(deliver_one(as_entry()), WEIR_OUT_RETRY_UNKNOWN, "HTTP_CUT");
    ASSERT_EQ(erp.with_ref(kRef), 1U);
    const Verdict resolved = resolve_one(as_entry());
    expect(resolved, WEIR_OUT_RETRY, "DRAFT_FOUND");
    EXPECT_EQ(resolved.remote_id, "account.move,1");
    expect(deliver_one(as_entry()), WEIR_OUT_OK, "");
    EXPECT_EQ(erp.count("account.move.create"), 1U);
    EXPECT_EQ(erp.posted(kRef), 1U);
}

TEST_F(TrytonSinkTest, recognises_the_post_whose_answer_was_lost) {
    once_afterwards("account.move.post", Reply::failure("HTTP_TIMEOUT", true));
    expect(deliver_one(as_entry()), WEIR_OUT_RETRY_UNKNOWN, "HTTP_TIMEOUT");
    const Verdict resolved = resolve_one(as_entry());
    expect(resolved, WEIR_OUT_OK, "");
    EXPECT_EQ(resolved.remote_id, "N-1");
    const Verdict again = deliver_one(as_entry());
    expect(again, WEIR_OUT_DUPLICATE, "");
    EXPECT_EQ(again.remote_id, "N-1");
    EXPECT_EQ(erp.count("account.move.create"), 1U);
    EXPECT_EQ(erp.count("account.move.post"), 1U);
}

TEST_F(TrytonSinkTest, delivers_though_the_number_cannot_be_asked_for) {
    erp.afterwards = [this](const std::string& method) -> std::optional<Reply> {
        if (method != "account.move.search_read" || erp.count("account.move.post") == 0) return std::nullopt;
        return Reply::failure("HTTP_CUT", true);
    };
    const Verdict verdict = deliver_one(as_entry());
    expect(verdict, WEIR_OUT_OK, "");
    EXPECT_EQ(verdict.remote_id, "account.move,1");
}

TEST_F(TrytonSinkTest, refuses_other_content_under_a_reference_in_use) {
    ASSERT_TRUE(deliver_one(as_entry(entry("10.10"))).ok());
    const Verdict verdict = deliver_one(as_entry(entry("10.11")));
    expect(verdict, WEIR_OUT_REJECTED, "DUPLICATE_REF");
    EXPECT_EQ(verdict.error_class, std::uint32_t{WEIR_CLASS_BUSINESS});
    EXPECT_NE(verdict.message.find("N-1"), std::string::npos);
    expect(deliver_one(as_entry(entry("10.10", "2026-06-29"))), WEIR_OUT_REJECTED, "DUPLICATE_REF");
    expect(resolve_one(as_entry(entry("10.11"))), WEIR_OUT_REJECTED, "DUPLICATE_REF");
    EXPECT_EQ(erp.with_ref(kRef), 1U);
}

TEST_F(TrytonSinkTest, takes_amounts_that_are_written_otherwise_for_the_same) {
    ASSERT_TRUE(deliver_one(as_entry(entry("10.10"))).ok());
    expect(deliver_one(as_entry(entry("10.1000"))), WEIR_OUT_DUPLICATE, "");
}

TEST_F(TrytonSinkTest, does_not_post_a_draft_with_other_content) {
    once_afterwards("account.move.create", Reply::failure("HTTP_CUT", true));
    expect(deliver_one(as_entry(entry("10.10"))), WEIR_OUT_RETRY_UNKNOWN, "HTTP_CUT");
    expect(deliver_one(as_entry(entry("99.99"))), WEIR_OUT_REJECTED, "DUPLICATE_REF");
    EXPECT_EQ(erp.posted(kRef), 0U);
}

// The create of the first attempt was still on its way when Tryton was asked, and arrives with the second.
TEST_F(TrytonSinkTest, posts_one_of_two_equal_drafts_and_removes_the_other) {
    once_afterwards("account.move.create", Reply::failure("HTTP_CUT", true));
    expect(deliver_one(as_entry()), WEIR_OUT_RETRY_UNKNOWN, "HTTP_CUT");
    const Paper late = erp.papers.at(0);
    erp.papers.clear();
    erp.afterwards = [&](const std::string& method) -> std::optional<Reply> {
        if (method == "account.move.create") erp.papers.push_back(late);
        return std::nullopt;
    };
    expect(deliver_one(as_entry()), WEIR_OUT_OK, "");
    EXPECT_EQ(erp.posted(kRef), 1U);
    EXPECT_EQ(erp.with_ref(kRef), 1U);
    EXPECT_NE(host.log_text().find("removing equal drafts"), std::string::npos);
}

TEST_F(TrytonSinkTest, reports_a_reference_that_is_posted_twice) {
    ASSERT_TRUE(deliver_one(as_entry()).ok());
    erp.papers.push_back(erp.papers.at(0));
    erp.papers.back().number = "N-99";
    const Verdict verdict = deliver_one(as_entry());
    expect(verdict, WEIR_OUT_REJECTED, "DUPLICATE_REF");
    EXPECT_NE(verdict.message.find("N-99"), std::string::npos);
}

TEST_F(TrytonSinkTest, lets_the_second_of_two_records_with_one_reference_wait) {
    json payload = entry();
    payload["external_ref"] = "SHARED-1";
    const auto verdicts = deliver({as_entry(payload), as_entry(payload)});
    expect(verdicts.at(0), WEIR_OUT_OK, "");
    expect(verdicts.at(1), WEIR_OUT_THROTTLED, "THROTTLED");
    EXPECT_EQ(erp.with_ref("SHARED-1"), 1U);
}

// ------------------------------------------------------------------------------------------------------------ batches

TEST_F(TrytonSinkTest, creates_and_posts_a_batch_in_one_call_each) {
    std::vector<In> records;
    for (int i = 0; i < 10; ++i) records.push_back(as_entry(entry(), "WR-" + std::to_string(i)));
    for (const Verdict& verdict : deliver(records)) expect(verdict, WEIR_OUT_OK, "");
    EXPECT_EQ(erp.count("account.move.create"), 1U);
    EXPECT_EQ(erp.count("account.move.post"), 1U);
    EXPECT_EQ(erp.count("account.move.search_read"), 3U);
}

TEST_F(TrytonSinkTest, isolates_refused_documents_from_their_neighbours) {
    const std::string closed = "You cannot create a journal-period in closed period \"2026-06\".";
    const std::string late = "To number the invoice \"x\", you must set an accounting date after \"06/30/2026\".";
    erp.refused_create["WR-3"] = closed;
    erp.refused_post["WR-6"] = late;
    std::vector<In> records;
    for (int i = 0; i < 8; ++i) records.push_back(as_entry(entry(), "WR-" + std::to_string(i)));
    const auto verdicts = deliver(records);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const std::string ref = "WR-" + std::to_string(i);
        if (i == 3 || i == 6) continue;
        expect(verdicts[i], WEIR_OUT_OK, "");
        EXPECT_EQ(erp.posted(ref), 1U) << ref;
    }
    expect(verdicts[3], WEIR_OUT_REJECTED, "PERIOD_CLOSED");
    EXPECT_EQ(verdicts[3].message, closed);
    expect(verdicts[6], WEIR_OUT_REJECTED, "OUT_OF_ORDER");
    EXPECT_EQ(verdicts[6].message, late);
    EXPECT_EQ(verdicts[6].remote_id.substr(0, 13), "account.move,");
    EXPECT_EQ(erp.with_ref("WR-3"), 0U);
    EXPECT_EQ(erp.posted("WR-6"), 0U);
}

TEST_F(TrytonSinkTest, does_not_let_neighbours_suffer_from_an_unknown_account) {
    json unmapped = entry();
    unmapped["lines"][1]["account"] = "4099";
    Harness harness(host, ::sink, settings());
    for (const char* round : {"1", "2"}) {  // the second looks everything up again
        const std::string ref = std::string("WR-") + round;
        const auto verdicts = harness.deliver(
            {as_entry(entry(), ref + "A"), as_entry(unmapped, ref + "B"), as_entry(entry(), ref + "C")});
        expect(verdicts.at(0), WEIR_OUT_OK, "");
        expect(verdicts.at(1), WEIR_OUT_REJECTED, "ACCOUNT_UNMAPPED");
        expect(verdicts.at(2), WEIR_OUT_OK, "");
    }
    EXPECT_EQ(erp.count("company.company.search_read"), 2U);
}

TEST_F(TrytonSinkTest, posts_the_refused_draft_once_its_reason_is_gone) {
    erp.refused_post[kRef] = "To continue, you must create a period for the date \"06/30/2026\".";
    expect(deliver_one(as_entry()), WEIR_OUT_REJECTED, "PERIOD_CLOSED");
    erp.refused_post.clear();
    expect(deliver_one(as_entry()), WEIR_OUT_OK, "");
    EXPECT_EQ(erp.count("account.move.create"), 1U);
}

TEST_F(TrytonSinkTest, does_not_split_a_batch_whose_fate_is_unknown) {
    once_afterwards("account.move.create", Reply::failure("HTTP_CUT", true));
    for (const Verdict& verdict : deliver({as_entry(entry(), "WR-1"), as_entry(entry(), "WR-2")})) {
        expect(verdict, WEIR_OUT_RETRY_UNKNOWN, "HTTP_CUT");
    }
    EXPECT_EQ(erp.count("account.move.create"), 1U);
}

// ----------------------------------------------------------------------------------------------------------- sessions

TEST_F(TrytonSinkTest, logs_in_again_when_the_session_has_ended) {
    Harness harness(host, ::sink, settings());
    ASSERT_TRUE(harness.deliver({as_entry(entry(), "WR-A")}).at(0).ok());
    for (const char* method : {"account.move.search_read", "account.move.create", "account.move.post"}) {
        erp.instead = [this, method, expired = false](const std::string& called) mutable -> std::optional<Reply> {
            if (!expired && called == method) erp.expire_sessions(), expired = true;
            return std::nullopt;
        };
        const std::string ref = std::string("WR-") + method;
        expect(harness.deliver({as_entry(entry(), ref)}).at(0), WEIR_OUT_OK, "");
        EXPECT_EQ(erp.with_ref(ref), 1U);
    }
    EXPECT_EQ(erp.count("common.db.login"), 4U);
}

TEST_F(TrytonSinkTest, gives_up_when_even_a_new_session_is_refused) {
    erp.instead = [](const std::string& method) -> std::optional<Reply> {
        if (method == "common.db.login") return std::nullopt;
        return Reply{.status = 401};
    };
    expect(deliver_one(as_entry()), WEIR_OUT_RETRY, "AUTH");
    EXPECT_EQ(erp.count("common.db.login"), 2U);
}

TEST_F(TrytonSinkTest, waits_before_it_tries_a_refused_password_again) {
    erp.password = "another";
    Harness harness(host, ::sink, settings());
    const Verdict refused = harness.deliver({as_entry()}).at(0);
    expect(refused, WEIR_OUT_RETRY, "AUTH_FAILED");
    EXPECT_EQ(refused.retry_after_ns, 60'000'000'000);
    EXPECT_EQ(host.health(), std::uint32_t{WEIR_HEALTH_DOWN});
    host.advance(std::chrono::seconds(59));
    expect(harness.deliver({as_entry()}).at(0), WEIR_OUT_RETRY, "AUTH_FAILED");
    EXPECT_EQ(erp.count("common.db.login"), 1U);
    host.secrets.values["tryton"] = "another";  // rotated
    host.advance(std::chrono::seconds(2));
    expect(harness.deliver({as_entry()}).at(0), WEIR_OUT_OK, "");
    EXPECT_EQ(host.health(), std::uint32_t{WEIR_HEALTH_OK});
    EXPECT_EQ(host.log_text().find("another"), std::string::npos);
}

TEST_F(TrytonSinkTest, waits_for_a_secret_that_is_not_there) {
    host.secrets.values.clear();
    expect(deliver_one(as_entry()), WEIR_OUT_RETRY, "SECRET_UNAVAILABLE");
    EXPECT_TRUE(erp.calls.empty());
}

// ---------------------------------------------------------------------------------------------------------- transport

struct TransportCase {
    const char* method;
    Reply reply;
    std::uint32_t kind;
    const char* code;
};

TEST_F(TrytonSinkTest, tells_surely_not_done_from_may_be_done) {
    const Reply timeout = Reply::failure("HTTP_TIMEOUT", true);
    const Reply refused = Reply::failure("HTTP_CONNECT", false);
    const Reply throttled{.status = 429, .headers = {{"retry-after", "7"}}};
    const TransportCase cases[] = {
        {"common.db.login", timeout, WEIR_OUT_RETRY, "HTTP_TIMEOUT"},
        {"company.company.search_read", timeout, WEIR_OUT_RETRY, "HTTP_TIMEOUT"},
        {"account.move.search_read", timeout, WEIR_OUT_RETRY, "HTTP_TIMEOUT"},
        {"account.move.search_read", {.status = 500}, WEIR_OUT_RETRY, "HTTP_SERVER_ERROR"},
        {"account.account.search_read", timeout, WEIR_OUT_RETRY, "HTTP_TIMEOUT"},
        {"account.period.search_read", refused, WEIR_OUT_RETRY, "HTTP_CONNECT"},
        {"account.move.create", refused, WEIR_OUT_RETRY, "HTTP_CONNECT"},
        {"account.move.create", timeout, WEIR_OUT_RETRY_UNKNOWN, "HTTP_TIMEOUT"},
        {"account.move.create", {.status = 502}, WEIR_OUT_RETRY_UNKNOWN, "HTTP_SERVER_ERROR"},
        {"account.move.create", {.status = 503}, WEIR_OUT_RETRY, "HTTP_UNAVAILABLE"},
        {"account.move.create", throttled, WEIR_OUT_THROTTLED, "THROTTLED"},
        {"account.move.create", {.status = 403}, WEIR_OUT_RETRY, "HTTP_FORBIDDEN"},
        {"account.move.create", {.status = 413}, WEIR_OUT_REJECTED, "HTTP_REFUSED"},
        {"account.move.create", {.body = "<html>"}, WEIR_OUT_RETRY_UNKNOWN, "BAD_RESPONSE"},
        {"account.move.create", {.body = "{}"}, WEIR_OUT_RETRY_UNKNOWN, "BAD_RESPONSE"},
        {"account.move.create", {.body = R"({"result":[1,2]})"}, WEIR_OUT_RETRY_UNKNOWN, "BAD_RESPONSE"},
        {"account.move.post", refused, WEIR_OUT_RETRY, "HTTP_CONNECT"},
        {"account.move.post", timeout, WEIR_OUT_RETRY_UNKNOWN, "HTTP_TIMEOUT"},
        {"account.move.post", {.status = 500}, WEIR_OUT_RETRY_UNKNOWN, "HTTP_SERVER_ERROR"},
    };
    for (const TransportCase& c : cases) {
        SCOPED_TRACE(std::string(c.method) + " " + std::to_string(c.reply.status) + c.reply.error_code + c.reply.body);
        erp = FakeTryton();
        once_instead(c.method, c.reply);
        expect(deliver_one(as_entry()), c.kind, c.code);
        expect(deliver_one(as_entry()), WEIR_OUT_OK, "");
        EXPECT_EQ(erp.with_ref(kRef), 1U);
        EXPECT_EQ(erp.posted(kRef), 1U);
    }
}

TEST_F(TrytonSinkTest, waits_as_long_as_a_throttling_server_asks) {
    once_instead("account.move.create", {.status = 429, .headers = {{"retry-after", "7"}}});
    EXPECT_EQ(deliver_one(as_entry()).retry_after_ns, 7'000'000'000);
}

TEST_F(TrytonSinkTest, sends_nothing_once_the_call_is_cancelled) {
    Harness harness(host, ::sink, settings());
    harness.cancelled = true;
    expect(harness.deliver({as_entry()}).at(0), WEIR_OUT_RETRY, "CANCELLED");
    EXPECT_TRUE(erp.calls.empty());
}

TEST_F(TrytonSinkTest, stops_between_two_steps_when_the_time_is_used_up) {
    Harness harness(host, ::sink, settings());
    harness.deadline_mono_ns = host.mono_ns(&host) + 1'000'000'000;
    erp.afterwards = [this](const std::string& method) -> std::optional<Reply> {
        if (method == "account.move.create") host.advance(std::chrono::seconds(2));
        return std::nullopt;
    };
    expect(harness.deliver({as_entry()}).at(0), WEIR_OUT_RETRY, "OUT_OF_TIME");
    EXPECT_EQ(erp.count("account.move.post"), 0U);
}

// ------------------------------------------------------------------------------------------------------------ resolve

TEST_F(TrytonSinkTest, resolves_what_is_absent_and_what_cannot_be_asked) {
    const Verdict absent = resolve_one(as_entry());
    expect(absent, WEIR_OUT_RETRY, "ABSENT");
    once_instead("account.move.search_read", Reply::failure("HTTP_CONNECT", false));
    expect(resolve_one(as_entry()), WEIR_OUT_RETRY_UNKNOWN, "HTTP_CONNECT");
    ASSERT_TRUE(deliver_one(as_entry()).ok());
    once_instead("account.move.line.search_read", Reply::failure("HTTP_CUT", true));
    expect(resolve_one(as_entry()), WEIR_OUT_RETRY_UNKNOWN, "HTTP_CUT");
    EXPECT_EQ(erp.count("account.move.create"), 1U);
}

TEST_F(TrytonSinkTest, resolves_what_it_would_never_have_sent_as_absent) {
    expect(resolve_one(as_entry(json{{"company", "DE01"}})), WEIR_OUT_RETRY, "ABSENT");
    EXPECT_TRUE(erp.calls.empty());
}

}  // namespace
}  // namespace tryton::testing
