// The ERP's rules and books, through its endpoints but without sockets.
#include "../src/erp.hpp"

#include <gtest/gtest.h>

#include "../src/kinds.hpp"

namespace weir::standin {
namespace {

class ErpTest : public testing::Test {
  protected:
    Json call(const std::string& method, const std::string& target, const Json& body = {}) {
        Request request;
        request.method = method;
        request.target = target;
        request.body = body.is_null() ? "" : body.dump();
        request.split_target();
        const Reply reply = site_->dispatch(request, fault_period_, nullptr);
        status_ = reply.status;
        return reply.body.empty() ? Json() : *parse_json(reply.body);
    }
    // The code it is refused with, or "".
    std::string code(const Json& body, const std::string& path = "/v1/entries") {
        const Json answer = call("POST", path, body);
        return status_ < 300 ? "" : text_at(answer, "code");
    }
    static Json entry(const std::string& ref = "WR-1", const std::string& amount = "39.92") {
        return {{"company", "US01"},
                {"external_ref", ref},
                {"posting_date", "2026-06-30"},
                {"currency", "USD"},
                {"lines",
                 {{{"account", "1150"}, {"side", "debit"}, {"amount", amount}},
                  {{"account", "4020"}, {"side", "credit"}, {"amount", amount}}}}};
    }

