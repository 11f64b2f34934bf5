// tag, redact and ownership: whose data it is, and who may see and write it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/steps/steps.hpp"

namespace weir::steps::test {
namespace {

using ::testing::HasSubstr;
using Attributes = std::vector<std::pair<std::string, std::string>>;

In tagged(std::string payload, std::string tags) {
    In in;
    in.payload = std::move(payload);
    in.attrs = {{"personaldata", std::move(tags)}, {"x", "1"}};
    return in;
}

TEST(Tag, adds_to_what_is_tagged_already) {
    Step tag("tag", R"({"personal": ["/name", "/lines/*/note"], "set": {"tenant": "record.data.company"}})");
    const std::string payload = R"({ "company": "US01" })";
    EXPECT_EQ(tag.out(tagged(payload, "/iban /name")), payload);
    EXPECT_EQ(tag.sent().attrs,
              (Attributes{{"personaldata", "/iban /name /lines/*/note"}, {"x", "1"}, {"tenant", "US01"}}));
    EXPECT_THAT(tag.out("{}"), HasSubstr("EXPRESSION_FAILED: set/tenant: 1:13"));
    EXPECT_THAT(refused("tag", R"({"personal": ["name"]})"), HasSubstr("/personal/0: expected a JSON pointer"));
    EXPECT_THAT(refused("tag", R"({"set": {"Tenant": "'a'"}})"), HasSubstr("/set/Tenant"));
}

TEST(Tag, names_members_with_spaces_and_percent_signs) {
    Step tag("tag", R"({"personal": ["/full name", "/100%"]})");
    const std::string payload = R"({"full name":"N","100%":1,"k":1})";
    EXPECT_EQ(tag.out(payload), payload);
    EXPECT_EQ(tag.sent().attrs, (Attributes{{"personaldata", "/full%20name /100%25"}}));
    Step redact("redact", R"({"tagged": true, "mode": "remove"})");
    EXPECT_EQ(redact.out(tagged(payload, "/full%20name /100%25")), R"({"k":1})");
    Step named("redact", R"({"paths": ["/full name"], "mode": "remove"})");
    EXPECT_EQ(named.out(R"({"full name":"N","k":1})"), R"({"k":1})");
}

TEST(Redact, removes_and_leaves_the_rest_as_it_was_written) {
    Step redact("redact", R"({"paths": ["/a/b", "/list/*/x", "/list/1/y", "/gone"], "mode": "remove"})");
    EXPECT_EQ(redact.out(R"({"a":{"b":1,"c": 1.00},"list":[{"x":1,"y":2},{"x":1,"y":2}],"z":{ "q" : 1e5 }})"),
              R"({"a":{"c":1.00},"list":[{"y":2},{}],"z":{ "q" : 1e5 }})");
    Step element("redact", R"({"paths": ["/1"], "mode": "remove"})");
    EXPECT_EQ(element.out("[1,2,3]"), "[1,null,3]");
    EXPECT_EQ(element.run("[1").code, "NOT_JSON");
}

TEST(Redact, masks_and_keeps_the_last_characters) {
    Step redact("redact", R"({"paths": ["/*"], "mode": "mask", "keep_last": 4})");
    EXPECT_EQ(
        redact.out(
            R"({"iban":"DE8937040044","pin":"1234","u":"\u00e4\u00f6\u00fc\u00df\u00e9","n":123456,"o":{"a":1},"no":null})"),
        "{\"iban\":\"***0044\",\"pin\":\"***\",\"u\":\"***\u00f6\u00fc\u00df\u00e9\",\"n\":\"***3456\",\"o\":\"***\","
        "\"no\":null}");
}

TEST(Redact, hashes_so_that_equal_values_stay_equal) {
    FakeHost host;
    host.secrets.values["pepper"] = "k1";
    Step redact(host, "redact", R"({"paths": ["/*"], "mode": "hash", "key": {"$secret": "pepper"}})");
    const std::string a = redact.out(R"(["a"])");
    // printf a | openssl dgst -sha256 -hmac k1
    EXPECT_EQ(a, "[\"b48a3d0812d5055b677b19201bfe955ad1d23bf78e7a45e497aa7400e30bf6d2\"]");
    EXPECT_EQ(a, redact.out(R"(["\u0061"])"));
    EXPECT_NE(a, redact.out(R"(["b"])"));
    host.secrets.values["pepper"] = "k2";
    EXPECT_NE(a, redact.out(R"(["a"])"));
}

TEST(Redact, waits_for_a_secret_that_is_not_there) {
    FakeHost host;
    Step redact(host, "redact", R"({"paths": ["/*"], "mode": "hash", "key": {"$secret": "pepper"}})");
    EXPECT_EQ(redact.run("[1]").kind, WEIR_OUT_THROTTLED);
    EXPECT_EQ(redact.run("[1]").code, "SECRET_UNAVAILABLE");
}

TEST(Redact, takes_the_tags_it_handled_away) {
    Step redact("redact", R"({"paths": ["/customer"], "tagged": false, "mode": "remove"})");
    ASSERT_TRUE(redact.run(tagged(R"({"customer":{"name":"N"}})", "/customer/name /iban")).ok());
    EXPECT_EQ(redact.sent().payload, "{}");
    EXPECT_EQ(redact.sent().attrs, (Attributes{{"personaldata", "/iban"}, {"x", "1"}}));
    Step all("redact", R"({"tagged": true, "mode": "remove"})");
    EXPECT_EQ(all.out(tagged(R"({"iban":"D","k":1,"l":[{},{"m":1}]})", "/iban /l/*/m")), R"({"k":1,"l":[{},{}]})");
    EXPECT_EQ(all.sent().attrs, (Attributes{{"x", "1"}}));
    EXPECT_EQ(all.out(tagged(R"({"iban":"D","mail":"m"})", "/iban /email")), R"({"mail":"m"})");
    EXPECT_EQ(all.sent().attrs, (Attributes{{"personaldata", "/email"}, {"x", "1"}}));
    EXPECT_EQ(all.out(R"({"iban":"D"})"), R"({"iban":"D"})");
    EXPECT_THAT(refused("redact", R"({"mode": "remove"})"), HasSubstr("/paths: expected paths, or tagged"));
    EXPECT_THAT(refused("redact", R"({"paths": ["/a"], "mode": "hash"})"), HasSubstr("/key: mode hash needs a key"));
}

TEST(Ownership, refuses_members_of_another_system) {
    Step step("ownership", R"({"object": "customer", "owners": {"*": "crm", "/payment_terms": "erp",
                               "/address/tax": "erp", "/id": "*", "/contacts/*/limit": "erp"}})");
    const auto write = [&](const std::string& system, const std::string& payload) {
        In in;
        in.payload = payload;
        in.source = system;
        return step.run(in);
    };
    EXPECT_TRUE(write("crm", R"({"id":1,"name":"N","address":{"city":"C"},"contacts":[{"mail":"m"}]})").ok());
    const Verdict verdict = write("crm", R"({"id":1,"payment_terms":"net30"})");
    EXPECT_EQ(verdict.code, "NOT_OWNER");
    EXPECT_EQ(verdict.error_class, WEIR_CLASS_POLICY);
    EXPECT_EQ(verdict.message, "data: \"crm\" writes \"/payment_terms\" of customer, which \"erp\" owns");
    EXPECT_THAT(write("crm", R"({"address":{"city":"C","tax":"T"}})").message, HasSubstr("\"/address/tax\""));
    EXPECT_THAT(write("crm", R"({"contacts":[{},{"limit":1}]})").message, HasSubstr("\"/contacts/1/limit\""));
    EXPECT_TRUE(write("erp", R"({"id":1,"payment_terms":"net30"})").ok());
    EXPECT_THAT(write("erp", R"({"a":1,"b":2,"payment_terms":"net30"})").message,
                HasSubstr("writes \"/a\" of customer, which \"crm\" owns, and 1 more"));
    Step constant("ownership", R"({"system": {"$const": "erp"}, "owners": {"/a": "crm"}})");
    EXPECT_EQ(constant.run(R"({"a":1})").code, "NOT_OWNER");
    EXPECT_TRUE(constant.run(R"({"b":1})").ok());
}

}  // namespace
}  // namespace weir::steps::test
