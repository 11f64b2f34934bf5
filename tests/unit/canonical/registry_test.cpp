// Contracts by name and version, and what is wrong with files of them.

#include "runtime/canonical/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/canonical/bundle.hpp"
#include "runtime/canonical/text_file.hpp"

namespace weir::canonical {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Registry : public ::testing::Test {
  protected:
    Registry() {
        char path[] = "/tmp/weir-contracts-XXXXXX";
        if (mkdtemp(path) != nullptr) dir_ = path;
    }
    ~Registry() override {
        std::error_code ignored;
        std::filesystem::remove_all(dir_, ignored);
    }
    void write(const std::string& file, const std::string& text) {
        std::filesystem::create_directories((dir_ / file).parent_path());
        std::ofstream(dir_ / file, std::ios::binary) << text;
    }
    // A contract of that name and version with these properties.
    void write_contract(const std::string& name, const std::string& version, const json& properties,
                        json annotation = json::object()) {
        annotation["name"] = name;
        annotation["version"] = version;
        annotation.emplace("owner", "orders-team");
        write(name + '/' + version + ".json",
              json{{"type", "object"}, {"x-weir-contract", annotation}, {"properties", properties}}.dump(2));
    }
    // The messages without the directory.
    std::vector<std::string> problems() {
        std::vector<std::string> made;
        for (const Problem& problem : contracts_.add_dir(dir_)) {
            std::string text = problem.to_string();
            if (text.starts_with(dir_.string())) text = text.substr(dir_.string().size() + 1);
            made.push_back(text);
        }
        return made;
    }

    std::filesystem::path dir_;
    Contracts contracts_ = Contracts::builtin();
};

const json kText = {{"type", "string"}};

TEST_F(Registry, has_the_canonical_objects) {
    for (const char* name :
         {"customer",      "contract",  "subscription", "entitlement", "product",  "price",   "usage_event",
          "usage_summary", "invoice",   "invoice_line", "credit",      "case",     "payment", "journal_entry",
          "approval",      "exception", "money",        "xref",        "envelope", "period",  "tax"}) {
        const Contract* contract = contracts_.find("canonical/" + std::string(name) + "@1");
        ASSERT_NE(contract, nullptr) << name;
        EXPECT_EQ(contract->version.major, 1U);
        EXPECT_EQ(contract->owner, "weir");
        EXPECT_EQ(contract->schema_text.find("\"$ref\": \"canonical"), std::string::npos) << name;
    }
    EXPECT_EQ(contracts_.find("canonical/customer@1")->owner_kind, "erp");
    EXPECT_EQ(contracts_.find("canonical/invoice@1")->owner_kind, "billing");
}

TEST_F(Registry, finds_the_highest_of_a_major_or_exactly_one) {
    write_contract("acme/order", "1.0.0", {{"id", kText}});
    write_contract("acme/order", "1.10.0", {{"id", kText}, {"note", kText}, {"more", kText}});
    write_contract("acme/order", "1.9.0", {{"id", kText}, {"note", kText}});
    write_contract("acme/order", "2.0.0", {{"number", kText}});
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(contracts_.find("acme/order@1")->reference(), "acme/order@1.10.0");
    EXPECT_EQ(contracts_.find("acme/order@1.9.0")->reference(), "acme/order@1.9.0");
    EXPECT_EQ(contracts_.find("acme/order@2")->reference(), "acme/order@2.0.0");
    EXPECT_EQ(contracts_.latest("acme/order")->reference(), "acme/order@2.0.0");
    for (const char* none : {"acme/order", "acme/order@3", "acme/order@1.0", "acme/order@1.0.1", "acme/order@",
                             "acme/order@01", "order@1", "", "@1", "acme/order@1x"}) {
        EXPECT_EQ(contracts_.find(none), nullptr) << none;
    }
    const auto names = contracts_.names();
    EXPECT_THAT(std::vector(names.begin(), names.begin() + 2), ElementsAre("acme/order@1", "acme/order@2"));
}

TEST_F(Registry, bundles_what_a_contract_refers_to) {
    write_contract("acme/order", "1.0.0",
                   {{"total", {{"$ref", "canonical/money@1"}}},
                    {"line", {{"$ref", "canonical/invoice_line@1.0.0"}}},
                    {"tier", {{"$ref", "canonical/invoice_line@1#/properties/tier"}}}});
    ASSERT_THAT(problems(), IsEmpty());
    const json schema = json::parse(contracts_.find("acme/order@1")->schema_text);
    EXPECT_EQ(schema.at("/properties/total/$ref"_json_pointer), "#/$defs/canonical.money@1");
    EXPECT_EQ(schema.at("/properties/tier/$ref"_json_pointer), "#/$defs/canonical.invoice_line@1/properties/tier");
    // What those refer to is there, too.
    EXPECT_EQ(schema.at("$defs").at("canonical.invoice_line@1.0.0").at("/properties/amount/$ref"_json_pointer),
              "#/$defs/canonical.money@1");
    EXPECT_TRUE(schema.at("$defs").contains("canonical.tax@1"));
    EXPECT_EQ(contracts_.resolver()("acme/order@1"), contracts_.find("acme/order@1")->schema_text);
    EXPECT_EQ(contracts_.resolver()("acme/order@7"), std::nullopt);
}

TEST_F(Registry, keeps_references_of_a_schema_to_itself) {
    const auto made =
        bundle(R"({"properties":{"a":{"$ref":"x/tree@1"},"b":{"$ref":"#/$defs/own"}},"$defs":{"own":{}}})",
               [](std::string_view name) -> std::optional<std::string> {
                   if (name != "x/tree@1") return std::nullopt;
                   return R"({"properties":{"left":{"$ref":"#"},"leaf":{"$ref":"#/$defs/leaf"}},
                                            "$defs":{"leaf":{"type":"string"}}})";
               });
    ASSERT_TRUE(made.ok()) << made.error().message;
    const json schema = json::parse(*made);
    EXPECT_EQ(schema.at("/properties/b/$ref"_json_pointer), "#/$defs/own");
    const json& tree = schema.at("$defs").at("x.tree@1");
    EXPECT_EQ(tree.at("/properties/left/$ref"_json_pointer), "#/$defs/x.tree@1");
    EXPECT_EQ(tree.at("/properties/leaf/$ref"_json_pointer), "#/$defs/x.tree@1/$defs/leaf");
}