    boost::asio::io_context io_;
    std::shared_ptr<Site> site_ = make_site("erp", io_);
    std::string fault_period_;
    int status_ = 0;
};

TEST_F(ErpTest, RefusesWhatIsNoEntry) {
    const auto broken = [](auto change) {
        Json body = entry();
        change(body);
        return body;
    };
    const std::vector<std::pair<Json, std::string>> cases{
        {Json::array(), "expected an object"},
        {broken([](Json& b) { b.erase("company"); }), "/company"},
        {broken([](Json& b) { b["posting_date"] = "2026-06-31"; }), "/posting_date"},
        {broken([](Json& b) { b["document_date"] = "soon"; }), "/document_date"},
        {broken([](Json& b) { b["lines"] = Json::array(); }), "/lines"},
        {broken([](Json& b) { b["lines"] = 7; }), "/lines"},
        {broken([](Json& b) { b["lines"][0]["side"] = "left"; }), "/lines/0/side"},
        {broken([](Json& b) { b["lines"][1].erase("amount"); }), "/lines/1/amount"},
        {broken([](Json& b) { b["lines"][0]["amount"] = "0.00"; }), "/lines/0/amount"},
        {broken([](Json& b) { b["lines"][0]["amount"] = "-1"; }), "/lines/0/amount"},
        {broken([](Json& b) { b["lines"][0]["amount"] = "1.005"; }), "/lines/0/amount"},
        {broken([](Json& b) {
             b["lines"][0]["amount"] = {{"currency", "USD"}};
         }),
         "/lines/0/amount"},
        {broken([](Json& b) { b["lines"][0] = "x"; }), "/lines/0/account"},
        {broken([](Json& b) { b["external_ref"] = std::string(65, 'x'); }), "/external_ref"}};
    for (const auto& [body, where] : cases) {
        const Json answer = call("POST", "/v1/entries", body);
        EXPECT_EQ(status_, 422) << body;
        EXPECT_EQ(text_at(answer, "code"), "INVALID_ENTRY") << body;
        EXPECT_NE(text_at(answer, "detail").find(where), std::string::npos) << answer;
    }
    EXPECT_EQ(call("GET", "/v1/books")["documents"], 0);
}

TEST_F(ErpTest, ChecksInTheDocumentedOrder) {
    Json body = entry();
    body.update({{"company", "XX"}, {"customer", "Initech"}, {"currency", "ZZZ"}});
    body["lines"][0].update({{"account", "9999"}, {"amount", "1"}});
    fault_period_ = "*";
    ASSERT_TRUE(site_->settings.patch({{"required_dimensions", {{"4020", Json::array({"product"})}}}}).ok());
    EXPECT_EQ(code(body), "COMPANY_UNKNOWN");
    body["company"] = "US01";
    EXPECT_EQ(code(body), "CUSTOMER_UNMAPPED");
    call("PUT", "/v1/customers-map/Initech", {{"id", "C-1003"}});
    EXPECT_EQ(code(body), "ACCOUNT_UNMAPPED");
    call("PUT", "/v1/accounts/9999", {{"blocked", true}});
    EXPECT_EQ(code(body), "ACCOUNT_BLOCKED");
    body["lines"][0]["account"] = "1150";
    EXPECT_EQ(code(body), "DIMENSION_MISSING");
    body["lines"][1]["dimensions"] = {{"product", "scale"}};
    EXPECT_EQ(code(body), "CURRENCY_MISMATCH");
    body["currency"] = "USD";
    EXPECT_EQ(code(body), "UNBALANCED");
    body["lines"][0]["amount"] = "39.92";
    EXPECT_EQ(code(body), "PERIOD_CLOSED");
    fault_period_ = "2026-05";
    EXPECT_EQ(code(body), "");
}

TEST_F(ErpTest, ALineInAnotherCurrency) {
    Json body = entry();
    body["lines"][0]["amount"] = {{"amount", "39.92"}, {"currency", "EUR"}};
    EXPECT_EQ(code(body), "CURRENCY_MISMATCH");
    body["lines"][0]["amount"]["currency"] = "USD";
    EXPECT_EQ(code(body), "");
}

TEST_F(ErpTest, AReferenceIsUniquePerCompany) {
    EXPECT_EQ(code(entry()), "");
    EXPECT_EQ(call("POST", "/v1/entries", entry())["duplicate"], true);
    EXPECT_EQ(status_, 200);
    Json other = entry();
    other["memo"] = "another";
    EXPECT_EQ(code(other), "DUPLICATE_REF");
    EXPECT_EQ(status_, 409);
    Json elsewhere = entry();
    elsewhere["company"] = "DE01";
    EXPECT_EQ(code(elsewhere), "");
    EXPECT_EQ(call("GET", "/v1/documents/by-ref/WR-1?company=DE01")["company"], "DE01");
    EXPECT_EQ(call("GET", "/v1/books")["documents"], 2);
}

TEST_F(ErpTest, CurrenciesHaveTheirDigits) {
    Json yen = entry("WR-J", "1200");
    yen["currency"] = "JPY";
    EXPECT_EQ(code(yen), "");
    yen["external_ref"] = "WR-J2";
    yen["lines"][0]["amount"] = "1200.5";
    EXPECT_EQ(code(yen), "INVALID_ENTRY");
    Json dinar = entry("WR-K", "1.005");
    dinar["currency"] = "KWD";
    EXPECT_EQ(code(dinar), "");
    const Json books = call("GET", "/v1/books");
    EXPECT_EQ(books["totals"][0]["debit"], "1200");
    EXPECT_EQ(books["totals"][1]["debit"], "1.005");
}

TEST_F(ErpTest, SumsDoNotDrift) {
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(code(entry("WR-" + std::to_string(i), "0.10")), "");
    const Json books = call("GET", "/v1/books");
    EXPECT_EQ(books["accounts"][0]["balance"], "100.00");
    EXPECT_EQ(books["accounts"][1]["balance"], "-100.00");
    EXPECT_EQ(books["balanced"], true);
    EXPECT_EQ(call("GET", "/v1/entries?limit=1")["totals"]["USD"], "100.00");
}

TEST_F(ErpTest, EveryPartyIsMapped) {
    Json body = entry();
    body["lines"][0]["party"] = "C-1001";  // the ERP's own name for ACME
    body["lines"][1]["party"] = "C-1003";
    EXPECT_EQ(code(body), "CUSTOMER_UNMAPPED");
    call("PUT", "/v1/customers-map/Initech", {{"id", "C-1003"}});
    EXPECT_EQ(code(body), "");
    call("DELETE", "/v1/customers-map/Initech");
    body["external_ref"] = "WR-2";
    EXPECT_EQ(code(body), "CUSTOMER_UNMAPPED");
}

TEST_F(ErpTest, AnInvoiceOfQuantitiesAndPrices) {
    Json body = {
        {"company", "US01"}, {"customer", "C-1001"},
        {"number", "INV-7"}, {"issue_date", "2026-06-30"},
        {"currency", "USD"}, {"lines", {{{"account", "4020"}, {"quantity", "62450"}, {"unit_price", "0.0030"}}}}};
    EXPECT_EQ(code(body, "/v1/invoices"), "");
    EXPECT_EQ(call("GET", "/v1/invoices/INV-00000001")["total"], "187.35");
    EXPECT_EQ(call("GET", "/v1/invoices/INV-00000001")["posting_date"], "2026-06-30");
    body["lines"][0]["unit_price"] = "cheap";
    EXPECT_EQ(code(body, "/v1/invoices"), "INVALID_INVOICE");
    body["lines"][0]["unit_price"] = "0.00000001";
    EXPECT_EQ(code(body, "/v1/invoices"), "INVALID_INVOICE");
}

TEST_F(ErpTest, PeriodsOfOneCompany) {
    call("POST", "/v1/periods/2026-06/close?company=DE01");
    EXPECT_EQ(code(entry()), "");
    Json german = entry();
    german["company"] = "DE01";
    EXPECT_EQ(code(german), "PERIOD_CLOSED");
    call("POST", "/v1/periods/2026-06/open?company=DE01");
    EXPECT_EQ(code(german), "");
    call("POST", "/v1/periods/2026-13/close");
    EXPECT_EQ(status_, 422);
}

TEST_F(ErpTest, CustomersAreMappedByCreatingThem) {
    Json body = entry();
    body["customer"] = "Initech";
    EXPECT_EQ(code(body), "CUSTOMER_UNMAPPED");
    EXPECT_EQ(code({{"customer", "Initech"}, {"name", "Initech Inc."}, {"external_ref", "WR-C"}}, "/v1/customers"), "");
    EXPECT_EQ(code(body), "");
    EXPECT_EQ(call("GET", "/v1/documents/by-ref/WR-C")["kind"], "customer");
    call("DELETE", "/v1/customers-map/Initech");
    body["external_ref"] = "WR-2";
    EXPECT_EQ(code(body), "CUSTOMER_UNMAPPED");
}

TEST_F(ErpTest, UnknownEndpointsAndMethods) {
    call("GET", "/v1/nothing");
    EXPECT_EQ(status_, 404);
    call("PUT", "/v1/entries");
    EXPECT_EQ(status_, 405);
    EXPECT_GT(call("GET", "/_/endpoints")["endpoints"].size(), 30);
}

}  // namespace
}  // namespace weir::standin
