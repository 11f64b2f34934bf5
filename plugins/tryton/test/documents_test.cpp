// The three kinds of documents, and what is refused before Tryton hears of it.
#include "sink_test_base.hpp"

namespace tryton::testing {
namespace {

TEST_F(TrytonSinkTest, posts_an_invoice) {
    const Verdict verdict = deliver_one(as_invoice(), settings({{"payment_term", "30d"}}));
    expect(verdict, WEIR_OUT_OK, "");
    EXPECT_EQ(verdict.remote_id, "N-1");
    const json& values = (*erp.request_of("account.invoice.create"))["params"][0][0];
    const json line{{"type", "line"},     {"account", 6},
                    {"currency", 1},      {"product", 8},
                    {"unit", 1},          {"description", "API calls"},
                    {"quantity", 1234.5}, {"unit_price", FakeTryton::decimal("0.0810")}};
    const json expected{
        {"type", "out"},     {"company", 1},
        {"party", 21},       {"invoice_address", 121},
        {"currency", 1},     {"journal", 4},
        {"account", 5},      {"invoice_date", {{"__class__", "date"}, {"year", 2026}, {"month", 6}, {"day", 30}}},
        {"reference", kRef}, {"description", "INV-7"},
        {"payment_term", 9}, {"lines", json::array({json::array({"create", json::array({line})})})}};
    EXPECT_EQ(values, expected);
    // As text, since a double would have rounded it on the way.
    EXPECT_NE(host.http.requests.at(9).body.find("\"quantity\":1234.5,"), std::string::npos);
}

TEST_F(TrytonSinkTest, keeps_every_digit_of_a_quantity) {
    json payload = invoice();
    payload["lines"][0]["quantity"] = "12345678901234567.8901";
    ASSERT_TRUE(deliver_one(as_invoice(payload)).ok());
    bool found = false;
    for (const SeenRequest& seen : host.http.requests) {
        found = found || seen.body.find("\"quantity\":12345678901234567.8901,") != std::string::npos;
    }
    EXPECT_TRUE(found);
}

TEST_F(TrytonSinkTest, recognises_a_posted_invoice_and_one_with_other_content) {
    ASSERT_TRUE(deliver_one(as_invoice()).ok());
    expect(deliver_one(as_invoice()), WEIR_OUT_DUPLICATE, "");
    const std::pair<const char*, const char*> changes[] = {{"/customer", "C-2"},
                                                           {"/issue_date", "2026-06-29"},
                                                           {"/currency", "USD"},
                                                           {"/lines/0/quantity", "1"},
                                                           {"/lines/0/unit_price", "0.0811"},
                                                           {"/lines/0/account", "4021"},
                                                           {"/lines/0/description", "other"}};
    for (const auto& [pointer, value] : changes) {
        json other = invoice();
        other[json::json_pointer(pointer)] = value;
        SCOPED_TRACE(pointer);
        expect(deliver_one(as_invoice(other)), WEIR_OUT_REJECTED, "DUPLICATE_REF");
    }
    EXPECT_EQ(erp.count("account.invoice.create"), 1U);
}

TEST_F(TrytonSinkTest, does_not_post_an_invoice_that_comes_to_another_total) {
    json payload = invoice();
    payload["total"] = {{"amount", "100.01"}, {"currency", "EUR"}};
    const Verdict verdict = deliver_one(as_invoice(payload));
    expect(verdict, WEIR_OUT_REJECTED, "AMOUNT_DIFFERS");
    EXPECT_EQ(verdict.message, "total is \"100.00\" in Tryton, \"100.01\" in the record");
    EXPECT_EQ(verdict.remote_id, "account.invoice,1");
    EXPECT_EQ(erp.count("account.invoice.post"), 0U);
    payload["total"]["amount"] = "100.0";
    expect(deliver_one(as_invoice(payload)), WEIR_OUT_OK, "");
}

TEST_F(TrytonSinkTest, ignores_a_draft_that_was_cancelled_but_not_a_cancelled_invoice) {
    ASSERT_TRUE(deliver_one(as_invoice()).ok());
    erp.papers.at(0).state = "cancelled";
    expect(deliver_one(as_invoice()), WEIR_OUT_REJECTED, "DUPLICATE_REF");
    erp.papers.at(0).number.clear();
    expect(deliver_one(as_invoice()), WEIR_OUT_OK, "");
    EXPECT_EQ(erp.posted(kRef), 1U);
}

TEST_F(TrytonSinkTest, goes_on_at_warnings_only_where_it_may) {
    once_instead(
        "account.invoice.post",
        FakeTryton::error(json::array({"UserWarning", {"term_1", "The invoice has a payment date in the past.", ""}})));
    const Verdict verdict = deliver_one(as_invoice());
    expect(verdict, WEIR_OUT_REJECTED, "TRYTON_WARNING");
    EXPECT_EQ(verdict.message, "The invoice has a payment date in the past.");
    ASSERT_TRUE(deliver_one(as_invoice(), settings({{"accept_warnings", true}})).ok());
    EXPECT_EQ((*erp.request_of("account.invoice.post"))["params"][1]["_skip_warnings"], true);
}

TEST_F(TrytonSinkTest, makes_a_customer_a_party) {
    const json payload{{"code", "C-77"},
                       {"legal_name", "Globex GmbH"},
                       {"billing_address", {{"street", "Main 1"}, {"postal_code", "10115"}, {"city", "Berlin"}}}};
    const Verdict verdict = deliver_one(as_customer(payload));
    expect(verdict, WEIR_OUT_OK, "");
    EXPECT_EQ(verdict.remote_id, "party.party,1");
    const json& values = (*erp.request_of("party.party.create"))["params"][0][0];
    const json address{{"street", "Main 1"}, {"postal_code", "10115"}, {"city", "Berlin"}};
    const json created = json::array({json::array({"create", json::array({address})})});
    EXPECT_EQ(values, (json{{"name", "Globex GmbH"}, {"code", "C-77"}, {"addresses", created}}));
    expect(deliver_one(as_customer(payload)), WEIR_OUT_DUPLICATE, "");
    expect(deliver_one(as_customer({{"code", "C-77"}, {"name", "Initech"}})), WEIR_OUT_REJECTED, "DUPLICATE_REF");
    EXPECT_EQ(erp.with_ref("C-77"), 1U);
}

TEST_F(TrytonSinkTest, makes_the_customer_before_the_entry_that_names_it) {
    json payload = entry();
    payload["lines"][0]["party"] = "C-77";
    const auto verdicts = deliver({as_entry(payload), as_customer({{"code", "C-77"}, {"name", "Globex"}})});
    expect(verdicts.at(0), WEIR_OUT_OK, "");
    expect(verdicts.at(1), WEIR_OUT_OK, "");
}

// ----------------------------------------------------------------------------------------- what has no counterpart in
// Tryton

TEST_F(TrytonSinkTest, finds_an_account_that_is_added_later) {
    json payload = entry();
    payload["lines"][1]["account"] = "4099";
    Harness harness(host, ::sink, settings());
    const Verdict verdict = harness.deliver({as_entry(payload)}).at(0);
    expect(verdict, WEIR_OUT_REJECTED, "ACCOUNT_UNMAPPED");
    EXPECT_EQ(verdict.message, "Tryton has no account \"4099\"");
    EXPECT_EQ(erp.count("account.move.create"), 0U);
    erp.accounts["4099"] = 77;
    expect(harness.deliver({as_entry(payload)}).at(0), WEIR_OUT_OK, "");
}

TEST_F(TrytonSinkTest, maps_accounts_as_configured) {
    json payload = entry();
    payload["lines"][1]["account"] = "usage";
    expect(deliver_one(as_entry(payload), settings({{"accounts", {{"usage", "4021"}}}})), WEIR_OUT_OK, "");
    EXPECT_EQ(erp.papers.at(0).values["lines"][0][1][1]["account"], 7);
}

TEST_F(TrytonSinkTest, names_what_is_missing) {
    struct Case {
        const char* pointer;
        const char* value;
        const char* code;
    };
    const Case cases[] = {
        {"/customer", "C-9", "CUSTOMER_UNMAPPED"},         {"/currency", "GBP", "CURRENCY_MISMATCH"},
        {"/payment_terms", "99d", "PAYMENT_TERM_UNKNOWN"}, {"/lines/0/product", "NONE", "PRODUCT_UNKNOWN"},
        {"/lines/0/account", "9999", "ACCOUNT_UNMAPPED"},  {"/company", "US01", "COMPANY_UNKNOWN"},
    };
    for (const Case& c : cases) {
        json payload = invoice();
        payload[json::json_pointer(c.pointer)] = c.value;
        const Verdict verdict = deliver_one(as_invoice(payload));
        expect(verdict, WEIR_OUT_REJECTED, c.code);
        EXPECT_EQ(verdict.error_class, std::uint32_t{WEIR_CLASS_BUSINESS});
        EXPECT_NE(verdict.message.find(c.value), std::string::npos) << verdict.message;
    }
    expect(deliver_one(as_entry(entry("1.00", "2031-01-01"))), WEIR_OUT_REJECTED, "PERIOD_CLOSED");
    json dollars = entry();
    dollars["currency"] = "USD";
    expect(deliver_one(as_entry(dollars)), WEIR_OUT_REJECTED, "CURRENCY_MISMATCH");
}

TEST_F(TrytonSinkTest, lets_records_wait_for_settings_that_are_wrong) {
    expect(deliver_one(as_entry(), settings({{"journal", "NONE"}})), WEIR_OUT_RETRY, "JOURNAL_UNKNOWN");
    expect(deliver_one(as_invoice(), settings({{"invoice_journal", ""}})), WEIR_OUT_RETRY, "JOURNAL_UNKNOWN");
}

TEST_F(TrytonSinkTest, refuses_what_is_no_document) {
    struct Case {
        const char* pointer;
        json value;
        const char* code;
        const char* said;
    };
    const Case cases[] = {
        {"/posting_date", "2026-02-30", "INVALID_DOCUMENT", "/posting_date: found \"2026-02-30\""},
        {"/lines/0/amount", 10.1, "INVALID_DOCUMENT", "/lines/0/amount: found 10.1, expected a decimal string"},
        {"/lines/0/amount", "-1", "INVALID_DOCUMENT", "/lines/0/amount"},
        {"/lines/0/amount", "1,5", "INVALID_DOCUMENT", "/lines/0/amount"},
        {"/lines/1/side", "left", "INVALID_DOCUMENT", "/lines/1/side: found \"left\""},
        {"/lines/1/account", json(), "INVALID_DOCUMENT", "/lines/1/account"},
        {"/lines", json::array(), "INVALID_DOCUMENT", "/lines: found 0 lines"},
        {"/currency", "", "INVALID_DOCUMENT", "/currency"},
        {"/external_ref", std::string(65, 'x'), "INVALID_DOCUMENT", "/external_ref: expected at most 64 bytes"},
        {"/lines/0/currency", "USD", "CURRENCY_MISMATCH", "/lines/0/currency"},
        {"/lines/0/amount", "10.11", "UNBALANCED", "debits are 10.11, credits are 10.10"},
        {"/company", "US01", "COMPANY_UNKNOWN", "company \"US01\""},
    };
    for (const Case& c : cases) {
        json payload = entry();
        payload[json::json_pointer(c.pointer)] = c.value;
        const Verdict verdict = deliver_one(as_entry(payload));
        expect(verdict, WEIR_OUT_REJECTED, c.code);
        EXPECT_NE(verdict.message.find(c.said), std::string::npos) << verdict.message;
    }
    In broken = as_entry();
    broken.payload = "{\"company\":";
    expect(deliver_one(broken), WEIR_OUT_REJECTED, "INVALID_DOCUMENT");
    EXPECT_TRUE(erp.calls.empty());
}

TEST_F(TrytonSinkTest, tells_documents_by_their_type_or_by_the_setting) {
    In untyped = as_entry();
    untyped.type = "com.example.thing";
    const Verdict verdict = deliver_one(untyped);
    expect(verdict, WEIR_OUT_REJECTED, "UNKNOWN_DOCUMENT");
    EXPECT_EQ(verdict.error_class, std::uint32_t{WEIR_CLASS_TECHNICAL});
    expect(deliver_one(untyped, settings({{"document", "journal_entry"}})), WEIR_OUT_OK, "");
}

TEST_F(TrytonSinkTest, touches_nothing_in_a_dry_run) {
    Harness harness(host, ::sink, settings());
    harness.call_flags = WEIR_CALL_DRY_RUN;
    const auto verdicts = harness.deliver({as_entry(), as_entry(json::object())});
    expect(verdicts.at(0), WEIR_OUT_OK, "");
    expect(verdicts.at(1), WEIR_OUT_REJECTED, "INVALID_DOCUMENT");
    EXPECT_TRUE(erp.calls.empty());
}

TEST_F(TrytonSinkTest, declares_its_limits) {
    Harness harness(host, ::sink, settings({{"batch_records", 7}, {"settle", "3s"}}));
    const weir_sink_limits limits = harness.limits();
    EXPECT_EQ(limits.order, std::uint32_t{WEIR_ORDER_PER_KEY});
    EXPECT_EQ(limits.max_in_flight, 1U);
    EXPECT_EQ(limits.max_batch_records, 7U);
    EXPECT_EQ(limits.settle_ns, 3'000'000'000);
    EXPECT_EQ(::sink.traits & (WEIR_TRAIT_IDEMPOTENT_KEY | WEIR_TRAIT_IDEMPOTENT_NATURAL), 0U);
}

TEST_F(TrytonSinkTest, probes_for_the_company_and_the_journals) {
    Harness good(host, ::sink, settings());
    EXPECT_EQ(good.probe(), WEIR_OK) << good.error.message;
    Harness bad(host, ::sink, settings({{"invoice_journal", "NONE"}}));
    EXPECT_LT(bad.probe(), 0);
    EXPECT_STREQ(bad.error.message, "Tryton has no journal \"NONE\"");
}

TEST_F(TrytonSinkTest, refuses_a_configuration_it_cannot_work_with) {
    for (const json& wrong : {json{{"url", "ftp://x"}}, json{{"url", "http://"}}, json{{"url", "http://u@h"}},
                              json{{"batch_records", 0}}}) {
        Harness harness(host, ::sink, settings(wrong));
        EXPECT_FALSE(harness) << wrong;
    }
}

}  // namespace
}  // namespace tryton::testing
