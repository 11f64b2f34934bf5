// Values of the host itself: rows of tables and cross-references, through a fake of its service.
#include <gtest/gtest.h>
#include <weir/lookup.h>
#include <weir/testing.hpp>

#include <map>
#include <tuple>

extern const weir_component enrich;

namespace {

using nlohmann::json;
using weir::testing::FakeHost;
using weir::testing::Harness;
using weir::testing::In;

// Answers like the host: texts live as long as it does.
struct FakeLookup : weir_svc_lookup {
    FakeLookup() : weir_svc_lookup{} {
        struct_size = sizeof(weir_svc_lookup);
        row = [](const void* self, weir_str table, weir_str key, weir_str* found) noexcept -> weir_status {
            const auto& lookup = *static_cast<const FakeLookup*>(self);
            const auto rows = lookup.tables.find(std::string(weir::view(table)));
            if (rows == lookup.tables.end()) return WEIR_E_CONFIG;
            const auto value = rows->second.find(std::string(weir::view(key)));
            if (value == rows->second.end()) return WEIR_E_NOT_FOUND;
            *found = weir::str(value->second);
            return lookup.status;
        };
        canonical_id = [](const void* self, weir_str system, weir_str type, weir_str id, weir_str* found) noexcept {
            return static_cast<const FakeLookup*>(self)->find("canonical", system, type, id, found);
        };
        external_id = [](const void* self, weir_str system, weir_str type, weir_str id, weir_str* found) noexcept {
            return static_cast<const FakeLookup*>(self)->find("external", system, type, id, found);
        };
    }
    weir_status find(const char* direction, weir_str system, weir_str type, weir_str id, weir_str* found) const {
        if (status < 0) return status;
        const auto text = [](weir_str part) { return std::string(weir::view(part)); };
        const auto value = ids.find({direction, text(system), text(type), text(id)});
        if (value == ids.end()) return WEIR_E_NOT_FOUND;
        *found = weir::str(value->second);
        return WEIR_OK;
    }
    std::map<std::string, std::map<std::string, std::string>> tables{};
    std::map<std::tuple<std::string, std::string, std::string, std::string>, std::string> ids{};
    weir_status status = WEIR_OK;
};

struct Host : FakeHost {
    Host() {
        static const auto others = service;
        service = [](const weir_host* host, const char* id) noexcept -> const void* {
            if (std::string_view(id) == WEIR_SVC_LOOKUP) return &static_cast<const Host*>(host)->lookup;
            return others(host, id);
        };
    }
    FakeLookup lookup{};
};

class LocalTest : public testing::Test {
  protected:
    LocalTest() {
        host_.lookup.tables["accounts"] = {{"usage", R"({"number":"4020","rate":8.250000000000000000001})"},
                                           {"tax/us", R"("2200")"},
                                           {"8", "\"eight\""}};
        host_.lookup.ids = {{{"canonical", "billing", "customer", "cus_A1"}, "weir:customer:ACME"},
                            {{"external", "erp", "customer", "weir:customer:ACME"}, "C-\"1001\""}};
    }
    static json table(json more = json::object()) {
        json all{{"table", "accounts"}, {"key", "{subject}"}, {"into", "account"}};
        all.update(more);
        return all;
    }
    static json xref(json more = json::object()) {
        json all{{"xref", {{"system", "billing"}, {"type", "customer"}, {"id", "{/customer/id}"}}},
                 {"into", "customer_id"}};
        all.update(more);
        return all;
    }
    static In record(std::string subject, std::string payload = "{}") {
        return {.payload = std::move(payload), .subject = std::move(subject)};
    }
    Host host_;
};

TEST_F(LocalTest, puts_a_row_into_the_payload) {
    Harness h(host_, ::enrich, table());
    ASSERT_TRUE(h) << h.error.message;
    const auto verdicts = h.transform({record("usage"), record("tax/us"), record("none")});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_TRUE(verdicts[1].ok()) << "a key is not percent-encoded";
    EXPECT_EQ(h.sent.at(0).payload, R"({"account":{"number":"4020","rate":8.250000000000000000001}})");
    EXPECT_EQ(h.sent.at(1).payload, R"({"account":"2200"})");
    EXPECT_EQ(verdicts[2].code, "LOOKUP_NOT_FOUND");
    EXPECT_EQ(verdicts[2].message, "table \"accounts\" has no row \"none\"");
    EXPECT_EQ(verdicts[2].error_class, std::uint32_t{WEIR_CLASS_BUSINESS});
    EXPECT_TRUE(host_.http.requests.empty());
    EXPECT_EQ(h.breaches, 0);
}

TEST_F(LocalTest, takes_the_key_from_the_payload) {
    Harness h(host_, ::enrich, table({{"key", "{/kind}/{/tax~1where}"}}));
    ASSERT_TRUE(h.transform({record("", R"({"kind":"tax","tax/where":"us"})")}).at(0).ok());
    EXPECT_EQ(h.sent.at(0).payload, R"({"kind":"tax","tax/where":"us","account":"2200"})");
    const std::pair<const char*, const char*> bad[] = {{R"({"kind":"tax"})", "LOOKUP_KEY_INVALID"},
                                                       {R"({"kind":"tax","tax/where":""})", "LOOKUP_KEY_INVALID"},
                                                       {R"({"kind":"tax","tax/where":null})", "LOOKUP_KEY_INVALID"},
                                                       {R"({"kind":{},"tax/where":"us"})", "LOOKUP_KEY_INVALID"},
                                                       {R"({"kind":"tax","kind":"x"})", "DUPLICATE_KEY"},
                                                       {R"(kind)", "NOT_JSON"}};
    for (const auto& [payload, code] : bad) {
        EXPECT_EQ(h.transform({record("", payload)}).at(0).code, code) << payload;
    }
    Harness number(host_, ::enrich, table({{"key", "{/n}"}}));
    EXPECT_TRUE(number.transform({record("", R"({"n":8})")}).at(0).ok());
    EXPECT_EQ(number.transform({record("", R"({"n":8.0})")}).at(0).code, "LOOKUP_NOT_FOUND") << "as it is written";
}

TEST_F(LocalTest, takes_a_part_of_the_row) {
    Harness h(host_, ::enrich, table({{"pointer", "/rate"}, {"missing", "null"}}));
    ASSERT_TRUE(h.transform({record("usage"), record("tax/us"), record("none")}).at(2).ok());
    EXPECT_EQ(h.sent.at(0).payload, R"({"account":8.250000000000000000001})");
    EXPECT_EQ(h.sent.at(1).payload, R"({"account":null})") << "nothing at the pointer";
    EXPECT_EQ(h.sent.at(2).payload, R"({"account":null})");
    Harness drop(host_, ::enrich, table({{"missing", "drop"}}));
    EXPECT_EQ(drop.transform({record("none")}).at(0).kind, std::uint32_t{WEIR_OUT_FILTERED});
}

TEST_F(LocalTest, translates_ids_both_ways) {
    Harness in(host_, ::enrich, xref());
    ASSERT_TRUE(in) << in.error.message;
    ASSERT_TRUE(in.transform({record("", R"({"customer":{"id":"cus_A1"}})")}).at(0).ok());
    EXPECT_EQ(in.sent.at(0).payload, R"({"customer":{"id":"cus_A1"},"customer_id":"weir:customer:ACME"})");
    const auto unknown = in.transform({record("", R"({"customer":{"id":"cus_ghost"}})")}).at(0);
    EXPECT_EQ(unknown.code, "LOOKUP_NOT_FOUND");
    EXPECT_EQ(unknown.message, "customer \"cus_ghost\" of \"billing\" has no canonical id");

    const json to_erp = {{"system", "erp"}, {"type", "customer"}, {"id", "{subject}"}, {"to", "external"}};
    Harness out(host_, ::enrich, {{"xref", to_erp}, {"into", "party"}});
    ASSERT_TRUE(out.transform({record("weir:customer:ACME")}).at(0).ok());
    EXPECT_EQ(out.sent.at(0).payload, R"({"party":"C-\"1001\""})");
    EXPECT_EQ(out.transform({record("weir:customer:X")}).at(0).message,
              "\"weir:customer:X\" has no customer id in \"erp\"");
}

