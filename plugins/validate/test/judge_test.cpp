// The same schemas and documents before an independent validator: the two must agree.
#include "schema.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <random>

namespace {

using nlohmann::json;

// Values small enough that schemas and documents meet often.
class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    json document(int depth = 3) {
        switch (pick(depth > 0 ? 7 : 5)) {
            case 0:
                return nullptr;
            case 1:
                return pick(2) == 0;
            case 2:
                return pick(7) - 3;
            case 3:
                return pick(5) -
                       1.5;  // never whole: the judge does not take 1.0 for an integer, as draft 6 and later do
            case 4:
                return text();
            case 5: {
                json array = json::array();
                for (int i = pick(4); i > 0; --i) array.push_back(document(depth - 1));
                return array;
            }
            default: {
                json object = json::object();
                for (int i = pick(4); i > 0; --i) object[name()] = document(depth - 1);
                return object;
            }
        }
    }
    // Keywords on which draft 7, which the judge speaks, and 2020-12 agree.
    json schema(int depth = 3) {
        json schema = json::object();
        for (int i = 1 + pick(3); i > 0; --i) add_keyword(schema, depth);
        return schema;
    }

  private:
    void add_keyword(json& schema, int depth) {
        static constexpr const char* kTypes[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
        switch (pick(depth > 0 ? 21 : 11)) {
            case 0:
                schema["type"] = kTypes[pick(7)];
                break;
            case 1:
                schema["type"] = {kTypes[pick(3)], kTypes[3 + pick(4)]};
                break;
            case 2:
                schema["enum"] = {document(1), document(1), document(0)};
                break;
            case 3:
                schema["const"] = document(1);
                break;
            case 4:
                schema["minimum"] = pick(5) - 2;
                break;
            case 5:
                schema["exclusiveMaximum"] = pick(5) - 1;
                break;
            case 6:
                schema["minLength"] = pick(3);
                break;
            case 7:
                schema["maxLength"] = pick(3);
                break;
            case 8:
                schema["pattern"] = std::string("^") + "ab"[pick(2)];
                break;
            case 9:
                schema["required"] = {name()};
                break;
            case 10:
                schema["maxProperties"] = pick(3);
                break;
            case 11:
                schema["properties"] = {{name(), this->schema(depth - 1)}, {name(), this->schema(depth - 1)}};
                break;
            case 12:
                schema["additionalProperties"] = pick(2) ? json(false) : this->schema(depth - 1);
                break;
            case 13:
                schema["patternProperties"] = {{"^[ab]$", this->schema(depth - 1)}};
                break;
            case 14:
                schema["items"] = this->schema(depth - 1);
                break;
            case 15:
                schema["contains"] = this->schema(depth - 1);
                break;
            case 16:
                schema["uniqueItems"] = true;
                break;
            case 17:
                schema["anyOf"] = {this->schema(depth - 1), this->schema(depth - 1)};
                break;
            case 18:
                schema["oneOf"] = {this->schema(depth - 1), this->schema(depth - 1)};
                break;
            case 19:
                schema["not"] = this->schema(depth - 1);
                break;
            default:
                schema["if"] = this->schema(depth - 1);
                schema["then"] = this->schema(depth - 1);
                schema["else"] = this->schema(depth - 1);
        }
    }
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    std::string name() { return std::string(1, "abc"[pick(3)]); }
    std::string text() {
        std::string made;
        for (int i = pick(4); i > 0; --i) made += "ab\""[pick(3)];
        return made;
    }
    std::mt19937 random_;
};

bool judge_accepts(const json& schema_json, const json& document) {
    valijson::Schema schema;
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
}

TEST(Judge, agrees_on_random_schemas_and_documents) {
    int accepted = 0;
    int refused = 0;
    for (unsigned seed = 0; seed < 1500; ++seed) {
        Generator generator(seed);
        const json schema_json = generator.schema();
        const auto schema = weir::validate::Schema::compile(schema_json.dump());
        ASSERT_TRUE(schema.ok()) << schema_json << schema.error().message;
        for (int i = 0; i < 12; ++i) {
            const json document = generator.document();
            const std::string text = document.dump();
            weir::JsonParser parser;
            const auto parsed = parser.parse(text);
            ASSERT_TRUE(parsed.ok()) << text;
            const bool ours = schema->accepts(*parsed);
            ASSERT_EQ(ours, judge_accepts(schema_json, document)) << schema_json << '\n' << text;
            ASSERT_EQ(ours, schema->problems(*parsed).empty()) << schema_json << '\n' << text;
            ++(ours ? accepted : refused);
        }
    }
    EXPECT_GT(accepted, 1000);
    EXPECT_GT(refused, 1000);
}

}  // namespace
