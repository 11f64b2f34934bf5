#include <weir/testing.hpp>

#include <gtest/gtest.h>

#include <string>

extern const weir_component usage_to_entry;

namespace {

using nlohmann::json;
using weir::testing::Harness;
using weir::testing::In;
using weir::testing::Verdict;

constexpr std::int64_t kJuneFirst = 1'780'272'000'000'000'000;  // 2026-06-01T00:00:00Z

json config() {
    return {{"company", "US01"},
            {"currency", "USD"},
            {"prices", {{"api_calls", "0.0040"}, {"seats", "12.5"}}},
            {"accounts", {{"debit", "1150"}, {"credit", "4020"}}}};
}
In usage(const std::string& payload, std::int64_t time = kJuneFirst) {
    return {.payload = payload, .subject = "cust-042", .time_unix_ns = time};
}
std::string amount_of(const std::string& quantity, const json& settings = config()) {
    Harness h(usage_to_entry, settings);
    h.transform({usage(R"({"metric":"api_calls","quantity":)" + quantity + "}")});
    if (h.sent.empty()) return "none";
    const json entry = json::parse(h.sent[0].payload);
    EXPECT_EQ(entry["lines"][0]["amount"], entry["lines"][1]["amount"]) << "it balances";
    return entry["lines"][0]["amount"];
}
Verdict verdict_of(const In& in) {
    Harness h(usage_to_entry, config());
    const auto verdicts = h.transform({in});
    EXPECT_TRUE(h.sent.empty());
    return verdicts.at(0);
}

TEST(UsageToEntry, turns_usage_into_one_balanced_entry) {
    Harness h(usage_to_entry, config());
    ASSERT_TRUE(h) << h.error.message;
    const auto verdicts =
        h.transform({usage(R"({"metric":"api_calls","quantity":"9980","unit":"call","customer":"cust-042"})")});
    ASSERT_TRUE(verdicts.at(0).ok()) << verdicts[0].message;
    ASSERT_EQ(h.sent.size(), 1U);
    EXPECT_EQ(h.sent[0].payload,
              R"({"company":"US01","document_type":"usage","document_date":"2026-06-01","posting_date":"2026-06-01",)"
              R"("currency":"USD","memo":"api_calls 9980 call, customer cust-042","lines":[)"
              R"({"account":"1150","side":"debit","amount":"39.92"},)"
              R"({"account":"4020","side":"credit","amount":"39.92"}]})");
    EXPECT_EQ(h.sent[0].schema, "canonical/journal_entry@1");
    EXPECT_EQ(h.sent[0].type, "io.weir.journal_entry.planned.v1");
    EXPECT_EQ(h.sent[0].subject, "cust-042") << "inherited";
    EXPECT_EQ(h.sent[0].time_unix_ns, kJuneFirst);
}

TEST(UsageToEntry, computes_exactly) {
    EXPECT_EQ(amount_of("312450"), "1249.80");
    EXPECT_EQ(amount_of("\"31.25\""), "0.13") << "0.125 rounds half up";
    EXPECT_EQ(amount_of("90071992547409930"), "360287970189639.72") << "beyond what a double holds";
    json even = config();
    even["rounding"] = "half_even";
    EXPECT_EQ(amount_of("\"31.25\"", even), "0.12");
    json yen = config();
    yen["minor_units"] = 0;
    EXPECT_EQ(amount_of("308625", yen), "1235");
}

TEST(UsageToEntry, posts_nothing_when_the_amount_is_zero) {
    for (const char* quantity : {"0", "\"0.00\"", "1"}) {
        const Verdict verdict = verdict_of(usage(R"({"metric":"api_calls","quantity":)" + std::string(quantity) + "}"));
        EXPECT_EQ(verdict.kind, std::uint32_t{WEIR_OUT_FILTERED}) << quantity;
        EXPECT_EQ(verdict.code, "ZERO_AMOUNT");
    }
}

TEST(UsageToEntry, rejects_bad_events_with_a_code_of_its_catalogue) {
    const auto code = [](const std::string& payload) {
        const Verdict verdict = verdict_of(usage(payload));
        EXPECT_EQ(verdict.kind, std::uint32_t{WEIR_OUT_REJECTED});
        return verdict.code;
    };
    EXPECT_EQ(code(R"({"metric":"api_calls","quantity":"-1"})"), "NEGATIVE_QUANTITY");
    EXPECT_EQ(code(R"({"metric":"api_calls","quantity":-1})"), "NEGATIVE_QUANTITY");
    EXPECT_EQ(code(R"({"metric":"storage","quantity":"1"})"), "UNKNOWN_METRIC");
    EXPECT_EQ(code(R"({"metric":"api_calls","quantity":1.5})"), "BAD_QUANTITY");
    EXPECT_EQ(code(R"({"metric":"api_calls","quantity":"1e3"})"), "BAD_QUANTITY");
    EXPECT_EQ(code(R"({"metric":"api_calls"})"), "BAD_QUANTITY");
    EXPECT_EQ(code(R"({"quantity":"1"})"), "BAD_PAYLOAD");
    EXPECT_EQ(code(R"({"metric":"api_calls","quantity":"1","quantity":"2"})"), "BAD_PAYLOAD") << "which one is it?";
    EXPECT_EQ(code("usage"), "BAD_PAYLOAD");
    EXPECT_EQ(code(R"({"metric":"api_calls","quantity":"99999999999999999999999999999999999999"})"), "AMOUNT_OVERFLOW");
    EXPECT_EQ(verdict_of(usage(R"({"metric":"seats","quantity":"1"})", WEIR_TIME_UNKNOWN)).code, "NO_EVENT_TIME");
}

TEST(UsageToEntry, takes_the_day_in_utc) {
    const auto date = [](std::int64_t time) {
        Harness h(usage_to_entry, config());
        h.transform({usage(R"({"metric":"seats","quantity":1})", time)});
        return json::parse(h.sent.at(0).payload)["posting_date"].get<std::string>();
    };
    EXPECT_EQ(date(kJuneFirst - 1), "2026-05-31");
    EXPECT_EQ(date(kJuneFirst), "2026-06-01");
    EXPECT_EQ(date(-1), "1969-12-31");
}

TEST(UsageToEntry, one_bad_event_leaves_the_rest_of_the_batch_alone) {
    Harness h(usage_to_entry, config());
    const auto verdicts = h.transform(
        {usage(R"({"metric":"seats","quantity":1})"), usage("broken"), usage(R"({"metric":"seats","quantity":2})")});
    EXPECT_TRUE(verdicts.at(0).ok());
    EXPECT_EQ(verdicts.at(1).code, "BAD_PAYLOAD");
    EXPECT_TRUE(verdicts.at(2).ok());
    EXPECT_EQ(h.sent.size(), 2U);
}

TEST(UsageToEntry, refuses_a_price_that_is_no_decimal) {
    json settings = config();
    settings["prices"]["api_calls"] = "cheap";
    Harness h(usage_to_entry, settings);
    EXPECT_FALSE(h);
    EXPECT_STREQ(h.error.pointer, "/prices/api_calls");
}

TEST(UsageToEntry, is_pure) {
    const auto run = [] {
        Harness h(usage_to_entry, config());
        h.transform({usage(R"({"metric":"seats","quantity":3})"), usage(R"({"metric":"api_calls","quantity":"777"})")});
        return h.sent.at(0).payload + h.sent.at(1).payload;
    };
    EXPECT_EQ(run(), run());
    EXPECT_EQ(usage_to_entry.traits, std::uint32_t{WEIR_TRAIT_PURE});
    EXPECT_EQ(usage_to_entry.threading, std::uint32_t{WEIR_THREADS_CONCURRENT});
}

}  // namespace