TEST_F(LocalTest, waits_while_the_store_cannot_be_read) {
    Harness h(host_, ::enrich, xref());
    host_.lookup.status = WEIR_E_RETRY;
    const auto verdict = h.transform({record("", R"({"customer":{"id":"cus_A1"}})")}).at(0);
    EXPECT_EQ(verdict.kind, std::uint32_t{WEIR_OUT_THROTTLED});
    EXPECT_EQ(verdict.code, "LOOKUP_UNAVAILABLE");
    host_.lookup.status = WEIR_OK;
    EXPECT_TRUE(h.transform({record("", R"({"customer":{"id":"cus_A1"}})")}).at(0).ok());
}

TEST_F(LocalTest, a_dry_run_looks_up_what_the_host_has) {
    Harness h(host_, ::enrich, table());
    h.call_flags = WEIR_CALL_DRY_RUN;
    const auto verdicts = h.transform({record("usage"), record("none")});
    EXPECT_TRUE(verdicts[0].ok());
    EXPECT_EQ(verdicts[1].code, "LOOKUP_NOT_FOUND");
}

TEST_F(LocalTest, says_which_of_its_uses_are_pure) {
    const auto* traits = static_cast<const weir_ext_traits*>(::enrich.extension(&::enrich, WEIR_EXT_TRAITS));
    ASSERT_NE(traits, nullptr);
    const auto of = [&](const json& config) {
        const std::string text = config.dump();
        return traits->traits(&::enrich, weir::str(text));
    };
    EXPECT_EQ(of(table()), std::uint32_t{WEIR_TRAIT_PURE});
    EXPECT_EQ(of(xref()), std::uint32_t{WEIR_TRAIT_BLOCKING});
    EXPECT_EQ(of({{"url", "https://crm.example/{subject}"}, {"into", "x"}}), std::uint32_t{WEIR_TRAIT_BLOCKING});
    EXPECT_EQ(traits->traits(&::enrich, weir::str("{")), std::uint32_t{WEIR_TRAIT_BLOCKING});
    EXPECT_EQ(::enrich.extension(&::enrich, "other/1"), nullptr);
}

