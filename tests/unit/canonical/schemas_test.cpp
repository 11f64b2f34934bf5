// The canonical schemas: what they accept and refuse, before our validator and before another one; and that they say
// what every field means.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "runtime/canonical/builtin_schemas.hpp"
#include "runtime/canonical/dictionary.hpp"
#include "runtime/canonical/keywords.hpp"
#include "runtime/canonical/registry.hpp"
#include "schema.hpp"

namespace weir::canonical {
namespace {

using nlohmann::json;

const Contracts& contracts() {
    static const Contracts all = Contracts::builtin();
    return all;
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// Object name and file of every example.
std::vector<std::pair<std::string, std::filesystem::path>> examples() {
    std::vector<std::pair<std::string, std::filesystem::path>> all;
    for (const auto& object : std::filesystem::directory_iterator("runtime/canonical/examples")) {
        for (const auto& file : std::filesystem::directory_iterator(object)) {
            all.emplace_back(object.path().filename().string(), file.path());
        }
    }
    return all;
}

// "pointer: message" of each problem.
std::vector<weir::validate::Problem> problems(const std::string& schema_text, const std::string& document) {
    const auto schema = weir::validate::Schema::compile(schema_text);
    EXPECT_TRUE(schema.ok()) << schema.error().message;
    JsonParser parser;
    const auto parsed = parser.parse(document);
    EXPECT_TRUE(parsed.ok()) << document;
    if (!schema.ok() || !parsed.ok()) return {{"", "broken"}};
    return schema->problems(*parsed);
}

bool judge_accepts(const std::string& schema_text, const std::string& document) {
    valijson::Schema schema;
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    const json parsed = json::parse(schema_text);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(parsed), schema);
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    const json target = json::parse(document);
    return validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(target), nullptr);
}

const std::string& schema_of(const std::string& object) {
    const Contract* contract = contracts().find("canonical/" + object + "@1");
    EXPECT_NE(contract, nullptr) << object;
    static const std::string none = "false";
    return contract == nullptr ? none : contract->schema_text;
}

TEST(CanonicalSchemas, accept_their_examples) {
    std::map<std::string, int> count;
    for (const auto& [object, file] : examples()) {
        const std::string document = text_of(file);
        for (const auto& problem : problems(schema_of(object), document)) {
            ADD_FAILURE() << file << ": " << problem.pointer << ": " << problem.message;
        }
        EXPECT_TRUE(judge_accepts(schema_of(object), document)) << file;
        ++count[object];
    }
    for (const std::string& name : contracts().names()) {
        const std::string object = name.substr(10, name.find('@') - 10);
        EXPECT_GE(count[object], 2) << object;
    }
}

TEST(CanonicalSchemas, refuse_counterexamples_where_they_are_wrong) {
    std::map<std::string, int> count;
    for (const json& item : json::parse(text_of("tests/unit/canonical/data/counterexamples.json"))) {
        const auto object = item.at("object").get<std::string>();
        const std::string file = "runtime/canonical/examples/" + object + '/' + item.at("example").get<std::string>();
        json document = json::parse(text_of(file + ".json"));
        const std::string before = document.dump();
        const json changed = item.value("set", json::object());
        for (const auto& [pointer, value] : changed.items()) {
            document[json::json_pointer(pointer)] = value;
        }
        for (const json& pointer : item.value("remove", json::array())) {
            const json::json_pointer path(pointer.get<std::string>());
            ASSERT_TRUE(document.contains(path)) << item;
            document.at(path.parent_pointer()).erase(path.back());
        }
        ASSERT_NE(document.dump(), before) << item;
        const auto found = problems(schema_of(object), document.dump());
        ASSERT_FALSE(found.empty()) << item;
        EXPECT_EQ(found.front().pointer, item.at("pointer").get<std::string>()) << item << found.front().message;
        // The judge takes dates that no calendar has; all else it refuses, too.
        const std::string why = item.at("why");
        if (why.find("31st") == std::string::npos && why.find("calendar") == std::string::npos) {
            EXPECT_FALSE(judge_accepts(schema_of(object), document.dump())) << item;
        }
        ++count[object];
    }
    for (const std::string& name : contracts().names()) {
        EXPECT_GE(count[name.substr(10, name.find('@') - 10)], 2) << name;
    }
}

// A field nobody can read is a field somebody will read wrongly.
TEST(CanonicalSchemas, say_of_every_field_what_it_means) {
    for (const Contract* contract : contracts().all()) {
        EXPECT_FALSE(contract->title.empty()) << contract->reference();
        EXPECT_FALSE(contract->description.empty()) << contract->reference();
        const auto fields = fields_of(contract->schema_text, Depth::own);
        EXPECT_GE(fields.size(), 2U) << contract->reference();
        bool has_key = false;
        for (const Field& field : fields) {
            const std::string where = contract->reference() + field.pointer;
            EXPECT_FALSE(field.description.empty()) << where;
            EXPECT_TRUE(field.description.ends_with('.') || field.description.ends_with('?') ||
                        field.description.ends_with("\"."))
                << where << ": " << field.description;
            EXPECT_NE(field.type, "any") << where;
            EXPECT_NE(field.type, "number") << where << ": a JSON number is a double somewhere";
            if (field.type.find("decimal") != std::string::npos) {
                EXPECT_FALSE(field.unit.empty()) << where << " is a quantity without a unit";
                EXPECT_FALSE(field.sign.empty()) << where << " is a quantity without a sign";
            }
            if (field.type == "canonical/money@1") {
                EXPECT_FALSE(field.sign.empty()) << where;
            }
            const bool is_time =
                field.type == "date" || field.type == "date-time" || field.type == "canonical/period@1";
            if (is_time) {
                EXPECT_FALSE(field.time.empty()) << where << " is a time without a basis";
            }
            has_key = has_key || field.key;
        }
        const std::set<std::string> parts = {"canonical/money", "canonical/period", "canonical/address"};
        EXPECT_EQ(has_key, !parts.contains(contract->name)) << contract->name << ": natural key";
    }
}

TEST(CanonicalSchemas, have_no_objects_that_take_anything_but_extensions) {
    for (const Contract* contract : contracts().all()) {
        nlohmann::ordered_json schema = nlohmann::ordered_json::parse(contract->source_text);
        visit_schemas(schema, "", [&](Json& node, const std::string& pointer) {
            if (!node.is_object() || node.value("type", Json()) != "object" || pointer.ends_with("/extensions")) return;
            EXPECT_TRUE(node.contains("additionalProperties")) << contract->reference() << pointer;
            EXPECT_NE(node.value("additionalProperties", Json(true)), true) << contract->reference() << pointer;
        });
    }
}

TEST(CanonicalSchemas, name_personal_data) {
    const auto personal = [](const char* reference) {
        const Contract* contract = contracts().find(reference);
        return std::set<std::string>(contract->personal.begin(), contract->personal.end());
    };
    const auto customer = personal("canonical/customer@1");
    for (const char* field :
         {"/legal_name", "/email", "/billing_address", "/billing_address/line1", "/tax_ids/*/value"}) {
        EXPECT_TRUE(customer.contains(field)) << field;
    }
    EXPECT_FALSE(customer.contains("/id"));
    EXPECT_TRUE(personal("canonical/approval@1").contains("/decisions/*/who"));
    EXPECT_TRUE(personal("canonical/product@1").empty());
}

}  // namespace
}  // namespace weir::canonical
