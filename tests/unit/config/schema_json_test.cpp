// The schema for editors: one document with every key of the core and every component in it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/config/keys.hpp"
#include "tests/unit/config/test_components.hpp"

namespace weir::config::testing {
namespace {

using nlohmann::json;

TEST(SchemaJson, has_every_section_and_component) {
    const json schema = json::parse(schema_json(test_components()));
    EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for (const Section& section : sections()) {
        const json& definition = schema["$defs"][std::string(section.name)];
        for (const Key& key : keys_of(section.id)) {
            EXPECT_EQ(definition["properties"][std::string(key.name)]["description"], key.about) << key.name;
        }
    }
    for (const char* name : {"source.intake.listener", "sink.books.postings", "transform.shape.map"}) {
        EXPECT_TRUE(schema["$defs"].contains(name)) << name;
    }
}

// Every "#/..." of the core leads somewhere; those inside of a component are relative to its own $id.
void check_references(const json& root, const json& part) {
    if (part.is_object() && part.contains("$id")) return;
    if (part.is_object() && part.contains("$ref")) {
        const std::string target = part["$ref"];
        EXPECT_TRUE(root.contains(json::json_pointer(target.substr(1)))) << target;
    }
    if (part.is_structured()) {
        for (const json& inner : part) check_references(root, inner);
    }
}

TEST(SchemaJson, refers_to_what_it_has) {
    const json schema = json::parse(schema_json(test_components()));
    check_references(schema, schema);
}

TEST(SchemaJson, asks_for_the_plugins_keys_by_plugin) {
    const json schema = json::parse(schema_json(test_components()));
    const json& conditions = schema["$defs"]["connection"]["allOf"];
    ASSERT_EQ(conditions.size(), 3U);  // archive, books, intake
    EXPECT_EQ(conditions[1]["if"]["properties"]["plugin"]["pattern"], "^books(@|$)");
    EXPECT_EQ(conditions[1]["then"]["anyOf"].size(), 2U);  // postings and balances of 2.0.1; 1.2.0 is older
    EXPECT_TRUE(schema["$defs"]["sink.books.postings"]["properties"].contains("currency"));
    EXPECT_EQ(schema["$defs"]["connection"]["unevaluatedProperties"], false);
    EXPECT_TRUE(schema["$defs"]["step"]["properties"].contains("contracts/validate"));
    EXPECT_EQ(schema["$defs"]["step"]["properties"]["validate"]["anyOf"].size(), 2U);
}

TEST(SchemaJson, is_there_without_any_component) {
    const json schema = json::parse(schema_json({}));
    EXPECT_FALSE(schema["$defs"]["connection"].contains("allOf"));
}

}  // namespace
}  // namespace weir::config::testing