TEST_F(LocalTest, bad_configuration_says_where) {
    const std::pair<const char*, json> cases[] = {
        {"", {{"into", "x"}}},
        {"", table({{"url", "https://crm.example/{subject}"}})},
        {"", table({{"xref", xref()["xref"]}})},
        {"/key", {{"table", "accounts"}, {"into", "x"}}},
        {"/key", {{"url", "https://crm.example/{subject}"}, {"key", "{subject}"}, {"into", "x"}}},
        {"/key", table({{"key", "{sbject}"}})},
        {"/key", table({{"key", "{/open"}})},
        {"/table", table({{"table", "acounts"}})},
        {"/pointer", table({{"pointer", "x"}})},
        {"/into", table({{"into", ""}})},
        {"/xref/system", {{"xref", {{"system", ""}, {"type", "customer"}, {"id", "{subject}"}}}, {"into", "x"}}},
        {"/xref/id", {{"xref", {{"system", "erp"}, {"type", "customer"}, {"id", "{x}"}}}, {"into", "x"}}},
        {"/xref/to", {{"xref", {{"system", "erp"}, {"type", "c"}, {"id", "a"}, {"to", "there"}}}, {"into", "x"}}},
    };
    for (const auto& [pointer, config] : cases) {
        const Harness h(host_, ::enrich, config);
        EXPECT_FALSE(h) << config;
        EXPECT_STREQ(h.error.pointer, pointer) << config << h.error.message;
    }
    FakeHost plain;
    const Harness h(plain, ::enrich, table());
    EXPECT_FALSE(h) << "a host without the service";
}

}  // namespace
