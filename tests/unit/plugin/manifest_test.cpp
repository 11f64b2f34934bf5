#include "runtime/plugin/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/plugin/files.hpp"

namespace weir::plugin {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

Json complete() {
    return Json::parse(R"({
      "manifest": 1, "id": "com.acme.erp", "version": "1.4.0-rc.1",
      "abi": {"major": 1, "minor": 0, "min_host_minor": 0},
      "licence": "Apache-2.0", "summary": "Posts to the Acme ERP", "unknown": {"is": "ignored"},
      "components": [
        {"name": "erp", "kind": "sink", "summary": "Posts", "config": {"type": "object"}, "examples": [{"url": "x"}]},
        {"name": "erp", "kind": "source", "config": {}}],
      "limits": {"requests_per_second": 10},
      "errors": [{"code": "PERIOD_CLOSED", "class": "business", "meaning": "closed", "action": "reopen it"}]})");
}

std::string problem(const Json& manifest) {
    const auto parsed = parse_manifest(manifest.dump());
    return parsed ? "accepted" : parsed.error().message;
}

TEST(Manifest, reads_everything) {
    const std::string text = complete().dump();
    const auto parsed = parse_manifest(text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->id, "com.acme.erp");
    EXPECT_EQ(parsed->version, "1.4.0-rc.1");
    EXPECT_EQ(parsed->abi_major, 1);
    EXPECT_EQ(parsed->summary, "Posts to the Acme ERP");
    ASSERT_EQ(parsed->components.size(), 2U);
    EXPECT_EQ(parsed->components[0].kind, "sink");
    EXPECT_EQ(parsed->components[0].config_schema_json, R"({"type":"object"})");
    EXPECT_EQ(parsed->components[0].examples, std::vector<std::string>{R"({"url":"x"})"});
    ASSERT_EQ(parsed->errors.size(), 1U);
    EXPECT_EQ(parsed->errors[0].action, "reopen it");
    EXPECT_EQ(parsed->limits_json, R"({"requests_per_second":10})");
    EXPECT_EQ(parsed->json, text);
}

TEST(Manifest, every_required_key_is_missed_by_name) {
    for (const char* key : {"manifest", "id", "version", "abi", "licence", "summary", "components"}) {
        Json manifest = complete();
        manifest.erase(key);
        EXPECT_THAT(problem(manifest), HasSubstr("\"" + std::string(key) + "\"")) << key;
    }
}

TEST(Manifest, errors_say_where_what_and_what_was_expected) {
    const auto with = [](const char* pointer, const Json& value) {
        Json manifest = complete();
        manifest[Json::json_pointer(pointer)] = value;
        return problem(manifest);
    };
    EXPECT_THAT(with("/manifest", 2), HasSubstr("/manifest: format 2, this host reads 1"));
    EXPECT_THAT(with("/id", "Acme ERP"), HasSubstr("/id: expected"));
    EXPECT_THAT(with("/id", "../x"), HasSubstr("/id: expected"));
    EXPECT_THAT(with("/version", "1.4"), HasSubstr("/version: \"1.4\" is not a version"));
    EXPECT_THAT(with("/abi/major", "1"), HasSubstr("/abi/major: expected a whole number from 0 to 65535, found \"1\""));
    EXPECT_THAT(with("/abi/major", 65536), HasSubstr("/abi/major"));
    EXPECT_THAT(with("/abi/major", 1.5), HasSubstr("/abi/major"));
    EXPECT_THAT(with("/abi/min_host_minor", 1), HasSubstr("/abi/min_host_minor: expected at most"));
    EXPECT_THAT(with("/components", Json::array()), HasSubstr("/components: expected an array of 1 to 256"));
    EXPECT_THAT(with("/components/0/kind", "snk"), HasSubstr("/components/0/kind: expected one of"));
    EXPECT_THAT(with("/components/0/kind", "snk"), HasSubstr("did you mean \"sink\"?"));
    EXPECT_THAT(with("/components/1/kind", "sink"), HasSubstr("/components/1/name: a second sink named \"erp\""));
    EXPECT_THAT(with("/components/0/config", "schema"),
                HasSubstr("/components/0/config: expected a JSON Schema object"));
    EXPECT_THAT(with("/components/0/examples/0", 1), HasSubstr("/components/0/examples/0: expected an object"));
    EXPECT_THAT(with("/errors/0/class", "fatal"), HasSubstr("/errors/0/class: expected one of"));
    EXPECT_THAT(with("/errors/0/action", ""), HasSubstr("/errors/0/action: expected a text"));
    EXPECT_THAT(with("/limits", 1), HasSubstr("/limits: expected an object"));
}

TEST(Manifest, refuses_text_that_is_not_one_object) {
    for (const std::string_view text : {"", "{", "[]", "1", "null", "{\"manifest\":1,}", "\xff"}) {
        const auto parsed = parse_manifest(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, "bad_manifest");
        EXPECT_THAT(parsed.error().message, StartsWith("manifest /"));
    }
    EXPECT_FALSE(parse_manifest(std::string(kManifestBytesMax + 1, ' ')));
    EXPECT_FALSE(parse_manifest(std::string(100'000, '[')));
}

TEST(Manifest, refuses_a_key_that_stands_twice) {
    const auto parsed = parse_manifest(R"({"manifest":1,"id":"a","id":"b"})");
    ASSERT_FALSE(parsed);
    EXPECT_THAT(parsed.error().message, HasSubstr("\"id\" stands twice"));
}

TEST(Manifest, another_major_is_read_no_further_than_its_number) {
    Json manifest = complete();
    manifest["abi"]["major"] = 2;
    manifest["components"] = "something else altogether";
    const auto parsed = parse_manifest(manifest.dump());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->abi_major, 2);
}

TEST(Manifest, what_was_read_before_the_error_is_kept) {
    Json manifest = complete();
    manifest["components"] = 1;
    Manifest out;
    EXPECT_FALSE(parse_manifest(manifest.dump(), out));
    EXPECT_EQ(out.id, "com.acme.erp");
}

// Runs in the root of the source tree.
TEST(Manifest, of_every_plugin_in_the_tree_is_accepted) {
    std::size_t seen = 0;
    for (const char* folder : {"plugins", "sdk/examples", "tests"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            if (entry.path().filename() != "plugin.json") continue;
            const auto parsed = parse_manifest(testing::read_file(entry.path()));
            EXPECT_TRUE(parsed) << entry.path() << ": " << (parsed ? "" : parsed.error().message);
            ++seen;
        }
    }
    EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace weir::plugin
