// The host's tables and cross-references in expressions, through the service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/steps/steps.hpp"

namespace weir::steps::test {
namespace {

using ::testing::HasSubstr;

class LookupHost : public FakeHost {
  public:
    LookupHost() {
        service = [](const weir_host*, const char* id) noexcept -> const void* {
            return std::string_view(id) == WEIR_SVC_LOOKUP ? &table() : nullptr;
        };
    }
    static weir_status& store() {
        static weir_status status = WEIR_OK;
        return status;
    }

  private:
    static const weir_svc_lookup& table() {
        static const weir_svc_lookup lookup{sizeof(weir_svc_lookup), 0, &row, &external, &canonical};
        return lookup;
    }
    static weir_status row(const void*, weir_str table, weir_str key, weir_str* json) noexcept {
        if (view(table) != "accounts") return WEIR_E_CONFIG;
        if (view(key) == "usage") return *json = str(R"({"account":"4020","rate":0.10})"), WEIR_OK;
        if (view(key) == "plain") return *json = str("\"1150\""), WEIR_OK;
        return WEIR_E_NOT_FOUND;
    }
    static weir_status external(const void*, weir_str, weir_str, weir_str canonical_id, weir_str* out) noexcept {
        if (store() != WEIR_OK) return store();
        if (view(canonical_id) != "c1") return WEIR_E_NOT_FOUND;
        return *out = str("ERP-7"), WEIR_OK;
    }
    static weir_status canonical(const void*, weir_str, weir_str, weir_str, weir_str*) noexcept {
        return WEIR_E_NOT_FOUND;
    }
};

TEST(Lookup, reads_rows_of_tables) {
    LookupHost host;
    Step map(host, "map", R"j({"fields": {"account": "lookup('accounts', record.data.kind).account",
        "rate": "lookup('accounts', 'usage').rate", "plain": "lookup('accounts', 'plain')",
        "other": "lookup('accounts', 'none', 'x')"}})j");
    EXPECT_EQ(map.out(R"({"kind":"usage"})"), R"({"account":"4020","rate":"0.10","plain":"1150","other":"x"})");
    EXPECT_THAT(map.out(R"({"kind":"no"})"), HasSubstr("EXPRESSION_FAILED: fields/account: 1:1: the table"));
}

TEST(Lookup, makes_the_record_wait_when_the_store_cannot_be_read) {
    LookupHost host;
    Step map(host, "map", R"j({"fields": {"c": "xref.external('erp', 'customer', record.data.id).orValue('?')"}})j");
    EXPECT_EQ(map.out(R"({"id":"c1"})"), R"({"c":"ERP-7"})");
    EXPECT_EQ(map.out(R"({"id":"c2"})"), R"({"c":"?"})");
    LookupHost::store() = WEIR_E_RETRY;
    const Verdict verdict = map.run(R"({"id":"c1"})");
    LookupHost::store() = WEIR_OK;
    EXPECT_EQ(verdict.kind, WEIR_OUT_THROTTLED);
    EXPECT_EQ(verdict.code, "LOOKUP_UNAVAILABLE");
    EXPECT_TRUE(map.harness().sent.empty());
}

TEST(Lookup, makes_a_step_impure_where_it_reads_cross_references) {
    const weir_component& map = component("map");
    const auto* traits = static_cast<const weir_ext_traits*>(map.extension(&map, WEIR_EXT_TRAITS));
    ASSERT_NE(traits, nullptr);
    const std::string reads = R"j({"fields": {"c": "xref.external('erp', 'customer', record.data.id)"}})j";
    EXPECT_EQ(traits->traits(&map, str(reads)), 0U);
    EXPECT_EQ(traits->traits(&map, str(R"({"fields": {"c": "record.data.c"}})")), WEIR_TRAIT_PURE);
    EXPECT_EQ(map.traits, WEIR_TRAIT_PURE);
    EXPECT_EQ(map.extension(&map, "weir.other/1"), nullptr);
}

TEST(Lookup, is_refused_by_a_host_without_the_service) {
    FakeHost host;
    try {
        const Step map(host, "map", R"j({"fields": {"c": "lookup('accounts', 'a')"}})j");
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), HasSubstr("weir.lookup/1"));
    }
}

}  // namespace
}  // namespace weir::steps::test