TEST_F(Registry, keeps_the_digits_of_what_it_bundles) {
    const auto made = bundle(R"({"maximum":99999999999999.99,"enum":[1.10,12345678901234567890123],"$ref":"x/y@1"})",
                             [](std::string_view) { return R"({"minimum":-12345678901234567.89})"; });
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(*made, R"({
  "maximum": 99999999999999.99,
  "enum": [
    1.10,
    12345678901234567890123
  ],
  "$ref": "#/$defs/x.y@1",
  "$defs": {
    "x.y@1": {
      "minimum": -12345678901234567.89
    }
  }
})");
}

TEST_F(Registry, says_what_is_wrong_and_where) {
    write("acme/a/1.0.0.json", "{\n  \"type\": \"object\",\n  \"type\": \"string\"\n}");
    write("acme/b/1.json", "{}");
    write("acme/c/1.0.0.json", "{\n  \"type\": \"object\",\n  \"x-weir-contract\": { \"name\": \"acme/d\" }\n}");
    write("Acme/1.0.0.json", "{}");
    write("canonical/order/1.0.0.json", "{}");
    write_contract("acme/e", "1.0.0", {{"a", {{"unevaluatedProperties", false}}}});
    write_contract("acme/f", "1.0.0", {{"a", {{"$ref", "canonical/monye@1"}}}});
    write_contract("acme/g", "1.0.0", {{"a", {{"$ref", "#/$defs/none"}}}});
    write_contract("acme/h", "1.0.0", {{"a", {{"type", "text"}}}});
    write_contract("acme/i", "1.0.0", {{"a", kText}},
                   {{"deprecated", "2026-06-31"}, {"sunset", "2026-12-31"}, {"successor", "acme/i@2"}, {"owenr", "x"}});
    write_contract("acme/j", "1.0.0", {{"a", kText}},
                   {{"deprecated", "2027-01-01"}, {"sunset", "2026-12-31"}, {"owner", "a"}});
    write_contract("acme/k", "1.0.0", {{"a", kText}}, {{"successor", "acme/k@2"}});
    write("acme/l/1.0.0.json", "[]");
    const auto found = problems();
    const auto all = json(found).dump(1);
    const auto says = [&](const char* part) { EXPECT_THAT(all, HasSubstr(part)); };
    says("acme/a/1.0.0.json:4:1: not JSON: at byte 41: expected each key once");
    says("1.0.0.json, found \\\"1.json\\\"");
    says("acme/c/1.0.0.json:3:32: name: found \\\"acme/d\\\", expected \\\"acme/c\\\"");
    says("acme/c/1.0.0.json:3:22: expected \\\"owner\\\"");
    says("found \\\"Acme\\\"");
    says("weir's own");
    says("keyword \\\"unevaluatedProperties\\\" is not supported");
    says("/properties/a/$ref: there is no contract \\\"canonical/monye@1\\\"");
    says("found \\\"#/$defs/none\\\"");
    says("expected a type of JSON or a list of them, found \\\"text\\\"");
    says("deprecated: found \\\"2026-06-31\\\", expected a date");
    says("\\\"owenr\\\" is not known");
    says("sunset 2026-12-31 is before deprecated 2027-01-01");
    says("successor: there is no contract \\\"acme/k@2\\\"");
    says("acme/l/1.0.0.json:1:1: expected a JSON Schema");
    // What has no successor is still usable; nothing else of these is.
    EXPECT_EQ(contracts_.find("acme/a@1"), nullptr);
    EXPECT_EQ(contracts_.find("acme/f@1"), nullptr);
    EXPECT_NE(contracts_.find("acme/k@1"), nullptr);
}

