// What the sink's tests share: a host whose HTTP is a fake Tryton, and documents.
#pragma once

#include <gtest/gtest.h>

#include "fake_tryton.hpp"

extern const weir_component sink;

namespace tryton::testing {

using weir::testing::FakeHost;
using weir::testing::Harness;
using weir::testing::In;
using weir::testing::Verdict;

inline constexpr const char* kRef = "WR-ABCDEFGHIJKLMNOP";

[[nodiscard]] inline json settings(json more = json::object()) {
    json config{{"url", "http://erp.example.com:8000/"},
                {"database", "books"},
                {"user", "weir"},
                {"password", {{"$secret", "tryton"}}},
                {"company", "DE01"},
                {"journal", "GEN"},
                {"invoice_journal", "REV"},
                {"receivable", "1100"}};
    config.update(more);
    return config;
}

[[nodiscard]] inline json entry(const std::string& amount = "10.10", const std::string& date = "2026-06-30") {
    return {{"company", "DE01"},
            {"posting_date", date},
            {"currency", "EUR"},
            {"memo", "June usage"},
            {"lines",
             {{{"account", "1100"}, {"side", "debit"}, {"amount", amount}, {"party", "C-1"}},
              {{"account", "4020"}, {"side", "credit"}, {"amount", amount}}}}};
}

[[nodiscard]] inline json invoice() {
    return {{"company", "DE01"},
            {"customer", "C-1"},
            {"issue_date", "2026-06-30"},
            {"currency", "EUR"},
            {"number", "INV-7"},
            {"lines",
             {{{"account", "4020"},
               {"description", "API calls"},
               {"product", "API"},
               {"quantity", "1234.5"},
               {"unit_price", "0.0810"}}}}};
}

[[nodiscard]] inline In as_entry(const json& payload = entry(), const std::string& ref = kRef) {
    return {.payload = payload.dump(), .type = "io.weir.ledger.journal_entry.planned.v1", .external_ref = ref};
}
[[nodiscard]] inline In as_invoice(const json& payload = invoice()) {
    return {.payload = payload.dump(), .type = "io.weir.billing.invoice.finalized.v1"};
}
[[nodiscard]] inline In as_customer(const json& payload) {
    return {.payload = payload.dump(), .type = "io.weir.billing.customer.created.v1"};
}

class TrytonSinkTest : public ::testing::Test {
  protected:
    TrytonSinkTest() {
        host.secrets.values["tryton"] = "s3cret";
        host.http.answer = [this](const SeenRequest& seen) { return erp.answer(seen); };
    }
    // A new instance, as after a restart.
    std::vector<Verdict> deliver(std::vector<In> records, const json& config = settings()) {
        Harness harness(host, ::sink, config);
        EXPECT_TRUE(harness) << harness.error.message;
        auto verdicts = harness.deliver(std::move(records));
        EXPECT_EQ(harness.breaches, 0);
        EXPECT_EQ(host.http.open_exchanges, 0);
        return verdicts;
    }
    Verdict deliver_one(In record, const json& config = settings()) {
        return deliver({std::move(record)}, config).at(0);
    }
    Verdict resolve_one(In record) {
        Harness harness(host, ::sink, settings());
        EXPECT_TRUE(harness) << harness.error.message;
        const auto verdicts = harness.resolve({std::move(record)});
        EXPECT_EQ(harness.breaches, 0);
        return verdicts.at(0);
    }
    // From now on `method` is answered once with `reply`; done or not done before that.
    void once_instead(const std::string& method, Reply reply) { erp.instead = once(method, std::move(reply)); }
    void once_afterwards(const std::string& method, Reply reply) { erp.afterwards = once(method, std::move(reply)); }
    static std::function<std::optional<Reply>(const std::string&)> once(std::string method, Reply reply) {
        return [method = std::move(method), reply = std::move(reply),
                used = false](const std::string& called) mutable -> std::optional<Reply> {
            if (used || called != method) return std::nullopt;
            used = true;
            return reply;
        };
    }

    FakeTryton erp;
    FakeHost host;
};

inline void expect(const Verdict& verdict, std::uint32_t kind, const std::string& code) {
    EXPECT_EQ(verdict.kind, kind) << verdict.code << ": " << verdict.message;
    EXPECT_EQ(verdict.code, code) << verdict.message;
}

}  // namespace tryton::testing