TEST_F(Registry, says_that_a_directory_is_missing) {
    const auto found = contracts_.add_dir(dir_ / "nowhere");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].message, HasSubstr("cannot read the directory"));
}

TEST_F(Registry, refuses_versions_that_break_their_major) {
    write_contract("acme/order", "1.0.0", {{"id", kText}, {"note", kText}});
    write_contract("acme/order", "1.1.0", {{"id", kText}});
    write_contract("acme/bill", "1.0.0", {{"id", kText}});
    write_contract("acme/bill", "1.0.1", {{"id", kText}, {"note", kText}});
    const auto found = problems();
    ASSERT_EQ(found.size(), 2U) << json(found).dump(1);
    EXPECT_THAT(found[0], HasSubstr("acme/bill/1.0.1.json:1:1: differs from acme/bill@1.0.0 by more than words"));
    EXPECT_THAT(found[1], HasSubstr("acme/order/1.1.0.json:1:1: breaks acme/order@1.0.0 at /note: is gone"));
}

TEST_F(Registry, refuses_the_same_version_twice) {
    write_contract("acme/order", "1.0.0", {{"id", kText}});
    EXPECT_THAT(problems(), IsEmpty());
    const auto again = problems();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_THAT(again[0], HasSubstr("there is a contract acme/order@1.0.0 already"));
}

TEST_F(Registry, knows_what_is_deprecated_and_what_is_over) {
    write_contract("acme/order", "1.0.0", {{"id", kText}},
                   {{"deprecated", "2026-07-01"}, {"sunset", "2026-12-31"}, {"successor", "acme/order@2"}});
    write_contract("acme/order", "2.0.0", {{"number", kText}});
    ASSERT_THAT(problems(), IsEmpty());
    const Contract& contract = *contracts_.find("acme/order@1");
    const auto on = [&](const char* day) { return contract.state_on(*parse_date(day)); };
    EXPECT_EQ(on("2026-06-30"), ContractState::active);
    EXPECT_EQ(on("2026-07-01"), ContractState::deprecated);
    EXPECT_EQ(on("2026-12-30"), ContractState::deprecated);
    EXPECT_EQ(on("2026-12-31"), ContractState::past_sunset);
    EXPECT_EQ(contract.successor, "acme/order@2");
    EXPECT_EQ(format_date(*contract.sunset_on), "2026-12-31");
    EXPECT_EQ(contracts_.find("acme/order@2")->state_on(*parse_date("2099-01-01")), ContractState::active);
}

TEST_F(Registry, names_personal_data_behind_references) {
    write_contract(
        "acme/order", "1.0.0",
        {{"ship_to", {{"$ref", "canonical/address@1"}}},
         {"contacts", {{"type", "array"}, {"items", {{"properties", {{"mail", {{"x-weir-personal", true}}}}}}}}}});
    ASSERT_THAT(problems(), IsEmpty());
    EXPECT_THAT(
        contracts_.find("acme/order@1")->personal,
        ElementsAre("/contacts/*/mail", "/ship_to/line1", "/ship_to/line2", "/ship_to/city", "/ship_to/postal_code"));
}

// What people copy from the documentation works.
TEST_F(Registry, takes_the_example_of_the_documentation) {
    const auto text = read_text_file("docs/howto/contracts.md", 1 << 20);
    ASSERT_TRUE(text.ok());
    const std::string& page = *text;
    const std::string fence = "```json\n";
    const std::size_t begin = page.find(fence) + fence.size();
    const std::size_t end = page.find("```", begin);
    ASSERT_NE(end, std::string::npos);
    write("acme/order/1.0.0.json", page.substr(begin, end - begin));
    EXPECT_THAT(problems(), IsEmpty());
    ASSERT_NE(contracts_.find("acme/order@1"), nullptr);
    EXPECT_EQ(contracts_.find("acme/order@1")->owner, "shop-team");
}

TEST(Versions, are_read_as_semver) {
    EXPECT_EQ(parse_version("1.20.3"), (Version{1, 20, 3}));
    EXPECT_LT(*parse_version("1.9.0"), *parse_version("1.10.0"));
    for (const char* bad :
         {"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.-1", "v1.0.0", "1.0.0-rc", "1..0", "4294967296.0.0"}) {
        EXPECT_EQ(parse_version(bad), std::nullopt) << bad;
    }
}

}  // namespace
}  // namespace weir::canonical
